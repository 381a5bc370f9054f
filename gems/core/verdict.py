"""A fair verdict: what people use today answers what the winner answered.

A winner was chosen for doing well on its questions, so comparing its score with another model's
score on fewer or other questions flatters it. What the policy left of the budget goes here:
first the base and the most downloaded candidates answer the winner's questions, then they and
the winner answer questions that nobody was chosen by.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gems.core import estimate
from gems.core.policies.base import Policy, Round
from gems.core.sheet import Indices, Sheet


@dataclass(frozen=True)
class Lead:
    """By how much the winner is ahead of a rival on questions that both answered."""

    rival: int
    questions: int
    lead: float
    low: float
    high: float


class Verdict:
    """Plans the rounds that follow a policy's last one. Never spends more than is left.

    ``rivals`` are the base and the most downloaded candidates, most important first; ``guests``
    are others that people know, who answer the winner's questions too where the budget allows.
    ``fresh`` holds the questions that were asked only to confirm the winner.
    """

    def __init__(
        self, rivals: Sequence[int], budget: int, seed: int, guests: Sequence[int] = ()
    ) -> None:
        self.rivals = list(dict.fromkeys(rivals))
        self.guests = [guest for guest in dict.fromkeys(guests) if guest not in self.rivals]
        self.budget = budget
        self.seed = seed
        self.fresh: Indices = np.empty(0, dtype=np.intp)
        self.stages = [self._compare, self._confirm]

    def next_round(self, sheet: Sheet, policy: Policy) -> Round | None:
        """The next comparison that the budget allows, or None."""
        ranking = policy.ranking(sheet)
        while self.stages and len(ranking):
            stage = self.stages.pop(0)
            opened = stage(sheet, int(ranking[0]), self._left(sheet))
            if opened is not None and opened.size:
                return opened
        return None

    def leads(self, sheet: Sheet, winner: int, questions: Indices | None = None) -> list[Lead]:
        """The winner's lead over each rival, on ``questions`` or on all that both answered."""
        columns = np.arange(sheet.scores.shape[1]) if questions is None else questions
        return [self._lead(sheet, winner, rival, columns) for rival in self._against(sheet, winner)]

    def _compare(self, sheet: Sheet, winner: int, left: int) -> Round | None:
        rivals = self._against(sheet, winner)
        answered = self._shuffled(np.flatnonzero(~np.isnan(sheet.scores[winner])))
        price = _missing(sheet, rivals, answered)
        for guest in self.guests:
            more = _missing(sheet, [guest], answered)
            is_welcome = guest != winner and not sheet.failed[guest]
            if is_welcome and (price + more).sum() <= left:
                rivals, price = [*rivals, guest], price + more
        affordable = answered[(price > 0) & (np.cumsum(price) <= left)]
        return Round.shared(np.array(rivals, dtype=np.intp), affordable) if rivals else None

    def _confirm(self, sheet: Sheet, winner: int, left: int) -> Round | None:
        group = [winner, *self._against(sheet, winner)]
        if len(group) == 1:
            return None
        unseen = self._shuffled(np.flatnonzero(np.isnan(sheet.scores).all(axis=0)))
        self.fresh = unseen[: left // len(group)]
        return Round.shared(np.array(group, dtype=np.intp), self.fresh)

    def _against(self, sheet: Sheet, winner: int) -> list[int]:
        return [rival for rival in self.rivals if rival != winner and not sheet.failed[rival]]

    def _left(self, sheet: Sheet) -> int:
        return max(0, self.budget - int(sheet.answered.sum()))

    def _shuffled(self, questions: Indices) -> Indices:
        return np.random.default_rng(self.seed).permutation(questions)

    @staticmethod
    def _lead(sheet: Sheet, winner: int, rival: int, columns: Indices) -> Lead:
        differences = sheet.scores[winner, columns] - sheet.scores[rival, columns]
        common = differences[~np.isnan(differences)].astype(np.float64)
        # Questions that confirm a winner stand for those that chose nobody, not for all.
        lead, low, high = estimate.lead_interval(common, sheet.scores.shape[1])
        return Lead(rival, len(common), lead, low, high)


def _missing(sheet: Sheet, candidates: Sequence[int], questions: Indices) -> Indices:
    """How many of the candidates have yet to answer each question, shape [questions]."""
    return np.isnan(sheet.scores[list(candidates)][:, questions]).sum(axis=0)
