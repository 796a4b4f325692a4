"""Find what Project Gutenberg put around a book: header, licence, credits and transcriber's notes.

Only stretches delimited by a marker (`gutenberg_markers`) or by a note's own bounds (`transcriber_notes`) are found. If
they amount to more than a licence ever takes, nothing is cut and a warning says so. This module cuts nothing itself and
knows nothing of line wrapping.

All offsets are character offsets in the given text.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from penwright.corpus.cleaning.gutenberg_markers import LICENCE_LAST_LINE, Marker, find_markers
from penwright.corpus.cleaning.spans import Span, merged, without
from penwright.corpus.cleaning.transcriber_notes import (
    NOTE_CHARS,
    find_closing_notes,
    find_credits,
    find_notes,
    unmarked_header,
)

HEAD_CHARS = 80_000
"""Largest offset at which a header may end."""
LICENCE_CHARS = 40_000
"""Upper bound for a licence. The longest known has 19,000 characters, with an old header after it 33,000."""
ALLOWED_CHARS = 25_000
"""Characters that a licence may take. If too much of the rest of the file would go, nothing is cut."""
MAX_CUT_FRACTION = 0.1
"""Largest share of this rest that is cut."""
OLD_HEADER_CHARS = 16_000
_LAST_LINE_CHARS = LICENCE_CHARS - len(LICENCE_LAST_LINE)
_BEGINNINGS = ("start", "small print end")
_ENDS = ("end", "end line", "small print start", "full licence")
_PROJECT_NAMES = ("Project Gutenberg", "PROJECT GUTENBERG", "project gutenberg", "Project\nGutenberg")
_HEADER_FIRST_LINE = re.compile(
    r"^[ \t]*+\**+[ \t]*+(?:The\s+|This\s+is\s+the\s+)?Project\s+Gutenberg(?:'s|’s)?\b", re.MULTILINE
)


class Boilerplate(NamedTuple):
    """Stretches of a file that do not belong to the book."""

    spans: tuple[Span, ...]
    """Stretches to cut, in order and without overlap."""
    header: str
    """Text of the header, which names title and writer; empty if there is none."""
    warnings: tuple[str, ...]
    """Sentences that begin in lower case, to be put after the book's name."""
    refusal: str = ""
    """What one of them says of cuts that would be too large; empty if they are not."""


def find_boilerplate(
    text: str, *, is_first: bool = True, is_last: bool = True, max_cut_fraction: float = MAX_CUT_FRACTION
) -> Boilerplate:
    """Find a book's header, licence, credits and notes.

    Args:
        text: The text of a file or of a chunk of it; lines end with line feeds.
        is_first: True if the chunk begins the file, where a header may be.
        is_last: True if the chunk ends the file, where a footer may be.
        max_cut_fraction: Largest share of the text beyond `ALLOWED_CHARS` that is cut.

    Returns:
        The stretches to cut. There are none, but a warning, if the cuts would leave no text or take more than that.
    """
    markers = find_markers(text)
    header = _header(text, markers) if is_first else None
    is_unmarked = header is None and is_first and (header := unmarked_header(text)) is not None
    if not markers and header is None:
        return Boilerplate((), "", _mention(text, is_first=is_first, is_last=is_last))
    body_start = header.end if header is not None else 0
    rest = [marker for marker in markers if marker.start >= body_start]
    footer = _footer(text, rest) if is_last else None
    body_end = footer.start if footer is not None else len(text)
    inner = _between(text, [marker for marker in rest if marker.start < body_end], body_end)
    spans = merged(inner, [span for span in (header, footer) if span is not None])
    beginnings = {marker.end for marker in markers if marker.kind in _BEGINNINGS}
    stops = [*(span.start for span in spans[1:]), len(text)]
    credits = [
        find_credits(text, start=span.end, end=min(stop, body_end))
        for span, stop in zip(spans, stops, strict=False)
        if span.end in beginnings
    ]
    spans = merged(spans, [*chain.from_iterable(credits)])
    if header is not None:
        spans = merged(spans, find_notes(text, start=body_start, end=min(body_end, body_start + 2 * NOTE_CHARS)))
    if footer is not None:
        spans = merged(spans, find_closing_notes(text, start=body_start, end=body_end))
    kept = without(text, spans)
    num_books = 1 + len(inner)
    if not kept.strip() or len(kept) < (1 - max_cut_fraction) * (len(text) - ALLOWED_CHARS * num_books):
        return refused("a licence", 1 - len(kept) / len(text))
    head = text[:body_start]
    warnings: tuple[str, ...] = ()
    if is_unmarked:
        warnings += ("has no mark of where its book begins; its first paragraphs, which speak of the file, are cut",)
    if "COPYRIGHT PROTECTED" in head or "COPYRIGHTED Project Gutenberg" in head:
        warnings += ("its header says that this edition is under copyright",)
    if num_books > 1:
        warnings += (f"holds {num_books} Project Gutenberg books in one; a file for each would tell them apart",)
    return Boilerplate(tuple(spans), head, warnings)


