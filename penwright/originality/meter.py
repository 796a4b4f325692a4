"""Measure how much of a text occurs verbatim in the training books, and say where.

A character is copied at length L if it is part of a run of L or more characters that occurs in one of the books.
Writers who never read each other share such runs too, so a share means something only beside that of a text known to
be no copy, such as a held-out book of the same shelf. This module knows nothing of authors.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.code_points import code_points_of, text_of
from penwright.corpus.book import Book
from penwright.corpus.config import SplitName
from penwright.corpus.store import Corpus
from penwright.errors import UsageError
from penwright.kernels.originality import find_runs
from penwright.originality.index import MIN_RUN, Place, ShelfIndex

LENGTHS = (20, 30, 50, 80, 120)
"""Lengths of runs that are reported, in characters."""
HELD_OUT: tuple[SplitName, ...] = ("val", "test")


class Run(NamedTuple):
    """A run of a text that a training book has too. It can be extended neither to the left nor to the right."""

    start: int
    """Offset of its first character in the text."""
    stop: int
    source: int
    """Position in the text of the index, see `ShelfIndex.place_of`."""

    @property
    def length(self) -> int:
        """Number of characters."""
        return self.stop - self.start


class Copied(NamedTuple):
    """Runs of some texts that occur in the training books."""

    shares: Mapping[int, float]
    """Share of the texts' characters that are copied, 0 to 1, for each length."""
    longest: str
    """Longest copied run, the first if there are several; empty if none is as long as MIN_RUN."""
    place: Place | None
    """Where it stands; None without one."""


class BookCopied(NamedTuple):
    """The same of one held-out book."""

    book: Book
    num_chars: int
    """Number of its characters that were measured."""
    copied: Copied


def runs_of(text: str, index: ShelfIndex, *, min_length: int = MIN_RUN) -> list[Run]:
    """Return all runs of a text that occur in a training book and lie in no longer one, in the order of their starts.

    Args:
        text: Any text. It takes 16 bytes of memory a character.
        index: Index of the books.
        min_length: Shortest run, in characters, from MIN_RUN.

    Raises:
        UsageError: If shorter runs are asked for than the index finds.
    """
    if min_length < MIN_RUN:
        raise UsageError(f"copied runs are found from {MIN_RUN} characters on; {min_length} is too short.")
    symbols = index.encode(text)
    ends, sources = np.zeros(len(symbols), np.int64), np.zeros(len(symbols), np.int64)
    find_runs(symbols, ends, sources, *index.lookup)
    starts = np.flatnonzero(ends)
    stops, places = ends[starts], sources[starts]
    if len(symbols) > len(text):
        first = first_symbols(text, index)  # a run may begin or end within a character that is spelled
        chars, stops = np.searchsorted(first, starts), np.searchsorted(first, stops, side="right") - 1
        starts, places = chars, places + first[chars] - starts
    order = np.lexsort((-stops, starts))
    starts, stops, places = starts[order], stops[order], places[order]
    furthest = np.maximum.accumulate(np.concatenate([[0], stops]))[:-1]
    is_whole = stops > furthest  # else it lies in a run that starts before it
    return [
        Run(start, stop, source)
        for start, stop, source in zip(
            starts[is_whole].tolist(), stops[is_whole].tolist(), places[is_whole].tolist(), strict=True
        )
        if stop - start >= min_length
    ]


def first_symbols(text: str, index: ShelfIndex) -> NDArray[np.int64]:
    """Return the first symbol of each character of a text, and the end of the last, shape (characters + 1,)."""
    points, which = np.unique(code_points_of(text), return_inverse=True)
    sizes = np.array([len(index.alphabet.encode(text_of(points[at : at + 1]))) for at in range(len(points))], np.int64)
    return np.concatenate([[0], np.cumsum(sizes[which] if len(points) else sizes)]).astype(np.int64)


def copied(samples: Sequence[str], index: ShelfIndex, *, lengths: Sequence[int] = LENGTHS) -> Copied:
    """Find how much of some texts occurs in the training books.

    Args:
        samples: Texts that may hold copies. No run reaches from one into the next.
        index: Index of the books.
        lengths: Lengths of runs, each from MIN_RUN.
    """
    num_copied, longest, source = dict.fromkeys(lengths, 0), "", -1
    for sample in samples:
        runs = runs_of(sample, index)
        for length in lengths:
            num_copied[length] += num_covered(runs, min_length=length)
        for run in runs:
            if run.length > len(longest):
                longest, source = sample[run.start : run.stop], run.source
    num_chars = max(1, sum(map(len, samples)))
    place = index.place_of(source) if longest else None
    return Copied({length: count / num_chars for length, count in num_copied.items()}, longest, place)


def num_covered(runs: Sequence[Run], *, min_length: int) -> int:
    """Return the number of characters in runs of some length or more; those in two runs count once.

    Args:
        runs: Result of `runs_of`.
        min_length: Length of the shortest run that counts.
    """
    covered = done = 0
    for run in runs:
        if run.length >= min_length:
            covered += run.stop - max(done, run.start)
            done = run.stop
    return covered


def held_out_copied(
    corpus: Corpus, index: ShelfIndex, *, max_chars: int, lengths: Sequence[int] = LENGTHS
) -> Iterator[BookCopied]:
    """Measure each held-out book of a corpus in the same way: the yardstick for any other text.

    Args:
        corpus: The corpus of the index.
        index: Index of its training books.
        max_chars: Number of characters of each book, from its middle, so that no title page is measured.
        lengths: As for `copied`.
    """
    for book in (book for split in HELD_OUT for book in corpus.books_in(split)):
        text = corpus.book_text(book)
        start = max(0, len(text) - max_chars) // 2
        passage = text[start : start + max_chars]
        if passage:
            yield BookCopied(book, len(passage), copied([passage], index, lengths=lengths))
