"""How sure a score is: 95 % intervals over a task's finite set of questions."""

from math import sqrt

import numpy as np

from gems.core.sheet import Scores

Z = 1.959963984540054  # the normal distribution's 97.5 % point


def interval(score: float, asked: int, questions: int) -> tuple[float, float]:
    """95 % interval of the score on all ``questions``, from ``asked`` of them drawn at random.

    Wilson's interval ("Probable inference", JASA 1927) with the finite-population correction
    ``asked × (questions − 1) / (questions − asked)``: nothing is uncertain once all are asked.
    Scores between 0 and 1 vary less than right-or-wrong ones, so it is on the safe side there.

    >>> interval(0.5, 400, 400)
    (0.5, 0.5)
    >>> [round(x, 3) for x in interval(0.8, 50, 1_000_000)]
    [0.67, 0.888]
    """
    if asked >= questions:
        return (score, score)
    if asked == 0:
        return (0.0, 1.0)
    n = asked * (questions - 1) / (questions - asked)
    centre = (score + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(score * (1 - score) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return (max(0.0, min(score, centre - half)), min(1.0, max(score, centre + half)))


def lead_interval(differences: Scores, questions: int) -> tuple[float, float, float]:
    """The mean of paired differences and its 95 % interval over all ``questions``.

    A normal interval with the finite-population correction (Cochran, "Sampling Techniques",
    1977, 2.8). One phantom draw of each sign keeps it honest where all observed pairs agree.
    """
    asked = len(differences)
    if asked == 0:
        return (0.0, -1.0, 1.0)
    lead = float(differences.mean())
    if asked >= questions:
        return (lead, lead, lead)
    seen = np.append(differences, [1.0, -1.0])
    error = float(seen.std(ddof=1)) / sqrt(asked) * sqrt((questions - asked) / (questions - 1))
    return (lead, max(-1.0, lead - Z * error), min(1.0, lead + Z * error))
