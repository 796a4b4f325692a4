"""Make a corpus in subwords from one in characters: learn subwords from its training books, then encode every book.

Books, splits and characters stay the same; only the ids differ. One stretch of one book is held at a time, and the cuts
between stretches do not affect the ids. An existing corpus that was made from the same corpus in characters is kept.
This module knows nothing of how books are read.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_NIBBLE_ID, Alphabet, Ids
from penwright.alphabet.units import CHARACTERS
from penwright.corpus.book import Book
from penwright.corpus.config import CorpusConfig
from penwright.corpus.description import Contents, describe, write_description
from penwright.corpus.folders import replacing_folder
from penwright.corpus.passes.progress import PrepareProgress
from penwright.corpus.shelf.shares import even_shares
from penwright.corpus.store import IDS_NAME, Corpus, contents_of
from penwright.files import sync_file

SUBWORDS_VERSION = 1
"""Increased whenever the same books in characters would give other subwords or other ids, because cutting, learning or
the choice of the sample changed. A corpus of another version is made anew."""
SAMPLE_CHARS = 8_000_000
"""Most characters of the training books from which subwords are learned: an even share of each book, from its start."""
IDS_AT_ONCE = 1 << 18
"""Approximate number of ids in characters that are held at a time."""


def in_characters(config: CorpusConfig) -> CorpusConfig:
    """Return the configuration of the corpus in characters from which a corpus is made, for characters its own."""
    if config.unit == CHARACTERS:
        return config
    return replace(config, unit=CHARACTERS, num_subwords=CorpusConfig().num_subwords)


def write_subword_corpus(
    characters: Corpus, *, config: CorpusConfig, store_dir: Path, progress: PrepareProgress
) -> Iterator[PrepareProgress]:
    """Make a corpus in subwords, whole or not at all, unless the existing one is the same.

    Args:
        characters: The same books in characters.
        config: The unit and the number of symbols; otherwise the configuration of `characters`.
        store_dir: The folder to make or to replace.
        progress: The start of this stage.

    Yields:
        Progress at the start and after each book; nothing if there is nothing to do.

    Raises:
        OSError: If the disk is full.
    """
    assert in_characters(config) == characters.config, "a corpus that was prepared otherwise"
    existing = contents_of(store_dir)
    if existing is not None and (existing.subwords_version, existing.config) == (SUBWORDS_VERSION, config):
        if _origin(existing) == _origin(characters.contents):
            return
    alphabet = learn_subwords(
        characters.alphabet, _sample(characters), unit=config.unit, num_symbols=config.num_subwords
    )
    yield progress
    books: list[Book] = []
    ids_sha256: list[str] = []
    with replacing_folder(store_dir) as folder:
        with (folder / IDS_NAME).open("xb") as file:
            start = 0
            for book in characters.books:
                num_ids, sha256 = _write_ids(file, alphabet, iter_texts(characters, book))
                books.append(replace(book, start=start, num_ids=num_ids))
                ids_sha256.append(sha256)
                start += num_ids
                fraction = (book.start + book.num_ids) / len(characters.ids)
                bytes_done = round(fraction * progress.num_bytes)
                yield progress.at(books_done=len(books), bytes_done=bytes_done, name=book.title)
        sync_file(folder / IDS_NAME)
        contents = characters.contents._replace(
            alphabet=alphabet, config=config, books=tuple(books), subwords_version=SUBWORDS_VERSION
        )
        write_description(folder, describe(contents, ids_sha256))


def _write_ids(file: IO[bytes], alphabet: Alphabet, texts: Iterable[str]) -> tuple[int, str]:
    """Write the ids of one book and return their number and their SHA-256."""
    dtype = np.dtype(alphabet.dtype).newbyteorder("<")
    digest, num_ids = hashlib.sha256(), 0
    for ids in _iter_ids(alphabet, texts):
        data = ids.astype(dtype, copy=False).data
        digest.update(data)
        file.write(data)
        num_ids += len(ids)
    return num_ids, digest.hexdigest()


def iter_texts(corpus: Corpus, book: Book) -> Iterator[str]:
    """Yield the text of a book of a corpus in characters, in stretches of bounded size that end between characters."""
    ids = corpus.book_ids(book)[corpus.alphabet.boundary_id is not None :]
    start = 0
    while start < len(ids):
        stop = start + IDS_AT_ONCE
        while stop < len(ids) and FIRST_NIBBLE_ID <= ids[stop] < FIRST_CHARACTER_ID:
            stop += 1
        yield corpus.alphabet.decode(ids[start:stop])
        start = stop


def _iter_ids(alphabet: Alphabet, texts: Iterable[str]) -> Iterator[Ids]:
    """Yield the ids of a book: its edge, then the ids of its text. The cuts between stretches do not affect them."""
    yield np.array([alphabet.boundary_id], dtype=alphabet.dtype)
    rest = ""
    for text in texts:
        rest += text
        stable = alphabet.num_stable_chars(rest)
        yield alphabet.encode(rest[:stable])
        rest = rest[stable:]
    yield alphabet.encode(rest)


def _sample(characters: Corpus) -> Iterator[str]:
    """Yield the text from which subwords are learned, book by book."""
    books = characters.books_in("train")
    shares = even_shares([book.num_chars for book in books], budget=SAMPLE_CHARS)
    for book, share in zip(books, shares, strict=True):
        for text in iter_texts(characters, book):
            yield text[:share]
            share -= len(text)
            if share <= 0:
                break


def _origin(contents: Contents) -> tuple[object, ...]:
    """Return the part of a corpus's contents that it shares with the corpus in characters it is made from."""
    books = [replace(book, start=0, num_ids=0) for book in contents.books]
    return contents.alphabet.characters, books, contents.cache_keys, contents.skipped, contents.warnings