def refused(what: str, share: float) -> Boilerplate:
    """Return no stretches to cut, and the sentence that says why.

    Args:
        what: What the stretches look like, such as "a licence".
        share: Share of the text that they would take, 0 to 1.
    """
    refusal = f"cutting what looks like {what} would take {share:.0%} of the text"
    return Boilerplate((), "", (f"{refusal}, so it is kept whole",), refusal)


def _header(text: str, markers: Sequence[Marker]) -> Span | None:
    """Return the header, which ends with the last marker of a beginning that comes before any marker of an end."""
    header = None
    for marker in markers:
        if marker.start > HEAD_CHARS or marker.kind in ("end", "end line", "full licence"):
            break
        # Small print may also close a file. Then no book follows it.
        if marker.kind in _BEGINNINGS and text[marker.end : marker.end + LICENCE_CHARS].strip():
            header = Span("header", 0, marker.end)
    return header


def _footer(text: str, markers: Sequence[Marker]) -> Span | None:
    """Return the footer, which starts at the first marker of an end that is followed by no more than a licence.

    The text after the licence's last line belongs to the footer, unless it is long and does not mention Project
    Gutenberg: then somebody has appended another text to the book.
    """
    last = len(text.rstrip())
    beginnings = [marker.end for marker in markers if marker.kind in _BEGINNINGS and marker.end < last]
    floor = max([len(text) - LICENCE_CHARS, *beginnings])  # before that, another book follows
    first = next((marker for marker in markers if marker.kind in _ENDS and marker.start >= floor), None)
    if first is None:
        return None
    ends = [marker.end for marker in markers if marker.kind in ("full licence end", "small print end")]
    last_line = text.find(LICENCE_LAST_LINE, first.end)
    if last_line >= 0:
        ends.append(_line_end(text, last_line))
    end = max((end for end in ends if end > first.end), default=len(text))
    if len(text[end:].strip()) < 200 or "utenberg" in text[end:]:
        end = len(text)
    return Span("footer", first.start, end)


def _between(text: str, markers: Sequence[Marker], body_end: int) -> list[Span]:
    """Return the licences between the books of a file that holds several books."""
    spans: list[Span] = []
    beginnings = [marker for marker in markers if marker.kind in _BEGINNINGS]
    starts = [marker.start for marker in beginnings]
    last_lines = _last_lines(text, body_end) if markers else []
    for marker in markers:
        floor = spans[-1].end if spans else 0
        if marker.start < floor:
            continue
        start, end = marker.start, marker.end
        if marker.kind in (
            "start",
            "small print start",
            "small print end",
        ):  # an old header without an end before it
            first_line = _HEADER_FIRST_LINE.search(text, max(floor, start - OLD_HEADER_CHARS), start)
            start = first_line.start() if first_line is not None else start
        if marker.kind not in _BEGINNINGS:
            following = bisect_right(starts, marker.start)
            last_line = bisect_left(last_lines, marker.end)
            if following < len(starts) and starts[following] - marker.start < LICENCE_CHARS:
                end = beginnings[following].end
            elif last_line < len(last_lines) and last_lines[last_line] - marker.end <= _LAST_LINE_CHARS:
                end = _line_end(text, last_lines[last_line])
            elif marker.kind == "end line":
                continue  # such a line may also close a volume; the other markers are never part of a book
        spans.append(Span("licence", start, end))
    return spans


def _last_lines(text: str, end: int) -> list[int]:
    """Return the offsets of all last lines of licences before an offset, in order."""
    offsets = []
    offset = text.find(LICENCE_LAST_LINE, 0, end)
    while offset >= 0:
        offsets.append(offset)
        offset = text.find(LICENCE_LAST_LINE, offset + 1, end)
    return offsets


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def _mention(text: str, *, is_first: bool, is_last: bool) -> tuple[str, ...]:
    """Return a warning if a text without markers mentions Project Gutenberg near its start or end."""
    ends = (text[:HEAD_CHARS] if is_first else "") + (text[-LICENCE_CHARS:] if is_last else "")
    if any(name in ends for name in _PROJECT_NAMES):
        return ("mentions Project Gutenberg, but has no mark of where its book begins or ends, so it is kept whole",)
    return ()
