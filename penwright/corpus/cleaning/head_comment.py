"""Find the comments at the head of a source file, line by line and without their signs.

This module knows nothing of what a comment says.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_HEAD_CHARS = 16_000
"""Characters of a file in which its head is sought."""
_BLOCKS = {"/*": "*/", "<!--": "-->", "(*": "*)", "{-": "-}", '"""': '"""', "'''": "'''"}
"""Opening sign of a comment -> closing sign. A Python docstring is a comment here."""
_LINE_SIGN = re.compile(r"//+!?|#+(?=[\s#:*=-]|$)|--+(?=\s|-|$)|;+|%+|!+(?=\s|$)|dnl\b|\.\\\"|(?i:rem)(?=\s|$)")
"""Sign of a comment that ends with its line. "#include" is none."""
_BEFORE_IT = re.compile(r"#!.*|#.*coding[:=].*|<\?\w+.*|<!DOCTYPE.*|@charset.*|[\"']use strict[\"'];?", re.IGNORECASE)
"""A line that may stand before the first comment."""
_DECORATION = " \t*#/;%!=~_-+|.:<>\\\"'({"


class CommentLine(NamedTuple):
    """One line of a comment."""

    start: int
    """Offset of its first character; of the first line of a block, that behind the opening sign."""
    end: int
    """Offset behind its line feed; of the last line of a block, that of the closing sign."""
    content: str
    """The words on it, without decoration; empty for a line without any."""


class Comment(NamedTuple):
    """One comment: a block, or consecutive lines that each begin with a sign."""

    start: int
    """Offset of the first character of its first line."""
    end: int
    """Offset behind the line feed of its last line."""
    lines: tuple[CommentLine, ...]


def head_comments(text: str) -> tuple[Comment, ...]:
    """Return the comments before the first line of code.

    Args:
        text: The text of a source file, or its beginning.
    """
    head = text[:MAX_HEAD_CHARS]
    found: list[Comment] = []
    position = 0
    while position < len(head):
        end = _line_end(head, position)
        line = head[position:end].strip()
        opening = next((sign for sign in _BLOCKS if line.startswith(sign)), None)
        comment = None
        if not line or (not found and _BEFORE_IT.fullmatch(line)):
            position = end
            continue
        if opening is not None:
            comment = _block(head, position, opening)
        elif _LINE_SIGN.match(line):
            comment = _line_comment(head, position)
        if comment is None:
            break
        found.append(comment)
        position = comment.end
    return tuple(found)


def _block(head: str, start: int, opening: str) -> Comment | None:
    """Return a block, or None if it does not end in the head or code stands behind it on its last line."""
    first = head.index(opening, start) + len(opening)
    closing = head.find(_BLOCKS[opening], first)
    if closing < 0:
        return None
    end = _line_end(head, closing)
    if head[closing + len(_BLOCKS[opening]) : end].strip():
        return None
    lines = [CommentLine(*span, _content(head[slice(*span)])) for span in _line_spans(head, first, closing)]
    return Comment(start, end, tuple(lines))


def _line_comment(head: str, start: int) -> Comment:
    lines = []
    for line_start, line_end in _line_spans(head, start, len(head)):
        line = head[line_start:line_end].strip()
        sign = _LINE_SIGN.match(line)
        if sign is None:
            break
        lines.append(CommentLine(line_start, line_end, _content(line[sign.end() :])))
    return Comment(start, lines[-1].end, tuple(lines))


def _content(line: str) -> str:
    content = line.strip().lstrip(_DECORATION).rstrip()
    return content if any(map(str.isalnum, content)) else ""


def _line_spans(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the lines of a stretch, the last one up to its end."""
    while start < stop:
        end = min(_line_end(text, start), stop)
        yield start, end
        start = end


def _line_end(text: str, start: int) -> int:
    found = text.find("\n", start)
    return len(text) if found < 0 else found + 1
