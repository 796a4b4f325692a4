"""Select the books of a corpus from the facts of all books, and decide their names, their order and their splits.

The selection is a pure function of the facts and does not depend on the order in which books were found. Arrays are
read one book at a time, because memory may not hold them all. Preparing a corpus and inspecting a shelf both use it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.code_points import code_points_of, utf8_lengths
from penwright.corpus.config import SPLITS, CorpusConfig, SplitName
from penwright.corpus.shelf.doubts import doubt_sentences
from penwright.corpus.shelf.endings import Ending, parts_of
from penwright.corpus.shelf.facts import Facts, KeptFacts, total_counts
from penwright.corpus.shelf.fingerprints import Fingerprint
from penwright.corpus.shelf.mixture import mixture_sentences
from penwright.corpus.shelf.near_duplicates import DuplicatePair, near_duplicates
from penwright.corpus.shelf.seed_split import seed_splits
from penwright.corpus.shelf.splits import Candidate, choose_splits
from penwright.corpus.shelf.titles import BookName, Unnamed, name_books
from penwright.corpus.sources.discovery import Source
from penwright.corpus.sources.manifest import ManifestBook
from penwright.files.scratch import Scratch

SAME_BOOK = 0.9
"""Share of common text from which two books are reported as editions of one book, or one as part of the other."""
CHARS_PER_RARE_ONE = 1_000_000
"""A character rarer than one in this many is spelled in bytes, unless the configuration sets a count."""


class ReadBook(NamedTuple):
    """A book that could be read."""

    source: Source
    facts: Facts | KeptFacts
    listed: ManifestBook | None
    """Its entry in a manifest; None without a manifest."""


class SelectedBook(NamedTuple):
    """A book of the corpus, or a part of one: what is learned from, or a passage from its end."""

    source: Source
    facts: Facts | KeptFacts
    named: BookName
    split: SplitName
    num_ids: int
    """Number of its ids, including the boundary and the spelling of rare characters."""
    first_char: int = 0
    """Offset of its first character in the text of the whole book."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The books and the alphabet of a corpus."""

    alphabet: Alphabet
    books: tuple[SelectedBook, ...]
    """Books in the order train, val, test, sorted by name in each split."""
    duplicates: tuple[tuple[Source, Source], ...]
    """(dropped, kept) books with equal clean texts."""
    editions: tuple[tuple[Source, Source, float], ...]
    """Pairs of books that share much of their text, and the share, 0 to 1."""
    doubts: tuple[str, ...]
    """Sentences on books that were guessed, patched or partly unread, the greatest harm first."""
    warnings: tuple[str, ...]
    """Sentences on other things."""


class _Fingerprints:
    """The fingerprints of books, each read at access."""

    def __init__(self, books: Sequence[ReadBook]) -> None:
        self._books = books

    def __len__(self) -> int:
        return len(self._books)

    def __getitem__(self, index: int, /) -> Fingerprint:
        return self._books[index].facts.fingerprint


