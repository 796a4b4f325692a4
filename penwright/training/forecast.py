"""How well an author will predict books it has never read, told from how much it will have read of what.

A text's own difficulty comes from counting: the bits that a table of six characters needs for the held-out books, when
it has counted two million characters of the shelf. What a network makes of it is a share of that, which falls with the
characters it reads, with its size, and with the size of the shelf:

    share = E + A * D^-a + B * N^-b + C * S^-c

The form is that of Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models" (arXiv 2203.15556), section
3.3, with a term for the shelf, whose counts the network consults. Characters read again are worth less than new ones:
Muennighoff et al. 2023, "Scaling Data-Constrained Language Models" (arXiv 2305.16264), eq. 5. The numbers below were
fitted by `benchmarks/forecast.py`, which also holds forecasts against outcomes.

Letters: D = characters read in millions, those read again discounted; N = weights in millions; S = characters of the
shelf in millions.
"""

import math
from typing import NamedTuple

from penwright.baselines.ngrams import iter_probabilities
from penwright.corpus.store import Corpus
from penwright.evaluation.passages import choose_passages

COUNTED_CHARS = 2_000_000
HELD_OUT_CHARS = 100_000
ORDER = 6
REREADING = 15.4
"""Readings after the first from which on another is worth little: R* of Muennighoff et al."""


class Law(NamedTuple):
    """The numbers of the formula above."""

    floor: float
    reading: float
    reading_power: float
    size: float
    size_power: float
    shelf: float
    shelf_power: float
    spread: float
    """How far outcomes lie from the forecast, as a share of it: nine of ten of the runs that were fitted lie nearer."""

    def share(self, *, chars_read: float, num_parameters: int, shelf_chars: int) -> float:
        """Return the bits per character that are expected, as a share of the text's difficulty."""
        millions_read = fresh_chars(chars_read, shelf_chars=shelf_chars) / 1e6
        terms = (
            self.floor,
            self.reading * math.pow(millions_read, -self.reading_power),
            self.size * math.pow(num_parameters / 1e6, -self.size_power),
            self.shelf * math.pow(shelf_chars / 1e6, -self.shelf_power),
        )
        return sum(terms)


LAW = Law(
    floor=0.45,
    reading=0.2,
    reading_power=0.2,
    size=0.1,
    size_power=0.2,
    shelf=0.1,
    shelf_power=0.2,
    spread=0.04,
)


class Forecast(NamedTuple):
    """Bits per character to be expected on held-out books."""

    bits_per_char: float
    low: float
    high: float


def forecast(*, difficulty: float, chars_read: float, num_parameters: int, shelf_chars: int) -> Forecast:
    """Say how well an author will predict.

    Args:
        difficulty: Of its held-out books, from `measure_difficulty`, bits per character.
        chars_read: Characters it will have learned from, all readings together.
        num_parameters: Of its network.
        shelf_chars: Characters of the books it learns from.
    """
    share = LAW.share(chars_read=max(chars_read, 1.0), num_parameters=num_parameters, shelf_chars=max(shelf_chars, 1))
    bits = difficulty * share
    return Forecast(bits, bits * (1 - LAW.spread), bits * (1 + LAW.spread))


def fresh_chars(chars_read: float, *, shelf_chars: int) -> float:
    """Return how many characters that were never read before would teach as much as some that were read repeatedly."""
    again = max(0.0, chars_read / shelf_chars - 1.0)
    return min(chars_read, shelf_chars) + shelf_chars * REREADING * -math.expm1(-again / REREADING)


def measure_difficulty(corpus: Corpus) -> float | None:
    """Return the bits per character that a table of six characters needs for the books marked `val`.

    None if there are none.
    """
    held_out = choose_passages(corpus, corpus.books_in("val"), max_chars=HELD_OUT_CHARS)
    train = choose_passages(corpus, corpus.books_in("train"), max_chars=COUNTED_CHARS)
    if not held_out or not train:
        return None
    alphabet, plain = corpus.alphabet, corpus.alphabet.of_characters
    first_symbol = 0 if plain.boundary_id is None else plain.boundary_id + 1
    *_, probabilities = iter_probabilities(
        [alphabet.spell(passage.ids) for passage in train],
        [alphabet.spell(passage.ids) for passage in held_out],
        num_symbols=plain.vocab_size - first_symbol,
        first_symbol=first_symbol,
        max_order=ORDER,
    )
    num_chars = sum(passage.num_chars for passage in held_out)
    return -sum(math.log2(probability) for probability in probabilities.tolist()) / num_chars
