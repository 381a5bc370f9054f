"""Building: real checkpoints, the same from the same seed, once."""

import json
import threading
from time import perf_counter

import pytest

from gems.core.errors import BadInput
from gems.quickstart import BASE_ID, build, family, scoring, tokenizer
from gems.quickstart.build import INDEX, read_index
from gems.quickstart.tasks import questions

FULL = family.RECIPES["full"]


def shas(hub):
    return {one["id"]: one["sha"] for one in read_index(hub)["repositories"]}


def test_the_same_seed_gives_the_same_commits(hub, tmp_path):
    """Two builds agree in every byte, and another seed makes other models."""
    assert shas(build(tmp_path / "again", recipe="tiny")) == shas(hub)
    other = shas(build(tmp_path / "other", seed=1, recipe="tiny"))
    assert other.keys() == shas(hub).keys()
    assert other[BASE_ID] != shas(hub)[BASE_ID]


def test_a_hub_that_stands_is_not_built_again(hub):
    """The second call returns at once and reports nothing."""
    started, phases = perf_counter(), []
    assert build(hub, recipe="tiny", progress=lambda phase, _: phases.append(phase)) == hub
    assert perf_counter() - started < 0.5
    assert phases == []


class Interrupted(Exception):
    pass


def test_an_interrupted_build_is_built_again(tmp_path, hub):
    """Whatever was left behind, the next call ends with a whole hub."""

    def interrupt(phase, share):
        if share > 0.9:
            raise Interrupted

    with pytest.raises(Interrupted):
        build(tmp_path, recipe="tiny", progress=interrupt)
    with pytest.raises(BadInput):
        read_index(tmp_path)
    (tmp_path / "models" / "left" / "over").mkdir(parents=True)
    assert shas(build(tmp_path, recipe="tiny")) == shas(hub)
    assert not (tmp_path / "models" / "left").exists()


def test_a_hub_with_a_lost_file_is_built_again(tmp_path, hub):
    """A cache is trusted only while every file has its size."""
    build(tmp_path, recipe="tiny")
    lost = tmp_path / "models" / BASE_ID / "model.safetensors"
    lost.unlink()
    build(tmp_path, recipe="tiny")
    assert lost.read_bytes() == (hub / "models" / BASE_ID / "model.safetensors").read_bytes()


def test_models_of_somebody_else_are_not_touched(tmp_path):
    """A folder that holds other models is refused, and keeps them."""
    (tmp_path / "models" / "precious").mkdir(parents=True)
    with pytest.raises(BadInput, match="another folder"):
        build(tmp_path, recipe="tiny")
    assert (tmp_path / "models" / "precious").is_dir()


def test_an_unknown_recipe_is_bad_input(tmp_path):
    """The line names what is allowed."""
    with pytest.raises(BadInput, match="full, tiny"):
        build(tmp_path, recipe="huge")


def test_progress_rises_to_one(tmp_path):
    """Shares never fall, wherever they are told from."""
    told, lock = [], threading.Lock()

    def listen(phase, share):
        with lock:
            told.append(share)

    build(tmp_path, recipe="tiny", progress=listen)
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0


def test_the_family_is_a_tree_that_can_be_built():
    """Parents are made before their children, and nobody stands there twice."""
    made = set()
    for one in FULL:
        origin = one.origin
        parents = origin.parents if isinstance(origin, family.Merge) else (origin.parent,)
        assert set(parents) <= {*made, None}
        assert one.id not in made
        made.add(one.id)


def test_the_full_hub_is_worth_a_search():
    """Enough can be asked, hardly anybody downloads anything, and nobody knows the gem."""
    asked = family.askable(FULL)
    downloads = sorted((one.downloads for one in asked), reverse=True)
    assert len(asked) >= 48
    assert downloads[0] > 0.75 * sum(downloads)
    assert downloads[len(downloads) // 2] < 15
    assert next(one for one in asked if one.id == family.GEM_ID).downloads < 15
    assert (
        len({one.origin.architecture for one in asked if isinstance(one.origin, family.Tune)}) == 2
    )


def test_the_tiny_hub_has_every_kind():
    """What other rooms' tests need is in the small hub too."""
    tiny = family.RECIPES["tiny"]
    assert {one.fault for one in tiny} == {one.fault for one in FULL}
    assert {one.relation for one in tiny} == {one.relation for one in FULL}
    assert {type(one.origin) for one in tiny} == {type(one.origin) for one in FULL}


def test_checkpoints_load_without_remote_code(hub):
    """Transformers reads every askable model, and its tokenizer agrees with ours."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    text = questions("sort")[0]["question"] + "1479\n"
    for one in family.askable(family.RECIPES["tiny"]):
        folder = hub / "models" / one.id
        loaded = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        assert loaded(text)["input_ids"] == tokenizer.encode(text)
        assert loaded.decode(tokenizer.encode(text)) == text
        if one.relation != "adapter":
            model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
            assert len(scoring.greedy(model, ["37+48="])) == 1


def test_an_adapter_loads_on_its_base(hub):
    """PEFT finds a module of the base for every tensor of the adapter."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(hub / "models" / BASE_ID, dtype="float32")
    before = base.model.layers[0].mlp.up_proj.weight.detach().clone()
    folder = hub / "models" / "oddsock" / "arith-lora"
    merged = PeftModel.from_pretrained(base, str(folder)).merge_and_unload()
    assert not before.equal(merged.model.layers[0].mlp.up_proj.weight)


def test_copies_are_copies(hub):
    """The same weights have the same hash under both names, and other commits."""
    models = {one["id"]: one for one in read_index(hub)["repositories"]}
    files = [
        {file["path"]: file["oid"] for file in models[name]["files"]}
        for name in (BASE_ID, "tinfoil/arith-test")
    ]
    assert files[0]["model.safetensors"] == files[1]["model.safetensors"]
    assert models[BASE_ID]["sha"] != models["tinfoil/arith-test"]["sha"]


def test_the_index_says_what_it_was_made_from(hub):
    """A fingerprint stands beside the repositories."""
    index = json.loads((hub / INDEX).read_text())
    assert len(index["fingerprint"]) == 64
    assert len(index["repositories"]) == len(family.RECIPES["tiny"])
