"""The contest: a policy's rounds turned into assignments, and outcomes turned into rounds.

Everything here follows from the outcomes told, whatever their order: telling a contest the
ledger of an interrupted search brings back exactly the state that search was in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gems.core.candidate import Candidate
from gems.core.outcome import Assignment, Failed, Graded, Outcome
from gems.core.policies.base import Policy, Round
from gems.core.question import Question
from gems.core.sheet import Indices, Sheet
from gems.core.verdict import Verdict


@dataclass
class RoundReport:
    """What one round did. ``asked`` and ``loads`` count what was worked on, in answers and loads.

    ``seconds`` is wall time from its first assignment's start to its last outcome.
    """

    round: int
    stage: str = "search"
    entrants: int = 0
    survivors: int = 0
    questions: int = 0
    asked: int = 0
    loads: int = 0
    started_at: float = float("inf")
    ended_at: float = float("-inf")

    @property
    def seconds(self) -> float:
        """Wall time of the round."""
        return max(0.0, self.ended_at - self.started_at)

    def count(self, outcome: Outcome) -> None:
        """Take one outcome into account."""
        self.loads += 1
        self.asked += len(outcome.answers) if isinstance(outcome, Graded) else 0
        self.started_at = min(self.started_at, outcome.at - outcome.seconds.total)
        self.ended_at = max(self.ended_at, outcome.at)


class Contest:
    """Asks a policy's questions of the candidates, then those that make the verdict fair.

    Outcomes of a round may arrive in any order, and more than once: the result is the same.
    The policy sees the answers of closed rounds only. A candidate that failed is not asked
    again and keeps its reason. Never asks for an answer it has been told.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        questions: Sequence[Question],
        policy: Policy,
        verdict: Verdict,
    ) -> None:
        self.candidates = list(candidates)
        self.questions = list(questions)
        self.policy = policy
        self.verdict = verdict
        self.sheet = Sheet(len(candidates), len(questions))
        self.reports: list[RoundReport] = []
        self.faults: dict[int, Failed] = {}
        self.current: Round | None = None
        self._told = np.full_like(self.sheet.scores, np.nan)
        self._row = {candidate.id: i for i, candidate in enumerate(candidates)}
        self._column = {question: i for i, question in enumerate(questions)}
        self._tallies: dict[int, RoundReport] = {}
        self._counted: set[tuple[int, str, Question | None]] = set()
        self._handed_out: set[int] = set()
        self._waiting: dict[int, Indices] = {}
        self._advance()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to ask."""
        return self.current is None

    @property
    def answered(self) -> int:
        """Answers of closed rounds and of the open one."""
        return int(np.count_nonzero(~np.isnan(self._told)))

    @property
    def waiting(self) -> int:
        """Entrants of the open round whose answers are still out."""
        return len(self._waiting)

    def ask(self) -> list[Assignment]:
        """The assignments of the open round that were not handed out before."""
        number = len(self.reports)
        fresh = [i for i in self._waiting if i not in self._handed_out]
        self._handed_out.update(fresh)
        return [
            Assignment(self.candidates[i], self._named(self._missing(i)), number) for i in fresh
        ]

    def tell(self, outcome: Outcome) -> None:
        """Take in what a worker or the ledger says. Outcomes of strangers raise ``KeyError``."""
        i = self._row[outcome.candidate]
        if isinstance(outcome, Failed):
            self.faults.setdefault(i, outcome)
        else:
            for answer in outcome.answers:
                self._told[i, self._column[answer.key]] = answer.score
        self._count(outcome)
        if i in self._waiting and self._is_done(i):
            del self._waiting[i]
            self._advance()

    def ranking(self) -> list[int]:
        """Candidates that did not fail, best first, as the policy sees them now."""
        return [int(i) for i in self.policy.ranking(self.sheet)]

    def leaders(self, count: int) -> list[tuple[int, float, int]]:
        """Who is ahead among those still in, by all answers so far: index, mean, answers."""
        still_in = [i for i in range(len(self.candidates)) if self._is_in(i)]
        told = self._told[still_in]
        answers = np.count_nonzero(~np.isnan(told), axis=1)
        means = np.nansum(told, axis=1) / np.maximum(answers, 1)
        order = np.lexsort((-answers, -means))[:count]
        return [(still_in[k], float(means[k]), int(answers[k])) for k in order if answers[k]]

    def _is_in(self, i: int) -> bool:
        return not self.policy.left_in_round[i] and i not in self.faults

    def _count(self, outcome: Outcome) -> None:
        """Count each outcome once, however often it is told."""
        first = outcome.answers[0].key if isinstance(outcome, Graded) and outcome.answers else None
        key = (outcome.round, outcome.candidate, first)
        if key not in self._counted:
            self._counted.add(key)
            self._tally(outcome.round).count(outcome)

    def _tally(self, number: int) -> RoundReport:
        return self._tallies.setdefault(number, RoundReport(number))

    def _named(self, columns: Indices) -> tuple[Question, ...]:
        return tuple(self.questions[int(column)] for column in columns.tolist())

    def _missing(self, i: int) -> Indices:
        wanted = self._waiting[i]
        return wanted[np.isnan(self._told[i, wanted])]

    def _advance(self) -> None:
        """Close rounds that have all their answers and open the next, as far as that goes."""
        while not self._waiting:
            if self.current is not None:
                self._close(self.current)
            self.current = self.policy.next_round(self.sheet)
            stage = "search" if self.current else "verdict"
            self.current = self.current or self.verdict.next_round(self.sheet, self.policy)
            self._settle()
            if self.current is None:
                return
            self._open(self.current, stage)

    def _open(self, opened: Round, stage: str) -> None:
        report = self._tally(len(self.reports) + 1)
        report.stage = stage
        report.entrants, report.questions = opened.questions.shape
        self.reports.append(report)
        self._handed_out.clear()
        self._waiting = dict(zip(opened.entrants.tolist(), opened.questions, strict=True))
        self._waiting = {i: q for i, q in self._waiting.items() if not self._is_done(i)}

    def _is_done(self, i: int) -> bool:
        """Whether an entrant of the open round has answered everything, or failed by now."""
        failed = i in self.faults and self.faults[i].round <= len(self.reports)
        return failed or not len(self._missing(i))

    def _close(self, closed: Round) -> None:
        """Show the policy the answers of the round, and no others."""
        rows = closed.entrants[:, None]
        revealed = self._told[rows, closed.questions]
        self.sheet.scores[rows, closed.questions] = revealed
        self.sheet.failed[closed.entrants] |= np.isnan(revealed).any(axis=1)

    def _settle(self) -> None:
        """Say how many went on from the round before."""
        if self.reports and self.current is not None and len(self.policy.left_in_round):
            still_in = (self.policy.left_in_round == 0) & ~self.sheet.failed
            self.reports[-1].survivors = int(np.count_nonzero(still_in))
        elif self.reports:
            self.reports[-1].survivors = 1 if len(self.ranking()) else 0
