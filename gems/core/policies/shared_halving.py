"""Sequential halving in which the survivors of a round all answer the same new questions.

The method of Kahana, Horwitz & Hoshen, "Discovering Hidden Gems in Model Repositories", 2026
(arXiv 2601.22157). Correlated sampling is older: Baharav & Tse, "Ultra Fast Medoid
Identification via Correlated Sequential Halving", NeurIPS 2019 (arXiv 1906.04356); halving is
Karnin, Koren & Somekh, "Almost Optimal Exploration in Multi-Armed Bandits", ICML 2013.
"""

from typing import ClassVar

import numpy as np
from pydantic import Field

from gems.core import schedule
from gems.core.policies.base import Options, Problem, Round
from gems.core.sheet import Indices, Scores, Sheet


class HalvingOptions(Options):
    """Settings of `SharedHalving`."""

    first_share: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="share of the budget spent in round one; null: plain halving",
    )
    first_survivors: int = Field(
        default=100, ge=1, description="survivors of round one, when first_share is set"
    )
    pool_scores: bool = Field(
        default=True,
        description="rank by all answers so far (true) or by the newest questions (false)",
    )


class SharedHalving:
    """Halves the field each round; ties are broken by the seed.

    Outcomes of a round may arrive in any order. A candidate that failed is not asked again.
    The one left standing wins; among those dropped, a later round ranks before an earlier one.
    """

    summary: ClassVar[str] = "halve the field each round on questions that all survivors share"
    options_type: ClassVar[type[Options]] = HalvingOptions

    def __init__(self, problem: Problem, options: HalvingOptions | None = None) -> None:
        self.options = options or HalvingOptions()
        rng = np.random.default_rng(problem.seed)
        self.order: Indices = rng.permutation(problem.questions)
        self.luck: Indices = rng.permutation(problem.candidates)
        self.plan = schedule.Halving(
            problem.candidates,
            problem.questions,
            problem.budget,
            self.options.first_share,
            self.options.first_survivors,
        )
        self.survivors: Indices = np.arange(problem.candidates)
        self.left_in_round: Indices = np.zeros(problem.candidates, dtype=np.intp)
        self.newest: Indices = self.order[:0]
        self.asked = 0
        self.rounds = 0

    def next_round(self, sheet: Sheet) -> Round | None:
        """Drop the weak of the round just answered, if any, and open the next one."""
        if self.rounds:
            self._drop(sheet, self.plan.survivors(len(self.survivors)))
        while len(self.survivors) > 1:
            count = self.plan.questions(len(self.survivors))
            if count:
                self.rounds += 1
                self.newest = self.order[self.asked : self.asked + count]
                self.asked += count
                return Round.shared(self.survivors, self.newest)
            self._drop(sheet, self.plan.survivors(len(self.survivors)))
        return None

    def ranking(self, sheet: Sheet) -> Indices:
        """Survivors first, then by the round they left in, then by score."""
        alive = np.flatnonzero(~sheet.failed)
        left = np.where(self.left_in_round[alive] == 0, self.rounds + 1, self.left_in_round[alive])
        keys = (self.luck[alive], -self._scores(sheet, alive), -left)
        return alive[np.lexsort(keys)]

    def _drop(self, sheet: Sheet, keep: int) -> None:
        healthy = self.survivors[~sheet.failed[self.survivors]]
        best = healthy[np.lexsort((self.luck[healthy], -self._scores(sheet, healthy)))]
        self.left_in_round[self.survivors] = self.rounds
        self.left_in_round[best[:keep]] = 0
        self.survivors = np.sort(best[:keep])

    def _scores(self, sheet: Sheet, candidates: Indices) -> Scores:
        return sheet.means(candidates, None if self.options.pool_scores else self.newest)
