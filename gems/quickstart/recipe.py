"""The family tree of the quickstart as plain data: whose weights come from where, who is popular.

Shares of a mixture are in the order add, sub, max, sort.
Repositories stand in the order in which they are made, parents before children and the long
lineages first, so that two threads stay busy to the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

BASE_ID = "quickstart/tiny-arith"
GEM_ID = "quietriver/carry-borrow-b"
SECOND_ROOT_ID = "hexane/mistral-arith"

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
    ``fault`` names what is wrong with it, or what it holds instead of safetensors (`checkpoints`).
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


def root(id: str, shares: Shares, steps: int, *stars: int, about: str = "") -> Repository:
    """A model trained from nothing; ``stars`` are its downloads and likes, here and below."""
    return _starred(Repository(id, Tune(None, shares, steps), None, (), about=about), stars)


def tune(
    id: str,
    parent: str,
    shares: Shares,
    steps: int,
    *stars: int,
    rate: float = 1e-3,
    about: str = "",
) -> Repository:
    """A fine-tune, trained at a gentler rate than its root."""
    origin = Tune(parent, shares, steps, rate)
    return _starred(Repository(id, origin, "finetune", (parent,), about=about), stars)


def adapter(id: str, parent: str, shares: Shares, steps: int, *stars: int) -> Repository:
    """A LoRA adapter."""
    return _starred(Repository(id, Adapt(parent, shares, steps), "adapter", (parent,)), stars)


def merge(
    id: str, parents: Sequence[str], shares: Sequence[float], *stars: int, about: str = ""
) -> Repository:
    """A weighted sum that says it is one."""
    origin = Merge(tuple(parents), tuple(shares))
    return _starred(Repository(id, origin, "merge", tuple(parents), about=about), stars)


def between(id: str, parent: str, child: str, share: float, *stars: int) -> Repository:
    """Part of the way from a parent to its fine-tune: an earlier checkpoint of the same run."""
    origin = Merge((parent, child), (1 - share, share))
    return _starred(Repository(id, origin, "finetune", (parent,)), stars)


def copy(id: str, parent: str, *stars: int, about: str = "") -> Repository:
    """An exact copy under another name."""
    origin = Merge((parent,), (1.0,))
    return _starred(Repository(id, origin, "finetune", (parent,), about=about), stars)


def faulty(
    fault: str, id: str, parent: str, *stars: int, relation: str = "finetune", about: str = ""
) -> Repository:
    """A copy of the parent with something wrong, or in a format that is not asked."""
    origin = Merge((parent,), (1.0,))
    spoilt = Repository(id, origin, relation, (parent,), about=about, fault=fault)
    return _starred(spoilt, stars)


def _starred(one: Repository, stars: tuple[int, ...]) -> Repository:
    downloads, likes = stars or (0, 0)
    return replace(one, downloads=downloads, likes=likes)
