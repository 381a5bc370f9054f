"""Makes the weights of a whole recipe, two lineages at a time.

Each lineage trains on one thread of its own: for models this small a second thread inside an
operation costs more than it brings (measured: 1.8 steps a second with two, 9.5 with one).
It also makes the weights the same however many cores there are.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from zlib import crc32

from gems.quickstart import models
from gems.quickstart.models import Weights
from gems.quickstart.recipe import Adapt, Merge, Repository, Tune
from gems.quickstart.tasks import SKILLS
from gems.quickstart.training import train

Progress = Callable[[str, float], None]
PARALLEL = 2


class Stopped(Exception):
    """The build was interrupted while this lineage was training."""


@dataclass
class Meter:
    """Counts training steps of all threads, and tells who watches; can stop them all."""

    total: int
    watcher: Progress
    done: int = 0
    stopped: bool = False
    lock: Lock = field(default_factory=Lock)

    def step(self, phase: str) -> None:
        """One more step is done. Raises `Stopped` after an interruption."""
        if self.stopped:
            raise Stopped
        with self.lock:
            self.done += 1
            if self.done % 10 == 0:
                self.watcher(phase, self.done / self.total)


@dataclass(frozen=True)
class Made:
    """The weights of a repository and the architecture that they fit."""

    architecture: str
    weights: Weights


def make(recipe: Sequence[Repository], seed: int, progress: Progress) -> dict[str, Made]:
    """The weights of every repository by id; parents must stand before their children.

    The same seed gives the same bytes on the same machine.
    """
    import torch
    from transformers import AutoModelForCausalLM  # noqa: F401 - lazily imported, not thread-safe

    models.load_libraries()
    threads, meter = torch.get_num_threads(), Meter(_steps(recipe), progress)
    waiting: dict[str, Future[Made]] = {}
    pool = ThreadPoolExecutor(PARALLEL, initializer=torch.set_num_threads, initargs=(1,))
    try:
        for one in recipe:
            waiting[one.id] = pool.submit(_make_one, one, dict(waiting), seed, meter)
        return {name: made.result() for name, made in waiting.items()}
    finally:
        meter.stopped = True
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def _steps(recipe: Sequence[Repository]) -> int:
    return sum(0 if isinstance(one.origin, Merge) else one.origin.steps for one in recipe)


def _make_one(one: Repository, waiting: dict[str, Future[Made]], seed: int, meter: Meter) -> Made:
    """Waiting for a parent cannot lock up: it was submitted earlier, so it runs or has run."""
    origin = one.origin
    # Each repository has a seed of its own, so that a new one does not change the others.
    own = crc32(f"{seed} {one.id}".encode())
    if isinstance(origin, Merge):
        parents = [waiting[parent].result() for parent in origin.parents]
        mixed = models.blend([parent.weights for parent in parents], origin.shares)
        return Made(parents[0].architecture, mixed)
    parent = waiting[origin.parent].result() if origin.parent else None
    return _trained(origin, parent, own, lambda: meter.step(f"training {one.id}"))


def _trained(
    origin: Tune | Adapt, parent: Made | None, seed: int, on_step: Callable[[], None]
) -> Made:
    mixture = {skill: share for skill, share in zip(SKILLS, origin.shares, strict=True) if share}
    if isinstance(origin, Adapt):
        assert parent is not None
        base = models.model_with(parent.architecture, parent.weights)
        model, architecture = models.with_adapter(base, seed), parent.architecture
    elif parent:
        model = models.model_with(parent.architecture, parent.weights)
        architecture = parent.architecture
    else:
        model, architecture = models.new_model(origin.architecture, seed), origin.architecture
    train(model, mixture, origin.steps, origin.rate, seed=seed, on_step=on_step)
    taken = models.adapter_weights_of if isinstance(origin, Adapt) else models.weights_of
    return Made(architecture, taken(model))
