"""The report says what was measured, escapes what strangers wrote, and opens offline."""

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from gems.core.candidate import LeftOut
from gems.core.standings import standings
from gems.core.summary import Costs, summarise
from gems.report import render
from tests import stories

HOSTILE = "<script>alert(1)</script>"
VOID = {"meta", "link", "br", "img", "input", "line", "circle", "rect"}


class Checked(HTMLParser):
    """Collects the text, and fails on tags that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def played(**options):
    contest, costs, pool = stories.contest(**options), Costs(), stories.pool()
    while not contest.finished:
        for assignment in contest.ask():
            outcome, _ = pool.worker.run(assignment)
            contest.tell(outcome)
            costs.saw(contest, [outcome])
    return summarise("story", contest, [LeftOut("a/b", HOSTILE)], costs, 5), standings(contest)


def parsed(page):
    checked = Checked()
    checked.feed(page)
    assert not checked.open
    return checked, re.sub(r"\s+", " ", " ".join(checked.text))


def page(story):
    summary, rows = story
    return render(summary, rows, {"name": "story"})


@pytest.fixture(scope="module")
def story():
    return played(budget=1500)


def test_a_gem_is_named_with_its_lead_over_the_base(story):
    _, text = parsed(page(story))
    assert "hidden gem is org/m07" in text
    assert "It beats org/m00 by" in text


def test_what_strangers_wrote_is_escaped(story):
    summary, rows = story
    hostile = [replace(rows[0], id=HOSTILE, reason=HOSTILE, copy_of=HOSTILE), *rows[1:]]
    summary = {**summary, "winner": {**summary["winner"], "id": HOSTILE}, "top": [HOSTILE]}
    checked, text = parsed(render(summary, hostile, {"name": HOSTILE}))
    assert "script" not in {tag for tag, _ in checked.tags}
    assert HOSTILE in text


def test_it_opens_offline(story):
    checked, _ = parsed(page(story))
    for _, attributes in checked.tags:
        assert not {"src", "href"} & attributes.keys()


def test_pictures_are_well_formed(story):
    pictures = re.findall(r"<svg.*?</svg>", page(story), re.DOTALL)
    assert len(pictures) >= 15
    for picture in pictures:
        ElementTree.fromstring(picture)


def test_a_lead_that_may_be_nothing_is_not_told_apart(story):
    summary, rows = story
    lead = {**summary["verdict"][0], "lead": 0.01, "interval": [-0.02, 0.04], "fresh": None}
    _, text = parsed(render({**summary, "verdict": [lead], "gems": []}, rows, {}))
    assert "Not told apart" in text
    assert "No hidden gem" in text
    assert "It beats" not in text


def test_a_running_search_has_no_winner():
    contest = stories.contest()
    summary = summarise("story", contest, [], Costs(), 5)
    _, text = parsed(render(summary, standings(contest), {}))
    assert "still running" in text


def test_thousands_of_candidates_fit_on_a_page(story):
    summary, rows = story
    many = [replace(rows[0], id=f"org/m{i}") for i in range(5000)]
    shown = page((summary, many))
    assert len(shown) < 10_000_000
    assert "5,000 candidates" in shown


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
def test_a_browser_shows_it(story, tmp_path):
    (tmp_path / "report.html").write_text(page(story))
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{tmp_path}/report.html",
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "hidden gem is org/m07" in shown
