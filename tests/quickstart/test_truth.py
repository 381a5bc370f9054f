"""The full hub: what its models really know makes a search worth the while."""

import pytest

from gems.quickstart import BASE_ID, build, scoring
from gems.quickstart.family import GEM_ID, INSTRUCT, RECIPES, askable


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    directory = build(tmp_path_factory.mktemp("full"))
    return scoring.truth(directory, askable(RECIPES["full"]))


@pytest.mark.slow
def test_the_gem_is_the_best_and_nobody_knows_it(truth):
    """It leads everyone clearly, and the famous ones by far."""
    second = max(score for name, score in truth.items() if name != GEM_ID)
    assert truth[GEM_ID] >= second + 0.03
    assert truth[GEM_ID] >= max(truth[BASE_ID], truth[INSTRUCT]) + 0.10


@pytest.mark.slow
def test_scores_spread_as_on_a_real_hub(truth):
    """The base is in the middle, its copies tie with it, some are ruined, few are better."""
    base = truth[BASE_ID]
    assert 0.35 < base < 0.70
    assert sum(score == base for score in truth.values()) >= 4
    assert sum(score < base + 0.05 for score in truth.values()) >= len(truth) / 2
    assert min(truth.values()) < 0.1
    assert 3 <= sum(score > base + 0.15 for score in truth.values()) <= 10
