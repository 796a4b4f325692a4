"""A shelf report as a table that fits 80 columns, with notes below it.

This module reads no files.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from penwright.cli.display.durations import format_duration
from penwright.cli.output import visible
from penwright.errors import counted

if TYPE_CHECKING:
    from rich.table import Table

    from penwright.corpus.inspection import BookReport, ShelfReport

PLAIN_ENCODINGS = ("ascii", "utf-8", "utf-8-sig")
MIN_TITLE = 16
PADDING = 2  # a space behind each cell and the line between columns
RIGHT = (1, 3, 5)
"""Indices of the columns that hold numbers."""
DROPPED_FIRST = (4, 3, 5, 2, 1)
"""Indices of the columns that a narrow terminal lacks, the least important first."""
MAX_NOTES = 40
MAX_SKIPPED = 10
SHOWN_NAMES = 6
SHOWN_KINDS = 4
NOTICE = "notice"
"""Kind of a cut from a source file."""


def shelf_table(report: "ShelfReport", *, width: int) -> "Table":
    """Return the table of all books.

    Args:
        report: Report on the shelf.
        width: Number of columns of the terminal. Titles are cut to fit, numbers never: where the shortest title has no
            room, columns are left out, the least important first.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    rows = [_cells(book) for book in report.books]
    total = sum(book.num_chars for book in report.books)
    heads = ("book", "characters", "encoding", "cut", "lines", "spelled" if report.is_lossless else "lost", "split")
    feet = (f"{len(rows):,} in all", f"{total:,}", *[""] * 5)
    widths = [max(len(row[column]) for row in (heads, feet, *rows)) + PADDING for column in range(len(heads))]
    shown = list(range(len(heads)))
    for column in DROPPED_FIRST:
        if sum(widths[each] for each in shown[1:]) + MIN_TITLE + PADDING <= width:
            break
        shown.remove(column)
    taken = sum(widths[column] for column in shown[1:])
    table = Table(box=SIMPLE_HEAD, show_edge=False, show_footer=True, padding=(0, 1, 0, 0))
    for column in shown:
        table.add_column(
            heads[column],
            Text(feet[column]),
            justify="right" if column in RIGHT else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=None if column else max(MIN_TITLE, width - taken - PADDING),
        )
    for book, row in zip(report.books, rows, strict=True):
        table.add_row(*(Text(visible(row[column])) for column in shown), style=None if book.split else "dim")
    return table


def book_label(book: "BookReport") -> str:
    """Return the label of a book: title and writer, or the name of its file."""
    if not book.title:
        return book.name
    return f"{book.title} ({book.author})" if book.author else book.title


def _cells(book: "BookReport") -> tuple[str, ...]:
    return (
        book_label(book),
        f"{book.num_chars:,}",
        book.encoding.removesuffix("-sig"),
        f"{sum(cut.num_chars for cut in book.cuts):,}",
        "joined" if book.was_unwrapped else "wrapped" if book.is_hard_wrapped else "",
        f"{book.num_unknown_chars:,}",
        f"{book.split}+ends" if book.passages else book.split or "left out",
    )


def totals(report: "ShelfReport", *, chars_per_second: float) -> Iterator[str]:
    """Return sentences on the splits and on the time that one reading of the training books takes.

    Args:
        report: Report on the shelf.
        chars_per_second: Reading speed to calculate with.
    """
    for split in report.splits:
        who = (
            f", by {', '.join(split.authors[:4])}{' and others' if len(split.authors) > 4 else ''}"
            if split.authors
            else ""
        )
        books = counted(split.num_books, "book")
        if split.is_passages:
            books, who = f"the ends of {'the same book' if split.num_books == 1 else f'the same {books}'}", ""
        yield f"{split.split:<6} {books}, {counted(split.num_chars, 'character')}{who}"
    how = "others are spelled in bytes" if report.is_lossless else "others are lost"
    yield f"The alphabet has {counted(report.vocab_size, 'symbol')}; {how}."
    duration = format_duration(report.epoch_seconds(chars_per_second))
    yield f"One reading of the training books at {chars_per_second:,.0f} characters a second takes {duration}."


