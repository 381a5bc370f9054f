"""What the numbers of a summary mean, in sentences that claim no more than was measured."""

from typing import Any


def headline(summary: dict[str, Any]) -> str:
    """Who won and how good it is, or why there is no winner."""
    winner = summary["winner"]
    if summary["status"] != "finished":
        return "The search is still running; these are its standings so far."
    if winner is None:
        return "Nobody could be asked, so there is no winner."
    low, high = winner["interval"]
    kind = "hidden gem" if winner["id"] in summary["gems"] else "winner"
    sure = "of all questions" if low == high else f"(95 %: {percent(low)} to {percent(high)})"
    return (
        f"The {kind} is {winner['id']}: {percent(winner['score'])} right {sure}, "
        f"with {winner['downloads']:,} downloads."
    )


def against(lead: dict[str, Any]) -> str:
    """The winner beside one model that people use today."""
    low, high = lead["interval"]
    sentence = (
        f"{_beside(lead['lead'], low, high)} {lead['rival']} by {points(lead['lead'])} points "
        f"on the {lead['questions']:,} questions both answered"
    )
    sentence += "." if low == high else f" (95 %: {signed(low)} to {signed(high)})."
    fresh = lead["fresh"]
    if fresh:
        sentence += (
            f" On {fresh['questions']:,} questions that had no part in choosing it: "
            f"{signed(fresh['lead'])} ({signed(fresh['interval'][0])} to "
            f"{signed(fresh['interval'][1])})."
        )
    return sentence


def no_gem(summary: dict[str, Any]) -> str | None:
    """Said when a finished search found no hidden gem."""
    if summary["status"] != "finished" or summary["gems"] or not summary["winner"]:
        return None
    return (
        "No hidden gem: the winner is among the most downloaded itself, "
        "or does not beat all of them."
    )


def percent(share: float) -> str:
    """A share as a person reads it."""
    return f"{100 * share:.1f} %"


def points(lead: float) -> str:
    """A lead's size in percentage points."""
    return f"{100 * abs(lead):.1f}"


def signed(lead: float) -> str:
    """A lead in percentage points, with its sign."""
    return f"{100 * lead:+.1f}".replace("-", "−")


def _beside(lead: float, low: float, high: float) -> str:
    if low <= 0 <= high:
        return "Not told apart: it is " + ("ahead of" if lead >= 0 else "behind")
    return "It beats" if lead > 0 else "It is behind"
