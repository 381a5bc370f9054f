"""Pictures of schedules, drawn out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gems.core.schedule import Halving


def rounds(entrants, questions, budget, **options):
    plan, drawn = Halving(entrants, questions, budget, **options), []
    while entrants > 1:
        drawn.append((entrants, plan.questions(entrants)))
        entrants = plan.survivors(entrants)
    return drawn


@pytest.mark.parametrize(
    ("case", "picture"),
    [
        ((8, 1000, 72), [(8, 3), (4, 6), (2, 12)]),
        # What a round leaves over goes to the next: 100 / 3 rounds are 33 each.
        ((8, 1000, 100), [(8, 4), (4, 8), (2, 18)]),
        # No more questions than there are.
        ((8, 10, 72), [(8, 3), (4, 6), (2, 1)]),
        # An odd field keeps the larger half.
        ((5, 1000, 60), [(5, 4), (3, 6), (2, 11)]),
        ((1, 10, 10), []),
    ],
)
def test_plain_halving(case, picture):
    assert rounds(*case) == picture


def test_a_drastic_first_round_takes_its_share_and_keeps_its_survivors():
    drawn = rounds(900, 10_000, 45_000, first_share=0.6, first_survivors=100)
    assert drawn[:3] == [(900, 30), (100, 25), (50, 52)]
    assert len(drawn) == 1 + 7


def test_a_small_field_is_halved_plainly_whatever_first_share_says():
    assert rounds(64, 900, 3200, first_share=0.6) == rounds(64, 900, 3200)


@given(
    st.integers(1, 300),
    st.integers(1, 500),
    st.integers(1, 30_000),
    st.none() | st.floats(0.1, 0.9),
    st.integers(2, 120),
)
def test_a_plan_never_exceeds_its_budget_or_its_questions(entrants, questions, budget, share, keep):
    drawn = rounds(entrants, questions, budget, first_share=share, first_survivors=keep)
    assert sum(n * q for n, q in drawn) <= budget
    assert sum(q for _, q in drawn) <= questions
    assert all(later < earlier for (earlier, _), (later, _) in pairwise(drawn))
