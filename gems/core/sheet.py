"""The answer sheet: every score a policy may look at, candidate by question."""

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Scores = NDArray[np.float64]


class Sheet:
    """Scores of ``candidates`` × ``questions`` in [0, 1], NaN where nothing was asked.

    Knows nothing of rounds. Writing a cell twice with the same score changes nothing.
    """

    def __init__(self, candidates: int, questions: int) -> None:
        self.scores = np.full((candidates, questions), np.nan, dtype=np.float32)
        self.failed = np.zeros(candidates, dtype=np.bool_)

    @property
    def answered(self) -> Indices:
        """How many questions each candidate has answered, shape [candidates]."""
        return np.count_nonzero(~np.isnan(self.scores), axis=1)

    def means(self, candidates: Indices, questions: Indices | None = None) -> Scores:
        """Mean score of each candidate over what it has answered, −1 where that is nothing.

        ``questions`` restricts the mean to some columns. Shape [len(candidates)].
        """
        scores = self.scores[candidates]
        if questions is not None:
            scores = scores[:, questions]
        known = ~np.isnan(scores)
        count = known.sum(axis=1)
        total = np.where(known, scores, 0.0).sum(axis=1, dtype=np.float64)
        return np.where(count > 0, total / np.maximum(count, 1), -1.0)
