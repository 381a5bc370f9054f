"""The summary of a run: what a script reads after a search."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gems.core.candidate import LeftOut
from gems.core.contest import Contest
from gems.core.outcome import Outcome
from gems.core.standings import Standing, standings
from gems.core.verdict import Lead


@dataclass
class Costs:
    """What a run has cost so far. Seconds are summed over workers, ``total`` is wall time."""

    asked: int = 0
    loads: int = 0
    engine_starts: int = 0
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(
            ("total", "discover", "fetch", "start", "load", "generate", "idle"), 0.0
        )
    )

    def saw(self, contest: Contest, outcomes: Sequence[Outcome]) -> None:
        """Add what some outcomes cost."""
        del contest
        for outcome in outcomes:
            self.asked += len(getattr(outcome, "answers", ()))
            self.loads += outcome.seconds.load > 0
            self.engine_starts += outcome.seconds.start > 0
            for phase in ("fetch", "start", "load", "generate"):
                self.seconds[phase] += getattr(outcome.seconds, phase)


def summarise(
    name: str,
    contest: Contest,
    left_out: Sequence[LeftOut],
    costs: Costs,
    finalists: int,
) -> dict[str, Any]:
    """The contents of ``summary.json``, as plain data."""
    rows = standings(contest)
    failed = {fault.candidate for fault in contest.faults.values()}
    placed = [row for row in rows if row.questions and row.id not in failed]
    return {
        "name": name,
        "status": "finished" if contest.finished else "running",
        "winner": _winner(placed[0]) if contest.finished and placed else None,
        "top": [row.id for row in placed[:finalists]],
        "gems": [row.id for row in rows if row.is_gem],
        "verdict": verdict(contest),
        "failed": [
            {"id": fault.candidate, "kind": fault.kind, "detail": fault.detail}
            for fault in contest.faults.values()
        ],
        "left_out": [{"id": other.id, "reason": other.reason} for other in left_out],
        "rounds": [_round(contest, number) for number in range(len(contest.reports))],
        "queries": {"budget": contest.verdict.budget, "asked": costs.asked, "reused": 0},
        "loads": costs.loads,
        "engine_starts": costs.engine_starts,
        "seconds": {phase: round(spent, 2) for phase, spent in costs.seconds.items()},
    }


def verdict(contest: Contest) -> list[dict[str, Any]]:
    """The winner against the base and the most downloaded, on questions that both answered.

    ``fresh`` is the same on questions that had no part in choosing the winner, null without any.
    """
    ranking = contest.ranking()
    if not (contest.finished and ranking):
        return []
    judge, winner = contest.verdict, ranking[0]
    leads = judge.leads(contest.sheet, winner)
    fresh = judge.leads(contest.sheet, winner, judge.fresh)
    return [
        {
            "rival": contest.candidates[lead.rival].id,
            **_lead(lead),
            "fresh": _lead(confirmed) if confirmed.questions else None,
        }
        for lead, confirmed in zip(leads, fresh, strict=True)
    ]


def _lead(lead: Lead) -> dict[str, Any]:
    interval = [round(lead.low, 6), round(lead.high, 6)]
    return {"questions": lead.questions, "lead": round(lead.lead, 6), "interval": interval}


def _winner(row: Standing) -> dict[str, Any]:
    return {
        "id": row.id,
        "revision": row.revision,
        "score": row.score,
        "interval": [row.interval_low, row.interval_high],
        "downloads": row.downloads,
    }


def _round(contest: Contest, number: int) -> dict[str, Any]:
    report = contest.reports[number]
    return {
        "round": report.round,
        "stage": report.stage,
        "entrants": report.entrants,
        "survivors": report.survivors,
        "questions": report.questions,
        "asked": report.asked,
        "loads": report.loads,
        "seconds": round(report.seconds, 2),
    }
