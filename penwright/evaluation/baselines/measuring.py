"""Measure every baseline on the held-out passages of a corpus.

A neural author that does not beat the longest table has learned nothing that counting does not know. Whatever the unit
of the corpus, tables are counted on characters.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.evaluation.baselines.compressors import COMPRESSORS, packed_bits, packed_bits_after
from penwright.evaluation.baselines.ngram_tables import iter_probabilities
from penwright.evaluation.passages import Passage, choose_passages

MAX_TRAIN_CHARS = 20_000_000
MAX_COMPRESSOR_TRAIN_CHARS = 4_000_000  # some six seconds; packing is far slower than counting
MAX_ORDER = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """How well one method without a network predicts the held-out characters."""

    name: str
    """Such as "6-character table" or "xz -9e"."""
    kind: Literal["table", "compressor"]
    bits_per_char: float
    train_chars: int
    """Characters of the training books that the method was given, 0 if it sees the held-out text alone."""
    seconds: float
    """What the measurement took."""
    book_bits_per_char: tuple[float, ...]
    """By passage, in their order. Empty where the books were measured together."""


def measure_baselines(
    corpus: Corpus,
    passages: Sequence[Passage],
    *,
    max_train_chars: int = MAX_TRAIN_CHARS,
    max_compressor_train_chars: int = MAX_COMPRESSOR_TRAIN_CHARS,
) -> tuple[Baseline, ...]:
    """Measure tables of one to six characters of context, and compressors with and without the training books.

    Tables are counted on the training books, with an even share of each one's beginning if they are larger than the
    bound.
    Compressors pack every passage by itself, except the one that is shown training text first: it packs them together.

    Args:
        corpus: The books; those of its "train" split are counted.
        passages: What is predicted, from `choose_passages`.
        max_train_chars: Training characters counted at most, from 1; bounds time and memory (24 bytes for each).
        max_compressor_train_chars: Training characters given to a compressor at most; 0 leaves that compressor out,
            which takes most of the time.

    Returns:
        Tables by order, then compressors.

    Raises:
        CorpusError: If there are no passages.
    """
    if not passages:
        raise CorpusError("there are no held-out characters to measure. Hold out at least one book that is not empty.")
    books = corpus.books_in("train")
    counted = choose_passages(corpus, books, max_chars=max_train_chars)
    shown: tuple[Passage, ...] = ()
    if max_compressor_train_chars > 0:
        shown = choose_passages(corpus, books, max_chars=max_compressor_train_chars)
    plain = corpus.alphabet.of_characters
    return (
        *_iter_tables(plain, _spelled(corpus.alphabet, counted), _spelled(corpus.alphabet, passages)),
        *_iter_compressors(corpus.alphabet, shown, passages),
    )


def _iter_tables(alphabet: Alphabet, train: Sequence[Passage], held_out: Sequence[Passage]) -> Iterator[Baseline]:
    """Yield orders 1 to 6. Each one's seconds include those of the shorter tables it is mixed with."""
    first_symbol = 0 if alphabet.boundary_id is None else alphabet.boundary_id + 1
    begun = time.perf_counter()
    tables = iter_probabilities(
        [passage.ids for passage in train],
        [passage.ids for passage in held_out],
        num_symbols=alphabet.vocab_size - first_symbol,
        first_symbol=first_symbol,
        max_order=MAX_ORDER,
    )
    ends = np.cumsum([len(passage.ids) - 1 for passage in held_out])
    for order, probabilities in enumerate(tables):
        if order > 0:
            bits = [float(-np.log2(part).sum()) for part in np.split(probabilities, ends[:-1])]
            yield _baseline(f"{order}-character table", "table", bits, held_out, train=train, begun=begun)


def _spelled(alphabet: Alphabet, passages: Sequence[Passage]) -> list[Passage]:
    """Return passages in characters."""
    return [passage._replace(ids=alphabet.spell(passage.ids)) for passage in passages]


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
    """Sum up one method, whose bits are those of each passage or, as a single number, of all."""
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
