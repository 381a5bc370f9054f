"""Candidates of known skill that answer at once, always the same way."""

import hashlib
from collections.abc import Mapping

from gems.core.candidate import Candidate
from gems.core.outcome import Answer, Assignment, Failed, Graded, Outcome, Seconds
from gems.core.question import Question


class Scripted:
    """A worker whose candidates answer as their skill and a question's difficulty have it.

    ``skills`` maps a candidate's id to the share of questions it answers right. An id that is
    missing stands for an unsound checkpoint, which fails. Siblings agree on easy and on hard
    questions, as real ones do: a question's difficulty is shared, a tenth of it is their own.
    """

    def __init__(self, skills: Mapping[str, float]) -> None:
        self.skills = skills

    def run(self, assignment: Assignment) -> tuple[Outcome, bool]:
        """The outcome, and that this worker can go on."""
        candidate = assignment.candidate
        about = (candidate.id, candidate.revision, assignment.round)
        if candidate.id not in self.skills:
            return Failed(*about, "missing-tensor", "scripted to fail"), True
        answers = tuple(self.answer(candidate, question) for question in assignment.questions)
        return Graded(*about, answers, {}, Seconds(load=0.01, generate=0.01)), True

    def answer(self, candidate: Candidate, question: Question) -> Answer:
        """What a candidate says to a question; depends on nothing else."""
        difficulty = 0.9 * _uniform(str(question)) + 0.1 * _uniform(f"{candidate.id} {question}")
        score = float(difficulty < self.skills[candidate.id])
        return Answer(question.task, question.id, _digest(str(question)), "", score, 1, 1)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _uniform(text: str) -> float:
    """A number in [0, 1) that the text decides."""
    return int(_digest(text), 16) / 16**16
