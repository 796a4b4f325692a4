"""Decide, from what is known of every book, which are taken, what they are called, where each lies and in which split.

A pure function of the facts, whatever the order in which books were found. Their arrays may be more than memory holds,
so they are asked for one book at a time. Preparing a corpus and inspecting a shelf share it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.code_points import code_points_of, utf8_lengths
from penwright.corpus.config import SPLITS, CorpusConfig, SplitName
from penwright.corpus.shelf.facts import Facts, KeptFacts, total_counts
from penwright.corpus.shelf.fingerprints import Fingerprint
from penwright.corpus.shelf.near_duplicates import DuplicatePair, near_duplicates
from penwright.corpus.shelf.seed_split import seed_splits
from penwright.corpus.shelf.splits import Candidate, choose_splits
from penwright.corpus.shelf.titles import BookName, Unnamed, name_books
from penwright.corpus.sources.discovery import Source
from penwright.corpus.sources.manifest import ManifestBook

SAME_BOOK = 0.9
"""From this share of common text on, two books are told to be editions of one, or one part of the other."""
CHARS_PER_RARE_ONE = 1_000_000
"""A character found less often than once in so many is spelled in bytes, unless the configuration gives a count."""


class ReadBook(NamedTuple):
    """A book that could be read."""

    source: Source
    facts: Facts | KeptFacts
    listed: ManifestBook | None
    """What a manifest says of it; None without one."""


class SelectedBook(NamedTuple):
    """A book that is taken."""

    source: Source
    facts: Facts | KeptFacts
    named: BookName
    split: SplitName
    num_ids: int
    """Ids it will take, the boundary and the spelling of rare characters counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What a corpus will hold."""

    alphabet: Alphabet
    books: tuple[SelectedBook, ...]
    """In the order train, val, test, and by name in each."""
    duplicates: tuple[tuple[Source, Source], ...]
    """(dropped, kept) books whose clean texts are the same."""
    editions: tuple[tuple[Source, Source, float], ...]
    """Pairs of books that share much of their text, and how much, 0 to 1."""
    warnings: tuple[str, ...]
    """One sentence each."""


class _Fingerprints:
    """The fingerprints of some books, each read when it is asked for."""

    def __init__(self, books: Sequence[ReadBook]) -> None:
        self._books = books

    def __len__(self) -> int:
        return len(self._books)

    def __getitem__(self, index: int, /) -> Fingerprint:
        return self._books[index].facts.fingerprint


def select_books(books: Sequence[ReadBook], *, config: CorpusConfig, scratch_dir: Path | None = None) -> Selection:
    """Decide what a corpus holds.

    Args:
        books: All that could be read, at least one.
        config: How to choose the alphabet and the splits.
        scratch_dir: Where the comparison of the books puts what it cannot hold, until it is done; None for the
            operating system's folder for such files.

    Raises:
        CorpusError: If the disk is full.
    """
    ordered = sorted(books, key=lambda book: (book.source.name, book.source.path, book.source.member or ""))
    kept, dropped = _drop_duplicates(ordered) if config.drop_duplicates and not config.is_raw else (ordered, [])
    pairs = [] if config.is_raw else near_duplicates(_Fingerprints(kept), scratch_dir=scratch_dir)
    names = _names(kept)
    splits = _splits(kept, names, pairs, config)
    training = (book.facts for book, split in zip(kept, splits, strict=True) if split == "train")
    alphabet = Alphabet.seed() if config.alphabet == "seed" else _learn(training, config)
    selected = [
        SelectedBook(book.source, book.facts, named, split, num_ids_of(book.facts, alphabet))
        for book, named, split in zip(kept, names, splits, strict=True)
    ]
    selected.sort(key=lambda book: SPLITS.index(book.split))  # stable: by name in each split
    return Selection(
        alphabet=alphabet,
        books=tuple(selected),
        duplicates=tuple((copy.source, first.source) for copy, first in dropped),
        editions=tuple((kept[pair.first].source, kept[pair.second].source, pair.similarity) for pair in pairs),
        warnings=tuple(_warnings(kept, splits, pairs, config)),
    )


def num_ids_of(facts: Facts | KeptFacts, alphabet: Alphabet) -> int:
    """Return how many ids a book takes: its boundary, one a character, two a byte of each character that is spelled."""
    num_ids = facts.num_chars + (alphabet.boundary_id is not None)
    if not alphabet.is_lossless:
        return num_ids
    characters = facts.characters
    is_unknown = np.array([character not in alphabet for character in characters], dtype=bool)
    lengths = utf8_lengths(code_points_of(characters)[is_unknown])
    return num_ids + int(((2 * lengths - 1) * facts.counts[is_unknown]).sum())


def _drop_duplicates(books: Sequence[ReadBook]) -> tuple[list[ReadBook], list[tuple[ReadBook, ReadBook]]]:
    """Return the first book of each text, and (copy, first) for the others. What a manifest keeps is kept."""
    first: dict[str, ReadBook] = {}
    kept, dropped = [], []
    for book in books:
        original = first.setdefault(book.facts.text_sha256, book)
        if original is book or book.listed is not None:
            kept.append(book)
        else:
            dropped.append((book, original))
    return kept, dropped


def _names(books: Sequence[ReadBook]) -> list[BookName]:
    """Return what each book is called; a manifest has the last word."""
    found = name_books([Unnamed(book.source.name, book.facts.details) for book in books])
    return [
        name
        if book.listed is None
        else BookName(book.listed.title or name.title, book.listed.author or name.author, book.listed.year or name.year)
        for book, name in zip(books, found, strict=True)
    ]


def _splits(
    books: Sequence[ReadBook], names: Sequence[BookName], pairs: Sequence[DuplicatePair], config: CorpusConfig
) -> list[SplitName]:
    """Return each book's split; a manifest has the last word."""
    listed = [book.listed.split for book in books if book.listed is not None and book.listed.split is not None]
    if len(listed) == len(books):
        return listed
    if config.split == "seed":
        return seed_splits([book.facts.num_chars for book in books])
    candidates = [Candidate(n.title, n.author, book.facts.num_chars) for book, n in zip(books, names, strict=True)]
    # A poem of three sentences has too few hashes to be recognised by them, but a text is always recognised by its own.
    first: dict[str, int] = {}
    same_text = [(first.setdefault(book.facts.text_sha256, index), index) for index, book in enumerate(books)]
    return choose_splits(
        candidates,
        seed=config.split_seed,
        val_fraction=config.val_fraction,
        test_fraction=config.test_fraction,
        together=[*same_text, *((pair.first, pair.second) for pair in pairs)],
    )


