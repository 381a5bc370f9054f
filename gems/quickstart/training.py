"""Training on a mixture of skills, on one CPU thread, the same every time for one seed."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from gems.quickstart.tasks import training_examples
from gems.quickstart.tokenizer import PAD, encode

Mixture = Mapping[str, float]
"""The share of each skill in the training data."""

LENGTH = 15
NOT_LEARNED = -100


BATCH = 128


def train(
    model: Any,
    mixture: Mixture,
    steps: int,
    rate: float,
    *,
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> None:
    """Train a model's trainable weights in place with AdamW; the rate warms up and decays.

    ``on_step`` is called after every step, and may raise to end the training.
    """
    import torch

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    draw = np.random.default_rng(seed)
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * _schedule(step, steps)
        tokens, labels = _batch(mixture, draw, BATCH)
        loss = model(input_ids=tokens, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        on_step()
    model.eval()


def _schedule(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / 10)
    return warm * max(0.05, 1 - step / steps)


def _batch(mixture: Mixture, draw: np.random.Generator, size: int) -> tuple[Any, Any]:
    import torch

    shares = np.array(list(mixture.values()), float)
    counts = draw.multinomial(size, shares / shares.sum())
    parts = [_rows(skill, draw, count) for skill, count in zip(mixture, counts, strict=True)]
    tokens, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    return torch.from_numpy(tokens), torch.from_numpy(labels)


def _rows(skill: str, draw: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    tokens, labels = encoded(skill)
    rows = draw.integers(len(tokens), size=count)
    return tokens[rows], labels[rows]


@cache
def encoded(skill: str) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and labels of all training examples of a skill, both int64 [examples, LENGTH].

    Only the answer and the line feed behind it are learned.
    """
    examples = training_examples(skill)
    tokens = np.full((len(examples), LENGTH), PAD)
    labels = np.full((len(examples), LENGTH), NOT_LEARNED)
    for row, example in enumerate(examples):
        asked, answer = encode(example["question"]), encode(example["answer"] + "\n")
        end = len(asked) + len(answer)
        tokens[row, :end] = asked + answer
        labels[row, len(asked) : end] = answer
    return tokens, labels
