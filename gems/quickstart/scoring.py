"""What a quickstart model really knows: greedy answers to all questions, without an engine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gems.quickstart.recipe import Repository
from gems.quickstart.tasks import SKILLS, questions
from gems.quickstart.tokenizer import decode, encode

LONGEST_ANSWER = 6


def truth(directory: Path, repositories: Iterable[Repository]) -> dict[str, float]:
    """The share of all questions that each repository of a built hub answers rightly, by id."""
    return {one.id: _overall(load(Path(directory), one)) for one in repositories}


def load(directory: Path, one: Repository) -> Any:
    """A repository's model in float32; an adapter is merged into its base."""
    from transformers import AutoModelForCausalLM

    folder = directory / "models" / one.id
    if one.relation != "adapter":
        return AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
    from peft import PeftModel

    below = directory / "models" / one.bases[0]
    base = AutoModelForCausalLM.from_pretrained(below, dtype="float32")
    return PeftModel.from_pretrained(base, str(folder)).merge_and_unload()  # pyright: ignore


def _overall(model: Any) -> float:
    by_skill = scores(model)
    return sum(by_skill.values()) / len(by_skill)


def scores(model: Any) -> dict[str, float]:
    """The share of right answers, by skill."""
    return {skill: _score(model, questions(skill)) for skill in SKILLS}


def _score(model: Any, asked: list[dict[str, str]]) -> float:
    answers = greedy(model, [question["question"] for question in asked])
    right = sum(a == q["answer"] for a, q in zip(answers, asked, strict=True))
    return right / len(asked)


def greedy(model: Any, prompts: list[str]) -> list[str]:
    """Answers up to the first line feed; all prompts must be equally long."""
    import torch

    tokens = torch.tensor([encode(prompt) for prompt in prompts])
    start = tokens.shape[1]
    with torch.inference_mode():
        for _ in range(LONGEST_ANSWER):
            best = model(input_ids=tokens, use_cache=False).logits[:, -1].argmax(-1)
            tokens = torch.cat([tokens, best[:, None]], dim=1)
    return [decode(row).split("\n")[0] for row in tokens[:, start:].tolist()]
