"""A pool of one worker in the driver's own process, for doubles and for finding mistakes."""

from collections import deque
from typing import Protocol

from gems.core.outcome import Assignment, Outcome


class Worker(Protocol):
    """Turns an assignment into an outcome, and says whether it can go on."""

    def run(self, assignment: Assignment) -> tuple[Outcome, bool]:
        """The outcome, and whether this worker is still sound."""
        ...


class LocalPool:
    """Runs assignments one at a time, in the order they were submitted."""

    size = 1
    idle_s = 0.0

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._queue: deque[Assignment] = deque()

    def submit(self, assignment: Assignment) -> None:
        """Queue an assignment."""
        self._queue.append(assignment)

    def next_outcomes(self) -> list[Outcome]:
        """The outcome of the oldest assignment."""
        return [self.worker.run(self._queue.popleft())[0]]

    def close(self) -> None:
        """Nothing is held."""
