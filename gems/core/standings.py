"""The standings: what is known of every candidate, and which of them is a gem."""

from dataclasses import dataclass

import numpy as np

from gems.core import estimate
from gems.core.candidate import most_downloaded, one_percent
from gems.core.contest import Contest
from gems.core.sheet import Sheet


@dataclass(frozen=True)
class Standing:
    """One candidate's row. ``reason`` says why it is out, null while it is in.

    ``score`` is the mean over the questions answered, null where there is none; the interval is
    95 % over all questions.
    """

    id: str
    revision: str
    score: float | None
    interval_low: float
    interval_high: float
    questions: int
    left_in_round: int | None
    reason: str | None
    downloads: int
    likes: int
    is_gem: bool
    copy_of: str | None


def standings(contest: Contest) -> list[Standing]:
    """All candidates, best first; those that failed come last.

    Whoever stayed in longer ranks higher: the few questions of an early round flatter the lucky.
    """
    ranking = contest.ranking()
    failed = sorted(set(range(len(contest.candidates))) - set(ranking))
    gems = find_gems(contest, ranking) if contest.finished else set[int]()
    answered = contest.sheet.answered
    return [_standing(contest, i, int(answered[i]), i in gems) for i in ranking + failed]


def find_gems(contest: Contest, ranking: list[int]) -> set[int]:
    """The hidden gems, as Kahana, Horwitz & Hoshen (arXiv 2601.22157) define them.

    A gem is not among the most downloaded percent of the candidates asked, is among the best
    percent, and beats every one of the former on the questions that both answered.
    """
    asked = [i for i in ranking if contest.sheet.answered[i]]
    popular = {asked[i] for i in most_downloaded([contest.candidates[i] for i in asked])}
    best = [i for i in asked[: one_percent(len(asked))] if i not in popular]
    return {i for i in best if all(_beats(contest.sheet, i, rival) for rival in popular)}


def _beats(sheet: Sheet, one: int, other: int) -> bool:
    return float(np.nansum(sheet.scores[one] - sheet.scores[other])) > 0


def _standing(contest: Contest, i: int, asked: int, is_gem: bool) -> Standing:
    candidate = contest.candidates[i]
    scores = contest.sheet.scores[i]
    score = float(np.nanmean(scores, dtype=np.float64)) if asked else None
    low, high = estimate.interval(score or 0.0, asked, len(scores))
    left = int(contest.policy.left_in_round[i]) or None
    fault = contest.faults.get(i)
    return Standing(
        id=candidate.id,
        revision=candidate.revision,
        score=score,
        interval_low=low,
        interval_high=high,
        questions=asked,
        left_in_round=fault.round if fault else left,
        reason=_reason(contest, i, left),
        downloads=candidate.downloads,
        likes=candidate.likes,
        is_gem=is_gem,
        copy_of=candidate.copy_of,
    )


def _reason(contest: Contest, i: int, left: int | None) -> str | None:
    fault = contest.faults.get(i)
    if fault:
        return f"{fault.kind}: {fault.detail}"
    if left is None:
        return None
    report = contest.reports[left - 1]
    return f"not among the best {report.survivors} of {report.entrants} in round {left}"