def doubts(report: "ShelfReport") -> Iterator[str]:
    """Return sentences on books that were guessed, patched or partly unread; nothing if there are none."""
    if report.doubts:
        yield "Read with doubt, the greatest harm first:"
        yield from _first([*report.doubts], MAX_NOTES, "doubts")
        yield ""


def notes(report: "ShelfReport") -> Iterator[str]:
    """Return notes on unusual encodings, copies, other editions, rare characters, warnings and files not read."""
    found = [*_notices(report), *_encodings(report), *_editions(report)]
    found += [f"{book.name}: {note}" for book in report.books for note in _book_notes(book)]
    yield from _first([*dict.fromkeys([*found, *report.warnings])], MAX_NOTES, "notes")
    yield from _first([f"not read: {name}: {reason}" for name, reason in report.skipped], MAX_SKIPPED, "files not read")
    if len(report.skipped) > MAX_SKIPPED:
        kinds = Counter(_kind_of(name, reason) for name, reason in report.skipped)
        yield "by reason: " + ", ".join(f"{kind} ({count:,})" for kind, count in kinds.most_common(SHOWN_KINDS))


def cut_lines(report: "ShelfReport") -> Iterator[str]:
    """Return the text that would be cut, book by book, each line marked."""
    for book in report.books:
        for cut in book.cuts:
            last = cut.first_line + cut.num_lines - 1
            lines = f"lines {cut.first_line:,} to {last:,}" if cut.num_lines > 1 else f"line {last:,}"
            yield f"{book.name}: {cut.kind}, {lines}, {counted(cut.num_chars, 'character')}"
            yield from (f"  | {line}" for line in cut.text.rstrip("\n").split("\n"))


def _notices(report: "ShelfReport") -> Iterator[str]:
    """Return a note on the notices that would be cut from source files."""
    cuts = [[cut.num_chars for cut in book.cuts if cut.kind == NOTICE] for book in report.books]
    num_files, num_chars = sum(map(bool, cuts)), sum(map(sum, cuts))
    if num_files:
        files = counted(num_files, "source file")
        yield f"notices at the head of {files}, {counted(num_chars, 'character')}, are cut; --cuts shows them"


def _kind_of(name: str, reason: str) -> str:
    """Return what is common to the reasons of many files."""
    return reason.removeprefix(name).strip().split(":")[0].split(" (")[0]


def _encodings(report: "ShelfReport") -> Iterator[str]:
    """Return notes on books that are not plain UTF-8, by encoding and the reason for it."""
    groups: dict[str, list[str]] = {}
    for book in report.books:
        if book.encoding.lower() not in PLAIN_ENCODINGS and not book.encoding_reason.startswith("detected"):
            groups.setdefault(f"{book.encoding} ({book.encoding_reason})", []).append(book.name)
    for encoding, names in groups.items():
        yield f"read as {encoding}: {_listed(names)}"


def _editions(report: "ShelfReport") -> Iterator[str]:
    """Return a note for each group of books that share much of their text; copies that are left out have their own."""
    from penwright.corpus.quality import edition_groups

    for group in edition_groups(report.books):
        kept = [name for name in group.names if name not in group.copies]
        if len(kept) > 1:
            yield f"much the same text, kept on one side of the split: {_listed(kept)}"


def _book_notes(book: "BookReport") -> Iterator[str]:
    if book.duplicate_of:
        yield f"has the same text as {book.duplicate_of}, which is taken"
    if book.unknown_characters:
        names = [f"{unknown.name} ({unknown.count:,})" for unknown in book.unknown_characters]
        yield f"characters without a symbol of their own: {_listed(names)}"
    if book.is_outlier:
        yield f"compresses to {book.compressed_fraction:.0%}, unlike a book: repeated, tabular or garbled text?"
    yield from book.warnings


def _listed(names: list[str]) -> str:
    """Return names as a list of bounded length."""
    more = f" and {len(names) - SHOWN_NAMES:,} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + more


def _first(lines: list[str], limit: int, what: str) -> Iterator[str]:
    yield from lines[:limit]
    if len(lines) > limit:
        yield f"... and {len(lines) - limit:,} more {what}; --json lists all."
