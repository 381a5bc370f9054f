"""Ask everyone everything: the truth, at full price."""

from typing import ClassVar

import numpy as np

from gems.core.policies.base import Options, Problem, Round
from gems.core.sheet import Indices, Sheet


class Exhaustive:
    """One round in which every candidate answers every question. Ignores the budget."""

    summary: ClassVar[str] = "ask every candidate every question; ignores the budget"
    options_type: ClassVar[type[Options]] = Options

    def __init__(self, problem: Problem, options: Options | None = None) -> None:
        del options
        self.problem = problem
        self.luck: Indices = np.random.default_rng(problem.seed).permutation(problem.candidates)
        self.left_in_round: Indices = np.zeros(problem.candidates, dtype=np.intp)
        self.opened = False

    def next_round(self, sheet: Sheet) -> Round | None:
        """All candidates × all questions, once."""
        del sheet
        if self.opened:
            return None
        self.opened = True
        everyone, everything = np.arange(self.problem.candidates), np.arange(self.problem.questions)
        return Round.shared(everyone, everything)

    def ranking(self, sheet: Sheet) -> Indices:
        """By score on all questions, ties broken by the seed."""
        alive = np.flatnonzero(~sheet.failed)
        return alive[np.lexsort((self.luck[alive], -sheet.means(alive)))]
