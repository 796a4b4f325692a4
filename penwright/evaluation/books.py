"""Score held-out books in bits per character.

Books are read from the first character on, in parallel lanes, each with a state of its own that is carried to the end.
Bits are summed over all symbols, spelled nibbles and subwords included, and divided by the characters of the text. The
boundary id is read first and never scored. The seed alphabet has none: there the first character of a book is read but
not scored. This module knows nothing of training, files or baselines.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from penwright.corpus.store import Book, Corpus
from penwright.errors import CorpusError
from penwright.evaluation.costs import iter_chunks
from penwright.evaluation.passages import choose_passages
from penwright.model.char_model import CharModel, ModelState
from penwright.settings import MAX_INT64, Between


@dataclass(frozen=True, kw_only=True, slots=True)
class BookScore:
    """Score of one book."""

    title: str
    author: str
    num_chars: Annotated[int, Between(0, MAX_INT64)]
    """Number of characters scored."""
    bits_per_char: Annotated[float, Between(0, math.inf)]
    accuracy: Annotated[float, Between(0, 1)]
    """Share of symbols predicted right, 0 to 1."""


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
    batch_size: int = 64,
    initial: ModelState | None = None,
) -> tuple[BookScore, ...]:
    """Score books, each with a state that is carried from its beginning.

    Args:
        model: The model. Dropout is never applied.
        corpus: The corpus of the books.
        books: Books to score, usually those of the "val" or "test" split.
        max_chars: Largest number of characters to score in all, spread evenly over the beginnings of the books; None
            for everything.
        batch_size: Number of books read in parallel. It changes speed and memory, not the result.
        initial: State of one lane, (1, ...), with which every book begins; None for the model's initial state.

    Returns:
        Scores in the order of `books`. A book with nothing to score is left out; see `passages.choose_passages`.

    Raises:
        UsageError: If `max_chars` is below 1.
    """
    assert batch_size >= 1, batch_size
    passages = choose_passages(corpus, books, max_chars=max_chars)
    order = sorted(range(len(passages)), key=lambda index: -len(passages[index].ids))
    scores: dict[int, BookScore] = {}
    for first in range(0, len(order), batch_size):
        chosen = order[first : first + batch_size]
        nats, hits = np.zeros(len(chosen)), np.zeros(len(chosen))
        for chunk in iter_chunks(model, [passages[index].ids for index in chosen], initial=initial):
            nats[: len(chunk.nats)] += chunk.nats.sum(axis=1)
            hits[: len(chunk.hits)] += chunk.hits.sum(axis=1)
        for lane, index in enumerate(chosen):
            passage = passages[index]
            scores[index] = BookScore(
                title=passage.title,
                author=passage.author,
                num_chars=passage.num_chars,
                bits_per_char=float(nats[lane]) / math.log(2) / passage.num_chars,
                accuracy=float(hits[lane]) / (len(passage.ids) - 1),
            )
    return tuple(scores[index] for index in range(len(passages)))


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
