"""A candidate: one model of the tree, pinned at a commit, with what the hub tells about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Candidate:
    """A model that can be asked.

    ``chassis`` names what two checkpoints must share for one engine to hold both.
    An adapter names the model it sits on in ``parent`` and that model's commit in
    ``parent_revision``; every other candidate is complete in itself.
    ``weights`` is a hash of its weight files, ``copy_of`` the id of a candidate that is downloaded
    more and holds the same weights.
    """

    id: str
    revision: str
    relation: str = "finetune"
    parent: str | None = None
    parent_revision: str | None = None
    chassis: str = ""
    parameters: int | None = None
    size_bytes: int = 0
    downloads: int = 0
    likes: int = 0
    license: str | None = None
    weights: str = ""
    copy_of: str | None = None

    @property
    def is_adapter(self) -> bool:
        """Whether its weights mean something only on top of its parent's."""
        return self.relation == "adapter"


@dataclass(frozen=True)
class LeftOut:
    """A model of the tree that is not asked, and why, in words for a person."""

    id: str
    reason: str


def popularity(candidate: Candidate) -> tuple[int, int, str]:
    """Sort key, most downloaded first; ties go by likes, then by id."""
    return (-candidate.downloads, -candidate.likes, candidate.id)


def most_downloaded(candidates: Sequence[Candidate], count: int | None = None) -> list[int]:
    """Indices, most downloaded first: ``count`` of them, or the top percent, at least one."""
    order = sorted(range(len(candidates)), key=lambda i: popularity(candidates[i]))
    return order[: count or one_percent(len(candidates))]


def one_percent(candidates: int) -> int:
    """How many candidates the best (or most downloaded) percent is, at least one.

    >>> [one_percent(n) for n in (1, 100, 101, 2000)]
    [1, 1, 2, 20]
    """
    return max(1, ceil(candidates / 100))
