"""Draw curves of bits per character as inline SVG, without scripts, in the colours of the page's style.

This module knows nothing of runs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from penwright.report.markup import escape, short_count
from penwright.report.scales import Point, Scale, linear_ticks, log_ticks, spread, thinned

WIDTH, HEIGHT = 960, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 726, 18, 380  # edges of the plot; the labels of levels are to its right
LABEL_GAP = 17
MAX_DOTS = 60


class Curve(NamedTuple):
    """One curve of the chart."""

    name: str
    style: str
    """CSS class that gives the colour."""
    points: Sequence[Point]
    """Points (x, bits per character), x ascending. Those that are not finite, or not above 0 on a logarithmic axis, are
    left out."""
    has_dots: bool = False
    """True if a dot is to be drawn for each point, unless there are too many."""


class Level(NamedTuple):
    """A horizontal line for comparison."""

    name: str
    bits_per_char: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Curves over one axis."""

    title: str
    """Title for screen readers."""
    x_label: str
    """Label of the x axis, with its unit."""
    curves: Sequence[Curve]
    levels: Sequence[Level] = ()
    marks: Sequence[tuple[float, str]] = ()
    """Marks on the x axis: (x, label)."""
    is_log: bool = False
    """True if the x axis is logarithmic."""


def draw(chart: Chart) -> str:
    """Return the chart as an SVG element, or a sentence if there is nothing to draw."""
    curves = [curve._replace(points=_drawable(curve.points, is_log=chart.is_log)) for curve in chart.curves]
    points = [point for curve in curves for point in curve.points]
    if not points:
        return '<p class="empty">There is nothing to draw yet.</p>'
    levels = [level for level in chart.levels if math.isfinite(level.bits_per_char)]
    x = _x_scale([x for x, _ in points], is_log=chart.is_log)
    y = _y_scale([*(value for _, value in points), *(level.bits_per_char for level in levels)])
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.title)}">',
        *_grid(x, y, x_label=chart.x_label),
        *_levels(levels, y),
        *(part for curve in curves for part in _curve(curve, x, y)),
        *_marks(chart.marks, x),
        "</svg>",
    ]
    return "\n".join(parts)


def _drawable(points: Sequence[Point], *, is_log: bool) -> list[Point]:
    return [(x, value) for x, value in points if math.isfinite(value) and math.isfinite(x) and (x > 0 or not is_log)]


def _x_scale(values: Sequence[float], *, is_log: bool) -> Scale:
    low, high = (min(values), max(values)) if is_log else (0.0, max(values))
    if high <= low:
        low, high = (low / 2, high * 2) if is_log else (0.0, max(1.0, high))
    return Scale(low, high, LEFT, RIGHT, is_log)


def _y_scale(values: Sequence[float]) -> Scale:
    """Return a scale that holds all values and ends on round ones."""
    low, high = min(values), max(values)
    step = 0.5 if high - low > 1 else 0.1
    low, high = math.floor(low / step - 0.2) * step, math.ceil(high / step + 0.1) * step
    return Scale(max(0.0, low), high, BOTTOM, TOP)


def _grid(x: Scale, y: Scale, *, x_label: str) -> list[str]:
    parts = ['<g class="grid">']
    for value in linear_ticks(y.low, y.high, target=8):
        at = f"{y(value):.1f}"
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 10}" y="{at}" dy="0.35em" text-anchor="end">{value:g}</text>')
    for value in log_ticks(x.low, x.high) if x.is_log else linear_ticks(x.low, x.high):
        at = f"{x(value):.1f}"
        parts.append(f'<line class="notch" x1="{at}" x2="{at}" y1="{BOTTOM}" y2="{BOTTOM + 6}"/>')
        parts.append(f'<text class="tick" x="{at}" y="{BOTTOM + 24}" text-anchor="middle">{short_count(value)}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    for transform, name in (
        (f"translate({(LEFT + RIGHT) / 2} {HEIGHT - 8})", x_label),
        (f"translate(16 {(TOP + BOTTOM) / 2}) rotate(-90)", "bits per character"),
    ):
        parts.append(f'<text class="label" transform="{transform}" text-anchor="middle">{escape(name)}</text>')
    return [*parts, "</g>"]


def _levels(levels: Sequence[Level], y: Scale) -> list[str]:
    """Draw dashed lines, each with its label to the right, moved apart where labels would overlap."""
    heights = [y(level.bits_per_char) for level in levels]
    parts = ['<g class="levels">']
    for level, at, label_at in zip(
        levels, heights, spread(heights, gap=LABEL_GAP, first=TOP, last=BOTTOM), strict=True
    ):
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<path class="leader" d="M{RIGHT} {at:.1f} L{RIGHT + 12} {label_at:.1f}"/>')
        figure = f'<tspan class="figure">{level.bits_per_char:.2f}</tspan>'
        parts.append(f'<text x="{RIGHT + 17}" y="{label_at:.1f}" dy="0.35em">{figure} {escape(level.name)}</text>')
    return [*parts, "</g>"]


def _curve(curve: Curve, x: Scale, y: Scale) -> list[str]:
    if not curve.points:
        return []
    drawn = [(x(at), y(value)) for at, value in thinned(curve.points, x)]
    path = " ".join(f"{'L' if index else 'M'}{left:.1f} {top:.1f}" for index, (left, top) in enumerate(drawn))
    parts = [f'<g class="curve {curve.style}">', f'<path d="{path}"/>']
    if (curve.has_dots and len(drawn) <= MAX_DOTS) or len(drawn) == 1:
        for (left, top), (_, value) in zip(drawn, curve.points, strict=True):
            title = f"<title>{escape(curve.name)}: {value:.3f}</title>"
            parts.append(f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3.5">{title}</circle>')
    return [*parts, "</g>"]


def _marks(marks: Sequence[tuple[float, str]], x: Scale) -> list[str]:
    """Draw a small triangle on the axis at each mark within it."""
    parts = ['<g class="marks">']
    for value, label in marks:
        if x.low <= value <= x.high:
            at = x(value)
            triangle = f"M{at:.1f} {BOTTOM - 1} l-6 -11 h12 z"
            parts.append(f'<path d="{triangle}"><title>{escape(label)}</title></path>')
    return [*parts, "</g>"]
