"""An index of the training books of a corpus: where each run of characters stands. A file beside the corpus.

    originality.idx     header: one JSON line, padded to 1,024 bytes
                        starts: int64 (K + 1,), position of each book in the text, and the end of the last
                        begins: uint32 or uint64 (C + 1,), first entry of each bucket
                        entries: numbers of samples in `width` bits each, bucket after bucket
                        text: the books in characters, only where ids.bin holds subwords

The index is memory-mapped, and so is the text that it refers to. It holds a window of 14 characters at every seventh
position, by its hash. Each run of 20 characters or more holds a sampled window, so none is missed, and since the
characters themselves are compared, none is wrong.

A modulo of positions needs half as many samples as winnowing (Schleimer, Wilkerson and Aiken 2003, section 3) for the
same shortest run. In return every window of a text is looked up instead of some; texts are short and shelves long.

Shapes: N = symbols of the text, K = training books, C = buckets.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet, Ids
from penwright.corpus.book import Book
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.kernels.originality import HASH_BITS, book_of
from penwright.settings import Between, Setting

INDEX_NAME = "originality.idx"
FORMAT = "penwright originality index"
VERSION = 1
HEADER_BYTES = 1_024
WINDOW, STRIDE = 14, 7
MIN_RUN = WINDOW + STRIDE - 1
"""Shortest run that is always found, in characters."""
MAX_WIDTH = 40
SPARE_BYTES = 8
NO_SYMBOL = 255
"""Symbol that stands for a character that the seed's alphabet lacks. It equals nothing on the shelf."""
SECTIONS = ("starts", "begins", "entries", "text")


class Place(NamedTuple):
    """A position in a training book."""

    book: Book
    char: int
    """Offset in the book's text, in characters."""


