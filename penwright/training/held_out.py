"""Choose how much of the held-out books is read, so that a run spends at most a tenth of it on them.

The last evaluation of a short run may take some seconds more: every held-out book has a part in its figure.

A run that is long enough for it reads each book from its beginning with the state carried. A shorter one reads fewer
characters. Where few books leave most lanes empty, it reads them in stretches side by side, each after some unscored
symbols that warm up the state. What a stretch does not know is what the match model would remember of the book: the
author in the box needs 0.5 % more bits in four such stretches of 25,000 characters (2026-11).

The cost is counted in characters learned from, so that the choice is the same on every machine: where enough lanes are
filled, a character that is only read costs no more than one that is learned from.
"""

import math
from typing import NamedTuple

from penwright.corpus.config import SplitName
from penwright.corpus.shelf.shares import even_shares
from penwright.corpus.store import Book, Corpus
from penwright.evaluation.passages import WARM_UP, scorable_chars
from penwright.training.cadence import EVALUATION_SHARE
from penwright.training.settings.config import RunConfig

MAX_CHARS = 100_000
"""Largest number of characters of an evaluation, unless the configuration names one."""
FINAL_MAX_CHARS = 300_000
"""Largest number of characters of one split in the last evaluation, likewise."""
FINAL_MIN_CHARS = 60_000
"""Characters of one split that the last evaluation reads in the shortest of runs: its figure stands on the card."""
MIN_CHARS = 1_000
"""Characters read in the shortest of runs."""
MIN_PASSAGE = 1_000
"""Smallest number of characters of a book. Where there is not enough for each, fewer books are read: a shorter passage
would tell how well books begin."""
MIN_STRETCH = 128
"""Smallest number of symbols scored in one lane, so that they are not mostly those of a cold state."""
READING_SHARE = 0.015
"""Share of a run that one evaluation may take, and each split of the last one: with the evaluations by the clock, which
take 0.05 together, at most a tenth."""
LANES, LANES_OF_LOOPS = 4, 16
"""Lanes from which on more make reading hardly faster, in kernels and in the cells that torch computes step by step
(192x3: 23,000, 52,000 and 52,000 characters a second in 1, 4 and 16 lanes; GRU of 320: 8,000, 26,000 and 68,000)."""
LOOPS = ("elman", "gru", "lstm")


class HeldOutReading(NamedTuple):
    """Part of the held-out books that is read."""

    books: tuple[Book, ...]
    max_chars: int
    """Largest number of characters, spread evenly over the beginnings of the books."""
    max_stretch: int | None
    """Largest number of symbols scored in one lane; None where each book is read in one."""


def evaluation_budget(config: RunConfig, *, total_chars: float, symbols_per_char: float) -> int:
    """Return the number of characters that one evaluation during a training may cost.

    Args:
        config: Configuration of the run.
        total_chars: Characters that the whole run will learn from.
        symbols_per_char: Mean number of symbols of a character.
    """
    budget, train = READING_SHARE * total_chars, config.train
    if train.val_every:
        chars_between = train.val_every * train.batch_size * train.seq_len / symbols_per_char
        budget = min(budget, EVALUATION_SHARE * chars_between)
    return max(1, int(budget))


def choose_reading(
    corpus: Corpus, config: RunConfig, split: SplitName, *, budget: float, is_last: bool = False
) -> HeldOutReading:
    """Choose what to read of a split.

    Args:
        corpus: The books.
        config: Configuration of the run. A number of characters that it names is kept.
        split: "val" or "test".
        budget: Characters that reading may cost.
        is_last: True for the last evaluation, of the best author.
    """
    books, train = corpus.books_in(split), config.train
    named = train.final_val_chars if is_last else train.val_chars
    if named or not books:
        return HeldOutReading(books, named or 1, None)
    limit = FINAL_MAX_CHARS if is_last else MAX_CHARS
    shares = even_shares([scorable_chars(corpus, book) for book in books], budget=limit)
    num_lanes = LANES_OF_LOOPS if config.model["cell"] in LOOPS else LANES
    if max(sum(shares), num_lanes * max(shares)) <= budget:
        return HeldOutReading(books, max(1, sum(shares)), None)
    warm_up = num_lanes * WARM_UP / corpus.symbols_per_char
    max_chars = min(sum(shares), max(MIN_CHARS, int(max(budget - warm_up, budget / 2))))
    if is_last:
        max_chars = min(sum(shares), max(max_chars, FINAL_MIN_CHARS, MIN_PASSAGE * len(books)))
    num_books = min(len(books), max(1, max_chars // MIN_PASSAGE))
    chosen = tuple(books[len(books) * index // num_books] for index in range(num_books))
    stretch = math.ceil(max_chars * corpus.symbols_per_char / num_lanes)
    return HeldOutReading(chosen, max(1, max_chars), max(MIN_STRETCH, stretch))
