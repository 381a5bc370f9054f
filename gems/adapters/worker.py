"""What runs beside a GPU: one process with one engine, which turns assignments into outcomes."""

from dataclasses import dataclass

from gems.core.errors import BadInput, WorldError
from gems.core.outcome import Assignment, Outcome
from gems.core.settings import Engine
from gems.evaluation import evaluate


@dataclass(frozen=True)
class WorkerPlan:
    """All a worker needs to know; plain data, so that it travels to another machine."""

    tasks: tuple[str, ...]
    engine: Engine
    gpus: float
    endpoint: str | None
    seed: int


class Worker:
    """Answers one assignment after the other for one chassis."""

    def __init__(self, plan: WorkerPlan) -> None:
        from gems.adapters.engine import prepare_process

        prepare_process(plan.engine, plan.gpus)
        _import_engine()
        from gems.adapters.benchmark import Benchmark
        from gems.adapters.snapshots import Snapshots
        from gems.adapters.stage import WarmStage

        self.snapshots = Snapshots(plan.endpoint)
        self.stage = WarmStage(Benchmark(plan.tasks), plan.engine, plan.gpus, plan.seed)

    def run(self, assignment: Assignment) -> tuple[Outcome, bool]:
        """The outcome, and whether this worker can go on."""
        outcome = evaluate(assignment, self.snapshots, self.stage)
        return outcome, not self.stage.spoiled


def _import_engine() -> None:
    """Pay for the imports, and find out about them, before there is work to do."""
    try:
        import peft  # noqa: F401
        import transformers.models.auto.modeling_auto  # noqa: F401
        import vllm.entrypoints.llm  # noqa: F401
    except ImportError as error:
        raise WorldError(
            "the engine cannot be imported",
            str(error),
            "install '.[gpu]', or '.[cpu]' without a GPU",
        ) from error


def check_lengths(longest_answer: int, engine: Engine) -> None:
    """Raises `BadInput` when the task's answers alone fill the engine's context."""
    if longest_answer >= engine.max_model_len:
        raise BadInput(
            "engine.max_model_len",
            f"found {engine.max_model_len}, the tasks' answers alone may take {longest_answer} "
            "tokens; allowed: more than that",
        )
