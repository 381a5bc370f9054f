"""One assignment: weights, engine, answers, grades. It ends in exactly one outcome."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from gems.core.candidate import Candidate
from gems.core.errors import CandidateFault
from gems.core.outcome import Answer, Assignment, Failed, Graded, Outcome, Seconds
from gems.core.question import Question


class Snapshots(Protocol):
    """Brings a candidate's sound checkpoint to this machine."""

    def fetch(self, candidate: Candidate) -> Path:
        """Its folder. Raises `CandidateFault`."""
        ...


class Respondent(Protocol):
    """A loaded candidate that can be asked."""

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One graded answer a question, in order. Raises `CandidateFault`."""
        ...


class Stage(Protocol):
    """Where candidates are loaded: the engine and all that belongs to it."""

    generation: dict[str, Any]

    @property
    def is_warm(self) -> bool:
        """Whether an engine runs."""
        ...

    def start(self, folder: Path, chassis: str) -> None:
        """Start an engine for the chassis on its first candidate."""
        ...

    def load(self, folder: Path, chassis: str) -> Respondent:
        """The candidate in the folder, ready to answer. Raises `CandidateFault`."""
        ...


def evaluate(
    assignment: Assignment,
    snapshots: Snapshots,
    stage: Stage,
    now: Callable[[], float] = time.time,
) -> Outcome:
    """Fetch, load and ask. A candidate's fault is an outcome; everything else is raised."""
    candidate, watch = assignment.candidate, _Watch(now)
    about = (candidate.id, candidate.revision, assignment.round)
    try:
        with watch("fetch"):
            folder = snapshots.fetch(candidate)
        if not stage.is_warm:
            with watch("start"):
                stage.start(folder, candidate.chassis)
        with watch("load"):
            respondent = stage.load(folder, candidate.chassis)
        with watch("generate"):
            answers = respondent.answer(assignment.questions)
    except CandidateFault as fault:
        return Failed(*about, fault.kind, fault.detail, watch.seconds, now())
    return Graded(*about, tuple(answers), stage.generation, watch.seconds, now())


class _Watch:
    """Adds up the seconds of each phase."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.spent: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        start = self.now()
        try:
            yield
        finally:
            self.spent[phase] = self.now() - start

    @property
    def seconds(self) -> Seconds:
        return Seconds(**{phase: round(spent, 4) for phase, spent in self.spent.items()})
