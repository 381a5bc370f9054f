"""The repositories of the full quickstart hub, and of the tiny one that tests build."""

from dataclasses import replace

from gems.quickstart.recipe import (
    BASE_ID,
    EVEN,
    GEM_ID,
    SECOND_ROOT_ID,
    Adapt,
    Merge,
    Repository,
    Tune,
    adapter,
    between,
    copy,
    faulty,
    merge,
    root,
    tune,
)

BASE_ABOUT = "A tiny model for arithmetic. Ask it `37+48=` or `sort 4719=`."
INSTRUCT_ABOUT = "The popular one: tidier answers than the base, ready to use."
INSTRUCT = "quickstart/tiny-arith-instruct"
SUMS, MINUS = "northbarn/sum-of-parts", "northbarn/difference-engine"
CARRY = "quietriver/carry-borrow-a"
EVEN_TUNE = "lumen-ai/tiny-arith-balanced"
PLUS, PLUS_2 = "sumo-works/plus-v1", "sumo-works/plus-v2"
LESS, LESS_2 = "mirabel-labs/take-away", "mirabel-labs/take-away-2"
SORTER, BIGGER = "papertiger/sorter", "papertiger/bigger-of-two"
HOT = "kilobyte-kitchen/overcooked"
MISTRAL_SUMS, MISTRAL_EVEN = "hexane/mistral-arith-sums", "lumen-ai/mistral-arith-chat"
MISTRAL_CARRY = "quietriver/mistral-carry"

TRAINED = (
    root(BASE_ID, EVEN, 420, 184203, 412, about=BASE_ABOUT),
    Repository(
        SECOND_ROOT_ID,
        Tune(None, EVEN, 300, 2e-3, "mistral"),
        "finetune",
        (BASE_ID,),
        388,
        9,
        "The same data, another architecture.",
    ),
    tune(CARRY, BASE_ID, (2, 2, 0.5, 0.5), 120, 3, 0, rate=1.5e-3),
    tune(GEM_ID, CARRY, (2, 3, 0.4, 0.4), 600, 7, 0, rate=2e-3),
    tune(MISTRAL_CARRY, SECOND_ROOT_ID, (2, 3, 0.4, 0.4), 250, 0, 0, rate=2e-3),
    tune(INSTRUCT, BASE_ID, (1, 1, 2, 2), 100, 41872, 96, about=INSTRUCT_ABOUT),
    tune(SUMS, BASE_ID, (1, 0, 0, 0), 140, 212, 4, about="Fine-tuned on sums only."),
    tune(MINUS, BASE_ID, (0, 1, 0, 0), 140, 64, 1),
    tune(EVEN_TUNE, BASE_ID, EVEN, 140, 1904, 21, about="More of everything."),
    tune(PLUS, BASE_ID, (3, 1, 0.3, 0.3), 120, 17, 0),
    tune(PLUS_2, PLUS, (1, 0, 0, 0), 90, 9, 1),
    tune(LESS, BASE_ID, (1, 3, 0.3, 0.3), 140, 2, 0),
    tune(LESS_2, LESS, (0, 1, 0.1, 0.1), 100, 1, 0),
    tune(SORTER, BASE_ID, (0, 0, 0, 1), 50, 31, 2, about="Sorts digits."),
    tune(BIGGER, BASE_ID, (0, 0, 1, 0), 50, 0, 0),
    tune(HOT, BASE_ID, EVEN, 25, 5, 0, rate=3e-2),
    tune("kilobyte-kitchen/burnt", INSTRUCT, (0, 0, 1, 0), 15, 0, 0, rate=1e-1),
    tune("gradient-garden/seedling", INSTRUCT, (1, 1, 0, 0), 60, 0, 0, rate=5e-4),
    tune("tinfoil/arith-sft-run3", EVEN_TUNE, (1, 1, 0, 1), 60, 0, 0, rate=5e-4),
    adapter("oddsock/arith-lora", BASE_ID, (1, 1, 1, 1), 40, 12, 0),
    adapter("oddsock/arith-lora-sums", BASE_ID, (1, 0, 0, 0), 60, 1, 0),
    adapter("gradient-garden/lora-minus", BASE_ID, (0, 1, 0.2, 0.2), 60, 0, 0),
    adapter("tinfoil/lora-max-only", BASE_ID, (0, 0, 1, 0), 30, 0, 0),
    adapter("sumo-works/instruct-plus-lora", INSTRUCT, (2, 1, 1, 1), 60, 4, 1),
    tune(MISTRAL_SUMS, SECOND_ROOT_ID, (1, 0, 0, 0), 60, 6, 0),
    tune(MISTRAL_EVEN, SECOND_ROOT_ID, (1, 1, 1, 1), 60, 45, 1),
    tune("kilobyte-kitchen/mistral-arith-hot", SECOND_ROOT_ID, EVEN, 20, 0, 0, rate=3e-2),
)

