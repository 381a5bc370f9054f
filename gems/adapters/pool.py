"""The pool of engine actors on Ray. The only module that says ``ray.remote``.

A worker holds one engine for one chassis and is given candidates of that chassis only. It makes
room for another, by being replaced, for a chassis that nobody holds, or where one more pair of
hands saves more than the engine starts there and, most likely, back again.
"""

import logging
import os
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from gems.adapters.local import Worker
from gems.core.errors import GemsError, WorldError
from gems.core.outcome import Assignment, Failed, Outcome
from gems.core.settings import Pool as Settings

log = logging.getLogger(__name__)

# A candidate that takes a second worker down is at fault itself; preemptions do not count.
MAX_ATTEMPTS = 2
MAX_FAILED_STARTS = 5
# What starting an engine is taken to cost until one was started.
FIRST_GUESS_START_S = 30.0
POLL_S = 1.0


@dataclass
class Member:
    """One actor of the pool. ``work`` is the call in progress, its first one being the start.

    ``placed`` is answered as soon as a machine was found for it.
    """

    actor: Any
    placed: Any
    work: Any
    chassis: str
    assignment: Assignment | None = None
    busy_since: float = 0.0
    ready_s: float = 0.0


@dataclass
class Costs:
    """What starting and answering have taken so far, in seconds."""

    starts: list[float] = field(default_factory=list[float])
    assignments: list[float] = field(default_factory=list[float])

    @property
    def start(self) -> float:
        """A worker's way from being hired to its first answer."""
        return median(self.starts) if self.starts else FIRST_GUESS_START_S

    @property
    def assignment(self) -> float:
        """One assignment without a start."""
        return median(self.assignments) if self.assignments else 0.0

    def learn(self, outcome: Outcome, ready_s: float) -> None:
        """Take one outcome into account, of a worker that took so long to come up."""
        if outcome.seconds.start:
            self.starts.append(ready_s + outcome.seconds.start)
        self.assignments.append(outcome.seconds.total - outcome.seconds.start)


