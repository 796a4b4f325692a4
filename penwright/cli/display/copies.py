"""Copied runs as a terminal shows them."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from penwright.cli.display.lines import glimpse

if TYPE_CHECKING:
    from rich.table import Table

    from penwright.originality.index import ShelfIndex
    from penwright.originality.meter import BookCopied, Copied, Run


def copies_table(own: "Copied", others: "Sequence[BookCopied]", *, name: str) -> "Table":
    """Return the shares of a text beside those of held-out books.

    Args:
        own: What the text copies.
        others: The same of each held-out book; may be empty.
        name: Name of the text.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("runs of at least")
    for heading in (name, *(["held-out books", "the most of one"] if others else [])):
        table.add_column(heading, justify="right")
    for length, share in own.shares.items():
        shares = [each.copied.shares[length] for each in others]
        beside = [f"{median(shares):.2%}", f"{max(shares):.2%}"] if shares else []
        table.add_row(f"{length} characters", f"{share:.2%}", *beside)
    lengths = [len(each.copied.longest) for each in others]
    longest = [f"{median(lengths):.0f}", f"{max(lengths)}"] if lengths else []
    table.add_row("longest run", f"{len(own.longest)}", *longest)
    return table


def run_lines(text: str, runs: "Sequence[Run]", index: "ShelfIndex") -> Iterator[str]:
    """Yield a line for each copied run: its length, where it stands in the text and in which book, and its words.

    Args:
        text: The text.
        runs: Runs of it, in the order to be shown.
        index: Index that found them.
    """
    for run in runs:
        book, char = index.place_of(run.source)
        writer = f" by {book.author}" if book.author else ""
        share = char / max(1, book.num_chars)
        words = glimpse(text[run.start : run.stop])
        yield f"{run.length:5,} characters at {run.start:,}: {words} ({book.title}{writer}, at {share:.0%})"


def run_facts(run: "Run", text: str, index: "ShelfIndex") -> dict[str, Any]:
    """Return a copied run of a text as plain data."""
    book, char = index.place_of(run.source)
    place = {"title": book.title, "author": book.author, "offset": char}
    return {"start": run.start, "num_chars": run.length, "text": text[run.start : run.stop], "book": place}
