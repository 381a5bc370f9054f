"""Searches that are killed anywhere go on as if nothing had happened."""

import random
from pathlib import Path

import pytest

from gems.adapters.ledger import Ledger
from gems.adapters.storage import Folder
from gems.core.standings import standings
from gems.driver import search
from tests import stories


class Killed(Exception):
    pass


class MortalFolder(Folder):
    """A folder whose process dies at the nth write, before, after or in the middle of it."""

    def __init__(self, storage, name, at, torn):
        super().__init__(storage, name)
        self.at, self.torn = at, torn

    def write(self, name, text):
        self.at -= 1
        if self.at > 0:
            super().write(name, text)
            return
        data = text if isinstance(text, bytes) else text.encode()
        Path(self.root, name).write_bytes(data[: int(len(data) * self.torn)])
        raise Killed


def folder(tmp_path) -> Folder:
    made = Folder(str(tmp_path), "run")
    made.create()
    return made


def finished(where: Folder):
    contest = stories.contest()
    search(contest, stories.pool(), Ledger(where))
    return contest


def pairs(where: Folder):
    return [
        (record["candidate"], answer["question"])
        for record in Ledger(where).records()
        if record["outcome"] == "graded"
        for answer in record["answers"]
    ]


@pytest.mark.parametrize("seed", range(30))
def test_a_killed_search_finishes_with_the_standings_of_an_undisturbed_one(seed, tmp_path):
    luck = random.Random(seed)
    undisturbed = finished(folder(tmp_path / "whole"))
    where = folder(tmp_path / "killed")
    kills = 0
    for _ in range(luck.randrange(1, 4)):
        mortal = MortalFolder(str(tmp_path / "killed"), "run", luck.randrange(1, 30), luck.random())
        try:
            search(stories.contest(), stories.pool(), Ledger(mortal))
        except Killed:
            kills += 1
    assert kills
    again = finished(where)
    assert standings(again) == standings(undisturbed)
    assert len(pairs(where)) == len(set(pairs(where)))
    assert len(pairs(where)) == again.answered


def test_a_finished_ledger_asks_nothing(tmp_path):
    where = folder(tmp_path)
    first = finished(where)

    class Idle:
        def submit(self, assignment):
            raise AssertionError(f"asked {assignment}")

        def next_outcomes(self):
            raise AssertionError("waited")

    again = stories.contest()
    search(again, Idle(), Ledger(where))
    assert standings(again) == standings(first)


def test_a_torn_last_line_is_dropped_and_its_neighbours_are_kept(tmp_path):
    where = folder(tmp_path)
    finished(where)
    whole = list(Ledger(where).records())
    last = sorted(Path(where.root, "ledger").glob("*.jsonl"))[-1]
    last.write_text(last.read_text()[:-20])
    assert list(Ledger(where).records()) == whole[:-1]
