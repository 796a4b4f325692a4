"""Take the text out of a table (CSV or TSV): the one column that holds it, row by row.

This module knows nothing of files or encodings.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from penwright.corpus.formats.letters import MAX_LOST_FRACTION, num_letters
from penwright.errors import ReadingError, counted

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
_SEPARATOR_LINE = re.compile(r"\s*sep=(?P<delimiter>[^\n])[ \t]*\n", re.IGNORECASE)
# How quotation marks are meant, in the order of trial: doubled within a cell, behind a backslash, not at all.
_DIALECTS: tuple[dict[str, Any], ...] = (
    {"strict": True},
    {"strict": True, "doublequote": False, "escapechar": "\\"},
    {"quoting": csv.QUOTE_NONE},
)


def read_table(table: str, *, name: str, delimiter: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the cells of a table's text column, one after the other, and what is to be told of them.

    Args:
        table: The whole table.
        name: What an error calls it.
        delimiter: The character between cells; None finds out which of comma, semicolon, tab and bar it is.

    Returns:
        Each non-empty cell, ended by a line feed; with a blank line between cells if one of them has several lines.
        And a sentence where rows have no such cell, or letters are in no cell at all.

    Raises:
        ReadingError: If the table is malformed, or no column holds text.
    """
    if (line := _SEPARATOR_LINE.match(table)) is not None:
        delimiter, table = line["delimiter"], table[line.end() :]
    delimiter = delimiter or _delimiter_of(table)
    rows = _rows(table, delimiter, name)
    column, has_header = _text_column(rows[:SAMPLE_ROWS], name)
    width = len(rows[0])
    # A row of more cells than the header has delimiters within its text, which nobody quoted.
    cells = [
        (delimiter.join(row[column : column + len(row) - width + 1]) if len(row) > width else row[column]).strip()
        for row in rows[has_header:]
        if len(row) > column
    ]
    warnings = []
    num_short = sum(len(row) <= column for row in rows[has_header:])
    if num_short:
        have = "has" if num_short == 1 else "have"
        warnings.append(f"{num_short:,} of its {counted(len(rows), 'row')} {have} no cell in the column of text")
    num_lost = num_letters(table) - sum(num_letters(cell) for row in rows for cell in row)
    if num_lost > MAX_LOST_FRACTION * num_letters(table):
        warnings.append(f"{num_lost:,} of its letters {'is' if num_lost == 1 else 'are'} in no cell")
    cells = [cell for cell in cells if cell]
    separator = "\n\n" if any("\n" in cell for cell in cells) else "\n"
    return separator.join(cells) + "\n" if cells else "", tuple(warnings)


def _rows(table: str, delimiter: str, name: str) -> list[list[str]]:
    """Return the rows of a table, read in the first way in which its quotation marks make sense."""
    with _long_cells():
        for dialect in _DIALECTS:
            if "escapechar" in dialect and '\\"' not in table:
                continue
            try:
                rows = [row for row in csv.reader(StringIO(table, newline=""), delimiter=delimiter, **dialect) if row]
                break
            except csv.Error as error:
                failure = error
        else:
            raise ReadingError(
                f"{name} is not a table that can be read: {failure}. Save it again as CSV in UTF-8."
            ) from failure
    if not rows:
        raise ReadingError(f"{name} has no rows, so there is nothing to read in it.")
    return rows


def _delimiter_of(table: str) -> str:
    """Return the candidate that cuts most of the first lines into as many columns as the very first.

    A mark that a blank always follows is punctuation.
    """
    head = table[:65_536]
    lines = [line for line in head.split("\n")[:20] if line]

    def columns(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        is_punctuation = '"' not in head and head.count(f"{delimiter} ") > 0.9 * head.count(delimiter)
        if not counts or not counts[0] or (delimiter in ",;" and is_punctuation):
            return 0, 0
        return sum(count == counts[0] for count in counts), counts[0]

    best = max(_DELIMITERS, key=columns)
    return best if columns(best) > (0, 0) else _NO_DELIMITER


def _text_column(rows: list[list[str]], name: str) -> tuple[int, bool]:
    """Return which column holds the text, and whether the first row is a header."""
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
    num_letters_of_first = sum(map(len, _LETTERS.findall(rows[0][best])))
    return best, len(rows) > 1 and num_letters_of_first < letters[best] / 3


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let a cell hold a whole book; the csv module's limit is one for the process, so it is put back."""
    before = csv.field_size_limit(MAX_CELL_CHARS)
    try:
        yield
    finally:
        csv.field_size_limit(before)
