"""Take the text out of a table (CSV or TSV): the one column that holds it, row by row.

This module knows nothing of files or encodings.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import islice

from penwright.errors import ReadingError

TEXT_COLUMNS = (
    "text",
    "content",
    "body",
    "story",
    "prose",
    "book_text",
    "full_text",
    "context",
    "sentence",
    "line",
    "quote",
)
"""Names of a column of text, the surest first, in lower case."""
MIN_LETTERS = 8
"""A column is text if its cells hold this many letters on the average."""
SAMPLE_ROWS = 200
MAX_CELL_CHARS = 1 << 30
_DELIMITERS = (",", ";", "\t", "|")
_NO_DELIMITER = "\x1f"  # stands in for one in a table of a single column, whose commas are the text's own
_LETTERS = re.compile(r"[^\W\d_]+")


def table_to_text(table: str, *, name: str, delimiter: str | None = None) -> str:
    """Return the cells of a table's text column, one after the other.

    Args:
        table: The whole table.
        name: What an error calls it.
        delimiter: The character between cells; None finds out which of comma, semicolon, tab and bar it is.

    Returns:
        Each non-empty cell, ended by a line feed; with a blank line between cells if one of them has several lines.

    Raises:
        ReadingError: If the table is malformed, or no column holds text.
    """
    delimiter = delimiter or _delimiter_of(table)
    with _long_cells():
        try:
            rows = csv.reader(StringIO(table, newline=""), delimiter=delimiter)
            sample = [row for row in islice(rows, SAMPLE_ROWS) if row]
            column, has_header = _text_column(sample, name)
            cells = [row[column].strip() for row in sample[has_header:] if len(row) > column]
            cells += [row[column].strip() for row in rows if len(row) > column]
        except csv.Error as error:
            raise ReadingError(
                f"{name} is not a table that can be read: {error}. Save it again as CSV in UTF-8."
            ) from error
    cells = [cell for cell in cells if cell]
    separator = "\n\n" if any("\n" in cell for cell in cells) else "\n"
    return separator.join(cells) + "\n" if cells else ""


def _delimiter_of(table: str) -> str:
    """Return the candidate that cuts most of the first lines into as many columns as the very first."""
    lines = [line for line in table[:65_536].split("\n")[:20] if line]

    def columns(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        return (sum(count == counts[0] for count in counts), counts[0]) if counts and counts[0] else (0, 0)

    best = max(_DELIMITERS, key=columns)
    return best if columns(best) > (0, 0) else _NO_DELIMITER


def _text_column(rows: list[list[str]], name: str) -> tuple[int, bool]:
    """Return which column holds the text, and whether the first row is a header."""
    if not rows:
        raise ReadingError(f"{name} has no rows, so there is nothing to read in it.")
    header = [cell.strip().lower() for cell in rows[0]]
    for wanted in TEXT_COLUMNS:
        if wanted in header:
            return header.index(wanted), True
    body = rows[1:] or rows
    letters = [
        sum(len(word) for row in body if len(row) > column for word in _LETTERS.findall(row[column])) / len(body)
        for column in range(len(header))
    ]
    best = max(range(len(header)), key=letters.__getitem__)
    if letters[best] < MIN_LETTERS:
        raise ReadingError(
            f"{name} has no column of text: it has {', '.join(cell or '(unnamed)' for cell in rows[0][:8])}. "
            f"Name the column that holds the text '{TEXT_COLUMNS[0]}'."
        )
    # A header names the column in a word or two; the first of several rows of text is about as long as the others.
    num_letters = sum(map(len, _LETTERS.findall(rows[0][best])))
    return best, len(rows) > 1 and num_letters < letters[best] / 3


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let a cell hold a whole book; the csv module's limit is one for the process, so it is put back."""
    before = csv.field_size_limit(MAX_CELL_CHARS)
    try:
        yield
    finally:
        csv.field_size_limit(before)
