"""What `write` knows of copying: the limit that it keeps, and the copied runs that it names below a text."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from penwright.cli.display.copies import run_facts, run_lines
from penwright.cli.indexing import books_of_author, opened_index
from penwright.errors import UsageError, counted
from penwright.originality.index import MIN_RUN, ShelfIndex
from penwright.originality.meter import num_covered, runs_of
from penwright.originality.quote_limit import QuoteLimit

if TYPE_CHECKING:
    from penwright.alphabet.characters import Alphabet


class Copies(NamedTuple):
    """The books that may be copied from, and what is done about it."""

    shelf: ShelfIndex
    max_quote: int | None
    """Most characters copied in a row; None for any number."""
    annotates: bool
    """True to name the copied runs."""

    @classmethod
    def open(
        cls, path: Path, *, corpus: Path | None, max_quote: int | None, annotates: bool, is_quiet: bool
    ) -> "Copies":
        """Open the index of an author's books.

        Args:
            path: The author's file, or the folder of a run.
            corpus: The books, if the user named them.
            max_quote, annotates: See above.
            is_quiet: True to say nothing.

        Raises:
            UsageError: If there are no such books.
            CorpusError, RunError: If the books or the index cannot be read.
        """
        needed_for = "--annotate" if max_quote is None else "--max-quote"
        books = books_of_author(path, corpus=corpus, needed_for=needed_for, is_quiet=is_quiet)
        return cls(opened_index(books), max_quote, annotates)

    def check(self, alphabet: "Alphabet", prompt: str) -> None:
        """Check that the limit can be kept by an author with this alphabet, after this prompt.

        Raises:
            UsageError: If it cannot.
        """
        for guide in self.guides(alphabet):
            guide.check(prompt)

    def guides(self, alphabet: "Alphabet") -> list[QuoteLimit]:
        """Return the guides of one text."""
        return [] if self.max_quote is None else [QuoteLimit(self.shelf, alphabet, max_quote=self.max_quote)]

    def lines(self, text: str) -> Iterator[str]:
        """Yield lines on the copied runs of a text, the longest first; none unless they are to be named."""
        if self.annotates:
            runs = runs_of(text, self.shelf)
            share = num_covered(runs, min_length=MIN_RUN) / max(1, len(text))
            books = counted(len(self.shelf.books), "training book")
            number = counted(len(runs), "run")
            yield f"{number} of {MIN_RUN} characters or more, {share:.0%} of the text, also in one of {books}"
            yield from run_lines(text, sorted(runs, key=lambda run: -run.length), self.shelf)

    def facts(self, text: str) -> dict[str, Any]:
        """Return the same as plain data."""
        runs = runs_of(text, self.shelf) if self.annotates else []
        return {"copied": [run_facts(run, text, self.shelf) for run in runs]} if self.annotates else {}


def check_limit(max_quote: int) -> None:
    """Check a limit before anything is loaded.

    Raises:
        UsageError: If it is too low for any author.
    """
    if max_quote < MIN_RUN:
        raise UsageError(f"--max-quote {max_quote} must be {MIN_RUN} or more: shorter runs are everybody's.")
