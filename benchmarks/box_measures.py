"""Measure how well the author in the box predicts held-out books, and how much it copies.

Baselines are measured on the same characters. Passages of held-out novels are searched for in the training books just
as the author's own pages are. This module knows nothing of the page about it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from penwright import Author, Corpus
from penwright.evaluation.baselines.measuring import measure_baselines
from penwright.evaluation.books import evaluate
from penwright.evaluation.judging.pages import held_out_pages, write_pages
from penwright.evaluation.passages import choose_passages
from penwright.model.char_model import CharModel
from penwright.originality.building import index_of
from penwright.originality.meter import HELD_OUT, Copied, copied
from penwright.training.held_out import FINAL_MAX_CHARS

OWN = "author"
OTHERS = ("6-character table", "xz -9e")
SCORED_CHARS = FINAL_MAX_CHARS
"""Characters scored of each split, spread over its books, as for the author's card."""
NUM_SAMPLES = 25
SAMPLE_CHARS = 2_000
LENGTHS = (20, 24, 32, 50, 80, 120)


class Row(NamedTuple):
    """One held-out book."""

    split: str
    title: str
    author: str
    num_chars: int
    """Number of characters scored, from its beginning."""
    bits: Mapping[str, float]
    """Bits per character of `OWN` and of each of `OTHERS`."""


class Copying(NamedTuple):
    """Spans that occur verbatim in the training books."""

    author: Copied
    """Spans of pages that the author wrote."""
    people: Copied
    """Spans of as many passages of the same length from held-out books."""


def measure_books(model: CharModel, corpus: Corpus) -> list[Row]:
    """Return a row for each held-out book that has a character to score. Tables count all training books."""
    scores = [
        (split, score)
        for split in HELD_OUT
        for score in evaluate(model, corpus, corpus.books_in(split), max_chars=SCORED_CHARS)
    ]
    passages = [
        passage
        for split in HELD_OUT
        for passage in choose_passages(corpus, corpus.books_in(split), max_chars=SCORED_CHARS)
    ]
    measured = measure_baselines(
        corpus, passages, max_train_chars=corpus.num_chars("train"), max_compressor_train_chars=0
    )
    others = {each.name: each.book_bits_per_char for each in measured}
    return [
        Row(
            split,
            score.title,
            score.author,
            score.num_chars,
            {OWN: score.bits_per_char} | {method: others[method][index] for method in OTHERS},
        )
        for index, (split, score) in enumerate(scores)
    ]


def mean(rows: Sequence[Row], method: str) -> float:
    """Return bits per character over some rows, every character with the same weight."""
    return sum(row.bits[method] * row.num_chars for row in rows) / sum(row.num_chars for row in rows)


def measure_copying(author: Author, corpus: Corpus) -> Copying:
    """Search the training books for spans of pages that the author writes, and of passages that people wrote."""
    pages = write_pages(author.engine, author.alphabet, num_pages=NUM_SAMPLES, num_chars=SAMPLE_CHARS, seed=1)
    index = index_of(corpus)
    return Copying(
        copied(pages, index, lengths=LENGTHS),
        copied(passages_of_people(corpus, num_passages=NUM_SAMPLES), index, lengths=LENGTHS),
    )


def passages_of_people(corpus: Corpus, *, num_passages: int) -> list[str]:
    """Return passages of held-out books, spread over the books and over each one's length.

    Args:
        corpus: A corpus with at least one held-out book.
        num_passages: Number of passages, from 1.
    """
    books = [book for split in HELD_OUT for book in corpus.books_in(split)]
    counts = [len(range(number, num_passages, len(books))) for number in range(len(books))]
    return [
        page
        for book, count in zip(books, counts, strict=True)
        for page in (held_out_pages(corpus, book, num_pages=count, num_chars=SAMPLE_CHARS) if count else ())
    ]
