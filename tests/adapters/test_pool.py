"""The Ray pool: every assignment ends in exactly one outcome, whatever happens to workers."""

import functools
import os
import time
from collections import Counter

import pytest

from gems.adapters.pool import RayPool
from gems.core.candidate import Candidate
from gems.core.errors import WorldError
from gems.core.outcome import Assignment, Failed, Graded
from gems.core.question import Question
from gems.core.settings import Pool
from gems.core.standings import standings
from gems.driver import search
from gems.simulation.scripted import Scripted
from tests import stories

SETTINGS = Pool(min_workers=1, max_workers=2, gpus_per_worker=0, cpus_per_worker=0.5)
QUESTION = (Question("t", "0"),)


class Mortal:
    """A worker that some candidates kill, spoil or stop."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, assignment):
        name = assignment.candidate.id
        once = self.folder / assignment.candidate.id.replace("/", "-")
        if "kills-once" in name and not once.exists():
            once.touch()
            os._exit(1)
        if "kills-always" in name:
            os._exit(1)
        if "raises" in name:
            raise RuntimeError("out of memory")
        if "world" in name:
            raise WorldError("hub is out of reach", "check the network")
        if "sleeps" in name:
            time.sleep(60)
        scripted = Scripted({name: 0.5})
        return scripted.run(assignment)[0], "spoils" not in name


@pytest.fixture
def pool(tmp_path):
    made = RayPool(functools.partial(Mortal, tmp_path), SETTINGS, timeout_s=4)
    yield made
    made.close()


def outcomes(pool, *names):
    for name in names:
        pool.submit(Assignment(Candidate(f"org/{name}", "0", chassis=name[0]), QUESTION, 1))
    found = []
    while len(found) < len(names):
        found += pool.next_outcomes()
    return {outcome.candidate.split("/")[1]: outcome for outcome in found}


def test_workers_that_die_are_replaced_and_candidates_that_kill_have_failed(pool):
    names = (
        "a-good",
        "a-kills-once",
        "a-kills-always",
        "a-raises",
        "a-spoils",
        "b-sleeps",
        "a-too",
    )
    found = outcomes(pool, *names)
    kinds = {n: o.kind if isinstance(o, Failed) else "graded" for n, o in found.items()}
    assert kinds == {
        "a-good": "graded",
        "a-kills-once": "graded",
        "a-kills-always": "engine-error",
        "a-raises": "engine-error",
        "a-spoils": "graded",
        "b-sleeps": "engine-error",
        "a-too": "graded",
    }
    assert "out of memory" in found["a-raises"].detail


def test_the_world_s_fault_is_raised_and_names_the_next_step(pool):
    with pytest.raises(WorldError, match="check the network"):
        outcomes(pool, "a-world")


def test_a_search_on_ray_ends_as_one_in_process():
    alone, together = stories.contest(), stories.contest()

    class Forgetful:
        def outcomes(self):
            return []

        def append(self, outcomes):
            """Keep nothing."""

    search(alone, stories.pool(), Forgetful())
    ray_pool = RayPool(functools.partial(Scripted, stories.skills()), SETTINGS)
    try:
        search(together, ray_pool, Forgetful())
    finally:
        ray_pool.close()
    assert standings(together) == standings(alone)


def test_one_worker_serves_a_chassis_until_its_queue_outweighs_an_engine_start():
    """Two chassis on two workers: nobody changes chassis for a short queue."""
    ray_pool = RayPool(functools.partial(Scripted, {"org/a": 0.5, "org/b": 0.5}), SETTINGS)
    try:
        for i in range(40):
            name = "org/a" if i % 4 else "org/b"
            ray_pool.submit(
                Assignment(Candidate(name, "0", chassis=name), (Question("t", str(i)),), 1)
            )
        found = []
        while len(found) < 40:
            found += ray_pool.next_outcomes()
        assert Counter(o.candidate for o in found) == {"org/a": 30, "org/b": 10}
        assert all(isinstance(o, Graded) for o in found)
        assert ray_pool.size == 2
    finally:
        ray_pool.close()


def no_worker():
    raise WorldError("the engine cannot be imported", "no vLLM", "install '.[cpu]'")


def test_a_worker_that_cannot_be_made_says_why():
    ray_pool = RayPool(no_worker, SETTINGS)
    try:
        with pytest.raises(WorldError, match="install") as raised:
            outcomes(ray_pool, "a-good")
        assert type(raised.value) is WorldError
    finally:
        ray_pool.close()


def test_chassis_take_turns_where_only_one_worker_fits():
    """As on a machine with one GPU: nobody waits forever for a place that an idle one holds."""
    fat = Pool(max_workers=4, gpus_per_worker=0, cpus_per_worker=0.75 * (os.cpu_count() or 1))
    ray_pool = RayPool(functools.partial(Scripted, {f"org/{n}": 0.5 for n in "ab"}), fat)
    ray_pool.place_patience_s = 0.5
    try:
        for turn in range(2):
            for name in ("org/a", "org/b"):
                question = (Question("t", str(turn)),)
                ray_pool.submit(Assignment(Candidate(name, "0", chassis=name), question, 1))
            found = []
            while len(found) < 2:
                found += ray_pool.next_outcomes()
            assert {outcome.candidate for outcome in found} == {"org/a", "org/b"}
    finally:
        ray_pool.close()
