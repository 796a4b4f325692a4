"""Find lines of a clean text that look as if a distributor or a publisher had put them there. Nothing is cut.

Such lines are shown to a person, who can judge them: a novel may speak of a printer. This module knows nothing of
files.
"""

import re
from typing import NamedTuple

HEAD_CHARS = 6_000
TAIL_CHARS = 4_000
MAX_LINES = 4
MAX_LINE_CHARS = 160
_DISTRIBUTOR = re.compile(
    r"Project Gutenberg|gutenberg\.(?:org|net)|(?i:"
    r"^\W*(?:e-?text|e-?book)? ?(?:was )?"
    r"(?:produced|prepared|transcribed|digiti[sz]ed|scanned|proofread) (?:by|from)\b|"
    r"transcriber.s notes?\b|distributed proofread|internet archive|google books|wikisource|www\.|https?://|"
    r"^\W*end of (?:the )?(?:e-?book|e-?text))"
)
_PUBLISHER = re.compile(
    r"(?i:all rights reserved|\bisbn\b|^\W*uniform with this|^\W*by the same author\b|^\W*price \W*\d|"
    r"^\W*(?:entered according to act|printed (?:by|in|and)|copyright|first published|published by)\b)"
)


class FrontMatter(NamedTuple):
    """A line that is perhaps not the book's own."""

    whose: str
    """"distributor" or "publisher"."""
    line: str
    """The line, at most `MAX_LINE_CHARS` characters of it."""


def front_matter(text: str, *, is_first: bool = True, is_last: bool = True) -> tuple[FrontMatter, ...]:
    """Return the suspect lines at both ends of a clean text, at most `MAX_LINES`, the distributor's first.

    Args:
        text: Clean text of a book or of a chunk of it.
        is_first: True if the chunk begins the book.
        is_last: True if the chunk ends the book.
    """
    ends = [text[:HEAD_CHARS]] if is_first else []
    ends += [text[max(HEAD_CHARS if is_first else 0, len(text) - TAIL_CHARS) :]] if is_last else []
    lines = list(dict.fromkeys(line.strip() for end in ends for line in end.split("\n")))
    found = [FrontMatter("distributor", line[:MAX_LINE_CHARS]) for line in lines if _DISTRIBUTOR.search(line)]
    found += [
        FrontMatter("publisher", line[:MAX_LINE_CHARS])
        for line in lines
        if len(line) <= MAX_LINE_CHARS and _PUBLISHER.search(line) and not _DISTRIBUTOR.search(line)
    ]
    return tuple(found[:MAX_LINES])
