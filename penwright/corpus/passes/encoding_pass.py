"""The second pass over a shelf: every book's clean text becomes ids in their place in one file.

A worker holds a stretch of one book. This module knows nothing of how books are read, split or described.
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.corpus.passes.cleaning_pass import PieceJob, take_piece
from penwright.corpus.passes.text_cache import TEXT_BYTES, iter_text
from penwright.errors import CorpusError


class EncodingJob(NamedTuple):
    """One book to be written as ids."""

    jobs: tuple[PieceJob, ...]
    """Its pieces, in order."""
    keys: tuple[str, ...]
    """The names of their clean texts in the cache."""
    ids_path: Path
    """The file, already of its full size."""
    start: int
    """Where the book's first id belongs, from 0."""
    num_ids: int
    """How many ids the book must turn out to have."""
    kind: str
    """Of the alphabet."""
    characters: str
    """Of the alphabet."""


def encode_book(job: EncodingJob) -> str:
    """Write one book's ids.

    Returns:
        Their SHA-256, 64 hexadecimal digits.

    Raises:
        CorpusError: If the book is no longer what it was in the first pass.
        OSError: If the disk is full.
    """
    alphabet = _alphabet(job.kind, job.characters)
    dtype = np.dtype(alphabet.dtype).newbyteorder("<")
    boundary = [] if alphabet.boundary_id is None else [np.array([alphabet.boundary_id], dtype=dtype)]
    texts = (text for piece, key in zip(job.jobs, job.keys, strict=True) for text in _texts(piece, key))
    digest, num_ids = hashlib.sha256(), 0
    with job.ids_path.open("r+b", buffering=TEXT_BYTES) as file:
        file.seek(job.start * dtype.itemsize)
        for ids in chain(boundary, (alphabet.encode(text).astype(dtype, copy=False) for text in texts)):
            num_ids += len(ids)
            if num_ids > job.num_ids:
                break  # never into the next book's place
            digest.update(ids.data)
            file.write(ids.data)
    if num_ids != job.num_ids:
        raise _changed(job.jobs[0])
    return digest.hexdigest()


def _texts(job: PieceJob, key: str) -> Iterator[str]:
    """Return a piece's clean text in stretches; where the cache has lost it, the piece is read again."""
    assert job.cache_dir is not None, "books are only encoded from a cache"
    texts = iter_text(job.cache_dir, key)
    if texts is None and take_piece(job).key == key:
        texts = iter_text(job.cache_dir, key)
    if texts is None:
        raise _changed(job)
    return texts


def _changed(job: PieceJob) -> CorpusError:
    return CorpusError(f"{job.piece.source.name} changed while it was being prepared. Leave it alone and run again.")


@lru_cache(maxsize=1)
def _alphabet(kind: str, characters: str) -> Alphabet:
    """Return an alphabet; a worker makes it once for all books."""
    return Alphabet(characters, kind=kind)
