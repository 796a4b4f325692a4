"""Measure every baseline on the held-out passages of a corpus.

An author that does not beat the best table has learned nothing beyond counting. Tables are counted on characters,
whatever the unit of the corpus.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet, Ids
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.evaluation.baselines.compressors import COMPRESSORS, packed_bits, packed_bits_after
from penwright.evaluation.baselines.ngram_tables import iter_probabilities
from penwright.evaluation.passages import Passage, sample_passages

MAX_TRAIN_CHARS = 20_000_000
MAX_COMPRESSOR_TRAIN_CHARS = 4_000_000  # some six seconds; compression is far slower than counting
MAX_ORDER = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """Score of one method without a network on the held-out characters."""

    name: str
    """Name, such as "6-character table" or "xz -9e"."""
    kind: Literal["table", "compressor"]
    bits_per_char: float
    train_chars: int
    """Characters of the training books that the method was given; 0 if it sees the held-out text alone."""
    seconds: float
    """Duration of the measurement."""
    book_bits_per_char: tuple[float, ...]
    """Bits per character of each passage; empty if they were measured together."""


def measure_baselines(
    corpus: Corpus,
    passages: Sequence[Passage],
    *,
    max_train_chars: int = MAX_TRAIN_CHARS,
    max_compressor_train_chars: int = MAX_COMPRESSOR_TRAIN_CHARS,
) -> tuple[Baseline, ...]:
    """Measure tables of one to six characters of context, and compressors with and without the training books.

    Tables are counted on the training books: on an even share of each one's beginning if all are larger than the bound,
    and of a large library on a sample of its books. Compressors compress every passage by itself, except the one that
    is given training text first: it compresses all passages together.

    Args:
        corpus: The corpus, whose "train" books are counted.
        passages: Passages to predict, from `choose_passages`.
        max_train_chars: Largest number of training characters counted, from 1. It bounds time and memory (24 bytes for
            each).
        max_compressor_train_chars: Largest number of training characters given to a compressor; 0 leaves out that
            compressor, which takes most of the time.

    Returns:
        Tables by order, then compressors.

    Raises:
        CorpusError: If there are no passages.
    """
    if not passages:
        raise CorpusError("there are no held-out characters to measure. Hold out at least one book that is not empty.")
    books = corpus.books_in("train")
    counted = sample_passages(corpus, books, max_chars=max_train_chars)
    first: tuple[Passage, ...] = ()
    if max_compressor_train_chars > 0:
        first = sample_passages(corpus, books, max_chars=max_compressor_train_chars)
    return (
        *_iter_tables(corpus.alphabet, counted, passages),
        *_iter_compressors(corpus.alphabet, first, passages),
    )


def iter_table_bits(
    alphabet: Alphabet, train: Sequence[Ids], held_out: Sequence[Ids], *, max_order: int
) -> Iterator[list[NDArray[np.float64]]]:
    """Count tables on characters, one order after the other.

    Args:
        alphabet: The alphabet of the texts, of characters.
        train: Texts to count. The first symbol of each is context only.
        held_out: Texts to predict. The first symbol of each is context only.
        max_order: Length of the longest context, from 0.

    Yields:
        Bits of the scored symbols of each held-out text, for each order from 0 to `max_order`.
    """
    first_symbol = 0 if alphabet.boundary_id is None else alphabet.boundary_id + 1
    num_symbols = alphabet.vocab_size - first_symbol
    ends = np.cumsum([len(ids) - 1 for ids in held_out])[:-1]
    for probabilities in iter_probabilities(
        train, held_out, num_symbols=num_symbols, first_symbol=first_symbol, max_order=max_order
    ):
        yield np.split(-np.log2(probabilities), ends)


def _iter_tables(alphabet: Alphabet, train: Sequence[Passage], held_out: Sequence[Passage]) -> Iterator[Baseline]:
    """Yield orders 1 to 6. Each one's seconds include those of the shorter tables it is interpolated with."""
    begun = time.perf_counter()
    counted, predicted = ([alphabet.spell(passage.ids) for passage in passages] for passages in (train, held_out))
    tables = iter_table_bits(alphabet.of_characters, counted, predicted, max_order=MAX_ORDER)
    next(tables)  # no context
    for order, by_passage in enumerate(tables, start=1):
        bits = [float(passage.sum()) for passage in by_passage]
        yield _baseline(f"{order}-character table", "table", bits, held_out, train=train, begun=begun)


def _iter_compressors(alphabet: Alphabet, train: Sequence[Passage], held_out: Sequence[Passage]) -> Iterator[Baseline]:
    texts = [_text(alphabet, passage) for passage in held_out]
    for name in COMPRESSORS:
        begun = time.perf_counter()
        bits = [float(packed_bits(text, compressor=name)) for text in texts]
        yield _baseline(name, "compressor", bits, held_out, train=(), begun=begun)
    if train:
        begun = time.perf_counter()
        before = b"".join(_text(alphabet, passage) for passage in train)
        together = float(packed_bits_after(b"".join(texts), before=before))
        yield _baseline("xz -9e, training text first", "compressor", [together], held_out, train=train, begun=begun)


def _baseline(
    name: str,
    kind: Literal["table", "compressor"],
    bits: Sequence[float],
    held_out: Sequence[Passage],
    *,
    train: Sequence[Passage],
    begun: float,
) -> Baseline:
    """Return the score of one method, from the bits of each passage or, as a single number, of all together."""
    chars = [passage.num_chars for passage in held_out]
    is_by_book = len(bits) == len(chars)
    return Baseline(
        name=name,
        kind=kind,
        bits_per_char=sum(bits) / sum(chars),
        train_chars=sum(passage.num_chars for passage in train),
        seconds=time.perf_counter() - begun,
        book_bits_per_char=tuple(b / n for b, n in zip(bits, chars, strict=True)) if is_by_book else (),
    )


def _text(alphabet: Alphabet, passage: Passage) -> bytes:
    """Return the scored characters of a passage in UTF-8."""
    return alphabet.decode(passage.ids[1:].tolist()).encode("utf-8", "surrogatepass")
