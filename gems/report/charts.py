"""Small pictures as SVG: intervals on a common axis, and bars."""

from markupsafe import Markup

WIDTH = 220
HEIGHT = 14


def whisker(low: float, score: float, high: float) -> Markup:
    """A score as a dot and its interval as a line, on an axis from 0 to 1."""
    x_low, x, x_high = (4 + (WIDTH - 8) * min(1.0, max(0.0, v)) for v in (low, score, high))
    middle = HEIGHT / 2
    return _svg(
        f'<line class="axis" x1="4" x2="{WIDTH - 4}" y1="{middle}" y2="{middle}"/>'
        f'<line class="range" x1="{x_low:.1f}" x2="{x_high:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<circle class="dot" cx="{x:.1f}" cy="{middle}" r="4"/>',
        f"{score:.1%}, 95 % interval {low:.1%} to {high:.1%}",
    )


def bar(value: float, largest: float) -> Markup:
    """A bar as long as the value's share of the largest."""
    length = WIDTH * value / largest if largest else 0.0
    return _svg(
        f'<rect class="bar" x="0" y="2" width="{length:.1f}" height="{HEIGHT - 4}"/>',
        f"{value:,.4g} of {largest:,.4g}",
    )


def _svg(shapes: str, label: str) -> Markup:
    """Only numbers go into it, so nothing needs escaping."""
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
        f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">{shapes}</svg>'
    )