def _learn(books: Iterable[Facts | KeptFacts], config: CorpusConfig) -> Alphabet:
    """Return the alphabet of the books that are learned from; what only a held-out book has is spelled."""
    counts = total_counts(books)
    min_count = config.min_count or max(1, sum(counts.values()) // CHARS_PER_RARE_ONE)
    return Alphabet.learn(counts, max_characters=config.max_characters, min_count=min_count)


def _warnings(
    books: Sequence[ReadBook], splits: Sequence[SplitName], pairs: Sequence[DuplicatePair], config: CorpusConfig
) -> list[str]:
    """Return what a user should know of the whole shelf, and of single books."""
    warnings = [f"{book.source.name}: {warning}" for book in books for warning in book.facts.warnings]
    for pair in pairs:
        if splits[pair.first] != splits[pair.second]:
            sides = [f"{books[index].source.name} ({splits[index]})" for index in (pair.first, pair.second)]
            warnings.append(
                f"{' and '.join(sides)} share {pair.similarity:.0%} of their text: what is told of the one held out is "
                "too good. Put both on one side."
            )
    warnings += _about_editions(books, pairs)
    if config.val_fraction and "val" not in splits:
        held_out = (
            "one book" if len(books) == 1 else "too few files" if config.split == "seed" else "one group of books"
        )
        warnings.append(
            f"Nothing is held out, as there is only {held_out}: how well the author does on a book it never read "
            "cannot be told. Add books, or cut this one into parts."
        )
    return warnings


def _about_editions(books: Sequence[ReadBook], pairs: Sequence[DuplicatePair]) -> list[str]:
    """Return a sentence on books that are read several times in different editions."""
    same = [pair for pair in pairs if pair.similarity >= SAME_BOOK]
    if not same:
        return []
    names = " and ".join(books[index].source.name for index in same[0][:2])
    count = len({pair.second for pair in same})
    others = "one book is" if count == 1 else f"{count:,} books are"
    return [
        f"{others} on the shelf in another form already ({names}): what several editions share is learned from several "
        "times. Where that is not wanted, leave some out with keep = false in a manifest."
    ]
