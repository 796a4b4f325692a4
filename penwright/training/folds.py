"""N-gram tables for a model in training: each fold of the shelf is read with tables counted on the other folds.

This is cross-fitting. Tables that include the text being read would make it look easier than new text, and the model
would learn to trust them too much. So the books are divided into folds, by writer where there are enough writers. The
tables of a fold are a pure function of corpus, seed and fold.

This module knows nothing of models; counting itself is in `ngrams`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from penwright.alphabet.characters import Ids
from penwright.corpus.shelf.titles import author_keys, title_key
from penwright.corpus.store import Corpus
from penwright.files.scratch import Scratch, writable
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.joining import joined_tables, with_symbols
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import NgramTables, empty_tables, make_tables
from penwright.training.distributed import World
from penwright.training.divided_counting import DividedCounting
from penwright.training.labels import names_of_books
from penwright.training.machine import returning_freed_memory
from penwright.training.settings.config import RunConfig

NUM_FOLDS = 8
"""Number of folds: one eighth of the shelf is left out of each fold's tables."""
MIN_GROUPS = 2 * NUM_FOLDS
"""Writers, or titles, needed to keep each in one fold. One as large as two folds is divided all the same: it would make
the folds uneven, and would be read with counts of little else."""
CHARS_PER_ENTRY = 1
"""Symbols counted for each successor kept, so that a small shelf makes a small author."""
KEPT_ENTRIES = 64_000_000
"""Largest number of successors in all tables that a process keeps for the next epoch. Above it, only the current tables
are kept."""
NEW_SHELF_WEIGHT = 4.0
"""Number of times that the shelf counts where its tables are joined to those of other books. Before any update, the
author in the box predicted four novels at 1.5858 bits per character with its own tables, and with those joined at
1.5552, 1.5515 and 1.5513 for weights of 1, 4 and 16 (2026-11)."""
WHOLE_IDS = KEPT_ENTRIES // (NUM_FOLDS + 1)
"""Largest number of ids to learn from at which tables of the whole shelf are counted too. They are kept beside those of
all folds."""


class Stretch(NamedTuple):
    """Part of a training book, or all of it."""

    book: int
    """Index of the book among the training books."""
    start: int
    """Offset of the first id within the book."""
    stop: int
    """Offset after the last id."""


def whole_books(corpus: Corpus) -> list[Stretch]:
    """Return one stretch for each training book."""
    return [Stretch(index, 0, book.num_ids) for index, book in enumerate(corpus.books_in("train"))]


def ids_of(corpus: Corpus, stretches: Iterable[Stretch]) -> list[Ids]:
    """Return the ids of each stretch, as views."""
    books = corpus.books_in("train")
    return [corpus.book_ids(books[stretch.book])[stretch.start : stretch.stop] for stretch in stretches]


