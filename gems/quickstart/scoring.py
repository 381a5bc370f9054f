"""What a quickstart model really knows: greedy answers to all questions, without an engine."""

from typing import Any

from gems.quickstart.tasks import SKILLS, questions
from gems.quickstart.tokenizer import decode, encode

LONGEST_ANSWER = 6


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