def select_books(
    books: Sequence[ReadBook],
    *,
    config: CorpusConfig,
    scratch: Scratch | None = None,
    endings: Mapping[Source, Ending] | None = None,
) -> Selection:
    """Select the books and the alphabet of a corpus.

    Args:
        books: All books that could be read, at least one.
        config: How to choose the alphabet and the splits.
        scratch: File for data of the comparison that is too much to hold; None for a file of its own.
        endings: Passages to hold out instead of whole books. None is taken from a book that is largely in another one,
            where it would be learned from all the same.

    Raises:
        CorpusError: If the disk is full.
    """
    ordered = sorted(books, key=lambda book: (book.source.name, book.source.path, book.source.member or ""))
    kept, dropped = _drop_duplicates(ordered) if config.drop_duplicates and not config.is_raw else (ordered, [])
    pairs = [] if config.is_raw else near_duplicates(_Fingerprints(kept), scratch=scratch)
    names = _names(kept)
    passages = _passages(kept, pairs, endings or {})
    splits: list[SplitName] = ["train" for _ in kept] if passages else _splits(kept, names, pairs, config)
    undivided = [
        SelectedBook(book.source, book.facts, named, split, 0)
        for book, named, split in zip(kept, names, splits, strict=True)
    ]
    parts = [part for book in undivided for part in _divided(book, passages.get(book.source))]
    training = (part.facts for part in parts if part.split == "train")
    alphabet = Alphabet.seed() if config.alphabet == "seed" else _learn(training, config)
    selected = [part._replace(num_ids=num_ids_of(part.facts, alphabet)) for part in parts]
    selected.sort(key=lambda book: SPLITS.index(book.split))  # stable: by name in each split
    return Selection(
        alphabet=alphabet,
        books=tuple(selected),
        duplicates=tuple((copy.source, first.source) for copy, first in dropped),
        editions=tuple((kept[pair.first].source, kept[pair.second].source, pair.similarity) for pair in pairs),
        doubts=tuple(doubt_sentences((book.source.name, book.facts) for book in kept)) if not config.is_raw else (),
        warnings=tuple([*_about_passages(passages), *_warnings(kept, names, splits, pairs, config, passages)]),
    )


def _passages(
    books: Sequence[ReadBook], pairs: Sequence[DuplicatePair], endings: Mapping[Source, Ending]
) -> Mapping[Source, Ending]:
    """Return the passages of the books that share their text with no other; none if these are too few."""
    shared = {books[index].source for pair in pairs for index in (pair.first, pair.second)}
    times = Counter(book.facts.text_sha256 for book in books)
    alone = [book for book in books if times[book.facts.text_sha256] == 1 and book.source not in shared]
    divided = [book for book in alone if book.source in endings]
    num_chars, total = (sum(book.facts.num_chars for book in group) for group in (divided, books))
    return {book.source: endings[book.source] for book in divided} if 2 * num_chars >= total else {}


def _divided(book: SelectedBook, ending: Ending | None) -> list[SelectedBook]:
    """Return a book whole, or what is learned from it and its passages."""
    if ending is None:
        return [book]
    return [
        book._replace(facts=facts, split=part.split, first_char=part.first_char)
        for part, facts in parts_of(book.facts, ending)
    ]


def num_ids_of(facts: Facts | KeptFacts, alphabet: Alphabet) -> int:
    """Return the number of ids of a book: its boundary, one per character, two per byte of a spelled character."""
    num_ids = facts.num_chars + (alphabet.boundary_id is not None)
    if not alphabet.is_lossless:
        return num_ids
    code_points = code_points_of(facts.characters)
    is_unknown = np.isin(code_points, code_points_of(alphabet.characters), invert=True)
    lengths = utf8_lengths(code_points[is_unknown])
    return num_ids + int(((2 * lengths - 1) * facts.counts[is_unknown]).sum())


def _drop_duplicates(books: Sequence[ReadBook]) -> tuple[list[ReadBook], list[tuple[ReadBook, ReadBook]]]:
    """Return the first book of each text, and (copy, first) for the others. Books of a manifest are all kept."""
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
    """Return the name of each book; a manifest takes precedence."""
    pairs = zip(books, name_books([Unnamed(book.source.name, book.facts.details) for book in books]), strict=True)
    found = [BookName(book.source.name, "", None) if book.facts.is_code else name for book, name in pairs]
    return [
        name
        if book.listed is None
        else BookName(book.listed.title or name.title, book.listed.author or name.author, book.listed.year or name.year)
        for book, name in zip(books, found, strict=True)
    ]


