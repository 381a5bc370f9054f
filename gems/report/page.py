"""The page put together: plain data in, HTML out."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import jinja2

from gems.core.candidate import one_percent
from gems.core.standings import Standing
from gems.report import charts, words

POPULAR_SHOWN = 3
# A longer table is folded, so that the verdict stays the first thing seen.
FOLDED_OVER = 100


def render(summary: dict[str, Any], standings: Sequence[Standing], config: dict[str, Any]) -> str:
    """The report of a run as one HTML page without links to anything outside it.

    Ids, cards and errors come from strangers: everything is escaped.
    """
    largest = max((r["entrants"] for r in summary["rounds"]), default=0)
    return _template().render(
        summary=summary,
        headline=words.headline(summary),
        against=[words.against(lead) for lead in summary["verdict"]],
        no_gem=words.no_gem(summary),
        shown=_shown(summary, standings),
        places={row.id: place for place, row in enumerate(standings, 1)},
        standings=standings,
        largest=largest,
        share=_share_of_everything(summary, standings),
        reasons=Counter(other["reason"] for other in summary["left_out"]).most_common(),
        folded=len(standings) > FOLDED_OVER,
        percent_of_field=one_percent(len(standings)),
        settings=json.dumps(config, indent=2),
        seconds=_worker_seconds(summary),
    )


def _shown(summary: dict[str, Any], standings: Sequence[Standing]) -> list[Standing]:
    """The finalists, then the most downloaded, each once."""
    best = [row for row in standings if row.id in summary["top"]]
    popular = sorted(standings, key=lambda row: (-row.downloads, -row.likes, row.id))
    return best + [row for row in popular[:POPULAR_SHOWN] if row not in best]


def _share_of_everything(summary: dict[str, Any], standings: Sequence[Standing]) -> float | None:
    """Answers asked for, of all candidates times all questions that anyone was asked."""
    asked = sum(r["questions"] for r in summary["rounds"] if r["stage"] == "search")
    everything = asked * len(standings)
    return summary["queries"]["asked"] / everything if everything else None


def _worker_seconds(summary: dict[str, Any]) -> dict[str, float]:
    phases = ("fetch", "start", "load", "generate", "idle")
    return {phase: summary["seconds"].get(phase, 0.0) for phase in phases}


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gems.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = words.percent
    environment.globals.update(whisker=charts.whisker, bar=charts.bar)
    return environment.get_template("report.html.j2")
