"""Real vLLM: a swapped candidate answers byte for byte as on an engine of its own.

Each engine runs in a process of its own, as it does beside a GPU.
"""

import functools
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from gems.adapters.benchmark import Benchmark
from gems.adapters.hub import Hub
from gems.adapters.pool import RayPool
from gems.adapters.worker import Worker, WorkerPlan
from gems.core.outcome import Assignment, Failed, Graded
from gems.core.settings import Candidates, Engine, Pool
from gems.quickstart.models import new_model
from gems.quickstart.tokenizer import write_tokenizer

TASKS = (str(Path("gems/quickstart/tasks/quickstart.yaml").resolve()),)
SETTINGS = Engine(dtype="float32", max_model_len=64, verify_every=3)
ASKED = 40


@pytest.fixture(scope="module")
def tree(endpoint):
    return Hub(endpoint).discover(Candidates(base=["quickstart/tiny-arith"]))


@pytest.fixture(scope="module")
def plan(endpoint):
    return WorkerPlan(TASKS, SETTINGS, 0, endpoint, 0)


@pytest.fixture(scope="module")
def warm(plan):
    """Two workers that stay warm through all tests."""
    with opened(plan, 2) as pool:
        yield pool


@contextmanager
def opened(plan, workers=1):
    settings = Pool(max_workers=workers, gpus_per_worker=0, cpus_per_worker=0.5)
    pool = RayPool(functools.partial(Worker, plan), settings)
    try:
        yield pool
    finally:
        pool.close()


def ask(pool, candidates, number=1):
    questions = tuple(Benchmark(TASKS).questions[:: 400 // ASKED])
    for candidate in candidates:
        pool.submit(Assignment(candidate, questions, number))
    outcomes = []
    while len(outcomes) < len(candidates):
        outcomes += pool.next_outcomes()
    return {outcome.candidate: outcome for outcome in outcomes}


def said(outcome):
    assert isinstance(outcome, Graded)
    return [
        (answer.question, answer.text, answer.tokens, answer.score) for answer in outcome.answers
    ]


def test_swapped_answers_are_those_of_a_fresh_engine_for_every_chassis(tree, warm, plan):
    """All candidates, sound and broken, follow each other through one engine a chassis; then the
    last sound ones of each chassis are asked on engines that never saw another candidate."""
    swapped = ask(warm, tree.candidates)
    graded = [c for c in tree.candidates if isinstance(swapped[c.id], Graded)]
    starts = [o for o in swapped.values() if o.seconds.start]
    assert len(starts) == len({c.chassis for c in graded}) == 2
    alone = [
        [c for c in graded if c.chassis == chassis][-1] for chassis in {c.chassis for c in graded}
    ]
    adapter = next(c for c in graded if c.is_adapter)
    for candidate in {*alone, adapter}:
        assert not swapped[candidate.id].seconds.start
        with opened(plan) as pool:
            fresh = ask(pool, [candidate])[candidate.id]
        assert fresh.seconds.start > 0
        assert said(fresh) == said(swapped[candidate.id]), candidate.id
    again = ask(warm, graded, number=2)
    assert {name: said(o) for name, o in again.items()} == {
        c.id: said(swapped[c.id]) for c in graded
    }


def test_the_broken_fail_before_an_engine_is_touched(tree, warm):
    """None scores a point; a copy answers as what it copies; the others are graded."""
    outcomes = ask(warm, tree.candidates)
    failed = {o.kind for o in outcomes.values() if isinstance(o, Failed)}
    assert failed == {
        "adapter-does-not-fit", "missing-tensor", "not-finite", "truncated-file", "wrong-shape",
    }  # fmt: skip
    assert all(o.seconds.load == 0 for o in outcomes.values() if isinstance(o, Failed))
    copy = next(c for c in tree.candidates if c.copy_of)
    assert said(outcomes[copy.id]) == said(outcomes[copy.copy_of])


def alone(scene, *folders):
    """Play a scene in a process of its own; gives the kinds of errors it met."""
    command = [sys.executable, "-m", "tests.adapters.scenes", scene, *map(str, folders)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()[-1]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Two sound ones and one of NaN."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second", "nan")]
    for seed, folder in enumerate(folders):
        new_model("llama", seed).save_pretrained(folder)
        write_tokenizer(folder)
    tensors = load_file(folders[2] / "model.safetensors")
    tensors["model.norm.weight"][:] = float("nan")
    save_file(tensors, folders[2] / "model.safetensors", metadata={"format": "pt"})
    return folders


def test_outputs_that_are_not_finite_are_a_fault_and_never_a_score(checkpoints):
    """Should weights of NaN ever reach an engine, vLLM says nothing and answers."""
    first, _, nan = checkpoints
    assert alone("nan", first, nan) == "not-finite"


def test_an_engine_that_drifted_is_found_and_stops_the_search(checkpoints):
    """Here the first checkpoint changes on disk, so that its probe is answered differently."""
    assert alone("drift", *checkpoints[:2]) == "WorldError"
