"""Make the index of a corpus's training books, in memory that does not grow with them.

    1. every sampled window becomes a record, its bucket and its number; records are dealt into parts by their bucket
       and lie in a file without a name
    2. part after part is sorted and written

Shapes: N = symbols of the text, R = records of a part.
"""

import hashlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Ids
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.files import replacing
from penwright.files.scratch import Scratch
from penwright.kernels.originality import count_buckets, deal_records, make_records, pack_entries
from penwright.originality.index import (
    HEADER_BYTES,
    INDEX_NAME,
    SECTIONS,
    SPARE_BYTES,
    STRIDE,
    WINDOW,
    Header,
    ShelfIndex,
)

ENTRIES_PER_BUCKET = 8
"""Fewest entries of a bucket on average. Half as many cost a tenth of the text more on disk."""
RECORDS_AT_ONCE = 1 << 20
SYMBOLS_AT_ONCE = 1 << 18


def index_of(corpus: Corpus) -> ShelfIndex:
    """Open the index of a corpus, and make it first if there is none.

    Raises:
        CorpusError: If it is damaged or cannot be written.
    """
    if not (corpus.path / INDEX_NAME).exists():
        return make_index(corpus)
    return ShelfIndex.open(corpus)


def make_index(corpus: Corpus) -> ShelfIndex:
    """Make the index of a corpus, which replaces an existing one, and open it.

    Raises:
        CorpusError: If it cannot be written.
    """
    path = corpus.path / INDEX_NAME
    try:
        with Scratch(corpus.path) as scratch, replacing(path) as file:
            _write(file, corpus, scratch)
    except OSError as error:
        raise CorpusError(
            f"the index could not be written to {corpus.path} ({error.strerror}). Make room there, and run again."
        ) from error
    return ShelfIndex.open(corpus)


