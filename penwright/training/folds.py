"""Counted tables for a model that is learning: what followed each context on the shelf, but not in what is being read.

A text whose own counts are consulted looks easier than it is, and a model that learned to trust them would trust too
much elsewhere. So the books are divided into folds, author by author where there are enough of them, and while the
model reads one fold the tables hold what was counted in the others. They are a pure function of corpus, seed and fold.

This module knows nothing of models; what is counted and how stands in `counts`.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from penwright.alphabet.characters import Ids
from penwright.corpus.shelf.titles import author_keys, title_key
from penwright.corpus.store import Corpus
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.letters import letters_of
from penwright.ngrams.tables import CountTables, empty_tables, make_tables

NUM_FOLDS = 8
"""Folds of a shelf: an eighth of it is not counted while it is read."""
MIN_GROUPS = 2 * NUM_FOLDS
"""Authors, or titles, from which on none of them is divided, but for one as large as two folds: it would make the folds
uneven, and be read with the counts of little else."""
CHARS_PER_ENTRY = 1
"""Symbols counted for each follower that is kept, so that a small shelf makes a small author."""
KEPT_ENTRIES = 64_000_000
"""Followers of all tables that are kept for the next epoch; of a large shelf only the present ones are."""
WORTH_COUNTING = 4.0
"""Times its counting that the time left must be for a fold to be begun. What was read once teaches nearly as much the
second time (Muennighoff et al. 2023, "Scaling Data-Constrained Language Models", eq. 5: 97 % of it), so less time is
better spent on reading the fold before again."""


def is_worth_counting(*, counting_seconds: float, seconds_left: float) -> bool:
    """Return whether another fold should be counted, so that it can be read, or the last one be read again.

    Args:
        counting_seconds: What counting a fold takes, 0 if that is not known yet.
        seconds_left: Until the training ends.
    """
    return seconds_left >= WORTH_COUNTING * counting_seconds


class Piece(NamedTuple):
    """A book, or a stretch of one."""

    book: int
    """Its number among the training books."""
    start: int
    stop: int
    """Where it lies among the book's ids."""


class CountedShelf:
    """The training books in folds, and the tables that belong to each fold."""

    def __init__(
        self,
        corpus: Corpus,
        *,
        kinds: ContextKinds,
        max_entries: int,
        min_ids: int,
        seed: int,
        num_threads: int,
        max_symbols: int,
    ) -> None:
        """Divide the shelf; nothing is counted yet.

        Args:
            corpus: Its books marked `train` are meant.
            kinds: The kinds of context.
            max_entries: Followers that one table keeps.
            min_ids: What a fold must hold for the model to read it.
            seed: Decides which books are counted where there are too many.
            num_threads: Pieces counted side by side.
            max_symbols: Symbols counted for one table at most.
        """
        self._corpus = corpus
        self._kinds = kinds
        self._max_symbols = max_symbols
        self._max_entries = max_entries
        self._num_threads = num_threads
        self._seed = seed
        self.pieces, self.folds = _divide(corpus, min_ids=min_ids)
        self._counted: dict[int, CountTables] = {}

    def ids_of(self, piece: Piece) -> Ids:
        """Return the ids of a piece, a view."""
        return self._corpus.book_ids(self._corpus.books_in("train")[piece.book])[piece.start : piece.stop]

    def has_counted(self, fold: int) -> bool:
        """Return whether the tables of a fold are at hand, so that asking for them takes no time."""
        return fold in self._counted or len(self.folds) < 2

    def tables(self, fold: int) -> CountTables:
        """Return what was counted in all folds but one; without a second fold, nothing."""
        if len(self.folds) < 2:
            return empty_tables(self._corpus.alphabet.vocab_size)
        if fold not in self._counted:
            texts = [self.ids_of(piece) for piece in self._sample(fold)]
            made = make_tables(
                texts,
                kinds=self._kinds,
                is_letter=letters_of(self._corpus.alphabet),
                max_entries=min(self._max_entries, sum(map(len, texts)) // CHARS_PER_ENTRY),
                num_threads=self._num_threads,
            )
            kept = {**self._counted, fold: made}
            is_small = sum(len(tables.symbols) for tables in kept.values()) <= KEPT_ENTRIES
            self._counted = kept if is_small else {fold: made}
        return self._counted[fold]

    def _sample(self, fold: int) -> list[Piece]:
        """Return the pieces to be counted for a fold: all others, or as many of them as fit, chosen by a hash, and of
        the last the beginning."""

        def chance(number: int) -> bytes:
            return hashlib.sha256(f"{self._seed}/counted/{number}".encode("ascii")).digest()

        left, chosen = self._max_symbols, list[Piece]()
        others = [number for place, members in enumerate(self.folds) if place != fold for number in members]
        for number in sorted(others, key=chance):
            piece = self.pieces[number]
            chosen.append(piece._replace(stop=min(piece.stop, piece.start + left)))
            left -= chosen[-1].stop - chosen[-1].start
            if left <= 0:
                break
        return chosen


def _divide(corpus: Corpus, *, min_ids: int) -> tuple[list[Piece], list[list[int]]]:
    """Return pieces and folds of their numbers; a single fold where several would each be too small to read."""
    books = corpus.books_in("train")
    groups = _groups([book.author for book in books], [book.title for book in books])
    pieces: list[Piece] = []
    units: list[list[int]] = []  # numbers of pieces that stay together
    total = sum(book.num_ids for book in books)
    for group in groups:
        whole = [Piece(number, 0, books[number].num_ids) for number in group]
        size = sum(piece.stop for piece in whole)
        is_divided = size > total / NUM_FOLDS * (1 if len(groups) < MIN_GROUPS else 2)
        parts = [[part] for piece in whole for part in _cut(piece, total // NUM_FOLDS)] if is_divided else [whole]
        for part in parts:
            units.append(list(range(len(pieces), len(pieces) + len(part))))
            pieces += part
    sizes = [sum(pieces[number].stop - pieces[number].start for number in unit) for unit in units]
    for num_folds in range(min(NUM_FOLDS, len(units)), 1, -1):
        folds: list[list[int]] = [[] for _ in range(num_folds)]
        filled = [0] * num_folds
        for place in sorted(range(len(units)), key=lambda place: (-sizes[place], place)):
            smallest = filled.index(min(filled))
            folds[smallest] += units[place]
            filled[smallest] += sizes[place]
        if min(filled) >= min_ids:
            return pieces, folds
    return [Piece(number, 0, book.num_ids) for number, book in enumerate(books)], [list(range(len(books)))]


def _groups(authors: Sequence[str], titles: Sequence[str]) -> list[list[int]]:
    """Return the numbers of books that belong together: by author where there are enough of them, else by title."""
    by_author: dict[str, list[int]] = {}
    by_title: dict[str, list[int]] = {}
    for number, (author, title) in enumerate(zip(author_keys(authors), titles, strict=True)):
        name = title_key(title)
        by_title.setdefault(name, []).append(number)
        by_author.setdefault(author or f"/{name}", []).append(number)
    return list((by_author if len(by_author) >= MIN_GROUPS else by_title).values())


def _cut(piece: Piece, size: int) -> list[Piece]:
    """Cut a piece into equal parts of about `size` ids."""
    count = max(1, round(piece.stop / max(1, size)))
    edges = [piece.stop * place // count for place in range(count + 1)]
    return [Piece(piece.book, start, stop) for start, stop in zip(edges, edges[1:], strict=False)]
