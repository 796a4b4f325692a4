"""Draw curves of bits per character as inline SVG, without scripts, in the colours of the page's style.

This module knows nothing of runs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from penwright.report.markup import escape, short_count
from penwright.report.scales import Point, Scale, linear_ticks, log_ticks, spread, thinned

LABEL_GAP = 17
MAX_DOTS = 60
TICK_WIDTH = 9
"""Width that is kept for one letter of a label on the x axis."""


class Frame(NamedTuple):
    """Size of a drawing, and the edges of its plot."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    num_ticks: int
    """Approximate number of labels on the x axis."""
    has_levels_inside: bool = False
    """True if the labels of levels stand in the plot, False if they stand to its right."""


WIDE = Frame(960, 440, left=64, right=726, top=18, bottom=380, num_ticks=8)
NARROW = Frame(400, 360, left=54, right=392, top=14, bottom=304, num_ticks=4, has_levels_inside=True)
"""For the width of a telephone, where the letters of the wide drawing would be too small."""


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


class Mark(NamedTuple):
    """A small sign on the x axis."""

    x: float
    label: str
    style: str
    """CSS class that gives the colour."""


class Band(NamedTuple):
    """A range of bits per character, drawn over the whole width."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Curves over one axis."""

    title: str
    """Title for screen readers."""
    x_label: str
    """Label of the x axis, with its unit."""
    curves: Sequence[Curve]
    levels: Sequence[Level] = ()
    """Levels never stretch the axis: those beyond it are marks at its edge."""
    band: Band | None = None
    marks: Sequence[Mark] = ()
    is_log: bool = False
    """True if the x axis is logarithmic."""


def draw(chart: Chart, frame: Frame = WIDE) -> str:
    """Return the chart as an SVG element, or a sentence if there is nothing to draw."""
    curves = [curve._replace(points=_drawable(curve.points, is_log=chart.is_log)) for curve in chart.curves]
    points = [point for curve in curves for point in curve.points]
    if not points:
        return '<p class="empty">There is nothing to draw yet.</p>'
    levels = [level for level in chart.levels if math.isfinite(level.bits_per_char)]
    band = chart.band if chart.band and math.isfinite(chart.band.low) and math.isfinite(chart.band.high) else None
    x = _x_scale([x for x, _ in points], frame, is_log=chart.is_log)
    y = _y_scale(_heights(points, band), frame)
    parts = [
        f'<svg viewBox="0 0 {frame.width} {frame.height}" role="img" aria-label="{escape(chart.title)}">',
        *(_band(band, y, frame) if band else []),
        *_grid(x, y, frame, x_label=chart.x_label),
        *_levels(levels, y, frame),
        *(part for curve in curves for part in _curve(curve, x, y)),
        *_marks(chart.marks, x, frame),
        "</svg>",
    ]
    return "\n".join(parts)


def has_line(chart: Chart, level: Level) -> bool:
    """Return True if a level lies within the chart, so that it is drawn as a line."""
    points = [point for curve in chart.curves for point in _drawable(curve.points, is_log=chart.is_log)]
    if not points or not math.isfinite(level.bits_per_char):
        return False
    y = _y_scale(_heights(points, chart.band), WIDE)
    return y.low <= level.bits_per_char <= y.high


def _heights(points: Sequence[Point], band: Band | None) -> list[float]:
    ends = (band.low, band.high) if band and math.isfinite(band.low) and math.isfinite(band.high) else ()
    return [*(value for _, value in points), *ends]


def _drawable(points: Sequence[Point], *, is_log: bool) -> list[Point]:
    return [(x, value) for x, value in points if math.isfinite(value) and math.isfinite(x) and (x > 0 or not is_log)]


def _x_scale(values: Sequence[float], frame: Frame, *, is_log: bool) -> Scale:
    low, high = (min(values), max(values)) if is_log else (0.0, max(values))
    if high <= low:
        low, high = (low / 2, high * 2) if is_log else (0.0, max(1.0, high))
    return Scale(low, high, frame.left, frame.right, is_log)


def _y_scale(values: Sequence[float], frame: Frame) -> Scale:
    """Return a scale that holds all values and ends on round ones."""
    low, high = min(values), max(values)
    step = 0.5 if high - low > 1 else 0.1
    low, high = math.floor(low / step - 0.2) * step, math.ceil(high / step + 0.1) * step
    return Scale(max(0.0, low), high, frame.bottom, frame.top)


