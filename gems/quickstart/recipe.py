"""The family tree of the quickstart as plain data: whose weights come from where, who is popular.

Shares of a mixture are in the order add, sub, max, sort.
Repositories stand in the order in which they are made, parents before children and the long
lineages first, so that two threads stay busy to the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BASE_ID = "quickstart/tiny-arith"
GEM_ID = "quietriver/carry-borrow-b"
SECOND_ROOT_ID = "hexane/qwen-arith"

Shares = tuple[float, float, float, float]
EVEN: Shares = (1, 1, 1, 1)


@dataclass(frozen=True)
class Tune:
    """Train all weights of the parent, or of a new model where there is none."""

    parent: str | None
    shares: Shares
    steps: int
    rate: float = 2e-3
    architecture: str = "llama"


@dataclass(frozen=True)
class Adapt:
    """Train a LoRA adapter on top of the parent."""

    parent: str
    shares: Shares
    steps: int
    rate: float = 5e-3


@dataclass(frozen=True)
class Merge:
    """A weighted sum of the parents' weights; one parent is an exact copy of it."""

    parents: tuple[str, ...]
    shares: tuple[float, ...]


Origin = Tune | Adapt | Merge


@dataclass(frozen=True)
class Repository:
    """One repository: its weights, and what the hub shows of it.

    ``relation`` and ``bases`` are what its card declares.
    ``fault`` names what is wrong with it, or what it holds instead of safetensors (`faults`).
    """

    id: str
    origin: Origin
    relation: str | None
    bases: tuple[str, ...]
    downloads: int = 0
    likes: int = 0
    about: str = ""
    license: str | None = "apache-2.0"
    fault: str | None = None


def root(id: str, shares: Shares, steps: int, downloads: int, likes: int, about: str) -> Repository:
    """A model trained from nothing."""
    return Repository(id, Tune(None, shares, steps), None, (), downloads, likes, about)


def tune(
    id: str,
    parent: str,
    shares: Shares,
    steps: int,
    *stars: int,
    rate: float = 1e-3,
    about: str = "",
) -> Repository:
    """A fine-tune; ``stars`` are its downloads and likes."""
    return Repository(
        id, Tune(parent, shares, steps, rate), "finetune", (parent,), *stars, about=about
    )


def adapter(id: str, parent: str, shares: Shares, steps: int, *stars: int) -> Repository:
    """A LoRA adapter."""
    return Repository(id, Adapt(parent, shares, steps), "adapter", (parent,), *stars)


def merge(
    id: str, parents: Sequence[str], shares: Sequence[float], *stars: int, about: str = ""
) -> Repository:
    """A weighted sum that says it is one."""
    mixed = Merge(tuple(parents), tuple(shares))
    return Repository(id, mixed, "merge", tuple(parents), *stars, about=about)


def between(id: str, parent: str, child: str, share: float, *stars: int) -> Repository:
    """Part of the way from a parent to its fine-tune: an earlier checkpoint of the same run."""
    origin = Merge((parent, child), (1 - share, share))
    return Repository(id, origin, "finetune", (parent,), *stars)


def copy(id: str, parent: str, *stars: int, about: str = "") -> Repository:
    """An exact copy under another name."""
    return Repository(id, Merge((parent,), (1.0,)), "finetune", (parent,), *stars, about=about)


def faulty(
    fault: str, id: str, parent: str, *stars: int, relation: str = "finetune", about: str = ""
) -> Repository:
    """A copy of the parent with something wrong, or in a format that is not asked."""
    origin = Merge((parent,), (1.0,))
    return Repository(id, origin, relation, (parent,), *stars, about=about, fault=fault)
