"""Scripted candidates have the skill they were given."""

import pytest

from gems.core.candidate import Candidate
from gems.core.outcome import Assignment, Failed, Graded
from gems.core.question import Question
from gems.simulation.scripted import Scripted

QUESTIONS = tuple(Question("t", str(i)) for i in range(4000))


@pytest.mark.parametrize("skill", [0.1, 0.5, 0.9])
def test_a_candidate_answers_about_as_well_as_its_skill(skill):
    outcome, _ = Scripted({"a/b": skill}).run(Assignment(Candidate("a/b", "0"), QUESTIONS, 1))
    assert isinstance(outcome, Graded)
    assert sum(answer.score for answer in outcome.answers) / 4000 == pytest.approx(skill, abs=0.05)


def test_the_better_one_is_right_wherever_the_worse_one_is_nearly_always():
    worker = Scripted({"a/good": 0.7, "a/bad": 0.4})
    good, bad = (
        [worker.answer(Candidate(name, "0"), q).score for q in QUESTIONS]
        for name in ("a/good", "a/bad")
    )
    upsets = sum(g < b for g, b in zip(good, bad, strict=True))
    assert upsets < 40


def test_an_unknown_candidate_fails():
    outcome, _ = Scripted({}).run(Assignment(Candidate("a/b", "0"), QUESTIONS, 1))
    assert isinstance(outcome, Failed)