def _splits(
    books: Sequence[ReadBook], names: Sequence[BookName], pairs: Sequence[DuplicatePair], config: CorpusConfig
) -> list[SplitName]:
    """Return the split of each book; a manifest takes precedence."""
    listed = [book.listed.split for book in books if book.listed is not None and book.listed.split is not None]
    if len(listed) == len(books):
        return listed
    if config.split == "seed":
        return seed_splits([book.facts.num_chars for book in books])
    candidates = [
        Candidate(book.source.name, "", book.facts.num_chars, str(PurePosixPath(book.source.name).parent))
        if book.facts.is_code
        else Candidate(name.title, name.author, book.facts.num_chars)
        for book, name in zip(books, names, strict=True)
    ]
    # A poem of three sentences has too few hashes for a fingerprint, but equal texts are always recognised.
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
    """Return the alphabet of the training books; characters of held-out books only are spelled."""
    counts = total_counts(books)
    min_count = config.min_count or max(1, sum(counts.values()) // CHARS_PER_RARE_ONE)
    return Alphabet.learn(counts, max_characters=config.max_characters, min_count=min_count)


def _warnings(
    books: Sequence[ReadBook],
    names: Sequence[BookName],
    splits: Sequence[SplitName],
    pairs: Sequence[DuplicatePair],
    config: CorpusConfig,
    passages: Mapping[Source, Ending],
) -> list[str]:
    """Return the warnings about the whole shelf and about single books."""
    warnings = [f"{book.source.name}: {warning}" for book in books for warning in book.facts.warnings]
    for pair in pairs:
        if splits[pair.first] != splits[pair.second]:
            sides = [f"{books[index].source.name} ({splits[index]})" for index in (pair.first, pair.second)]
            warnings.append(
                f"{' and '.join(sides)} share {pair.similarity:.0%} of their text, so the score on the held-out one is "
                "too good. Put both in one split."
            )
    warnings += _about_unknown_authors(books, names, splits, config)
    warnings += _about_editions(books, pairs)
    if not config.is_raw:
        named = [(book.source.name, book.facts) for book in books]
        warnings += mixture_sentences(named, max_cut_fraction=config.max_cut_fraction)
    if config.val_fraction and "val" not in splits and not passages:
        held_out = (
            "one book" if len(books) == 1 else "too few files" if config.split == "seed" else "one group of books"
        )
        warnings.append(
            f"Nothing is held out, as there is only {held_out}: how well the author does on a book it never read "
            "cannot be told. Add books, or cut this one into parts."
        )
    return warnings


def _about_passages(passages: Mapping[Source, Ending]) -> list[str]:
    """Return a sentence on what the score means where passages are held out."""
    if not passages:
        return []
    return [
        "The shelf is small, so passages from the ends of the same books are held out, not whole books: scores tell "
        "how well the author goes on with these books, and are better than on books that it never read. To hold out "
        "whole books: --set corpus.split=author"
    ]


def _about_unknown_authors(
    books: Sequence[ReadBook], names: Sequence[BookName], splits: Sequence[SplitName], config: CorpusConfig
) -> list[str]:
    """Return a sentence on books of unknown authors where whole authors were to be held out."""
    unknown = [
        book.source.name
        for book, name in zip(books, names, strict=True)
        if not name.author and not book.facts.is_code and (book.listed is None or book.listed.split is None)
    ]
    is_code = 2 * sum(book.facts.is_code for book in books) > len(books)  # nobody asks who wrote its README
    if config.split not in ("auto", "author") or not unknown or set(splits) == {"train"} or is_code:
        return []
    number = "The author of one book is" if len(unknown) == 1 else f"The authors of {len(unknown):,} books are"
    return [
        f"{number} unknown ({unknown[0]}{', ...' if len(unknown) > 1 else ''}), so whole titles are held out there "
        "instead of whole authors, and one author may be on both sides of the split. Name files 'Author - Title', or "
        "write a manifest."
    ]


def _about_editions(books: Sequence[ReadBook], pairs: Sequence[DuplicatePair]) -> list[str]:
    """Return a warning about books that are on the shelf in several editions."""
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