class ShelfIndex:
    """The index of a corpus's training books. `penwright.originality.building` makes one, `open` opens it."""

    path: Path
    """Its file."""
    alphabet: Alphabet
    """Alphabet of the text: that of the corpus, in characters."""
    books: tuple[Book, ...]
    """The training books, K of them."""
    text: Ids
    """Symbols of all of them, (N,) or more, read-only."""
    starts: NDArray[np.int64]
    """Position of each book in the text, and the end of the last, (K + 1,)."""

    def __init__(self, corpus: Corpus, header: "Header", sections: Mapping[str, NDArray[Any]]) -> None:
        """Build from checked parts. Use `open` instead."""
        self.path = corpus.path / INDEX_NAME
        self.alphabet, self.books = corpus.alphabet.of_characters, corpus.books_in("train")
        self.starts = sections["starts"]
        self.text = sections["text"] if header.has_text else np.asarray(corpus.ids)
        self._begins, self._entries, self._header = sections["begins"], sections["entries"], header

    @property
    def corpus_digest(self) -> str:
        """Digest of the corpus whose books these are."""
        return self._header.corpus

    @classmethod
    def open(cls, corpus: Corpus) -> "ShelfIndex":
        """Open the index of a corpus and check all of it.

        Raises:
            CorpusError: If there is none, or it is damaged or of other books.
        """
        path = corpus.path / INDEX_NAME
        again = "Make it again: penwright index, with the path of the books."
        try:
            header, sections = _read(path, corpus)
        except FileNotFoundError as error:
            raise CorpusError(f"the books have no index yet ({path}). {again}") from error
        except OSError as error:
            raise CorpusError(f"the index {path} cannot be opened ({error.strerror}). {again}") from error
        except (CorpusError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CorpusError(f"the index {path} is damaged: {error} {again}") from error
        return cls(corpus, header, sections)

    @property
    def num_chars(self) -> int:
        """Number of characters of the training books."""
        return sum(book.num_chars for book in self.books)

    @property
    def lookup(self) -> tuple[Any, ...]:
        """What `kernels.originality.find_runs` needs of the shelf, in its order."""
        header = self._header
        return (self.text, self.starts, self._begins, self._entries, header.bits, header.width, WINDOW, STRIDE)

    def encode(self, text: str) -> Ids:
        """Return a text as symbols of the shelf; see NO_SYMBOL."""
        symbols = self.alphabet.encode(text)
        return symbols if self.alphabet.is_lossless else np.where(symbols == 0, NO_SYMBOL, symbols).astype(np.uint8)

    def place_of(self, position: int) -> Place:
        """Return the book of a position in the text, and the offset in it."""
        number = int(book_of(self.starts, position))
        return Place(self.books[number], len(self.alphabet.decode(self.text[int(self.starts[number]) : position])))

    @cached_property
    def num_bytes(self) -> int:
        """Size of the index on disk."""
        return HEADER_BYTES + self._header.sizes.total

    def __repr__(self) -> str:
        return f"ShelfIndex({len(self.books):,} books, {self.num_chars:,} characters, {self.num_bytes:,} bytes)"


class Sizes(NamedTuple):
    """Bytes of each section, in the order of SECTIONS."""

    starts: int
    begins: int
    entries: int
    text: int

    @property
    def total(self) -> int:
        """Bytes of all sections."""
        return sum(self)


class Header(NamedTuple):
    """What the header says."""

    corpus: str
    """Digest of the corpus."""
    num_symbols: int
    """Symbols of the training books, N."""
    num_books: int
    """K."""
    num_entries: int
    bits: int
    """log2 of C."""
    width: int
    """Bits of an entry."""
    has_text: bool
    symbol_bytes: int
    """Bytes of a symbol of the text."""

    @property
    def begins_dtype(self) -> np.dtype[Any]:
        """Type of the first entries of buckets."""
        return np.dtype("<u4" if self.num_entries < 1 << 32 else "<u8")

    @property
    def sizes(self) -> Sizes:
        """Bytes of each section."""
        return Sizes(
            8 * (self.num_books + 1),
            self.begins_dtype.itemsize * ((1 << self.bits) + 1),
            -(-self.num_entries * self.width // 8) + SPARE_BYTES,
            self.num_symbols * self.symbol_bytes if self.has_text else 0,
        )

    def to_bytes(self, sha256: Mapping[str, str]) -> bytes:
        """Return the header as it stands in the file, with the digests of the sections."""
        data = {"format": FORMAT, "version": VERSION, **self._asdict(), "sha256": dict(sha256)}
        line = json.dumps(data).encode("ascii")
        assert len(line) < HEADER_BYTES, len(line)
        return line.ljust(HEADER_BYTES - 1) + b"\n"


_BOUNDS = {
    "num_symbols": Between(0, 1 << 42),
    "num_books": Between(0, 1 << 32),
    "num_entries": Between(0, 1 << MAX_WIDTH),
    "bits": Between(0, HASH_BITS),
    "width": Between(1, MAX_WIDTH),
    "symbol_bytes": Between(1, 2),
}


def _read(path: Path, corpus: Corpus) -> tuple[Header, dict[str, NDArray[Any]]]:
    """Return the header and the sections of an index file, checked.

    Raises:
        CorpusError, ValueError, KeyError, TypeError: If it is damaged.
        OSError: If it cannot be opened.
    """
    with path.open("rb") as file:
        line = file.read(HEADER_BYTES)
    data = json.loads(line)
    if not isinstance(data, dict) or (data.pop("format", None), data.pop("version", None)) != (FORMAT, VERSION):
        raise CorpusError("its header is none of this version.")
    digests = data.pop("sha256")
    header = Header(**data)
    for name, bound in _BOUNDS.items():
        Setting(int, (bound,)).check(name, getattr(header, name))
    if header.to_bytes(digests) != line:
        raise CorpusError("its header is not what was written.")
    alphabet = corpus.alphabet.of_characters
    needed = (corpus.digest, len(corpus.books_in("train")), corpus.alphabet is not alphabet)
    if (header.corpus, header.num_books, header.has_text) != needed:
        raise CorpusError("it was made of other books.")
    if header.symbol_bytes != np.dtype(alphabet.dtype).itemsize or path.stat().st_size != HEADER_BYTES + sum(
        header.sizes
    ):
        raise CorpusError(f"it has {path.stat().st_size:,} bytes, and its header speaks of another number.")
    mapped = np.memmap(path, np.uint8, mode="r", offset=HEADER_BYTES)
    dtypes: list[Any] = [
        np.dtype("<i8"),
        header.begins_dtype,
        np.dtype(np.uint8),
        np.dtype(alphabet.dtype).newbyteorder("<"),
    ]
    sections, begin = dict[str, NDArray[Any]](), 0
    for name, size, dtype in zip(SECTIONS, header.sizes, dtypes, strict=True):
        part = mapped[begin : begin + size]
        if hashlib.sha256(part.data).hexdigest() != digests[name]:
            raise CorpusError(f"its {name} are not what was written.")
        sections[name], begin = np.asarray(part.view(dtype)), begin + size
    starts, begins = sections["starts"], sections["begins"]
    num_symbols = header.num_symbols if header.has_text else len(corpus.ids)
    is_rising = bool((starts[1:] >= starts[:-1]).all() and (begins[1:] >= begins[:-1]).all())
    if not (
        is_rising and starts[0] == begins[0] == 0 and starts[-1] <= num_symbols and begins[-1] == header.num_entries
    ):
        raise CorpusError("its numbers do not fit together.")
    return header, sections
