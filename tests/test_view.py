"""What a person sees while a search runs."""

import io

from rich.console import Console

from gems.driver import search
from gems.view import View, duration
from tests import stories


class Forgetful:
    def outcomes(self):
        return []

    def append(self, outcomes):
        """Keep nothing."""


def shown(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    clock = iter(range(100_000))
    with View(console, now=lambda: float(next(clock))) as view:
        search(stories.contest(), stories.pool(), Forgetful(), [view])
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_log_tells_every_round_every_failure_and_how_long_it_may_take():
    text = shown(terminal=False)
    assert "round 1 closed: 20 -> 10 candidates, 4 questions each, 72 answers" in text
    assert "org/m03 failed: missing-tensor" in text
    assert "questions/s, at most" in text


def test_a_terminal_shows_the_leaders_with_intervals():
    text = shown(terminal=True)
    assert "org/m07" in text
    assert "leaders" in text


def test_durations_read_as_people_say_them():
    assert [duration(s) for s in (4, 64, 22320)] == ["4 s", "1 min 4 s", "6 h 12 min"]