class RayPool:
    """Assignments in, outcomes out; every assignment ends in exactly one outcome.

    A worker that dies or spoils its engine is replaced and its assignment done again. A candidate
    that does this `MAX_ATTEMPTS` times has failed.
    """

    def __init__(
        self,
        make_worker: Callable[[], Worker],
        settings: Settings,
        timeout_s: float = 3600.0,
        address: str | None = None,
    ) -> None:
        self.settings = settings
        self.timeout_s = timeout_s
        self.members: list[Member] = []
        self.costs = Costs()
        self.busy_s = 0.0
        self.held_s = 0.0
        self._make_worker = make_worker
        self._queues: dict[str, deque[Assignment]] = defaultdict(deque)
        self._attempts: Counter[str] = Counter()
        self._last_tick = time.monotonic()
        self._patience_s = 90.0
        self.place_patience_s = 20.0
        self._failed_starts = 0
        self._joined = _connect(address)
        remote_actor: Any = ray.remote(_Actor)
        self._actor_class = remote_actor.options(
            num_cpus=settings.cpus_per_worker, num_gpus=settings.gpus_per_worker, max_restarts=0
        )

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self.members)

    @property
    def idle_s(self) -> float:
        """Seconds that workers were held and had nothing to do, summed over them."""
        return max(0.0, self.held_s - self.busy_s)

    def submit(self, assignment: Assignment) -> None:
        """Queue an assignment."""
        self._queues[assignment.candidate.chassis].append(assignment)

    def next_outcomes(self) -> list[Outcome]:
        """Wait for at least one outcome; all that wait together come together."""
        outcomes: list[Outcome] = []
        while not outcomes:
            self._staff()
            self._make_way()
            self._dispatch()
            self._say_what_is_awaited()
            for member in self._ready():
                outcomes += self._collect(member)
            outcomes += self._overdue()
        return outcomes

    def close(self) -> None:
        """End every worker, and Ray where this pool started it."""
        for member in list(self.members):
            self._dismiss(member)
        if self._joined is not None:
            ray.shutdown()

    def _staff(self) -> None:
        """Hire where a chassis has work and nobody for it, or far too few."""
        for chassis, queue in sorted(self._queues.items(), key=lambda item: -len(item[1])):
            if queue and self._needs_hand(chassis, len(queue)) and self._has_room(chassis):
                self.members.append(self._hire(chassis))

    def _needs_hand(self, chassis: str, queued: int) -> bool:
        holders = sum(member.chassis == chassis for member in self.members)
        if holders == 0 or (len(self.members) < self.settings.min_workers and queued > holders):
            return True
        saved = queued * self.costs.assignment * (1 / holders - 1 / (holders + 1))
        return saved > 2 * self.costs.start

    def _has_room(self, chassis: str) -> bool:
        """Room in the pool, made by sending home an idle worker that has no work of its own."""
        if len(self.members) < self.settings.max_workers:
            return True
        for member in self.members:
            if member.work is None and member.chassis != chassis \
                    and not self._queues[member.chassis]:  # fmt: skip
                self._dismiss(member)
                return True
        return False

    def _make_way(self) -> None:
        """Idle workers leave for waiting ones, where machines are fewer than the pool may use.

        Without this, a second chassis would wait forever for the only GPU.
        """
        for member in self._unplaced():
            idle = [m for m in self.members if m.work is None and not self._queues[m.chassis]]
            if not self._queues[member.chassis]:
                self._dismiss(member)  # others have done its work meanwhile
            elif idle:
                self._dismiss(idle[0])

    def _unplaced(self) -> list[Member]:
        """Workers for which no machine was found for a while."""
        now = time.monotonic()
        starting = [m for m in self.members if m.work is not None and m.assignment is None]
        late = [m for m in starting if now - m.busy_since > self.place_patience_s]
        return [m for m in late if not ray.wait([m.placed], timeout=0)[0]]

    def _hire(self, chassis: str) -> Member:
        actor = self._actor_class.remote(self._make_worker)
        placed, ready = actor.placed.remote(), actor.ready.remote()
        return Member(actor, placed, ready, chassis, busy_since=time.monotonic())

    def _dismiss(self, member: Member) -> None:
        ray.kill(member.actor)
        self.members.remove(member)

    def _dispatch(self) -> None:
        for member in self.members:
            if member.work is None and self._queues[member.chassis]:
                member.assignment = self._queues[member.chassis].popleft()
                member.work = member.actor.run.remote(member.assignment)
                member.busy_since = time.monotonic()

    def _say_what_is_awaited(self) -> None:
        """A cluster that never grows would keep a search waiting in silence."""
        starting = [m for m in self.members if m.work is not None and m.assignment is None]
        waited = time.monotonic() - min((m.busy_since for m in starting), default=time.monotonic())
        if waited > self._patience_s:
            self._patience_s *= 2
            log.warning(
                "%d of %d workers wait for %g CPUs and %g GPUs each, %.0f s so far; Ray has %s",
                len(starting),
                len(self.members),
                self.settings.cpus_per_worker,
                self.settings.gpus_per_worker,
                waited,
                {k: v for k, v in ray.cluster_resources().items() if k in ("CPU", "GPU")},
            )

    def _ready(self) -> list[Member]:
        busy = {member.work: member for member in self.members if member.work is not None}
        done, _ = ray.wait(list(busy), num_returns=1, timeout=POLL_S)
        # Those that finished meanwhile come along, so that the ledger writes them as one segment.
        more, _ = ray.wait(list(busy), num_returns=len(busy), timeout=0)
        self._tick()
        return [busy[ref] for ref in dict.fromkeys([*done, *more])]

    def _tick(self) -> None:
        now = time.monotonic()
        busy = sum(member.work is not None for member in self.members)
        self.busy_s += busy * (now - self._last_tick)
        self.held_s += len(self.members) * (now - self._last_tick)
        self._last_tick = now

    def _collect(self, member: Member) -> list[Outcome]:
        work, assignment = member.work, member.assignment
        member.work = member.assignment = None
        try:
            result = ray.get(work)
        except (RayActorError, RayTaskError, GemsError) as error:
            self._dismiss(member)
            return self._again(assignment, error)
        if assignment is None:
            member.ready_s = time.monotonic() - member.busy_since
            return []
        outcome, sound = result
        self.costs.learn(outcome, member.ready_s)
        if not sound:
            self._dismiss(member)
        return [outcome]

    def _overdue(self) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for member in list(self.members):
            late = time.monotonic() - member.busy_since > self.timeout_s
            if member.assignment is not None and late:
                self._dismiss(member)
                error = TimeoutError(f"no answer within {self.timeout_s:.0f} s")
                outcomes += self._again(member.assignment, error)
        return outcomes

    def _again(self, assignment: Assignment | None, error: Exception) -> list[Outcome]:
        """Queue the work of a lost worker again, or give its candidate up."""
        if isinstance(error, WorldError):
            raise _plainly(error)
        if assignment is None:
            return self._start_again(error)
        candidate = assignment.candidate
        if not getattr(error, "preempted", False):
            self._attempts[candidate.id] += 1
        if self._attempts[candidate.id] < MAX_ATTEMPTS:
            log.warning("%s is tried again on a fresh worker: %s", candidate.id, _line(error))
            self._queues[candidate.chassis].appendleft(assignment)
            return []
        about = (candidate.id, candidate.revision, assignment.round)
        return [Failed(*about, "engine-error", _line(error), at=time.time())]

    def _start_again(self, error: Exception) -> list[Outcome]:
        """A machine may be taken away while a worker comes up; our own fault comes back always."""
        self._failed_starts += 1
        if not isinstance(error, RayActorError) or self._failed_starts > MAX_FAILED_STARTS:
            raise error
        log.warning("a worker was lost while it started: %s", _line(error))
        return []


class _Actor:
    """A worker behind Ray's door."""

    def __init__(self, make_worker: Callable[[], Worker]) -> None:
        self._make_worker = make_worker

    def placed(self) -> None:
        """Answers once there is a machine for it."""

    def ready(self) -> None:
        """Make the worker. Not in the constructor, from which errors come back as text only."""
        self._worker = self._make_worker()

    def run(self, assignment: Assignment) -> tuple[Outcome, bool]:
        """See `Worker.run`."""
        return self._worker.run(assignment)


def _connect(address: str | None) -> str | None:
    """Join the cluster that was named, or start one on this machine that ends with us."""
    if ray.is_initialized():
        return None
    address = address or os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if address:
        try:
            ray.init(address=address, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise WorldError(
                f"the Ray cluster at {address} is out of reach",
                str(error).splitlines()[0],
                "check RAY_ADDRESS, or unset it to search on this machine alone",
            ) from error
        return address
    # A private cluster on loopback needs no advice on who may reach it.
    logging.getLogger("ray").setLevel(logging.ERROR)
    ray.init(
        address="local",
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        configure_logging=False,
        _node_ip_address="127.0.0.1",
    )
    return "local"


def _plainly(error: Exception) -> Exception:
    """The error that a worker raised, without Ray's wrapping where it is one of ours."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, GemsError) else error


def _line(error: Exception) -> str:
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:500]
