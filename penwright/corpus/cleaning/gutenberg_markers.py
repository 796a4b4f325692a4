"""Recognise the lines with which Project Gutenberg marks the beginning and the end of a book.

Thirty years of files use a dozen forms, which are listed only here. A marker begins a line and is capitalised, so that
"pretext", "the small print of the lies" or a gentleman named Gutenberg are never taken for one. This module only finds
markers; `gutenberg` decides what to cut.

Source: Project Gutenberg's files of 1991 to 2021. Compare boilerplate.py of ebookmaker, the publisher's own tool, and
the lists of gutenberg_cleaners.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from penwright.corpus.cleaning.whitespace import characters_of

_PROJECT = r"(?:PROJECT|Project)\s+(?:GUTENBERG|Gutenberg)"
_STARS = r"[ \t]{0,4}\*{1,8}[ \t]*"
_TH = r"(?:TH(?:IS|E)\s+|[Tt]h(?:is|e)\s+)?"
# Runs of blanks and stars are possessive: a line of nothing else would cost the square of its length.
_FORMS = {
    # *** START OF THIS PROJECT GUTENBERG EBOOK EMMA ***, ***START OF THE ..., in capitals also without the stars
    "start": rf"(?:{_STARS}(?:START|Start)|[ \t]{{0,4}}START)\s+(?:OF|of)\s+{_TH}{_PROJECT}",
    # *END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*, *END THE SMALL PRINT!, **END OF THE SMALL PRINT
    "small print end": rf"{_STARS}END[ \t]*+\**+[ \t]*+(?:OF[ \t]+)?(?:THE[ \t]+)?SMALL[ \t]+PRINT",
    "small print start": rf"{_STARS}START[ \t]*+\**+[ \t]*+(?:OF[ \t]+)?(?:THE[ \t]+)?SMALL[ \t]+PRINT",
    "end": rf"(?:{_STARS}(?:END|End)|[ \t]{{0,4}}END)\s+(?:OF|of)\s+{_TH}{_PROJECT}",
    # End of the Project Gutenberg EBook of ..., The end of Project Gutenberg etext of ..., Ende dieses Projekt
    # Gutenberg ...
    "end line": r"[ \t]*+\**+[ \t]*+(?:(?:(?:The|THE)[ \t]+end|END|End)\s+of\s+(?:(?:the|The|this|THE|THIS)\s+)?"
    r"Project\s+Gutenberg"
    r"|(?:Ende|Fin|Fine|Fim|Einde|Slut|Loppu)\b[^\n.]{0,30}\bProje(?:c|k)?to?(?:es|s)?\s+Gutenberg)",
    "full licence": rf"{_STARS}START:[ \t]*FULL[ \t]+LICEN[CS]E",
    "full licence end": rf"{_STARS}END:[ \t]*FULL[ \t]+LICEN[CS]E",
}
_PATTERNS = {kind: re.compile(form) for kind, form in _FORMS.items()}
# Each keyword, and the offset in it of two letters that are rare in a row: finding those takes half of the time.
_NEEDLES = (("GUTENBERG", 0), ("Gutenberg", 0), ("SMALL PRINT", 3), ("FULL LICEN", 2))
_CLOSING_CHARS = 500
LICENCE_LAST_LINE = "subscribe to our email newsletter to hear about new eBooks"


class Marker(NamedTuple):
    """One marker in a text."""

    kind: str
    """A key of `_FORMS`: "start", "end", "end line", "small print start", ..."""
    start: int
    """Offset of its first character, which begins a line."""
    end: int
    """Offset after the line feed of its last line."""


def find_markers(text: str, *, start: int = 0, end: int | None = None) -> list[Marker]:
    """Return the markers whose keyword lies in a stretch of a text, in order.

    Args:
        text: Any text; lines end with line feeds.
        start: Start of the stretch.
        end: End of the stretch, exclusive; by default the end of the text.
    """
    found: dict[int, Marker] = {}
    characters = characters_of(text)[start:end]
    firsts = {letter: np.flatnonzero(characters[:-1] == ord(letter)) for letter in "GL"}
    for needle, rare in _NEEDLES:
        pairs = firsts[needle[rare]]
        pairs = pairs[characters[pairs + 1] == ord(needle[rare + 1])] + (start - rare)
        for offset in _occurrences(text, needle, pairs.tolist(), start, len(text) if end is None else end):
            line = text.rfind("\n", 0, offset) + 1
            # The marker may break before its keyword, so the line above is tried too.
            for candidate in (line, text.rfind("\n", 0, max(0, line - 1)) + 1):
                marker = _marker_at(text, candidate)
                if marker is not None and marker.end > offset:
                    found[marker.start] = marker
    return [found[start] for start in sorted(found)]


def _occurrences(text: str, needle: str, offsets: Sequence[int], start: int, end: int) -> Iterator[int]:
    """Yield the first of some offsets of a word in each line that holds it; no marker of the line reaches a later one.

    Args:
        text: The text.
        needle: The word.
        offsets: Offsets at which it may stand, in order.
        start: Start of the stretch in which it must lie.
        end: End of the stretch.
    """
    line_end = start
    for offset in offsets:
        if offset >= line_end and text.startswith(needle, offset, end):
            yield offset
            line_end = text.find("\n", offset, end)
            if line_end < 0:
                return


def _marker_at(text: str, line: int) -> Marker | None:
    for kind, pattern in _PATTERNS.items():
        match = pattern.match(text, line)
        if match is not None:
            return Marker(kind, line, _end_of(text, match.end(), has_title=kind in ("start", "end")))
    return None


def _end_of(text: str, after: int, *, has_title: bool) -> int:
    """Return the end of a marker's last line. A title in it may span several lines, up to the closing stars."""
    line_end = text.find("\n", after)
    line_end = len(text) if line_end < 0 else line_end
    if has_title:
        paragraph_end = text.find("\n\n", after, after + _CLOSING_CHARS)
        stars = text.find("***", after, after + _CLOSING_CHARS if paragraph_end < 0 else paragraph_end)
        if stars > line_end:
            line_end = text.find("\n", stars)
            line_end = len(text) if line_end < 0 else line_end
    return min(line_end + 1, len(text))
