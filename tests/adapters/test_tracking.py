"""Real MLflow: rounds as child runs, finalists as models, and a search that does not need it."""

import pytest
from mlflow import MlflowClient

from gems.adapters.tracking import Tracker
from gems.core.outcome import Outcome
from gems.core.standings import standings
from gems.core.summary import Costs, summarise
from tests import stories


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


def play(tracker, rounds=None):
    contest, worker = stories.contest(), stories.pool().worker
    while not contest.finished and (rounds is None or len(contest.reports) <= rounds):
        outcomes: list[Outcome] = [worker.run(a)[0] for a in contest.ask()]
        for outcome in outcomes:
            contest.tell(outcome)
        tracker.saw(contest, outcomes)
    return contest


def tracker(uri, artifacts):
    return Tracker(uri, "gems", "story", "/runs/story", str(artifacts))


def test_rounds_and_finalists_are_tracked_once_also_when_resumed(uri, tmp_path):
    first = tracker(uri, tmp_path)
    play(first, rounds=2)
    first.close()
    second = tracker(uri, tmp_path)
    contest = play(second)
    rows = standings(contest)
    second.finish(summarise("story", contest, [], Costs(), 3), {"seed": 0}, rows[:3])
    second.close()
    assert (first.down, second.down) == (None, None)

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("gems")
    assert experiment
    runs = client.search_runs([experiment.experiment_id])
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    (parent,) = [run for run in runs if run not in children]
    assert len(children) == len(contest.reports)
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    survivors = client.get_metric_history(parent.info.run_id, "survivors")
    assert {m.step: m.value for m in survivors} == {r.round: r.survivors for r in contest.reports}
    assert parent.data.params == {"seed": "0"}
    assert parent.data.tags["gems.winner"] == "org/m07"
    models = client.search_logged_models([experiment.experiment_id])
    assert {model.tags["hub.id"] for model in models} == {row.id for row in rows[:3]}
    table = [a.path for a in client.list_artifacts(children[0].info.run_id)]
    assert "standings.json" in table


def test_a_tracker_that_is_down_stops_nothing(caplog, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    down = tracker("http://127.0.0.1:9", "unused")
    assert play(down).finished
    down.close()
    assert down.down
    assert "the search goes on" in caplog.text
