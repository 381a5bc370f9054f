"""MLflow as a view of the search: one run a search, a child run a round, finalists as models.

It can be rebuilt from the ledger, and it never stops a search: a tracker that is down is reported
once and left alone. Everything runs in one thread, since MLflow takes seconds to start.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from typing import Any

from gems.core.contest import Contest, RoundReport
from gems.core.outcome import Outcome
from gems.core.standings import Standing, standings

log = logging.getLogger(__name__)
SHOWN = 1000  # rows of a round's table


class Tracker:
    """Records rounds as they close. Resuming finds the rounds that were recorded before."""

    def __init__(
        self, uri: str, experiment: str, name: str, run_id: str, artifacts: str | None
    ) -> None:
        self.uri, self.experiment, self.name, self.artifacts = uri, experiment, name, artifacts
        self.run_tag = run_id
        self.down: str | None = None
        self._closed = 0
        self._jobs: queue.Queue[Any] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def saw(self, contest: Contest, outcomes: Sequence[Outcome]) -> None:
        """Record the rounds that these outcomes closed."""
        del outcomes
        closed = len(contest.reports) - (not contest.finished)
        for report in contest.reports[self._closed : closed]:
            self._jobs.put((self._round, report, standings(contest)[:SHOWN]))
        self._closed = max(self._closed, closed)

    def finish(self, summary: dict[str, Any], config: dict[str, Any], rows: list[Standing]) -> None:
        """Record the verdict and the finalists."""
        self._jobs.put((self._finals, summary, config, rows))

    def close(self, timeout_s: float = 60.0) -> None:
        """Wait for what is still to be written."""
        self._jobs.put(None)
        self._thread.join(timeout_s)

    def _work(self) -> None:
        try:
            self._open()
            while job := self._jobs.get():
                call, *args = job
                call(*args)
        except Exception as error:  # whatever MLflow raises, the search goes on
            self.down = str(error).splitlines()[0] if str(error) else type(error).__name__
            log.warning("tracking at %s stopped: %s; the search goes on", self.uri, self.down)

    def _open(self) -> None:
        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self._client = MlflowClient(self.uri)
        found = self._client.get_experiment_by_name(self.experiment)
        self._experiment_id = (
            found.experiment_id
            if found
            else self._client.create_experiment(self.experiment, self.artifacts)
        )
        self._parent = self._find(f"gems.run = '{self.run_tag}'") or self._create(
            self.name, {"gems.run": self.run_tag}
        )

    def _find(self, tag: str) -> str | None:
        key, _, value = tag.partition(" = ")
        runs = self._client.search_runs(
            [self._experiment_id], f"tags.`{key}` = {value}", max_results=1
        )
        return runs[0].info.run_id if runs else None

    def _create(self, name: str, tags: dict[str, str]) -> str:
        run = self._client.create_run(self._experiment_id, run_name=name, tags=tags)
        return run.info.run_id

    def _round(self, report: RoundReport, rows: list[Standing]) -> None:
        tag = f"{self.run_tag}/{report.round}"
        if self._find(f"gems.round = '{tag}'"):
            return
        name = f"{self.name} round {report.round}"
        child = self._create(name, {"mlflow.parentRunId": self._parent, "gems.round": tag})
        values = _round_metrics(report, rows)
        self._metrics(child, values, report.round)
        self._metrics(self._parent, values, report.round)
        self._client.log_table(child, _columns(rows), "standings.json")
        self._client.set_terminated(child)

    def _finals(
        self, summary: dict[str, Any], config: dict[str, Any], rows: list[Standing]
    ) -> None:
        for key, value in _flat(config).items():
            self._client.log_param(self._parent, key, str(value)[:500])
        self._client.log_dict(self._parent, summary, "summary.json")
        for row in rows:
            self._finalist(row)
        self._client.set_tag(self._parent, "gems.winner", (summary["winner"] or {}).get("id", ""))
        self._client.set_terminated(self._parent)

    def _finalist(self, row: Standing) -> None:
        model = self._client.create_logged_model(
            self._experiment_id,
            name=row.id.replace("/", "--"),
            source_run_id=self._parent,
            tags={"hub.id": row.id, "hub.revision": row.revision, "is_gem": str(row.is_gem)},
        )
        if row.score is not None:
            self._client.log_metric(self._parent, "final_score", row.score, model_id=model.model_id)
        self._client.finalize_logged_model(model.model_id, "READY")

    def _metrics(self, run: str, values: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric
        from mlflow.utils.time import get_current_time_millis

        now = get_current_time_millis()
        self._client.log_batch(run, [Metric(k, v, now, step) for k, v in values.items()])


def _round_metrics(report: RoundReport, rows: list[Standing]) -> dict[str, float]:
    values = {
        "entrants": report.entrants,
        "survivors": report.survivors,
        "questions": report.questions,
        "asked": report.asked,
        "loads": report.loads,
        "seconds": report.seconds,
    }
    if rows and rows[0].score is not None:
        values |= {
            "best_score": rows[0].score,
            "best_interval_low": rows[0].interval_low,
            "best_interval_high": rows[0].interval_high,
        }
    return {key: float(value) for key, value in values.items()}


def _columns(rows: list[Standing]) -> dict[str, list[Any]]:
    shown = ("id", "score", "interval_low", "interval_high", "questions", "downloads", "reason")
    return {name: [getattr(row, name) for row in rows] for name in shown}


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat |= (
            _flat(inner, f"{prefix}{key}.")
            if isinstance(inner, dict)
            else {f"{prefix}{key}": inner}
        )
    return flat
