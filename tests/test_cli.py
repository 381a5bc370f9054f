"""The command as a person meets it: whole searches on real engines, and every kind of bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from gems import cli

TASK = str(Path("gems/quickstart/tasks/quickstart.yaml").resolve())


@pytest.fixture
def config(tmp_path, endpoint):
    """A search of the tiny hub; tests change a field and write it."""
    return {
        "name": "tiny",
        "hub": {"endpoint": endpoint},
        "candidates": {"base": "quickstart/tiny-arith"},
        "tasks": [TASK],
        "budget": {"queries_per_candidate": 60},
        "engine": {"dtype": "float32", "max_model_len": 64},
        "pool": {"max_workers": 2, "gpus_per_worker": 0},
        "storage": str(tmp_path / "runs"),
    }


def written(config, tmp_path):
    path = tmp_path / f"{config['name']}.yaml"
    path.write_text(yaml.safe_dump(config))
    return str(path)


def gems(*arguments, **options):
    command = [sys.executable, "-m", "gems", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, **options
    )


def refused(monkeypatch, capsys, *arguments):
    """The one line that bad input gets."""
    monkeypatch.setattr(sys, "argv", ["gems", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"budgets": {}}, ["budgets", "unknown field", "budget"]),
        ({"budget": {"queries_per_candidates": 5}}, ["budget", "unknown", "queries_per_candidate"]),
        ({"budget": {"queries_per_candidate": -1}}, ["budget.queries_per_candidate", "-1"]),
        ({"budget": {"queries_per_candidate": 0.5}}, ["queries_per_candidate", "at least 1"]),
        ({"candidates": {"base": "nobody/nothing"}}, ["candidates.base", "nobody/nothing"]),
        ({"candidates": {"list": "nowhere.parquet"}}, ["candidates.list", "nowhere.parquet"]),
        ({"candidates": {}}, ["candidates", "base or list"]),
        ({"tasks": ["no_such_task_anywhere"]}, ["tasks", "no_such_task_anywhere", "lm-eval"]),
        ({"tasks": ["nowhere.yaml"]}, ["tasks", "nowhere.yaml"]),
        ({"policy": {"name": "best"}}, ["policy.name", "best", "shared-halving"]),
        ({"policy": {"first_shares": 0.5}}, ["policy.first_shares", "first_share"]),
        ({"engine": {"max_model_len": 3}}, ["engine.max_model_len", "3"]),
        ({"storage": "/proc/nowhere"}, ["storage", "/proc/nowhere"]),
        ({"name": "../escape"}, ["name", "escape"]),
        ({"pool": {"min_workers": 3, "max_workers": 2}}, ["pool", "min_workers"]),
    ],
    ids=str,
)
def test_bad_input_gets_one_line(change, says, config, tmp_path, monkeypatch, capsys):
    """It names the field, what was found and what is allowed; nothing is written."""
    path = written({**config, "name": "tiny"}, tmp_path)
    Path(path).write_text(yaml.safe_dump({**config, **change}))
    line = refused(monkeypatch, capsys, "search", path)
    assert all(word in line for word in says), line
    assert not list(tmp_path.glob("runs/*/summary.json"))


def test_a_config_that_is_not_there_or_not_yaml(tmp_path, monkeypatch, capsys):
    assert "no such file" in refused(monkeypatch, capsys, "search", "nowhere.yaml")
    (tmp_path / "bad.yaml").write_text("a: [")
    assert "not YAML" in refused(monkeypatch, capsys, "search", str(tmp_path / "bad.yaml"))
    assert "--set" in refused(
        monkeypatch, capsys, "search", "configs/quickstart.yaml", "--set", "x"
    )
    assert "config.json" in refused(monkeypatch, capsys, "report", str(tmp_path))


def test_a_dry_run_prints_the_plan_and_writes_nothing(config, tmp_path):
    ran = gems("search", written(config, tmp_path), "--dry-run")
    assert ran.returncode == 0, ran.stderr
    assert "17 candidates" in ran.stdout
    assert "loads" in ran.stdout
    assert not (tmp_path / "runs").exists()


def test_discover_writes_a_list_that_a_search_takes(config, tmp_path, endpoint):
    out = str(tmp_path / "list.parquet")
    ran = gems("discover", "quickstart/tiny-arith", "--out", out, "--endpoint", endpoint)
    assert ran.returncode == 0, ran.stderr
    rows = pq.read_table(out).to_pylist()
    assert all(row["left_out"] or len(row["revision"]) == 40 for row in rows)
    listed = {**config, "candidates": {"list": out}}
    ran = gems("search", written(listed, tmp_path), "--dry-run")
    assert ran.returncode == 0, ran.stderr
    assert f"{sum(not row['left_out'] for row in rows)} candidates" in ran.stdout


def results(storage):
    summary = json.loads((storage / "tiny/summary.json").read_text())
    return summary["winner"], summary["top"], pq.read_table(storage / "tiny/standings.parquet")


def answers(storage):
    found = []
    for segment in sorted((storage / "tiny/ledger").glob("*.jsonl")):
        for line in segment.read_text().splitlines():
            record = json.loads(line)
            found += [
                (record["candidate"], a["task"], a["question"]) for a in record.get("answers", ())
            ]
    return found


def processes_of(group):
    """Processes of a session that are alive."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == group and state != "Z":
            alive.append(stat.parent.name)
    return alive


def test_a_search_whose_driver_is_killed_goes_on_and_ends_as_an_undisturbed_one(config, tmp_path):
    """kill -9 in the middle of round one, on real engines: nothing is lost, nothing runs on."""
    path = written(config, tmp_path)
    whole = tmp_path / "whole"
    undisturbed = gems("search", path, "--set", f"storage={whole}")
    assert undisturbed.returncode == 0, undisturbed.stderr

    storage = tmp_path / "runs"
    driver = subprocess.Popen(
        [sys.executable, "-m", "gems", "search", path],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 200
    while len(list((storage / "tiny/ledger").glob("*.jsonl"))) < 4:
        assert time.monotonic() < deadline
        assert driver.poll() is None
        time.sleep(0.01)
    held = gems("search", path)
    assert held.returncode == 2
    assert "held by another search" in held.stderr
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    assert not (storage / "tiny/summary.json").exists()
    before = answers(storage)
    assert before

    second = subprocess.Popen(
        [sys.executable, "-m", "gems", "search", path],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(answers(storage)) == len(before):
        assert time.monotonic() < deadline
        assert second.poll() is None
        time.sleep(0.01)
    second.send_signal(signal.SIGINT)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 130
    assert "nothing is lost" in said

    again = gems("search", path)
    assert again.returncode == 0, again.stderr
    assert results(storage) == results(whole)
    assert answers(storage)[: len(before)] == before
    assert len(answers(storage)) == len(set(answers(storage))) == len(answers(whole))
    while processes_of(driver.pid):
        assert time.monotonic() < deadline, processes_of(driver.pid)
        time.sleep(0.5)

    finished = gems("search", path)
    assert finished.returncode == 0
    assert "is finished" in finished.stdout
    changed = gems("search", path, "--set", "seed=1")
    assert changed.returncode == 2
    assert "seed: 0 -> 1" in changed.stderr
    assert gems("search", path, "--set", "finalists=2").returncode == 0

    report = storage / "tiny/report.html"
    report.unlink()
    assert gems("report", str(storage / "tiny")).returncode == 0
    assert "tiny" in report.read_text()
    assert results(storage) == results(whole)