class CrossFittedTables:
    """The training books in folds, and the tables of each fold, counted on the others when they are first needed."""

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
        known: NgramTables | None = None,
        world: World | None = None,
        labels: Sequence[str] = (),
    ) -> None:
        """Divide the shelf into folds. Nothing is counted yet.

        Args:
            corpus: Only its books marked `train` are used.
            kinds: Kinds of context.
            max_entries: Largest number of successors in one table.
            min_ids: Smallest number of ids in a fold.
            seed: Seed that chooses the books to count when there are too many.
            num_threads: Number of stretches counted in parallel.
            max_symbols: Largest number of symbols counted for one table.
            known: Tables of other books, to which those of each fold are joined.
            world: The processes that count together, each some of the folds; None for this one alone.
            labels: Name of each training book's label. Each fold gets a part of every label, so that the labels of one
                window differ; none if books have no labels.
        """
        self._known = known
        self._corpus = corpus
        self._kinds = kinds
        self._max_symbols = max_symbols
        self._max_entries = max_entries
        self._num_threads = num_threads
        self._seed = seed
        self.stretches, self.folds = _divide(corpus, min_ids=min_ids, labels=labels)
        self._whole: NgramTables | None = None
        self._counting = DividedCounting(
            self._count,
            num_folds=len(self.folds),
            max_kept=KEPT_ENTRIES,
            empty=empty_tables(corpus.alphabet.vocab_size),
            world=World() if world is None else world,
        )

    @classmethod
    def of_run(
        cls,
        corpus: Corpus,
        config: RunConfig,
        *,
        max_entries: int | None = None,
        max_symbols: int | None = None,
        known: NgramTables | None = None,
        world: World | None = None,
    ) -> "CrossFittedTables":
        """Divide a shelf as a run's configuration asks for.

        Args:
            corpus: The books.
            config: Configuration of the run.
            max_entries, max_symbols: Other bounds than those of the configuration.
            known: Tables of other books, to which those of each fold are joined.
            world: The processes that count together; None for this one alone.
        """
        model, train = (
            config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit),
            config.train,
        )
        return cls(
            corpus,
            kinds=model.kinds,
            max_entries=model.ngram_entries if max_entries is None else max_entries,
            min_ids=train.batch_size * train.seq_len + 1,
            seed=train.seed,
            num_threads=max(1, train.threads),
            max_symbols=train.ngram_symbols if max_symbols is None else max_symbols,
            known=known,
            world=world,
            labels=names_of_books(corpus.books_in("train"), train.labels),
        )

    def num_ids(self, fold: int) -> int:
        """Return the number of ids in a fold."""
        return _size(self.stretches[index] for index in self.folds[fold])

    def fold_starts(self, window_ids: int) -> list[int]:
        """Return the number of ids that an epoch has read before each fold but the first begins.

        Args:
            window_ids: Ids of a window of all lanes together. A fold is read in whole windows.
        """
        sizes = [max(0, self.num_ids(fold) - 1) // window_ids * window_ids for fold in range(len(self.folds))]
        return list(accumulate(sizes[:-1]))

    def has_tables(self, fold: int) -> bool:
        """Return True if the tables of a fold are at hand, so that asking for them takes no time."""
        return self._counting.has(fold) or len(self.folds) < 2

    @property
    def first_tables(self) -> NgramTables:
        """Tables that know nothing of this shelf: those of the other books, or empty ones."""
        vocab_size = self._corpus.alphabet.vocab_size
        return empty_tables(vocab_size) if self._known is None else with_symbols(self._known, num_symbols=vocab_size)

    def tables(self, fold: int | None) -> NgramTables:
        """Return the tables counted on all folds but this one; the first ones for None or if there is a single fold."""
        if fold is None or len(self.folds) < 2:
            return self.first_tables
        return self._counting.tables(fold)

    def whole_tables(self) -> NgramTables | None:
        """Return the tables counted on the whole shelf; None if it is so large that no fold is missed.

        No training book may be learned from with them. Each process counts its own.
        """
        if self._whole is None and len(self.folds) > 1 and _size(self.stretches) <= WHOLE_IDS:
            self._whole = self._count(None)
        return self._whole

    def forget(self) -> None:
        """Let all counted tables go, to make room. Those that are asked for again are counted again."""
        self._counting.forget()
        self._whole = None

    @returning_freed_memory()
    def _count(self, fold: int | None) -> NgramTables:
        self._corpus.release_pages()
        texts = ids_of(self._corpus, self._sample(fold))
        num_known = 0 if self._known is None else len(self._known.symbols)
        tables = make_tables(
            texts,
            kinds=self._kinds,
            marks=marks_of(self._corpus.alphabet),
            max_entries=min(self._max_entries - num_known, sum(map(len, texts)) // CHARS_PER_ENTRY),
            num_threads=self._num_threads,
            open_scratch=partial(Scratch, writable(self._corpus.path)),
        )
        return tables if self._known is None else joined_tables(self._known, tables, weight=NEW_SHELF_WEIGHT)

    def _sample(self, fold: int | None) -> list[Stretch]:
        """Return the stretches to count for a fold: the others, or all for None, hashed, cut off at `max_symbols`."""

        def hashed(index: int) -> bytes:
            return hashlib.sha256(f"{self._seed}/counted/{index}".encode("ascii")).digest()

        left, chosen = self._max_symbols, list[Stretch]()
        others = [index for other, members in enumerate(self.folds) if other != fold for index in members]
        for index in sorted(others, key=hashed):
            stretch = self.stretches[index]
            chosen.append(stretch._replace(stop=min(stretch.stop, stretch.start + left)))
            left -= _size(chosen[-1:])
            if left <= 0:
                break
        return chosen


def _divide(corpus: Corpus, *, min_ids: int, labels: Sequence[str]) -> tuple[list[Stretch], list[list[int]]]:
    """Return stretches and folds of their indices; a single fold where several would each be too small to read."""
    whole = whole_books(corpus)
    units = _labelled_units(whole, labels) if labels else _units(corpus, whole)
    names = [labels[unit[0].book] if labels else "" for unit in units]
    stretches = [stretch for unit in units for stretch in unit]
    ends = [0, *accumulate(map(len, units))]
    sizes = list(map(_size, units))
    for num_folds in range(min(NUM_FOLDS, len(units)), 1, -1):
        folds: list[list[int]] = [[] for _ in range(num_folds)]
        filled = [0] * num_folds
        filled_with = {name: [0] * num_folds for name in names}
        for unit in sorted(range(len(units)), key=lambda unit: (-sizes[unit], unit)):  # the largest first
            alike = filled_with[names[unit]]
            smallest = min(range(num_folds), key=lambda fold: (alike[fold], filled[fold]))
            folds[smallest] += range(ends[unit], ends[unit + 1])
            filled[smallest] += sizes[unit]
            alike[smallest] += sizes[unit]
        if min(filled) >= min_ids:
            return stretches, folds
    return whole, [list(range(len(whole)))]


def _units(corpus: Corpus, whole: Sequence[Stretch]) -> list[list[Stretch]]:
    """Return the stretches that stay together: the books of a writer or title, or parts of one too large."""
    books = corpus.books_in("train")
    groups = _groups([book.author for book in books], [book.title for book in books])
    fold_size = _size(whole) / NUM_FOLDS
    units: list[list[Stretch]] = []
    for group in groups:
        together = [whole[index] for index in group]
        if _size(together) > fold_size * (1 if len(groups) < MIN_GROUPS else 2):
            units += ([part] for stretch in together for part in _cut(stretch, int(fold_size)))
        else:
            units.append(together)
    return units


def _labelled_units(whole: Sequence[Stretch], labels: Sequence[str]) -> list[list[Stretch]]:
    """Return each book in parts so small that each fold gets its share of every label."""
    sizes: dict[str, int] = {}
    for stretch in whole:
        sizes[labels[stretch.book]] = sizes.get(labels[stretch.book], 0) + stretch.stop
    return [[part] for stretch in whole for part in _cut(stretch, sizes[labels[stretch.book]] // NUM_FOLDS)]


def _groups(authors: Sequence[str], titles: Sequence[str]) -> list[list[int]]:
    """Return the indices of books that belong together: by writer if there are enough of them, else by title."""
    by_author: dict[str, list[int]] = {}
    by_title: dict[str, list[int]] = {}
    for index, (author, title) in enumerate(zip(author_keys(authors), titles, strict=True)):
        name = title_key(title)
        by_title.setdefault(name, []).append(index)
        by_author.setdefault(author or f"/{name}", []).append(index)
    return list((by_author if len(by_author) >= MIN_GROUPS else by_title).values())


def _cut(stretch: Stretch, size: int) -> list[Stretch]:
    """Cut a whole book into equal parts of about `size` ids."""
    num_parts = max(1, round(stretch.stop / max(1, size)))
    edges = [stretch.stop * part // num_parts for part in range(num_parts + 1)]
    return [Stretch(stretch.book, start, stop) for start, stop in zip(edges, edges[1:], strict=False)]


def _size(stretches: Iterable[Stretch]) -> int:
    return sum(stretch.stop - stretch.start for stretch in stretches)