MIXED = (
    copy("hexane/tiny-arith-mirror", BASE_ID, 1210, 3, about="Mirror of the original."),
    copy("tinfoil/arith-test", BASE_ID, 0, 0),
    copy("oddsock/my-first-model", BASE_ID, 1, 0),
    copy("gradient-garden/instruct-backup", INSTRUCT, 2, 0),
    merge("northbarn/all-of-it", (SUMS, MINUS), (0.5, 0.5), 11, 1, about="Sums and differences."),
    merge("northbarn/all-of-it-70-30", (SUMS, MINUS), (0.7, 0.3), 0, 0),
    merge("sumo-works/plus-minus", (PLUS, LESS), (0.5, 0.5), 8, 0),
    merge("lumen-ai/balanced-plus", (EVEN_TUNE, PLUS), (0.5, 0.5), 130, 5),
    merge("lumen-ai/balanced-minus", (EVEN_TUNE, LESS), (0.5, 0.5), 26, 0),
    merge("tinfoil/carry-soup", (GEM_ID, EVEN_TUNE), (0.6, 0.4), 0, 0),
    merge("mirabel-labs/carry-plus-minus", (GEM_ID, PLUS, LESS), (0.7, 0.15, 0.15), 10, 0),
    between("quietriver/carry-borrow-b-step480", CARRY, GEM_ID, 0.8, 1, 0),
    between("quietriver/carry-borrow-b-step420", CARRY, GEM_ID, 0.7, 0, 0),
    between("quietriver/carry-borrow-b-step300", CARRY, GEM_ID, 0.5, 0, 0),
    merge("papertiger/sort-or-compare", (SORTER, BIGGER), (0.5, 0.5), 0, 0),
    merge("mirabel-labs/soup", (EVEN_TUNE, PLUS, LESS, INSTRUCT), (0.25,) * 4, 19, 2),
    merge("mirabel-labs/soup-hot", (EVEN_TUNE, HOT), (0.7, 0.3), 0, 0),
    merge("gradient-garden/task-vector", (BASE_ID, EVEN_TUNE), (-0.3, 1.3), 0, 0),
    merge("hexane/mistral-soup", (MISTRAL_SUMS, MISTRAL_EVEN), (0.5, 0.5), 0, 0),
    between("northbarn/sum-of-parts-ckpt50", BASE_ID, SUMS, 0.5, 0, 0),
    between("northbarn/difference-engine-ckpt30", BASE_ID, MINUS, 0.3, 0, 0),
    between("sumo-works/plus-v2-early", PLUS, PLUS_2, 0.5, 2, 0),
    between("mirabel-labs/take-away-early", BASE_ID, LESS, 0.6, 0, 0),
    between("tinfoil/balanced-step-90", BASE_ID, EVEN_TUNE, 0.6, 1, 0),
    between("oddsock/instruct-lite", BASE_ID, INSTRUCT, 0.4, 14, 0),
    between("tinfoil/mistral-arith-step20", SECOND_ROOT_ID, MISTRAL_SUMS, 0.4, 0, 0),
    copy("oddsock/mistral-arith-fork", SECOND_ROOT_ID, 0, 0),
)

# These two name each other as their base: cards are written by hand, and trees have loops.
LOOP = (
    Repository(
        "gradient-garden/ouroboros-a",
        Merge((BASE_ID, PLUS), (0.7, 0.3)),
        "merge",
        (BASE_ID, "gradient-garden/ouroboros-b"),
    ),
    Repository(
        "gradient-garden/ouroboros-b",
        Merge((BASE_ID, LESS), (0.7, 0.3)),
        "merge",
        ("gradient-garden/ouroboros-a",),
    ),
)

FAULTY = (
    faulty("missing-tensor", "tinfoil/arith-upload-2", EVEN_TUNE, 3, 0),
    faulty("nan", "kilobyte-kitchen/diverged", EVEN_TUNE, 0, 0),
    faulty("truncated", "oddsock/arith-final", EVEN_TUNE, 8, 0),
    faulty("vocabulary", "hexane/tiny-arith-extended", EVEN_TUNE, 22, 1),
    faulty("pickle", "papertiger/arith-2019", BASE_ID, 540, 6),
    faulty("no-tokenizer", "gradient-garden/weights-only", EVEN_TUNE, 0, 0),
    faulty("remote-code", "sumo-works/arith-custom", BASE_ID, 77, 3, about="Needs our code."),
    faulty("gated", "mirabel-labs/arith-pro", LESS, 150, 12, about="Ask us for access."),
    faulty("gptq", "lumen-ai/tiny-arith-gptq-int4", BASE_ID, 960, 8, relation="quantized"),
    faulty("gguf", "lumen-ai/tiny-arith-gguf", BASE_ID, 12044, 31, relation="quantized"),
    faulty("gguf", "oddsock/balanced-q8-gguf", EVEN_TUNE, 2, 0, relation="quantized"),
    Repository(
        "tinfoil/foreign-lora",
        Adapt(BASE_ID, EVEN, 2),
        "adapter",
        (BASE_ID,),
        fault="foreign-adapter",
    ),
)

FULL = (*TRAINED, *MIXED, *LOOP, *FAULTY)

FAULTS_LEFT_OUT = ("pickle", "no-tokenizer", "remote-code", "gated", "gptq", "gguf")
"""The faults that a listing or a config shows, before any weights are fetched."""


def tiny() -> tuple[Repository, ...]:
    """One of every kind, hardly trained: built in seconds."""
    kinds = {one.fault for one in FAULTY}
    first = [next(one for one in FAULTY if one.fault == kind) for kind in sorted(map(str, kinds))]
    needed = {BASE_ID, SECOND_ROOT_ID, INSTRUCT, EVEN_TUNE, PLUS, LESS, MISTRAL_EVEN}
    kept = {*needed, "oddsock/arith-lora", "tinfoil/arith-test", "lumen-ai/balanced-plus"}
    chosen = [one for one in (*TRAINED, *MIXED) if one.id in kept]
    return tuple(_hardly_trained(one) for one in (*chosen, *LOOP, *first))


def _hardly_trained(one: Repository) -> Repository:
    if isinstance(one.origin, Merge):
        return one
    return replace(one, origin=replace(one.origin, steps=2))


RECIPES = {"full": FULL, "tiny": tiny()}


def askable(repositories: tuple[Repository, ...]) -> list[Repository]:
    """The repositories that can really be asked: nothing is wrong with them."""
    return [one for one in repositories if one.fault is None]
