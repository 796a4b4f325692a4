"""The corpus on disk: a folder that is written once and then read through a memory map.

    ids.bin       the ids of all books, in order: uint8, or uint16 (little-endian) for a large alphabet
    corpus.json   alphabet, books, configuration and digests; written last, so a folder without it is not a corpus

Books are in the order train, val, test, so that each split is one contiguous stretch. A book is its boundary id, if
the alphabet has one, followed by the ids of its text, in characters or in subwords. This module knows nothing
of the files that people keep, nor of models.

Shapes: N = ids in the corpus, n = ids in one book.
"""

import hashlib
import mmap
import time
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from penwright.alphabet.auto import alphabet_from_dict
from penwright.alphabet.characters import Alphabet, Ids
from penwright.corpus.book import Book as Book
from penwright.corpus.config import CorpusConfig, SplitName, split_name
from penwright.corpus.description import SUBWORDS_VERSION_KEY, Contents, read_description, version_of
from penwright.corpus.folders import is_being_replaced
from penwright.errors import AuthorError, ConfigError, CorpusError, counted
from penwright.markup import html_table

IDS_NAME = "ids.bin"
_ATTEMPTS = 20


class Corpus:
    """Books as ids on disk. `penwright.prepare` makes one, `open` opens one that was made."""

    from_files: ClassVar[Callable[..., "Corpus"]]
    """Former name of `penwright.prepare`. The module of `prepare` sets it, since that module imports this one."""
    path: Path
    """Its folder."""
    alphabet: Alphabet
    books: tuple[Book, ...]
    """Its books, in the order of the ids."""
    config: CorpusConfig
    """Configuration with which the books were prepared."""
    skipped: tuple[tuple[str, str], ...]
    """Files that were not taken: (name, reason)."""
    warnings: tuple[str, ...]
    """Warnings about the books, one sentence each."""
    digest: str
    """SHA-256 of the alphabet, the books, their splits and their ids, independent of file names and folders."""
    checksum: str
    """SHA-256 of the whole description, including what `digest` leaves out."""
    ids_sha256: tuple[str, ...]
    """SHA-256 of each book's ids as they lie in ids.bin."""
    cache_keys: tuple[tuple[str, ...], ...]
    """Names of each book's clean texts in the cache it was prepared with."""
    subwords_version: int | None
    """Version of the way in which its subwords were learned and its texts cut; None for a corpus in characters."""
    ids: Ids
    """All ids, a read-only memory map of shape (N,)."""

    def __init__(self, path: Path, data: dict[str, Any]) -> None:
        """Build from a checked description. Use `open` instead."""
        self.path = path
        self.alphabet = alphabet_from_dict(data["alphabet"])
        self.config = CorpusConfig.from_dict(data["config"])
        self.books = tuple(Book(**book) for book in data["books"])
        self.skipped = tuple((name, reason) for name, reason in data["skipped"])
        self.warnings = tuple(data["warnings"])
        self.digest = data["digest"]
        self.checksum = data["checksum"]
        self.ids_sha256 = tuple(data["ids_sha256"])
        self.cache_keys = tuple(map(tuple, data["cache_keys"]))
        self.subwords_version = data.get(SUBWORDS_VERSION_KEY)

    @classmethod
    def open(cls, path: str | Path) -> "Corpus":
        """Open a corpus and check everything that needs no reading of ids; `verify` checks the ids too.

        Args:
            path: Its folder.

        Raises:
            CorpusError: If there is none, or it is damaged or of another version.
        """
        folder = Path(path)
        problem = CorpusError(
            f"the corpus in {folder} is being replaced all the time. Wait for the others, and run again."
        )
        for _ in range(_ATTEMPTS):
            before = version_of(folder)
            try:
                corpus = cls._open(folder)
                if version_of(folder) == before:
                    return corpus
            except CorpusError as error:
                # Another process may put a new corpus here between the reading of the description and of the ids.
                # Whether it is still doing so is asked first: afterwards, its corpus would be complete.
                if not is_being_replaced(folder) and version_of(folder) == before:
                    raise
                problem = error
            time.sleep(0.02)
        raise problem

    @classmethod
    def _open(cls, folder: Path) -> "Corpus":
        data = read_description(folder)
        try:
            corpus = cls(folder, data)
            corpus._check_books()
            corpus.ids = _map_ids(folder / IDS_NAME, corpus.alphabet, sum(book.num_ids for book in corpus.books))
        except OSError as error:
            raise CorpusError(
                f"{folder / IDS_NAME} cannot be opened ({error.strerror}). Prepare the books again."
            ) from error
        except (CorpusError, ConfigError, AuthorError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise CorpusError(f"the corpus in {folder} is damaged: {error} Prepare the books again.") from error
        return corpus

    @property
    def contents(self) -> Contents:
        """Everything but the ids."""
        return Contents(
            alphabet=self.alphabet,
            config=self.config,
            books=self.books,
            cache_keys=self.cache_keys,
            skipped=self.skipped,
            warnings=self.warnings,
            subwords_version=self.subwords_version,
        )

    def books_in(self, split: SplitName) -> tuple[Book, ...]:
        """Return the books of one split, in the order of their ids; the split may be empty."""
        split_name(split)
        return tuple(book for book in self.books if book.split == split)

    @property
    def num_books(self) -> int:
        """Number of books; the passages of a book are part of it."""
        return sum(not book.first_char for book in self.books)

    @property
    def holds_out_passages(self) -> bool:
        """True if passages from the ends of the training books are held out instead of whole books."""
        return any(book.first_char for book in self.books)

    def require_books(self, split: SplitName) -> tuple[Book, ...]:
        """Return the books of one split, which must not be empty.

        Raises:
            CorpusError: If it is empty.
        """
        books = self.books_in(split)
        if not books:
            held_out = ", ".join(f"{len(self.books_in(name))} in {name}" for name in ("train", "val", "test"))
            raise CorpusError(
                f"a 0-book split: '{split}' holds no book ({held_out}). "
                "Add books, or give each one its split in a manifest."
            )
        return books

    def book_ids(self, book: Book) -> Ids:
        """Return the ids of one book, including its boundary: a view of shape (n,)."""
        return np.asarray(self.ids)[book.start : book.start + book.num_ids]  # a slice of a map itself takes longer

    def release_pages(self) -> None:
        """Let go of the ids that were read; the system keeps them for others as long as it has room.

        What a process has read of a memory map counts as its memory, page by page, and it may be larger than that.
        """
        pages = self.ids.base
        if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            pages.madvise(mmap.MADV_DONTNEED)

    def book_text(self, book: Book) -> str:
        """Return the text of one book. Characters that the seed's alphabet lacks are lost."""
        has_boundary = self.alphabet.boundary_id is not None
        return self.alphabet.decode(self.book_ids(book)[int(has_boundary) :])

    def in_alphabet(self, alphabet: Alphabet) -> "Corpus":
        """Return the same books with the ids of another alphabet, which are held in memory."""
        if alphabet == self.alphabet:
            return self
        edge = [] if alphabet.boundary_id is None else [np.array([alphabet.boundary_id], dtype=alphabet.dtype)]
        books, start = list[Book](), 0
        ids = np.empty(len(self.ids), dtype=alphabet.dtype)
        for book in self.books:
            of_book = np.concatenate([*edge, alphabet.encode(self.book_text(book))])
            books.append(replace(book, start=start, num_ids=len(of_book)))
            if start + len(of_book) > len(ids):
                ids.resize(2 * (start + len(of_book)), refcheck=False)  # in place, so a large shelf lies here once
            ids[start : start + len(of_book)] = of_book
            start += len(of_book)
        ids.resize(start, refcheck=False)
        corpus = copy(self)
        corpus.alphabet, corpus.books, corpus.ids = alphabet, tuple(books), ids
        return corpus

    def num_chars(self, split: SplitName) -> int:
        """Return the number of characters of one split's books."""
        return sum(book.num_chars for book in self.books_in(split))

    @property
    def symbols_per_char(self) -> float:
        """Symbols per character of the training books; 1 without training books.

        A loss per symbol times this is a loss per character. A spelled character takes several symbols, a subword holds
        several characters."""
        num_chars = self.num_chars("train")
        return sum(book.num_ids for book in self.books_in("train")) / num_chars if num_chars else 1.0

    def verify(self) -> None:
        """Read all ids and compare them with the digests taken when they were written.

        Raises:
            CorpusError: If a book's ids have changed.
        """
        for book, sha256 in zip(self.books, self.ids_sha256, strict=True):
            if hashlib.sha256(self.book_ids(book).data).hexdigest() != sha256:
                raise CorpusError(f"the ids of '{book.title}' in {self.path} are damaged. Prepare the books again.")

    def __repr__(self) -> str:
        num_chars = sum(book.num_chars for book in self.books)
        return f"Corpus({counted(self.num_books, 'book')}, {counted(num_chars, 'character')}, {self.alphabet!r})"

    def _repr_html_(self) -> str:
        """Return the corpus as a notebook shows it."""
        facts = [
            (split, f"{counted(len(self.books_in(split)), 'book')}, {counted(self.num_chars(split), 'character')}")
            for split in ("train", "val", "test")
        ]
        facts.append(("alphabet", f"{self.alphabet.kind}, {counted(self.alphabet.vocab_size, 'symbol')}"))
        rows = [(book.title, book.author, book.split, f"{book.num_chars:,}") for book in self.books]
        heads = ("title", "writer", "split", "characters")
        return html_table(f"Corpus of {counted(self.num_books, 'book')}", facts, heads=heads, rows=rows)

    def _check_books(self) -> None:
        """Check that the books are contiguous and in the order of the splits."""
        order = [("train", "val", "test").index(book.split) for book in self.books]
        if order != sorted(order):
            raise CorpusError("its books are not in the order train, val, test.")
        start, longest = 0, max(1, int(self.alphabet.num_chars_of_ids.max()))
        for book in self.books:
            least = -(-book.num_chars // longest) + (self.alphabet.boundary_id is not None)
            if book.start != start or book.num_ids < least:
                raise CorpusError(f"'{book.title}' does not lie where it should.")
            start += book.num_ids
        if not self.books or not len(self.books) == len(self.ids_sha256) == len(self.cache_keys):
            raise CorpusError("its list of books is empty or incomplete.")


def contents_of(folder: Path) -> Contents | None:
    """Return the contents of the corpus in a folder, or None if there is none that can be used.

    No file of the folder stays open: Windows replaces no folder that holds an open file.
    """
    try:
        return Corpus.open(folder).contents
    except CorpusError:
        return None


def _map_ids(path: Path, alphabet: Alphabet, num_ids: int) -> Ids:
    """Return ids.bin as a read-only memory map of shape (N,)."""
    dtype = np.dtype(alphabet.dtype).newbyteorder("<")
    found, needed = path.stat().st_size, num_ids * dtype.itemsize
    if found != needed:
        raise CorpusError(f"{IDS_NAME} has {found:,} bytes, its books need {needed:,}.")
    return np.memmap(path, dtype=dtype, mode="r")
