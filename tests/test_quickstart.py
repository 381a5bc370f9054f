"""The quickstart in full, as a newcomer runs it: hub, search, truth."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gems.core.policies import DEFAULT, Problem, make_policy
from gems.core.sheet import Sheet

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The default search and the exhaustive one, on a hub built for them."""
    folder = tmp_path_factory.mktemp("quickstart")
    for change in (["name=quickstart"], ["policy.name=exhaustive", "name=truth"]):
        changes = [f"hub.serve={folder / 'hub'}", f"storage={folder}", *change]
        command = [sys.executable, "-m", "gems", "search", "configs/quickstart.yaml"]
        command += [word for each in changes for word in ("--set", each)]
        subprocess.run(command, cwd=ROOT, env=os.environ, timeout=1200, check=True)
    return folder


def answers(folder):
    found = {}
    for segment in sorted((folder / "ledger").glob("*.jsonl")):
        for record in map(json.loads, segment.read_text().splitlines()):
            for answer in record.get("answers", ()):
                found[record["candidate"], answer["task"], answer["question"]] = answer
    return found


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


@pytest.mark.slow
def test_the_search_finds_the_gem_for_a_third_of_the_price(runs):
    found, truth = summary(runs / "quickstart"), summary(runs / "truth")
    assert found["queries"]["asked"] <= 0.35 * truth["queries"]["asked"]
    assert found["winner"]["score"] >= truth["winner"]["score"] - 0.01
    assert found["gems"] == [found["winner"]["id"]]
    assert found["winner"]["downloads"] < 15
    assert truth["rounds"][0]["entrants"] - len(truth["failed"]) >= 48
    assert found["engine_starts"] <= 4


@pytest.mark.slow
def test_what_shares_a_batch_or_an_engine_changes_no_answer(runs):
    found, truth = answers(runs / "quickstart"), answers(runs / "truth")
    assert all(truth[key]["text"] == answer["text"] for key, answer in found.items())
    assert all(truth[key]["score"] == answer["score"] for key, answer in found.items())


@pytest.mark.slow
def test_other_seeds_would_have_found_it_too(runs):
    """Mean regret of the default policy over 20 seeds, on the answers of the exhaustive run."""
    truth = answers(runs / "truth")
    models, questions = sorted({k[0] for k in truth}), sorted({k[1:] for k in truth})
    matrix = np.array([[truth[m, *q]["score"] for q in questions] for m in models])
    scores, regrets = matrix.mean(axis=1), []
    for seed in range(20):
        problem = Problem(*matrix.shape, budget=100 * len(models), seed=seed)
        policy, sheet = make_policy(DEFAULT, problem), Sheet(*matrix.shape)
        while opened := policy.next_round(sheet):
            rows = opened.entrants[:, None]
            sheet.scores[rows, opened.questions] = matrix[rows, opened.questions]
        regrets.append(scores.max() - scores[policy.ranking(sheet)[0]])
    assert np.mean(regrets) <= 0.01
