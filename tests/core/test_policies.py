"""Shared-halving does what its paper and the contract say."""

from itertools import pairwise

import numpy as np
import pytest

from gems.core.errors import BadInput
from gems.core.policies import Problem, make_policy
from gems.core.sheet import Sheet


def play(policy, truth):
    sheet = Sheet(*truth.shape)
    rounds = []
    while opened := policy.next_round(sheet):
        rows = opened.entrants[:, None]
        sheet.scores[rows, opened.questions] = truth[rows, opened.questions]
        rounds.append((opened.entrants.tolist(), opened.questions[0].tolist()))
    return rounds, int(policy.ranking(sheet)[0])


def test_survivors_are_the_best_by_all_answers_so_far():
    """Recomputed here from the order alone, without the policy's own code."""
    truth = np.random.default_rng(1).random((16, 60)) < np.linspace(0.2, 0.8, 16)[:, None]
    rounds, winner = play(make_policy("shared-halving", Problem(16, 60, 320, 5)), truth)
    asked: list[int] = []
    for (entrants, questions), (survivors, _) in pairwise(rounds):
        asked += questions
        scores = truth[entrants][:, asked].sum(axis=1)
        worst_kept = min(scores[entrants.index(s)] for s in survivors)
        dropped = [s for e, s in zip(entrants, scores, strict=True) if e not in survivors]
        assert max(dropped) <= worst_kept
        assert len(survivors) == -(-len(entrants) // 2)
    assert len(asked + rounds[-1][1]) == len(set(asked + rounds[-1][1]))
    assert winner in rounds[-1][0]


def test_fresh_scores_look_at_the_newest_questions_only():
    """A candidate that shone early and then failed is dropped, pooled it would stay."""
    order = np.random.default_rng(0).permutation(40)
    truth = np.zeros((4, 40))
    truth[0, order[:10]] = 1  # 0 answers all of round one and nothing after
    truth[1, order[10:]] = 1
    truth[1, order[:6]] = 1
    problem = Problem(4, 40, 80, 0)
    assert play(make_policy("shared-halving", problem, {"pool_scores": False}), truth)[1] == 1


def test_ties_are_broken_by_the_seed_without_favour():
    truth = np.ones((8, 50))
    winners = {
        play(make_policy("shared-halving", Problem(8, 50, 160, seed)), truth)[1]
        for seed in range(60)
    }
    assert winners == set(range(8))


def test_an_unknown_policy_lists_those_there_are():
    with pytest.raises(BadInput, match="shared-halving"):
        make_policy("best", Problem(2, 2, 4, 0))
