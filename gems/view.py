"""What a person sees while a search runs: a live table on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gems.core import estimate
from gems.core.contest import Contest, RoundReport
from gems.core.outcome import Failed, Graded, Outcome

LEADERS = 5
LINE_EVERY_S = 10.0
STEADY_AFTER_S = 3.0
# Leaders are worked out over all answers so far, which is not for every outcome.
DRAW_EVERY_S = 0.25


class View:
    """Shows the round, who is left, who leads, how fast it goes and how long it may take.

    Use as a context manager around the search; ``saw`` is called after every few outcomes.
    """

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self.now = now
        self.last_line = now()
        self.first_outcome: float | None = None
        self.fresh_answers = 0
        self._closed = 0
        self._drawn = float("-inf")
        self._live = Live(console=console, refresh_per_second=4, transient=True)
        self._is_live = console.is_terminal

    def __enter__(self) -> "View":
        if self._is_live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_live:
            self._live.stop()

    def saw(self, contest: Contest, outcomes: Sequence[Outcome]) -> None:
        """Take outcomes in, tell of closed rounds and failures, and draw."""
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                self.say(f"{outcome.candidate} failed: {outcome.kind}, {outcome.detail}")
        self._clock(outcomes)
        closed = len(contest.reports) - (not contest.finished)
        for report in contest.reports[self._closed : closed]:
            self.say(round_line(report))
        self._closed = max(self._closed, closed)
        self._show(contest)

    def say(self, line: str) -> None:
        """A line that stays."""
        self.console.print(Text(line), soft_wrap=True)

    def _clock(self, outcomes: Sequence[Outcome]) -> None:
        """Count answers from the first outcome on, so that engine starts do not slow the pace."""
        if self.first_outcome is None:
            self.first_outcome = self.now()
            return
        self.fresh_answers += sum(len(o.answers) for o in outcomes if isinstance(o, Graded))

    def _show(self, contest: Contest) -> None:
        if self._is_live and self.now() - self._drawn > DRAW_EVERY_S:
            self._drawn = self.now()
            self._live.update(self._picture(contest))
        if (
            not self._is_live
            and self.now() - self.last_line > LINE_EVERY_S
            and not contest.finished
        ):
            self.last_line = self.now()
            self.say(self._status(contest))

    def _picture(self, contest: Contest) -> RenderableType:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for name in ("leaders", "score", "95 %", "questions", "downloads"):
            table.add_column(name, justify="left" if name == "leaders" else "right")
        for i, mean, answers in contest.leaders(LEADERS):
            low, high = estimate.interval(mean, answers, len(contest.questions))
            candidate = contest.candidates[i]
            table.add_row(
                Text(candidate.id), f"{mean:.1%}", f"{low:.0%}-{high:.0%}",
                f"{answers:,}", f"{candidate.downloads:,}",
            )  # fmt: skip
        return Group(Text(self._status(contest), style="bold"), table)

    def _status(self, contest: Contest) -> str:
        report = contest.reports[-1] if contest.reports else RoundReport(0)
        return (
            f"round {report.round} ({report.stage}): {report.entrants - contest.waiting} of "
            f"{report.entrants} candidates answered {report.questions} questions each, "
            f"{self._pace(contest)}"
        )

    def _pace(self, contest: Contest) -> str:
        if self.first_outcome is None:
            return "starting engines"
        seconds = self.now() - self.first_outcome
        if seconds < STEADY_AFTER_S or not self.fresh_answers:
            return "measuring the pace"
        rate = self.fresh_answers / seconds
        left = max(0, contest.verdict.budget - contest.answered)
        return f"{rate:,.0f} questions/s, at most {duration(left / rate)} left"


def round_line(report: RoundReport) -> str:
    """What one closed round did, as a sentence."""
    what = (
        f"{report.entrants} -> {report.survivors} candidates"
        if report.stage == "search"
        else f"{report.entrants} candidates compared with the winner"
    )
    return (
        f"round {report.round} closed: {what}, {report.questions} questions each, "
        f"{report.asked:,} answers, {duration(report.seconds)}"
    )


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(4), duration(64), duration(22320)
    ('4 s', '1 min 4 s', '6 h 12 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
