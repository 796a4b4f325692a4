"""Draw learning curves of several contestants as one self-contained SVG file.

Each seed is a line: bits per character of the text just learned from, over seconds. The median on the held-out test
books is at the right, with a mark at its height. The text is large enough to be read at the width of a README. This
module knows nothing of contests.
"""

from collections.abc import Sequence
from typing import NamedTuple

from penwright.report.markup import escape
from penwright.report.scales import Point, Scale, linear_ticks, log_ticks, spread, thinned

WIDTH, PANEL_HEIGHT = 960, 490
LEFT, RIGHT, TOP, BOTTOM = 72, 566, 52, 420  # edges of a panel's plot; labels are to its right
LABEL_GAP = 20
HIGHEST = 4.0  # bits per character; only the first seconds of learning lie above
SMOOTHED_TO = 100  # points of a line

# Colours that most people can tell apart, colour-blind ones too: Okabe and Ito 2008, "Color Universal Design".
COLOURS = ("#d55e00", "#000000", "#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#e69f00", "#7a6a58", "#8a2be2", "#a9a9a9")
STYLE = """
svg { background: #fffefa; font: 16px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
text { fill: #6d645a; } .title { fill: #2b2620; font-size: 20px; }
.grid line { stroke: #efe9dd; } .grid .axis, .grid .notch { stroke: #6d645a; }
.seed { fill: none; stroke-width: 2; stroke-opacity: 0.85; stroke-linejoin: round; }
.mark { stroke-width: 3; } .leader { fill: none; stroke: #ddd4c6; }
"""


class Line(NamedTuple):
    """One contestant."""

    label: str
    colour: int
    """Index of the contestant among all, the same in every panel."""
    seeds: Sequence[Sequence[Point]]
    """Points (seconds, bits per character) of each seed, seconds ascending; none for an n-gram table."""
    held_out: float
    """Bits per character on the held-out books."""


class Panel(NamedTuple):
    """One chart."""

    title: str
    lines: Sequence[Line]


def draw(panels: Sequence[Panel]) -> str:
    """Return an SVG file with the panels one below the other."""
    height = PANEL_HEIGHT * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img">',
        "<title>Bits per character over time, by contestant</title>",
        f"<style>{STYLE}</style>",
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate(0 {number * PANEL_HEIGHT})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> list[str]:
    points = [point for line in panel.lines for seed in line.seeds for point in seed]
    figures = [line.held_out for line in panel.lines]
    lowest = min([bits for _, bits in points] + figures, default=1.0)
    highest = max(HIGHEST, lowest + 1.0)
    seconds = [at for at, bits in points if bits <= highest] or [1.0]
    x = Scale(min(seconds) * 0.9, max(seconds) * 1.02 + 1e-9, LEFT, RIGHT, is_log=True)
    y = Scale(int(lowest * 10 - 0.5) / 10, highest, BOTTOM, TOP)
    labels = spread([max(TOP, y(each)) for each in figures], gap=LABEL_GAP, first=TOP, last=BOTTOM)
    parts = [f'<text class="title" x="{LEFT}" y="{TOP - 22}">{escape(panel.title)}</text>', *_grid(x, y)]
    for line, label_at in zip(panel.lines, labels, strict=True):
        colour = COLOURS[line.colour % len(COLOURS)]
        for seed in line.seeds:
            visible = [(at, bits) for at, bits in seed if bits <= highest]
            points = [(x(at), y(bits)) for at, bits in thinned(visible, x, max_points=SMOOTHED_TO)]
            if len(points) > 1:
                path = " L".join(f"{left:.1f} {top:.1f}" for left, top in points)
                parts.append(f'<path class="seed" stroke="{colour}" d="M{path}"/>')
        at = max(TOP, y(line.held_out))
        parts.append(f'<path class="mark" stroke="{colour}" d="M{RIGHT} {at:.1f} h12"/>')
        parts.append(f'<path class="leader" d="M{RIGHT + 12} {at:.1f} L{RIGHT + 26} {label_at:.1f}"/>')
        parts.append(
            f'<text x="{RIGHT + 30}" y="{label_at:.1f}" dy="0.35em"><tspan fill="{colour}" font-weight="600">'
            f"{line.held_out:.3f}</tspan> {escape(line.label)}</text>"
        )
    return parts


def _grid(x: Scale, y: Scale) -> list[str]:
    parts = ['<g class="grid">']
    for value in linear_ticks(y.low, y.high, target=8):
        at = f"{y(value):.1f}"
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text x="{LEFT - 10}" y="{at}" dy="0.35em" text-anchor="end">{value:g}</text>')
    for value in log_ticks(x.low, x.high):
        at = f"{x(value):.1f}"
        parts.append(f'<line class="notch" x1="{at}" x2="{at}" y1="{BOTTOM}" y2="{BOTTOM + 6}"/>')
        parts.append(f'<text x="{at}" y="{BOTTOM + 28}" text-anchor="middle">{value:g}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    parts.append(f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 56}" text-anchor="middle">seconds of learning</text>')
    parts.append(
        f'<text transform="translate(20 {(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        "bits per character, training text</text>"
    )
    parts.append(f'<text x="{RIGHT}" y="{TOP - 22}">held-out test books</text>')
    return [*parts, "</g>"]