def _band(band: Band, y: Scale, frame: Frame) -> list[str]:
    top, bottom = y(band.high), y(band.low)
    return [
        f'<g class="band"><rect x="{frame.left}" width="{frame.right - frame.left}" y="{top:.1f}" '
        f'height="{max(1.0, bottom - top):.1f}"><title>{escape(band.name)}</title></rect></g>'
    ]


def _grid(x: Scale, y: Scale, frame: Frame, *, x_label: str) -> list[str]:
    left, right, bottom = frame.left, frame.right, frame.bottom
    parts = ['<g class="grid">']
    for value in linear_ticks(y.low, y.high, target=8):
        at = f"{y(value):.1f}"
        parts.append(f'<line x1="{left}" x2="{right}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="tick" x="{left - 8}" y="{at}" dy="0.35em" text-anchor="end">{value:g}</text>')
    ticks = log_ticks if x.is_log else linear_ticks
    for value in ticks(x.low, x.high, target=frame.num_ticks):
        at = f"{x(value):.1f}"
        parts.append(f'<line class="notch" x1="{at}" x2="{at}" y1="{bottom}" y2="{bottom + 6}"/>')
        label = short_count(value)
        middle = min(x(value), frame.width - TICK_WIDTH * len(label) / 2)  # a label at the right edge is not cut off
        parts.append(f'<text class="tick" x="{middle:.1f}" y="{bottom + 24}" text-anchor="middle">{label}</text>')
    parts.append(f'<line class="axis" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    for transform, name in (
        (f"translate({(left + right) / 2} {frame.height - 8})", x_label),
        (f"translate(14 {(frame.top + bottom) / 2}) rotate(-90)", "bits per character"),
    ):
        parts.append(f'<text class="label" transform="{transform}" text-anchor="middle">{escape(name)}</text>')
    return [*parts, "</g>"]


def _levels(levels: Sequence[Level], y: Scale, frame: Frame) -> list[str]:
    """Draw dashed lines with labels, moved apart where labels would overlap. Levels beyond the axis are labels only."""
    heights = [min(max(y(level.bits_per_char), frame.top), frame.bottom) for level in levels]
    order = sorted(range(len(levels)), key=lambda index: y(levels[index].bits_per_char))
    room = {"gap": LABEL_GAP, "first": frame.top + (14 if frame.has_levels_inside else 5), "last": frame.bottom - 5}
    moved = dict(zip(order, spread([heights[index] for index in order], **room), strict=True))
    lines = [
        f'<line x1="{frame.left}" x2="{frame.right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        for level, at in zip(levels, heights, strict=True)
        if y.low <= level.bits_per_char <= y.high
    ]
    parts = ['<g class="levels">', *lines]  # the labels stand on the lines, so all lines come first
    for index, (level, at) in enumerate(zip(levels, heights, strict=True)):
        is_above, is_below = level.bits_per_char > y.high, level.bits_per_char < y.low
        label_at = moved[index]
        arrow = "\u2191 " if is_above else "\u2193 " if is_below else ""
        label = f'{arrow}<tspan class="figure">{level.bits_per_char:.2f}</tspan> {escape(level.name)}'
        if frame.has_levels_inside:
            parts.append(
                f'<text x="{frame.right - 4}" y="{label_at:.1f}" dy="-0.25em" text-anchor="end">{label}</text>'
            )
        else:
            if not arrow:
                parts.append(f'<path class="leader" d="M{frame.right} {at:.1f} L{frame.right + 12} {label_at:.1f}"/>')
            parts.append(f'<text x="{frame.right + 17}" y="{label_at:.1f}" dy="0.35em">{label}</text>')
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


def _marks(marks: Sequence[Mark], x: Scale, frame: Frame) -> list[str]:
    """Draw a small triangle on the axis at each mark within it."""
    parts = ['<g class="marks">']
    for value, label, style in marks:
        if x.low <= value <= x.high:
            triangle = f"M{x(value):.1f} {frame.bottom - 1} l-6 -11 h12 z"
            parts.append(f'<path class="{style}" d="{triangle}"><title>{escape(label)}</title></path>')
    return [*parts, "</g>"]
