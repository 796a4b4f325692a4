"""Score held-out books in bits per character.

Books are read from the first character on, in parallel lanes, each with a state of its own that is carried to the end.
Few books can be cut into stretches, to fill more lanes; see `passages.cut_into_stretches`.
Bits are summed over all symbols, spelled nibbles and subwords included, and divided by the characters of the text. The
boundary id is read first and never scored. The seed alphabet has none: there the first character of a book is read but
not scored. This module knows nothing of training, files or baselines.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from penwright.corpus.store import Book, Corpus
from penwright.errors import CorpusError
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.costs import iter_chunks
from penwright.evaluation.passages import choose_passages, cut_into_stretches
from penwright.model.char_model import CharModel, ModelState


class Total(NamedTuple):
    """Mean score of several books, every character with the same weight."""

    bits_per_char: float
    accuracy: float
    num_chars: int


def evaluate(
    model: CharModel,
    corpus: Corpus,
    books: Sequence[Book],
    *,
    max_chars: int | None = None,
    max_stretch: int | None = None,
    batch_size: int = 64,
    initial: ModelState | None = None,
    tell: Callable[[float], object] = lambda share: None,
) -> tuple[BookScore, ...]:
    """Score books, each with a state that is carried from its beginning.

    Args:
        model: The model. Dropout is never applied.
        corpus: The corpus of the books.
        books: Books to score, usually those of the "val" or "test" split.
        max_chars: Largest number of characters to score in all, spread evenly over the beginnings of the books; None
            for everything.
        max_stretch: Largest number of symbols that one lane scores, from 1. Longer passages are cut into stretches,
            whose states are warmed up and not carried from the beginning. None for one lane a book.
        batch_size: Number of lanes read in parallel. It changes speed and memory, not the result.
        initial: State of one lane, (1, ...), with which every lane begins; None for the model's initial state.
        tell: Called with the share that is read, 0 to 1, again and again.

    Returns:
        Scores in the order of `books`. A book with nothing to score is left out; see `passages.choose_passages`.

    Raises:
        UsageError: If `max_chars` is below 1.
    """
    assert batch_size >= 1, batch_size
    passages = choose_passages(corpus, books, max_chars=max_chars)
    stretches = cut_into_stretches(passages, max_symbols=max_stretch)
    nats, hits = np.zeros(len(stretches)), np.zeros(len(stretches))
    num_read, num_symbols = 0, sum(len(stretch.ids) - 1 for stretch in stretches)
    for first in range(0, len(stretches), batch_size):
        lanes = stretches[first : first + batch_size]
        num_unscored = np.array([stretch.num_unscored for stretch in lanes])
        position = 0
        for chunk in iter_chunks(model, [stretch.ids for stretch in lanes], initial=initial):
            num_active, size = chunk.nats.shape
            is_scored = np.arange(position, position + size) >= num_unscored[:num_active, None]
            nats[first : first + num_active] += np.where(is_scored, chunk.nats, 0.0).sum(axis=1)
            hits[first : first + num_active] += (chunk.hits & is_scored).sum(axis=1)
            position += size
            num_read += num_active * size
            tell(min(1.0, num_read / num_symbols))
    whose = [stretch.passage for stretch in stretches]
    nats_of, hits_of = (np.bincount(whose, sums, minlength=len(passages)) for sums in (nats, hits))
    return tuple(
        BookScore(
            title=passage.title,
            author=passage.author,
            num_chars=passage.num_chars,
            bits_per_char=float(nats_of[index]) / math.log(2) / passage.num_chars,
            accuracy=float(hits_of[index]) / (len(passage.ids) - 1),
        )
        for index, passage in enumerate(passages)
    )


def total(scores: Sequence[BookScore]) -> Total:
    """Return the mean score over all characters of some books.

    Raises:
        CorpusError: If there are none.
    """
    num_chars = sum(score.num_chars for score in scores)
    if num_chars == 0:
        raise CorpusError("no held-out characters were scored. Hold out at least one book that is not empty.")
    return Total(
        bits_per_char=sum(score.bits_per_char * score.num_chars for score in scores) / num_chars,
        accuracy=sum(score.accuracy * score.num_chars for score in scores) / num_chars,
        num_chars=num_chars,
    )
