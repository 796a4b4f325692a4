"""The text of a chapter as paragraphs of lines, and what stands between underscores, which books so mark as emphasis.

Blank lines part paragraphs. In a text without any, each line is one. Within a paragraph, a line that is long enough to
have been wrapped goes on in the next one; all other line ends are kept.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MIN_WRAPPED_CHARS = 55
"""Length of a line that is taken to have been wrapped, if all but the last of its paragraph are so long."""
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_EMPHASIS = re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)")


class Run(NamedTuple):
    """A part of a line."""

    text: str
    is_emphasized: bool


def paragraphs_of(text: str) -> Iterator[list[str]]:
    """Yield the lines of each paragraph. No line ends with a blank; one may begin with blanks."""
    text = text.strip("\n").rstrip()
    if not text.strip():
        return
    parts = _BLANK_LINES.split(text)
    if len(parts) == 1:
        parts = text.split("\n")
    for part in parts:
        lines = [line.rstrip() for line in part.split("\n")]
        if not any(lines):
            continue
        if len(lines) > 1 and min(map(len, lines[:-1])) >= MIN_WRAPPED_CHARS:
            lines = [" ".join([lines[0], *(line.lstrip() for line in lines[1:])])]
        yield lines


def runs_of(line: str) -> Iterator[Run]:
    """Yield the parts of a line."""
    start = 0
    for match in _EMPHASIS.finditer(line):
        if match.start() > start:
            yield Run(line[start : match.start()], False)
        yield Run(match[1], True)
        start = match.end()
    if start < len(line):
        yield Run(line[start:], False)
