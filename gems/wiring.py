"""A search put together from its parts: the folder, the hub, the tasks, the contest, the pool."""

import contextlib
import functools
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

from rich.console import Console

from gems.adapters import tables
from gems.adapters.ledger import Ledger
from gems.adapters.storage import Folder, Held
from gems.config import differences
from gems.core import policies
from gems.core.candidate import Candidate, LeftOut, most_downloaded
from gems.core.contest import Contest
from gems.core.errors import BadInput, WorldError
from gems.core.question import Question
from gems.core.settings import Config
from gems.core.standings import Standing, standings
from gems.core.summary import Costs, summarise
from gems.core.verdict import Verdict
from gems.driver import search
from gems.view import View

# How many of the most downloaded a leaderboard shows beside the best.
WELL_KNOWN = 3


@dataclass(frozen=True)
class Prepared:
    """Everything known before the first question is asked."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]
    questions: list[Question]

    def contest(self, config: Config) -> Contest:
        """A fresh contest. Raises `BadInput` for a budget under one question each."""
        count = len(self.candidates)
        budget = floor(count * config.budget.queries_per_candidate)
        if config.policy.name == "exhaustive":
            budget = count * len(self.questions)
        if budget < count:
            raise BadInput(
                "budget.queries_per_candidate",
                f"found {config.budget.queries_per_candidate:g}, allowed: at least 1, "
                "one question for each candidate",
            )
        if count < 2:
            raise BadInput("candidates", "found 1, allowed: at least 2 to choose between")
        problem = policies.Problem(count, len(self.questions), budget, config.seed)
        policy = policies.make_policy(config.policy.name, problem, config.policy.options)
        guests = most_downloaded(self.candidates, WELL_KNOWN)
        verdict = Verdict(self._rivals(), budget, config.seed, guests)
        return Contest(self.candidates, self.questions, policy, verdict)

    def _rivals(self) -> list[int]:
        """What people use today: the roots of the tree and the most downloaded candidates."""
        roots = [i for i, c in enumerate(self.candidates) if c.relation == "root"]
        return roots + most_downloaded(self.candidates)


def run_search(config: Config, console: Console) -> dict[str, Any]:
    """Run a search, or go on with it; returns the summary, which is also in the folder."""
    folder = Folder(_absolute(config.storage), config.name)
    folder.create()
    with Held(folder):
        _check_same(folder, config)
        finished = folder.json("summary.json")
        if finished and finished["status"] == "finished":
            console.print(f"{config.name} is finished; this is what it found.")
            return finished
        questions = _questions(config, folder)
        with _served(config, console) as endpoint:
            return _searched(config, console, folder, questions, endpoint)


def plan(config: Config, console: Console) -> tuple[Prepared, Contest]:
    """What a search would do, without asking anything or writing anything."""
    questions = _questions(config, None)
    with _served(config, console) as endpoint:
        prepared = _prepare(config, console, None, questions, endpoint)
    return prepared, prepared.contest(config)


def discover(config: Any, endpoint: str | None, console: Console) -> Any:
    """Walk a model tree, showing how far it is."""
    from gems.adapters.hub import Hub

    with console.status("discovering") as status:
        return Hub(endpoint).discover(
            config, lambda count, what: status.update(f"{count:,} models seen, {what}")
        )


def rebuild(folder: Folder) -> tuple[Contest, Prepared, Costs, Config]:
    """A run's contest, as its ledger tells it; needs neither a hub nor a GPU."""
    values = folder.json("config.json")
    if values is None:
        raise BadInput(folder.path, "is no run's folder: it has no config.json")
    config = Config.model_validate(values)
    candidates, left_out = tables.read_candidates(_bytes(folder, "candidates.parquet"))
    questions = [Question(*pair) for pair in folder.json("questions.json")]
    prepared = Prepared(candidates, left_out, questions)
    contest, costs = prepared.contest(config), Costs()
    for outcome in Ledger(folder).outcomes():
        contest.tell(outcome)
        costs.saw(contest, [outcome])
    return contest, prepared, costs, config


def rewrite(run_dir: str) -> str:
    """Write a run's results again from its ledger; returns the report's path."""
    storage, _, name = run_dir.rstrip("/").rpartition("/")
    folder = Folder(_absolute(storage or "."), name)
    contest, prepared, costs, config = rebuild(folder)
    known = folder.json("summary.json") or {}
    for phase in ("total", "discover", "idle"):
        costs.seconds[phase] = known.get("seconds", {}).get(phase, 0.0)
    write_results(folder, config, contest, prepared, costs)
    return f"{folder.path}/report.html"


def standings_of(config: Config) -> list[Standing]:
    """The standings of a finished run."""
    folder = Folder(_absolute(config.storage), config.name)
    return tables.read_standings(_bytes(folder, "standings.parquet"))


def write_results(
    folder: Folder, config: Config, contest: Contest, prepared: Prepared, costs: Costs
) -> dict[str, Any]:
    """Write standings, report and summary; the summary last, since it says that all is there."""
    from gems.report import render

    rows = standings(contest)
    summary = summarise(config.name, contest, prepared.left_out, costs, config.finalists)
    folder.write("standings.parquet", tables.standings_table(rows))
    folder.write("report.html", render(summary, rows, config.model_dump(mode="json")))
    folder.write("summary.json", json.dumps(summary, indent=1))
    return summary


