"""A judgement as a terminal shows it, and as plain data."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from penwright.cli.display.lines import glimpse
from penwright.errors import counted

if TYPE_CHECKING:
    from rich.table import Table

    from penwright.evaluation.judging.judging import Judgement

SIGNS = {"above": "▲", "below": "▼", "": ""}
FULL_WIDTH = 78
"""Columns that the whole table takes."""
SHOWN_WORDS = 8
SHOWN_PASSAGES = 3


def judged_table(judgement: "Judgement", *, name: str, width: int) -> "Table":
    """Return the measures as a table: the pages, their interval, and the held-out books beside them.

    Args:
        judgement: The judgement.
        name: Heading of the pages' column.
        width: Number of columns of the terminal. Where they are few, the table lacks the least and the most of a book.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    has_intervals = any(each.interval for each in judgement.measures)
    headings = ["", name, *(["95 %"] if has_intervals else []), *(["", "held-out"] if judgement.books else [])]
    has_ends = bool(judgement.books) and width >= FULL_WIDTH
    for heading in [*headings, *(["least", "most"] if has_ends else [])]:
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    group = ""
    for each in judgement.measures:
        if each.measure.group != group:
            group = each.measure.group
            table.add_row(group, style="dim")
        cells = [f"  {each.measure.label}", each.shown(each.value), *([each.interval] if has_intervals else [])]
        cells += [SIGNS[each.beyond], each.shown(each.median)] if judgement.books else []
        cells += [each.shown(each.least), each.shown(each.most)] if has_ends else []
        table.add_row(*cells, style="bold" if each.is_doubtful else None)
    return table


def judged_lines(judgement: "Judgement", *, missing: str) -> Iterator[str]:
    """Yield the lines below the table: what is doubtful with what was found, and what could not be measured.

    Args:
        judgement: The judgement.
        missing: Reason why there is no shelf; empty with one.
    """
    if judgement.books:
        books = counted(len(judgement.books), "held-out book")
        pages = max(book.num_pages for book in judgement.books)
        yield f"held-out: the median of {books}, {counted(pages, 'page')} of each; ▲ and ▼: all 95 % are beyond them."
    for each in judgement.doubtful:
        end, which = (each.most, "most") if each.beyond == "above" else (each.least, "least")
        what = f"{each.measure.group}, {each.measure.label}: {each.shown(each.value)}"
        yield f"! {what}; the {which} of a book is {each.shown(end)}."
        found = judgement.evidence.get(each.name, ())
        if found and each.measure.group in ("Words", "Repetition"):
            yield f"  {', '.join(found[:SHOWN_WORDS])}"
        elif found:
            yield from (f"  {glimpse(passage)}" for passage in found[:SHOWN_PASSAGES])
    if judgement.is_conclusive and not judgement.doubtful:
        yield "Nothing here is beyond all held-out books in a way that readers would mind."
    for warning in judgement.warnings:
        yield f"! {warning}"
    if missing:
        names = ", ".join(f"{each.measure.label!r}" for each in judgement.measures if each.measure.needs_shelf)
        yield f"! The shelf is not here: {missing.rstrip('.')}."
        yield f"  So {names} and the columns of held-out books could not be made. Name the books: --corpus PATH"


def judged_facts(judgement: "Judgement", *, name: str, shelf: str | None, missing: str) -> dict[str, Any]:
    """Return a judgement as plain data.

    Args:
        judgement: The judgement.
        name: What was judged, "author" or "text".
        shelf: Folder of the prepared books; None without any.
        missing: Reason why there are none.
    """
    measures = [
        {
            "name": each.name,
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "held_out_median": each.median,
            "held_out": list(each.held_out),
            "beyond": each.beyond,
            "is_doubtful": each.is_doubtful,
        }
        for each in judgement.measures
    ]
    return {**judgement.to_dict(), "judged": name, "shelf": shelf, "missing": missing, "measures": measures}
