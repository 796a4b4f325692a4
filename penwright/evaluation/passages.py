"""Choose the passages of held-out books to score, so that an author and its baselines are scored on the same
characters.

A passage begins where its book begins. Its first symbol is read but not scored: the boundary id or, with the seed
alphabet, which has none, the first character. A budget of characters is spread evenly over the books. What a short book
leaves unused goes to the longer ones. A passage ends before the symbol that would reach beyond its share. This module
knows nothing of models.

Shapes: N = symbols of a passage, the unscored first one included.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_NIBBLE_ID, Alphabet, Ids
from penwright.corpus.shelf.shares import even_shares
from penwright.corpus.store import Book, Corpus
from penwright.errors import UsageError

WARM_UP = 512
"""Largest number of symbols that a stretch within a passage reads before those that it scores. With twice as many, the
author in the box needs 0.06 % fewer bits."""
SAMPLED_CHARS = 10_000
"""Smallest budget of a book when books are sampled. A large library is not read as a whole for a few lines of each."""
MIN_SAMPLED = 100
"""Number of books up to which all are sampled, however small the budget."""
MAX_SYMBOLS_PER_CHAR = 8  # four UTF-8 bytes of two nibbles each
CONTINUATION_NIBBLES = (0x8, 0xB)  # high nibble of every UTF-8 byte that does not begin a character


class Passage(NamedTuple):
    """The beginning of one book, as ids."""

    title: str
    author: str
    ids: Ids
    """Shape (N,). The first symbol is read but not scored."""
    num_chars: int
    """Number of characters scored: N - 1, fewer if some are spelled in nibbles, more if symbols are subwords."""


class Stretch(NamedTuple):
    """Part of a passage that one lane reads."""

    passage: int
    """Index of the passage."""
    ids: Ids
    """The first symbol and the `num_unscored` after it are only read."""
    num_unscored: int


def cut_into_stretches(passages: Sequence[Passage], *, max_symbols: int | None) -> list[Stretch]:
    """Cut passages into stretches that are read side by side. All of them together score every symbol once.

    Args:
        passages: The passages.
        max_symbols: Largest number of symbols scored in one stretch; None leaves each passage whole.

    Returns:
        Stretches, the longest first. One that does not begin with its passage reads `WARM_UP` symbols before, but no
        more than it may score, and no more than there are.
    """
    stretches: list[Stretch] = []
    for index, passage in enumerate(passages):
        num_symbols = len(passage.ids) - 1
        num_parts = 1 if max_symbols is None else max(1, -(-num_symbols // max_symbols))
        warm_up = min(WARM_UP, max_symbols or 0)
        edges = [num_symbols * part // num_parts for part in range(num_parts + 1)]
        for start, stop in zip(edges, edges[1:], strict=False):
            num_unscored = min(start, warm_up)
            stretches.append(Stretch(index, passage.ids[start - num_unscored : stop + 1], num_unscored))
    return sorted(stretches, key=lambda stretch: -len(stretch.ids))


def choose_passages(corpus: Corpus, books: Sequence[Book], *, max_chars: int | None) -> tuple[Passage, ...]:
    """Spread a budget of characters evenly over some books.

    Args:
        corpus: The corpus of the books.
        books: The books, in the order of the passages.
        max_chars: Largest number of characters to score in all, from 1; None for everything.

    Returns:
        At most one passage a book, from its beginning. A book with nothing to score has none: an empty one, one of a
        single character with the seed alphabet, or one whose share is too small for its first symbol.

    Raises:
        UsageError: If `max_chars` is below 1.
    """
    if max_chars is not None and max_chars < 1:
        raise UsageError(f"max_chars={max_chars} must be at least 1, or absent to score everything.")
    available = [scorable_chars(corpus, book) for book in books]
    shares = available if max_chars is None else even_shares(available, budget=max_chars)
    passages = (passage_of(corpus, book, num_chars=share) for book, share in zip(books, shares, strict=True))
    return tuple(passage for passage in passages if passage.num_chars)


def sample_passages(corpus: Corpus, books: Sequence[Book], *, max_chars: int) -> tuple[Passage, ...]:
    """Spread a budget of characters evenly over some books, of a large number over every n-th book only.

    Args:
        corpus: The corpus of the books.
        books: The books, in the order of the passages.
        max_chars: Largest number of characters, from 1.

    Returns:
        As `choose_passages` does.

    Raises:
        UsageError: If `max_chars` is below 1.
    """
    usable_chars = min(SAMPLED_CHARS, sum(book.num_chars for book in books) / max(1, len(books)))
    num_sampled = max(MIN_SAMPLED, math.ceil(max_chars / max(1.0, usable_chars)))
    if num_sampled < len(books):
        books = [books[len(books) * index // num_sampled] for index in range(num_sampled)]
    return choose_passages(corpus, books, max_chars=max_chars)


def passage_of(corpus: Corpus, book: Book, *, num_chars: int) -> Passage:
    """Return the beginning of a book with `num_chars` scored characters, or the whole book if it has fewer.

    With subwords, the passage is the longest one of whole symbols with no more than that many characters.

    Args:
        corpus: The corpus of the book.
        book: The book.
        num_chars: Number of characters to score, from 0.
    """
    ids = corpus.book_ids(book)
    num_chars = min(num_chars, scorable_chars(corpus, book))
    is_plain = corpus.alphabet.unit == "characters" and (
        len(ids) - (corpus.alphabet.boundary_id is not None) == book.num_chars
    )
    if is_plain:
        num_symbols = num_chars
    else:
        ends = np.cumsum(chars_begun(ids[1 : 1 + MAX_SYMBOLS_PER_CHAR * (num_chars + 1)], alphabet=corpus.alphabet))
        num_symbols = int(np.searchsorted(ends, num_chars, side="right"))
        num_chars = int(ends[num_symbols - 1]) if num_symbols else 0
    return Passage(book.title, book.author, ids[: 1 + num_symbols], num_chars)


def scorable_chars(corpus: Corpus, book: Book) -> int:
    """Return the number of characters that can be scored: all, or all but the first if there is no boundary id."""
    return book.num_chars if corpus.alphabet.boundary_id is not None else max(0, book.num_chars - 1)


def character_starts(ids: Ids, *, alphabet: Alphabet) -> NDArray[np.bool_]:
    """Mark the symbols that begin a character.

    Args:
        ids: Symbols of a text that begins with a whole character, shape (N,), without a boundary id.
        alphabet: The alphabet that encoded them.

    Returns:
        Shape (N,). True for every character or subword with an id of its own, and for the first nibble of a spelled
        character.
    """
    if not alphabet.is_lossless:
        return np.ones(len(ids), dtype=np.bool_)
    is_nibble = (ids >= FIRST_NIBBLE_ID) & (ids < FIRST_CHARACTER_ID)
    positions = np.arange(len(ids))
    last_whole = np.maximum.accumulate(np.where(is_nibble, -1, positions))
    is_low = (positions - last_whole) % 2 == 0  # a run of nibbles begins with a high one
    low, high = CONTINUATION_NIBBLES
    is_continuation = (ids >= FIRST_NIBBLE_ID + low) & (ids <= FIRST_NIBBLE_ID + high)
    starts: NDArray[np.bool_] = ~is_nibble | ~(is_low | is_continuation)
    return starts


def chars_begun(ids: Ids, *, alphabet: Alphabet) -> NDArray[np.int64]:
    """Count the characters that begin with each symbol.

    Args:
        ids: Symbols of a text that begins with a whole character, shape (N,). A boundary id counts as no character.
        alphabet: The alphabet that encoded them.

    Returns:
        Shape (N,): 1 for a character with an id of its own and for the first nibble of a spelled one, the length of a
        subword, 0 for the other nibbles. They sum to the length of the text.
    """
    counts = alphabet.num_chars_of_ids.take(ids)
    return np.where(counts > 0, counts, character_starts(ids, alphabet=alphabet) & (ids >= FIRST_NIBBLE_ID))