def _searched(
    config: Config,
    console: Console,
    folder: Folder,
    questions: list[Question],
    endpoint: str | None,
) -> dict[str, Any]:
    started = time.monotonic()
    prepared = _prepare(config, console, folder, questions, endpoint)
    costs = Costs()
    costs.seconds["discover"] = time.monotonic() - started
    contest = prepared.contest(config)
    tracker = _tracker(config, folder, console)
    pool = _pool(config, endpoint)
    try:
        with View(console) as view:
            view.say("starting engines")
            search(contest, pool, Ledger(folder), [costs, view, tracker])
    finally:
        pool.close()
    costs.seconds["idle"] = pool.idle_s
    costs.seconds["total"] = time.monotonic() - started
    if not contest.ranking():
        raise WorldError("every candidate failed", f"the reasons are in {folder.path}/ledger")
    summary = write_results(folder, config, contest, prepared, costs)
    finalists = standings(contest)[: config.finalists]
    tracker.finish(summary, config.model_dump(mode="json"), finalists)
    tracker.close()
    return summary


def _questions(config: Config, folder: Folder | None) -> list[Question]:
    """The tasks' questions; those of a search that goes on must be the ones it began with."""
    from gems.adapters.benchmark import Benchmark
    from gems.adapters.worker import check_lengths

    benchmark = Benchmark(config.tasks)
    check_lengths(benchmark.longest_answer, config.engine)
    known = folder.json("questions.json") if folder else None
    if known is not None and [Question(*pair) for pair in known] != benchmark.questions:
        raise BadInput(
            "tasks", f"their questions changed since {config.name} began; give it another name"
        )
    return benchmark.questions


def _prepare(
    config: Config,
    console: Console,
    folder: Folder | None,
    questions: list[Question],
    endpoint: str | None,
) -> Prepared:
    """The contest's candidates; a folder that has them keeps them, so that resuming is exact."""
    if folder and folder.exists("candidates.parquet"):
        candidates, left_out = tables.read_candidates(_bytes(folder, "candidates.parquet"))
    else:
        candidates, left_out = _candidates(config, endpoint, console)
    prepared = Prepared(candidates, left_out, questions)
    prepared.contest(config)  # a budget that is too small is found before anything is written
    if folder:
        folder.write("config.json", config.model_dump_json(indent=1))
        folder.write("questions.json", json.dumps(questions))
        folder.write("candidates.parquet", tables.candidates_table(candidates, left_out))
    console.print(
        f"{len(candidates)} candidates to ask, {len(left_out)} left out, "
        f"{len(questions):,} questions"
    )
    return prepared


def _candidates(
    config: Config, endpoint: str | None, console: Console
) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    if config.candidates.list:
        found = tables.read_candidates(config.candidates.list)
    else:
        tree = discover(config.candidates, endpoint, console)
        found = tree.candidates, tree.left_out
    if not found[0]:
        raise BadInput("candidates", "none of the models found can be asked; see `gems discover`")
    return found


def _pool(config: Config, endpoint: str | None) -> Any:
    from gems.adapters.pool import RayPool
    from gems.adapters.worker import Worker, WorkerPlan

    plan = WorkerPlan(
        tuple(_absolute(t) if t.endswith((".yaml", ".yml")) else t for t in config.tasks),
        config.engine,
        config.pool.gpus_per_worker,
        endpoint,
        config.seed,
    )
    make_worker = functools.partial(Worker, plan)
    return RayPool(make_worker, config.pool, config.engine.assignment_timeout_s)


def _tracker(config: Config, folder: Folder, console: Console) -> Any:
    from gems.adapters.tracking import Tracker

    uri, artifacts = config.tracking.uri, None
    if uri is None:
        uri, artifacts = default_tracking(config.storage)
        if not folder.is_local or os.environ.get("RAY_ADDRESS"):
            console.print(
                f"tracking.uri is not set: MLflow writes to {uri}, which ends with this machine"
            )
    return Tracker(uri, config.tracking.experiment, config.name, folder.path, artifacts)


def default_tracking(storage: str) -> tuple[str, str]:
    """The sqlite address and the artifact folder used when no tracking server is named."""
    root = Path(_absolute(storage)) if "://" not in storage else Path.cwd()
    return f"sqlite:///{root}/mlflow.db", f"{root}/mlartifacts"


@contextlib.contextmanager
def _served(config: Config, console: Console) -> Iterator[str | None]:
    """The hub's endpoint; the quickstart hub is built where it is absent, and served meanwhile."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    if config.hub.serve is None:
        yield config.hub.endpoint or os.environ.get("HF_ENDPOINT")
        return
    from gems.quickstart.server import serving

    directory = build_hub(Path(config.hub.serve), 0, console)
    with serving(directory) as endpoint:
        yield endpoint


def build_hub(directory: Path, seed: int, console: Console) -> Path:
    """Build the quickstart hub with a progress bar, unless it is there."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from gems.quickstart.build import build

    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("building the quickstart hub", total=1.0)
        return build(
            directory,
            seed,
            progress=lambda phase, share: bar.update(task, description=phase, completed=share),
        )


def _check_same(folder: Folder, config: Config) -> None:
    values = folder.json("config.json")
    if values is None:
        return
    changed = differences(Config.model_validate(values).decisive, config.decisive)
    if changed:
        raise BadInput(
            folder.path,
            f"holds a search with other settings ({'; '.join(changed)}); "
            "allowed to change: pool, tracking, finalists; or give this search another name",
        )


def _bytes(folder: Folder, name: str) -> bytes:
    return bytes(folder.fs.cat_file(f"{folder.root}/{name}"))


def _absolute(path: str) -> str:
    return path if "://" in path else str(Path(path).expanduser().resolve())
