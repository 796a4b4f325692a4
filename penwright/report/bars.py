"""Draw counts as bars, as inline SVG, without scripts, in the colours of the page's style.

This module knows nothing of what is counted.
"""

from collections.abc import Sequence
from typing import NamedTuple

from penwright.report.markup import escape

WIDTH, HEIGHT = 640, 210
TOP, BOTTOM = 24, 160
GAP = 6


class Bar(NamedTuple):
    """One bar."""

    label: str
    number: int


def draw_bars(bars: Sequence[Bar], *, title: str, x_label: str) -> str:
    """Return a histogram, a bar beside the other, each with its count above it and its label below it.

    Args:
        bars: The bars, at least one, from left to right.
        title: What a reader who sees no picture is told.
        x_label: What the labels are.
    """
    most = max(1, *(bar.number for bar in bars))
    pitch = WIDTH / len(bars)
    parts = [f'<line x1="0" x2="{WIDTH}" y1="{BOTTOM}" y2="{BOTTOM}"/>']
    for index, bar in enumerate(bars):
        height = (BOTTOM - TOP) * bar.number / most
        height = max(height, 1.5) if bar.number else 0
        left, middle = index * pitch + GAP / 2, (index + 0.5) * pitch
        parts.append(
            f'<rect x="{left:.1f}" y="{BOTTOM - height:.1f}" width="{pitch - GAP:.1f}" height="{height:.1f}" rx="1.5"/>'
            f'<text x="{middle:.1f}" y="{BOTTOM + 18}">{escape(bar.label)}</text>'
        )
        if bar.number:
            parts.append(f'<text class="figure" x="{middle:.1f}" y="{BOTTOM - height - 6:.1f}">{bar.number:,}</text>')
    said = ", ".join(f"{bar.label}: {bar.number:,}" for bar in bars if bar.number)
    return (
        f'<svg class="bars" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>'
        f"<desc>{escape(said)}</desc>{''.join(parts)}"
        f'<text class="label" x="{WIDTH / 2}" y="{HEIGHT - 6}">{escape(x_label)}</text></svg>'
    )


def binned(values: Sequence[float], edges: Sequence[float], labels: Sequence[str]) -> list[Bar]:
    """Return the numbers of values between edges.

    Args:
        values: Any numbers.
        edges: Ascending. A value is in the bin of the last edge that is not above it, or in the first bin.
        labels: The label of the bin below the first edge, then of the bin from each edge on, one more than edges.

    Returns:
        A bar for each bin, but not for the empty ones at either end.
    """
    counts = [0] * len(labels)
    for value in values:
        counts[sum(value >= edge for edge in edges)] += 1
    filled = [index for index, number in enumerate(counts) if number]
    if not filled:
        return [Bar(labels[0], 0)]
    return [Bar(labels[index], counts[index]) for index in range(filled[0], filled[-1] + 1)]
