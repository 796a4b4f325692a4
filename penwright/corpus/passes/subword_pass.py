"""Make a corpus in pieces from one in characters: learn the pieces from its training books, then write every book anew.

Books, splits and characters stay what they are; only the ids differ. A stretch of one book is held at a time, and where
a book is cut makes no difference to its ids. A corpus that is there already and still belongs to the one in characters
is kept. This module knows nothing of how books are read.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from penwright.alphabet.auto import learn_pieces
from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_HALF_BYTE_ID, Alphabet, Ids
from penwright.corpus.book import Book
from penwright.corpus.config import CorpusConfig
from penwright.corpus.description import describe, write_description
from penwright.corpus.folders import new_folder, put_in_place, remove_abandoned
from penwright.corpus.shelf.shares import even_shares
from penwright.corpus.store import IDS_NAME, Corpus
from penwright.errors import CorpusError
from penwright.files import sync_file

PIECES_VERSION = 1
"""Raised whenever the same books in characters give other pieces or other ids, by another way of cutting, of learning
or of choosing the sample. A corpus of another version is made anew."""
SAMPLE_CHARS = 8_000_000
"""Characters of the training books that pieces are learned from at most, an even share of each book's beginning."""
IDS_AT_ONCE = 1 << 18
"""Ids in characters that are held at a time, about."""


class UnitsProgress(NamedTuple):
    """How far the writing of a corpus in pieces is."""

    books_done: int
    fraction: float
    """Of all ids, 0 to 1."""
    title: str
    """Of the book that was just done; empty at the beginning."""


def in_characters(config: CorpusConfig) -> CorpusConfig:
    """Return the configuration of the corpus in characters from which one in pieces is made."""
    return replace(config, unit="characters", num_pieces=CorpusConfig().num_pieces)


def iter_units(characters: Corpus, *, store_dir: Path, config: CorpusConfig) -> Iterator[UnitsProgress]:
    """Make a corpus in pieces, whole or not at all, unless the one that is there is the same.

    Args:
        characters: The same books in characters.
        store_dir: The folder to make or to replace.
        config: With the unit and the number of pieces; otherwise that of `characters`.

    Yields:
        After each book, how far it is; nothing where there is nothing to do.

    Raises:
        OSError: If the disk is full.
    """
    assert in_characters(config) == characters.config, "a corpus that was prepared otherwise"
    if _is_made(store_dir, characters, config):
        return
    remove_abandoned(store_dir)
    alphabet = learn_pieces(characters.alphabet, _sample(characters), unit=config.unit, num_symbols=config.num_pieces)
    yield UnitsProgress(0, 0.0, "")
    books: list[Book] = []
    ids_sha256: list[str] = []
    with new_folder(store_dir) as folder:
        start = 0
        with (folder / IDS_NAME).open("xb") as file:
            for book in characters.books:
                digest, num_ids = hashlib.sha256(), 0
                for ids in _iter_ids(alphabet, iter_texts(characters, book)):
                    data = ids.astype(np.dtype(alphabet.dtype).newbyteorder("<"), copy=False).data
                    digest.update(data)
                    file.write(data)
                    num_ids += len(ids)
                books.append(replace(book, start=start, num_ids=num_ids))
                ids_sha256.append(digest.hexdigest())
                start += num_ids
                done = book.start + book.num_ids
                yield UnitsProgress(len(books), done / len(characters.ids), book.title)
        sync_file(folder / IDS_NAME)
        description = describe(
            alphabet=alphabet,
            config=config,
            books=books,
            ids_sha256=ids_sha256,
            cache_keys=characters.cache_keys,
            skipped=characters.skipped,
            warnings=characters.warnings,
            pieces_version=PIECES_VERSION,
        )
        write_description(folder, description)
        put_in_place(folder, store_dir)


def iter_texts(corpus: Corpus, book: Book) -> Iterator[str]:
    """Yield the text of a book of a corpus in characters, in stretches of bounded size that end with a character."""
    ids = corpus.book_ids(book)[corpus.alphabet.boundary_id is not None :]
    start = 0
    while start < len(ids):
        stop = start + IDS_AT_ONCE
        while stop < len(ids) and FIRST_HALF_BYTE_ID <= ids[stop] < FIRST_CHARACTER_ID:
            stop += 1
        yield corpus.alphabet.decode(ids[start:stop])
        start = stop


def _iter_ids(alphabet: Alphabet, texts: Iterable[str]) -> Iterator[Ids]:
    """Yield the ids of a book whose text comes in stretches: its edge, then what they are as one text."""
    yield np.array([alphabet.boundary_id], dtype=alphabet.dtype)
    rest = ""
    for text in texts:
        rest += text
        settled = alphabet.settled(rest)
        yield alphabet.encode(rest[:settled])
        rest = rest[settled:]
    yield alphabet.encode(rest)


def _sample(characters: Corpus) -> Iterator[str]:
    """Yield the text from which pieces are learned, book by book."""
    books = characters.books_in("train")
    shares = even_shares([book.num_chars for book in books], budget=SAMPLE_CHARS)
    for book, share in zip(books, shares, strict=True):
        for text in iter_texts(characters, book):
            yield text[:share]
            share -= len(text)
            if share <= 0:
                break


def _is_made(store_dir: Path, characters: Corpus, config: CorpusConfig) -> bool:
    """Return whether a folder holds what would be made: a pure function of the corpus in characters."""
    try:
        there = Corpus.open(store_dir)
    except CorpusError:
        return False

    def origin(corpus: Corpus) -> tuple[object, ...]:
        books = [replace(book, start=0, num_ids=0) for book in corpus.books]
        return corpus.alphabet.characters, books, corpus.cache_keys, corpus.skipped, corpus.warnings

    is_as_now = there.pieces_version == PIECES_VERSION and there.config == config
    return is_as_now and origin(there) == origin(characters)
