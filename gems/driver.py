"""The search: ask the contest, let the pool answer, write it down, tell the contest."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from gems.core.contest import Contest
from gems.core.outcome import Assignment, Outcome


class Pool(Protocol):
    """Workers that answer assignments."""

    def submit(self, assignment: Assignment) -> None:
        """Queue an assignment."""
        ...

    def next_outcomes(self) -> list[Outcome]:
        """Wait for at least one outcome."""
        ...


class Ledger(Protocol):
    """What has happened."""

    def outcomes(self) -> Iterable[Outcome]:
        """Everything recorded, oldest first."""
        ...

    def append(self, outcomes: Sequence[Outcome]) -> None:
        """Return when the outcomes are durable."""
        ...


class Watcher(Protocol):
    """Someone who looks on and decides nothing."""

    def saw(self, contest: Contest, outcomes: Sequence[Outcome]) -> None:
        """Called after the contest was told."""
        ...


def search(contest: Contest, pool: Pool, ledger: Ledger, watchers: Sequence[Watcher] = ()) -> None:
    """Run a contest to its end. Starting and resuming are one path: the ledger is told first.

    What the ledger holds has happened, so outcomes are durable before anything follows from them.
    """
    for outcome in ledger.outcomes():
        tell(contest, [outcome], watchers)
    while not contest.finished:
        for assignment in contest.ask():
            pool.submit(assignment)
        outcomes = pool.next_outcomes()
        ledger.append(outcomes)
        tell(contest, outcomes, watchers)


def tell(contest: Contest, outcomes: Sequence[Outcome], watchers: Sequence[Watcher] = ()) -> None:
    """Tell the contest, then show everyone who looks on."""
    for outcome in outcomes:
        contest.tell(outcome)
    for watcher in watchers:
        watcher.saw(contest, outcomes)
