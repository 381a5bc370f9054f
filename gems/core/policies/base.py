"""What every policy is: a pure machine that opens one round after the other."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from gems.core.sheet import Indices, Sheet


@dataclass(frozen=True)
class Round:
    """Who answers what next: row i of ``questions`` [entrants, k] belongs to ``entrants[i]``."""

    entrants: Indices
    questions: Indices

    @classmethod
    def shared(cls, entrants: Indices, questions: Indices) -> "Round":
        """Everyone answers the same questions."""
        return cls(entrants, np.broadcast_to(questions, (len(entrants), len(questions))))

    @property
    def size(self) -> int:
        """How many answers the round asks for."""
        return self.questions.size


@dataclass(frozen=True)
class Problem:
    """What a policy knows beforehand. ``budget`` is in queries: one candidate, one question."""

    candidates: int
    questions: int
    budget: int
    seed: int


class Options(BaseModel):
    """A policy's own settings; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(Protocol):
    """Decides who answers what next; knows nothing of Ray, vLLM or disks.

    `next_round` is called once at the start and once whenever a round has been answered in
    full; the sheet then holds the answers of all rounds so far and nothing else, so the order
    of arrival cannot matter. A failed candidate has no further answers and is never an entrant.
    """

    left_in_round: Indices
    """The round each candidate was dropped in, 0 while it is in. Shape [candidates]."""

    def next_round(self, sheet: Sheet) -> Round | None:
        """The next round, or None when the search is over."""
        ...

    def ranking(self, sheet: Sheet) -> Indices:
        """All candidates that did not fail, the policy's choice first."""
        ...


class PolicyType(Protocol):
    """A policy's class: how one is made, and what a person may set."""

    summary: str
    options_type: type[Options]

    def __call__(self, problem: Problem, options: Any) -> Policy:
        """A fresh policy for a problem; ``options`` is an ``options_type``."""
        ...
