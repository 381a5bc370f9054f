"""Assignments go out, outcomes come back: what workers are told and what the ledger remembers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from gems.core.candidate import Candidate
from gems.core.question import Question


@dataclass(frozen=True)
class Assignment:
    """A candidate and the slice of questions it is to answer. It ends in exactly one outcome."""

    candidate: Candidate
    questions: tuple[Question, ...]
    round: int


@dataclass(frozen=True)
class Seconds:
    """Where the time of one assignment went, in seconds of its worker.

    ``start`` is above zero only for the assignment that an engine was started for.
    """

    fetch: float = 0.0
    start: float = 0.0
    load: float = 0.0
    generate: float = 0.0

    @property
    def total(self) -> float:
        """All of them."""
        return self.fetch + self.start + self.load + self.generate


@dataclass(frozen=True)
class Answer:
    """What a candidate said to one question, and the score in [0, 1] it earned.

    ``prompt_hash`` covers the prompt's text: an answer is reused only for the same prompt.
    """

    task: str
    question: str
    prompt_hash: str
    text: str
    score: float
    prompt_tokens: int
    tokens: int

    @property
    def key(self) -> Question:
        """The question it answers."""
        return Question(self.task, self.question)


@dataclass(frozen=True)
class Graded:
    """The candidate answered every question of its assignment. ``at`` is Unix time, in seconds."""

    candidate: str
    revision: str
    round: int
    answers: tuple[Answer, ...]
    generation: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: Seconds = Seconds()
    at: float = 0.0


@dataclass(frozen=True)
class Failed:
    """The candidate is unsound; it is not asked again and keeps its reason. ``at`` is Unix time."""

    candidate: str
    revision: str
    round: int
    kind: str
    detail: str
    seconds: Seconds = Seconds()
    at: float = 0.0


Outcome = Graded | Failed


def to_record(outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain data, one ledger line."""
    return {"outcome": type(outcome).__name__.lower(), **asdict(outcome)}


def from_record(record: Mapping[str, Any]) -> Outcome:
    """The outcome that `to_record` wrote. Fields of later versions are ignored.

    Raises ``KeyError`` or ``TypeError`` when the record is none of ours.
    """
    kind = {"graded": Graded, "failed": Failed}[record["outcome"]]
    known = {f.name: record[f.name] for f in fields(kind) if f.name in record}
    known["seconds"] = Seconds(**known["seconds"])
    if kind is Graded:
        known["answers"] = tuple(Answer(**answer) for answer in known["answers"])
    return kind(**known)
