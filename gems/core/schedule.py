"""The arithmetic of sequential halving: how many rounds, how many questions each.

Karnin, Koren & Somekh, "Almost Optimal Exploration in Multi-Armed Bandits", ICML 2013.
"""

from fractions import Fraction
from math import ceil, floor


def halvings(entrants: int) -> int:
    """How often a field is halved until one is left: ceil(log2 entrants).

    >>> [halvings(n) for n in (1, 2, 3, 48, 64, 65)]
    [0, 1, 2, 6, 6, 7]
    """
    return (entrants - 1).bit_length()


class Halving:
    """Splits a budget of queries evenly over the rounds; what a round leaves, the next may use.

    Asks for at least one question a round, never for more than the budget or the questions left.
    With ``first_share``, round one takes that share and keeps ``first_survivors``; the rest is
    halved evenly. A field no larger than ``first_survivors`` is halved plainly.
    """

    def __init__(
        self,
        entrants: int,
        questions: int,
        budget: int,
        first_share: float | None = None,
        first_survivors: int = 100,
    ) -> None:
        self.first_survivors = first_survivors
        self.drastic = first_share is not None and entrants > first_survivors
        rounds = halvings(first_survivors if self.drastic else entrants)
        self.first = Fraction(str(first_share or 0)) * budget if self.drastic else Fraction(0)
        self.share = (budget - self.first) / max(1, rounds)
        self.purse = Fraction(0)
        self.budget_left: int = budget
        self.questions_left: int = questions
        self.round = 0

    def questions(self, entrants: int) -> int:
        """How many new questions each entrant of the next round answers. Call once a round."""
        self.round += 1
        self.purse += self.first if self.drastic and self.round == 1 else self.share
        wanted = max(1, floor(self.purse / entrants))
        count = min(wanted, self.questions_left, self.budget_left // entrants)
        self.purse -= count * entrants
        self.budget_left -= count * entrants
        self.questions_left -= count
        return count

    def survivors(self, entrants: int) -> int:
        """How many of a round's entrants go on."""
        if self.drastic and self.round == 1:
            return min(entrants, self.first_survivors)
        return ceil(entrants / 2)
