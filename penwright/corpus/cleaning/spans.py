"""Stretches of a text to be cut: their data, merging two lists of them, and the text without them.

All offsets are character offsets. This module knows nothing of why a stretch is cut.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch to cut."""

    kind: str
    """"header", "credits", "note", "licence" (between two books in one file) or "footer"."""
    start: int
    end: int


def merged(spans: Sequence[Span], more: Sequence[Span]) -> list[Span]:
    """Return both lists in order, without the spans of `more` that overlap one of `spans`."""
    ordered = sorted(spans, key=lambda span: span.start)
    starts = [span.start for span in ordered]
    ends = [-1, *accumulate((span.end for span in ordered), max)]  # the largest end before each span
    free = [new for new in more if ends[bisect_left(starts, new.end)] <= new.start]
    return sorted([*spans, *free], key=lambda span: span.start)


def without(text: str, spans: Sequence[Span]) -> str:
    """Return a text without some stretches of it.

    Args:
        text: The text that the offsets refer to.
        spans: Stretches in order and without overlap.

    Returns:
        The remaining text. Two parts with a cut between them are separated by at least one blank line.
    """
    if not spans:
        return text
    starts = [0, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(text)]
    parts = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    parts = [part for part in parts if part.strip()]
    spaced = [part if part.endswith("\n\n") else part.rstrip("\n") + "\n\n" for part in parts[:-1]]
    return "".join([*spaced, *parts[-1:]])