def _write(file: IO[bytes], corpus: Corpus, scratch: Scratch) -> None:
    """Write an index, the header last."""
    alphabet = corpus.alphabet.of_characters
    shelf = _Spelled(corpus, scratch) if alphabet is not corpus.alphabet else _Mapped(corpus)
    num_samples = max(0, (int(shelf.starts[-1]) - WINDOW) // STRIDE + 1)
    bits = max(0, (num_samples // ENTRIES_PER_BUCKET).bit_length() - 1)
    width = max(1, num_samples.bit_length())
    boundary = -1 if alphabet.boundary_id is None else alphabet.boundary_id
    records = _Records(scratch, bits=bits, width=width, num_samples=num_samples)
    for first in range(0, num_samples, RECORDS_AT_ONCE):
        records.put(shelf, first, min(num_samples, first + RECORDS_AT_ONCE), boundary=boundary)
    header = Header(
        corpus=corpus.digest,
        num_symbols=int(shelf.starts[-1]),
        num_books=len(shelf.starts) - 1,
        num_entries=records.count,
        bits=bits,
        width=width,
        has_text=isinstance(shelf, _Spelled),
        symbol_bytes=np.dtype(alphabet.dtype).itemsize,
    )
    sections = _Sections(file, header)
    sections.write("starts", shelf.starts.astype("<i8"))
    for part in records.sorted_parts():
        begins = np.empty(1 << part.bits, np.int64)
        count_buckets(part.records, width, part.first_bucket, part.done, begins)
        sections.write("begins", begins.astype(header.begins_dtype))
        sections.write_entries(part.records)
    sections.write("begins", np.array([records.count], header.begins_dtype))
    sections.end_entries()
    if header.has_text:
        for start in range(0, header.num_symbols, SYMBOLS_AT_ONCE):
            text = shelf.read(start, min(header.num_symbols, start + SYMBOLS_AT_ONCE))
            sections.write("text", text.astype(text.dtype.newbyteorder("<")))
    sections.end()


class _Mapped:
    """The training books of a corpus in characters."""

    def __init__(self, corpus: Corpus) -> None:
        self._ids = np.asarray(corpus.ids)
        self.starts = np.cumsum([0, *(book.num_ids for book in corpus.books_in("train"))], dtype=np.int64)

    def read(self, start: int, stop: int) -> Ids:
        """Return some symbols."""
        return self._ids[start:stop]


class _Spelled:
    """The training books of a corpus in subwords, spelled in characters and kept on disk."""

    def __init__(self, corpus: Corpus, scratch: Scratch) -> None:
        self._scratch, self._dtype = scratch, np.dtype(corpus.alphabet.of_characters.dtype)
        starts = [0]
        for book in corpus.books_in("train"):
            ids, num_symbols = corpus.book_ids(book), 0
            for start in range(0, len(ids), SYMBOLS_AT_ONCE):
                symbols = corpus.alphabet.spell(ids[start : start + SYMBOLS_AT_ONCE])
                scratch.write([symbols.astype(self._dtype, copy=False)])
                num_symbols += len(symbols)
            starts.append(starts[-1] + num_symbols)
        self.starts = np.array(starts, np.int64)

    def read(self, start: int, stop: int) -> Ids:
        """Return some symbols."""
        symbols: Any = self._scratch.read(start * self._dtype.itemsize, dtype=self._dtype, count=stop - start)
        return symbols  # type: ignore[no-any-return]


class _Part(NamedTuple):
    """Sorted records of consecutive buckets."""

    records: NDArray[np.int64]
    bits: int
    """log2 of the number of buckets."""
    first_bucket: int
    done: int
    """Number of records in the parts before."""


class _Records:
    """Records of all samples on disk, dealt into parts by their buckets."""

    def __init__(self, scratch: Scratch, *, bits: int, width: int, num_samples: int) -> None:
        self._scratch, self._bits, self._width = scratch, bits, width
        self._part_bits = min(bits, (num_samples // RECORDS_AT_ONCE).bit_length())
        self._blocks = list[tuple[int, NDArray[np.int64]]]()
        """For each block its offset on disk and the first record of each part."""
        self.count = 0

    def put(self, shelf: _Mapped | _Spelled, first: int, stop: int, *, boundary: int) -> None:
        """Make the records of some samples."""
        text = shelf.read(first * STRIDE, (stop - 1) * STRIDE + WINDOW)
        made = np.empty(stop - first, np.int64)
        count = make_records(text, first, stop, WINDOW, STRIDE, boundary, self._bits, self._width, made)
        dealt, bounds = np.empty(count, np.int64), np.empty((1 << self._part_bits) + 1, np.int64)
        deal_records(made[:count], self._width + self._bits - self._part_bits, bounds, dealt)
        self._blocks.append((self._scratch.write([dealt]), bounds))
        self.count += count

    def sorted_parts(self) -> Iterator[_Part]:
        """Yield all records in the order of their buckets, and within a bucket in that of the text."""
        done, bits = 0, self._bits - self._part_bits
        for part in range(1 << self._part_bits):
            pieces = [
                self._scratch.read(
                    offset + 8 * int(bounds[part]),
                    dtype=np.dtype(np.int64),
                    count=int(bounds[part + 1] - bounds[part]),
                )
                for offset, bounds in self._blocks
            ]
            records: Any = np.concatenate(pieces) if pieces else np.empty(0, np.int64)
            records.sort()
            yield _Part(records, bits, part << bits, done)
            done += len(records)


class _Sections:
    """The sections of an index file, each written from its beginning to its end, side by side."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._file, self._header = file, header
        begins = np.cumsum([HEADER_BYTES, *header.sizes]).tolist()
        self._offsets = dict(zip(SECTIONS, begins, strict=False))
        self._digests = {name: hashlib.sha256() for name in SECTIONS}
        self._num_bits, self._rest = 0, np.zeros(0, np.uint8)

    def write(self, name: str, values: NDArray[Any]) -> None:
        """Write more of a section."""
        data = values.tobytes()
        self._file.seek(self._offsets[name])
        self._file.write(data)
        self._digests[name].update(data)
        self._offsets[name] += len(data)

    def write_entries(self, records: NDArray[np.int64]) -> None:
        """Write more entries; the bits of the last byte wait for the next ones."""
        first = self._num_bits & 7
        stop = first + len(records) * self._header.width
        packed = np.zeros((stop >> 3) + 1 + SPARE_BYTES, np.uint8)
        packed[: len(self._rest)] = self._rest
        pack_entries(records, self._header.width, first, packed)
        self.write("entries", packed[: stop >> 3])
        self._rest = packed[stop >> 3 : (stop + 7) >> 3]
        self._num_bits += stop - first

    def end_entries(self) -> None:
        """Write the last bits and the bytes to spare."""
        self.write("entries", np.concatenate([self._rest, np.zeros(SPARE_BYTES, np.uint8)]))

    def end(self) -> None:
        """Write the header."""
        self._file.seek(0)
        self._file.write(self._header.to_bytes({name: digest.hexdigest() for name, digest in self._digests.items()}))
