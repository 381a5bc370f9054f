"""Intervals hold as often as they say."""

import numpy as np
import pytest

from gems.core.estimate import interval, lead_interval


@pytest.mark.parametrize(("score", "asked"), [(0.8, 20), (0.5, 50), (0.95, 100), (0.3, 350)])
def test_intervals_hold_the_truth_about_95_times_in_100(score, asked):
    rng, population = np.random.default_rng(0), 400
    answers = np.arange(population) < score * population
    held = 0
    for _ in range(2000):
        seen = float(rng.choice(answers, asked, replace=False).mean())
        low, high = interval(seen, asked, population)
        held += low - 1e-9 <= answers.mean() <= high + 1e-9
    assert 0.93 <= held / 2000 <= 0.995


def test_nothing_is_uncertain_once_all_was_asked_and_all_is_when_nothing_was():
    assert interval(0.4, 10, 10) == (0.4, 0.4)
    assert interval(0.0, 0, 10) == (0.0, 1.0)


def test_paired_leads_hold_the_truth():
    rng, population = np.random.default_rng(0), 400
    differences = rng.choice([1.0, 0.0, -1.0], population, p=[0.2, 0.7, 0.1])
    held = 0
    for _ in range(2000):
        _, low, high = lead_interval(rng.choice(differences, 40, replace=False), population)
        held += low <= differences.mean() <= high
    assert 0.93 <= held / 2000 <= 0.995
