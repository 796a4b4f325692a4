"""The second pass over a shelf: the clean text of every book is written as ids into one file.

A worker holds one stretch of one book. This module knows nothing of how books are read, split or described.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.corpus.description import Contents
from penwright.corpus.executor.executor import Executor
from penwright.corpus.passes.cleaning_pass import ChunkJob, TakenBook, take_chunk
from penwright.corpus.passes.progress import PrepareProgress, PrepareSteps
from penwright.corpus.passes.text_cache import TEXT_BYTES, iter_cached_text, remove_entries
from penwright.errors import CorpusError
from penwright.files import sync_file


class EncodingJob(NamedTuple):
    """A book to be written as ids."""

    jobs: tuple[ChunkJob, ...]
    """Its chunks, in order."""
    keys: tuple[str, ...]
    """Names of their clean texts in the cache."""
    ids_path: Path
    """The file, which already has its full size."""
    start: int
    """Index of the book's first id in the file."""
    num_ids: int
    """Number of ids that the book must have."""
    kind: str
    """Kind of the alphabet."""
    characters: str
    """Characters of the alphabet."""
    first_char: int = 0
    """Offset of the first character to write."""
    num_chars: int | None = None
    """Number of characters to write; None for all that follow."""


def write_ids(
    contents: Contents, taken: Sequence[TakenBook], ids_path: Path, *, workers: Executor, progress: PrepareProgress
) -> PrepareSteps[list[str]]:
    """Write the ids of all books.

    Args:
        contents: The contents of a corpus in characters.
        taken: Its books as they were read, in the same order.
        ids_path: The file to make.
        workers: Who writes.
        progress: The start of this stage.

    Yields:
        Progress at the start and after each book.

    Returns:
        SHA-256 of each book's ids.

    Raises:
        CorpusError: If a book changed since the first pass, or the disk has no room for the ids.
        OSError: If the disk is full.
    """
    alphabet = contents.alphabet
    _reserve(ids_path, num_bytes=sum(book.num_ids for book in contents.books) * np.dtype(alphabet.dtype).itemsize)
    jobs = [
        EncodingJob(
            source.jobs,
            source.keys,
            ids_path,
            book.start,
            book.num_ids,
            alphabet.kind,
            alphabet.characters,
            book.first_char,
            None if book.num_chars == source.book.facts.num_chars else book.num_chars,
        )
        for source, book in zip(taken, contents.books, strict=True)
    ]
    # The smallest books were cleaned last. The system still holds their texts in memory, and drops the oldest first.
    order = sorted(range(len(jobs)), key=lambda index: jobs[index].num_ids)
    ids_sha256, books_done, bytes_done = [""] * len(jobs), 0, 0
    yield progress
    for place, sha256 in workers.map(encode_book, [jobs[index] for index in order]):
        index = order[place]
        ids_sha256[index] = sha256
        source = taken[index].book.source
        if contents.books[index].first_char == 0:  # the passages of a book count with it
            books_done, bytes_done = books_done + 1, bytes_done + source.num_bytes
        yield progress.at(books_done=books_done, bytes_done=bytes_done, name=source.name)
    sync_file(ids_path)
    return ids_sha256


def encode_book(job: EncodingJob) -> str:
    """Write one book's ids.

    Returns:
        Their SHA-256, 64 hexadecimal digits.

    Raises:
        CorpusError: If the book changed since the first pass.
        OSError: If the disk is full.
    """
    alphabet = _alphabet(job.kind, job.characters)
    dtype = np.dtype(alphabet.dtype).newbyteorder("<")
    boundary = [] if alphabet.boundary_id is None else [np.array([alphabet.boundary_id], dtype=dtype)]
    texts = _stretch(
        (text for chunk, key in zip(job.jobs, job.keys, strict=True) for text in _texts(chunk, key)),
        first_char=job.first_char,
        num_chars=job.num_chars,
    )
    digest, num_ids = hashlib.sha256(), 0
    with job.ids_path.open("r+b", buffering=TEXT_BYTES) as file:
        file.seek(job.start * dtype.itemsize)
        for ids in chain(boundary, (alphabet.encode(text).astype(dtype, copy=False) for text in texts)):
            num_ids += len(ids)
            if num_ids > job.num_ids:
                break  # never into the next book
            digest.update(ids.data)
            file.write(ids.data)
    if num_ids != job.num_ids:
        raise _changed(job.jobs[0])
    return digest.hexdigest()


def _stretch(texts: Iterable[str], *, first_char: int, num_chars: int | None) -> Iterator[str]:
    """Yield a stretch of a text that comes in parts."""
    skipped, left = first_char, num_chars
    for text in texts:
        part = text[skipped:] if left is None else text[skipped : skipped + left]
        skipped = max(0, skipped - len(text))
        left = None if left is None else left - len(part)
        yield part
        if left == 0:
            return


def _reserve(path: Path, *, num_bytes: int) -> None:
    """Make the file of ids with its full size.

    Raises:
        CorpusError: If the disk has no room for it.
    """
    free = shutil.disk_usage(path.parent).free
    if free < num_bytes:
        raise CorpusError(
            f"the corpus needs {num_bytes:,} bytes in {path.parent.parent}, where {free:,} are free. Make room, or "
            "choose another folder; books that are cleaned already are not read again."
        )
    with path.open("xb") as file:
        file.truncate(num_bytes)


def _texts(job: ChunkJob, key: str) -> Iterator[str]:
    """Return the clean text of a chunk in stretches. If the cache has lost or damaged it, the chunk is read again."""
    assert job.cache_dir is not None, "books are only encoded from a cache"
    texts = iter_cached_text(job.cache_dir, key)
    if texts is None:
        remove_entries(job.cache_dir, {key})  # one whose text alone is damaged would be taken for whole
        if take_chunk(job).key == key:
            texts = iter_cached_text(job.cache_dir, key)
    if texts is None:
        raise _changed(job)
    return texts


def _changed(job: ChunkJob) -> CorpusError:
    return CorpusError(f"{job.chunk.source.name} changed while it was being prepared. Leave it alone and run again.")


@lru_cache(maxsize=1)
def _alphabet(kind: str, characters: str) -> Alphabet:
    """Return an alphabet, which a worker makes once for all books."""
    return Alphabet(characters, kind=kind)
