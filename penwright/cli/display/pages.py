"""Show a text on standard output while it is being written, with its prompt set apart.

On a terminal the prompt is bold, lines break between words, and characters that would steer it become pictures. One
that cannot draw (`TERM=dumb`) gets the pictures only. Elsewhere both are printed as they are. This module knows nothing
of authors.
"""

import sys
from collections.abc import Sequence
from typing import IO

from penwright.cli.output import console, is_terminal, visible

MIN_COLUMN_WIDTH = 24
COLUMN_GAP = 3


class Page:
    """A text shown as it is written, and a file that receives the same."""

    def __init__(self, *, file: IO[bytes] | None = None) -> None:
        """Begin a page on standard output.

        Args:
            file: File that receives the text in UTF-8 as well, not wrapped.
        """
        self._file = file
        self._last = "\n"
        self._is_seen = sys.stdout.isatty()
        self._wrap = WordWrap(console().width) if is_terminal(sys.stdout) else None

    def prompt(self, text: str) -> None:
        """Show the prompt."""
        shown = self._prepared(text)
        if self._wrap is None:
            self._show(shown)
        else:
            console().print(shown + self._wrap.flush(), style="bold", end="", soft_wrap=True)
        self._keep(text)

    def write(self, text: str) -> None:
        """Show more of the text."""
        self._show(self._prepared(text))
        self._keep(text)

    def end(self) -> None:
        """End the last line if it has not ended."""
        if self._wrap is not None:
            self._show(self._wrap.flush())
        if self._last != "\n":
            self._show("\n")
            self._keep("\n")

    def _prepared(self, text: str) -> str:
        shown = visible(text) if self._is_seen else text
        return shown if self._wrap is None else self._wrap.push(shown)

    def _show(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def _keep(self, text: str) -> None:
        if text:
            self._last = text[-1]
        if self._file is not None:
            self._file.write(text.encode("utf-8", "replace"))


class Columns:
    """Several texts side by side on a terminal."""

    def __init__(self, width: int) -> None:
        """Begin with columns that are `width` characters wide."""
        self._width = width

    @classmethod
    def that_fit(cls, count: int) -> "Columns | None":
        """Return columns for so many texts, None if standard output is no terminal or too narrow."""
        if not is_terminal(sys.stdout):
            return None
        width = (console().width - COLUMN_GAP * (count - 1)) // count
        return cls(width) if width >= MIN_COLUMN_WIDTH else None

    def show(self, texts: Sequence[str], *, headings: Sequence[str]) -> None:
        """Show the texts below their headings."""
        from rich.table import Table

        table = Table(box=None, padding=(0, COLUMN_GAP, 0, 0), pad_edge=False)
        for heading in headings:
            table.add_column(heading, width=self._width)
        table.add_row(*(visible(text) for text in texts))
        console().print(table)


class WordWrap:
    """Line breaker for a stream of text: lines break between words and stay within a width."""

    def __init__(self, width: int) -> None:
        """Begin at the left margin of lines that are `width` columns wide."""
        self._width = max(2, width)
        self._column = 0
        self._word = ""

    def push(self, text: str) -> str:
        """Return the text to show next. A word is held back until it is complete."""
        from rich.cells import cell_len

        out = ""
        for character in text:
            if character == "\n":
                out += self.flush() + character
                self._column = 0
            elif character.isspace():
                out += self.flush()
                # A blank at the very edge would begin the next line, and the word after it one more.
                out += character if self._column < self._width else ""
                self._column += 1
            elif cell_len(character) == 2:  # scripts of wide signs break anywhere
                out += self.flush()
                self._word = character
                out += self.flush()
            else:
                self._word += character
        return out

    def flush(self) -> str:
        """Return the word held back, on a new line if it does not fit."""
        from rich.cells import cell_len

        word, self._word = self._word, ""
        if not word:
            return ""
        columns = cell_len(word)
        is_broken = self._column > 0 and self._column + columns > self._width
        self._column = columns % self._width if is_broken else self._column + columns
        return "\n" + word if is_broken else word
