"""What a person reads at the end: the leaderboard, the gem, and what to do next."""

import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gems.core.candidate import Candidate, LeftOut
from gems.core.contest import Contest
from gems.core.schedule import Halving
from gems.core.settings import Config
from gems.core.standings import Standing

POPULAR_SHOWN = 3


def ending(
    config: Config, path: str, summary: dict[str, Any], rows: Sequence[Standing]
) -> RenderableType:
    """The leaderboard beside the most downloaded, the verdict, and the next commands."""
    return Group(
        _leaderboard(summary, rows),
        Text(verdict_line(summary), style="bold"),
        Text(cost_line(summary, len(rows))),
        Text(next_steps(config, path)),
    )


def verdict_line(summary: dict[str, Any]) -> str:
    """Who won, and whether that is better than what people use today."""
    winner = summary["winner"]
    low, high = winner["interval"]
    sure = "on all questions" if low == high else f"95 %: {interval_text(low, high)}"
    found = (
        f"{winner['id']} answers {winner['score']:.1%} right ({sure}) "
        f"and has {winner['downloads']:,} downloads."
    )
    kind = "A hidden gem: " if winner["id"] in summary["gems"] else "The winner: "
    return "\n".join([kind + found, *(_against(lead) for lead in summary["verdict"])])


def interval_text(low: float, high: float) -> str:
    """An interval in percent; one that closed says so."""
    return "all asked" if low == high else f"{100 * low:.1f}-{100 * high:.1f}"


def cost_line(summary: dict[str, Any], candidates: int) -> str:
    """What the search cost."""
    queries = summary["queries"]
    return (
        f"asked {queries['asked']:,} questions of a budget of {queries['budget']:,} "
        f"over {candidates} candidates, {summary['loads']} loads, "
        f"{summary['engine_starts']} engine starts, {summary['seconds']['total']:.0f} s"
    )


def next_steps(config: Config, path: str) -> str:
    """Commands to copy."""
    from gems.wiring import default_tracking

    uri = config.tracking.uri or default_tracking(config.storage)[0]
    folder = f"{config.storage.rstrip('/')}/{config.name}"
    near, gems = _command("mlflow"), _command("gems")
    steps = [
        "next:",
        f"  the report      {folder}/report.html",
        f"  every round     {near} ui --backend-store-uri {uri}",
        f"                  then Model training > {config.tracking.experiment} > {config.name}",
    ]
    if config.policy.name != "exhaustive":
        change = f"--set policy.name=exhaustive --set name={config.name}-truth"
        steps.append(f"  the truth       {gems} search {path} {change}")
    steps.append(f"  the real Hub    {gems} search configs/llama-3.1-8b-gsm8k.yaml --dry-run")
    return "\n".join(steps)


def plan_table(config: Config, candidates: Sequence[Candidate], contest: Contest) -> RenderableType:
    """Rounds, questions and loads of a search that has not begun."""
    table = Table("round", "candidates", "questions each", "answers", title=config.name)
    answers = loads = 0
    for number, (entrants, questions) in enumerate(planned_rounds(config, contest), 1):
        answers, loads = answers + entrants * questions, loads + entrants
        table.add_row(*(f"{n:,}" for n in (number, entrants, questions, entrants * questions)))
    size = sum(candidate.size_bytes for candidate in candidates)
    starts = len({candidate.chassis for candidate in candidates})
    return Group(
        table,
        Text(
            f"{len(candidates):,} candidates, {len(contest.questions):,} questions: "
            f"{answers:,} answers of a budget of {contest.verdict.budget:,}, "
            f"{loads:,} loads, at least {starts} engine starts, "
            f"{size / 1e9:,.2f} GB to fetch"
        ),
    )


def planned_rounds(config: Config, contest: Contest) -> list[tuple[int, int]]:
    """Entrants and questions of each round, as far as they are known beforehand."""
    count, questions = len(contest.candidates), len(contest.questions)
    if config.policy.name == "exhaustive":
        return [(count, questions)]
    options = config.policy.options
    halving = Halving(
        count,
        questions,
        contest.verdict.budget,
        options.get("first_share"),
        options.get("first_survivors", 100),
    )
    rounds: list[tuple[int, int]] = []
    while count > 1:
        rounds.append((count, halving.questions(count)))
        count = halving.survivors(count)
    return rounds


def tree_table(candidates: Sequence[Candidate], left_out: Sequence[LeftOut]) -> RenderableType:
    """What a walk through a model tree found."""
    table = Table("left out because", "models")
    for reason, count in Counter(other.reason for other in left_out).most_common():
        table.add_row(Text(reason), f"{count:,}")
    chassis = Counter(candidate.chassis for candidate in candidates)
    copies = sum(candidate.copy_of is not None for candidate in candidates)
    line = f"{len(candidates):,} can be asked, on {len(chassis)} chassis; {copies} are copies"
    return Group(table, Text(line)) if left_out else Text(line)


def _command(name: str) -> str:
    """How to call a command of this environment from here."""
    path = Path(sys.executable).with_name(name)
    if shutil.which(name) == str(path):
        return name
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _leaderboard(summary: dict[str, Any], rows: Sequence[Standing]) -> Table:
    table = Table(
        title=f"{summary['name']}: the best and the most downloaded", box=box.SIMPLE, padding=0
    )
    for name in ("", "candidate", "score", "95 %", "asked", "downloads", "left in"):
        is_name = name == "candidate"
        table.add_column(
            name,
            justify="left" if is_name else "right",
            no_wrap=not is_name,
            overflow="fold",
        )
    places = {row.id: place for place, row in enumerate(rows, 1)}
    popular = sorted(rows, key=lambda row: (-row.downloads, -row.likes, row.id))[:POPULAR_SHOWN]
    best = [row for row in rows if row.id in summary["top"]]
    for row in best:
        table.add_row(*_cells(places[row.id], row))
    table.add_section()
    for row in popular:
        if row not in best:
            table.add_row(*_cells(places[row.id], row))
    return table


def _cells(place: int, row: Standing) -> tuple[RenderableType, ...]:
    left = f"round {row.left_in_round}" if row.left_in_round else "-"
    if row.score is None:
        return (f"{place}", Text(row.id), "", "", "0", f"{row.downloads:,}", left)
    return (
        f"{place}",
        Text(f"{row.id}{'  gem' if row.is_gem else ''}"),
        f"{row.score:.1%}",
        interval_text(row.interval_low, row.interval_high),
        f"{row.questions:,}",
        f"{row.downloads:,}",
        left,
    )


def _against(lead: dict[str, Any]) -> str:
    low, high = lead["interval"]
    points, common = 100 * lead["lead"], lead["questions"]
    line = (
        f"  against {lead['rival']}: {points:+.1f} points on the {common} questions both answered"
    )
    if low < high:
        line += f" (95 %: {100 * low:+.1f} to {100 * high:+.1f})"
    if low <= 0 <= high:
        line += ", not told apart"
    if lead["fresh"]:
        fresh = lead["fresh"]
        line += f"; {100 * fresh['lead']:+.1f} on {fresh['questions']} fresh ones"
    return line
