"""Lay out the text of a structured document: lines, and paragraphs separated by one blank line.

Readers of HTML, EPUB, FictionBook and office documents all write through this. This module knows nothing of markup.
"""

import re

_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
# Signs for the typesetter that no reader sees: soft hyphen, word joiner, zero width no-break space.
_INVISIBLE = ("\xad", "\u2060", "\ufeff")


class Layout:
    """The lines of a text as they come, with at most one empty line in a row."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._parts: list[str] = []
        self._is_verbatim = False  # whether the current line's blanks are its own

    def add(self, text: str) -> None:
        """Add to the current line; runs of white space become one blank."""
        self._parts.append(text)

    def add_verbatim(self, text: str) -> None:
        """Add text whose line feeds and blanks are its own."""
        *whole, last = text.split("\n")
        for line in whole:
            self._push("".join([*self._parts, line]).rstrip())
            self._parts.clear()
        if whole:
            self._is_verbatim = False
        if last:
            self._parts.append(last)
            self._is_verbatim = True

    def end_line(self) -> None:
        """End the current line, if it holds anything."""
        if not self._parts:
            return
        line = "".join(self._parts)
        if self._is_verbatim:
            line = line.rstrip()
        elif line.isascii() and not line.isspace():
            line = " ".join(line.split())  # several times as fast, but it would take blanks that do not break
        else:
            line = _BLANKS.sub(" ", line).strip(" ")
        self._parts.clear()
        self._is_verbatim = False
        if line:
            self._push(line)

    def end_line_or_leave_one_empty(self) -> None:
        """End the current line; where it holds nothing, leave one line empty."""
        num_lines = len(self._lines)
        self.end_line()
        if len(self._lines) == num_lines:
            self._push("")

    def end_paragraph(self) -> None:
        """End the current line and the current paragraph."""
        self.end_line()
        self._push("")

    def text(self) -> str:
        """Return all lines, ended by one line feed, or nothing at all."""
        self.end_paragraph()
        text = "\n".join(self._lines)
        for sign in _INVISIBLE if not text.isascii() else ():
            text = text.replace(sign, "")
        return text

    def _push(self, line: str) -> None:
        if line or (self._lines and self._lines[-1]):
            self._lines.append(line)
