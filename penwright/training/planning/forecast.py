"""Forecast how well an author will predict held-out books, from what and how much it will have read.

Counting measures the difficulty of the books; see `measure_difficulty`. An author needs a share of it. Its n-grams,
which it has from the first update on, reach a share that depends on the shelf alone. Its network reaches one that falls
with the characters read and with its size. The author is about as good as the better of the two, and better than both
where they are equal:

    share = (counts^-k + network^-k)^(-1/k) * (1 + H * max(0, |log2(W / W*)| - 1/2)^2)
    counts = F + C * S^-c,  network = E + A * D^-a + B * N^-b,  W* = G * D^g

The network's part is that of Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models" (arXiv 2203.15556),
section 3.3; a smooth change from one law to another is that of Caballero et al. 2023, "Broken Neural Scaling Laws"
(arXiv 2210.14891). The factor is for updates that are made from too few characters or too many: the best number grows
with the length of a training, as in Bi et al. 2024, "DeepSeek LLM: Scaling Open-Source Language Models with
Longtermism" (arXiv 2401.02954), section 3.1. Characters read again are worth less than new ones: Muennighoff et al.
2023, "Scaling Data-Constrained Language Models" (arXiv 2305.16264), eq. 5. `benchmarks/forecast.py` fitted the
constants of the law, and compares forecasts with outcomes.

Shapes: D = characters read in millions, those read again discounted; N = weights in millions; S = characters of the
shelf in millions, at most those whose n-grams are counted; W = characters of an update.
"""

import math
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from penwright.alphabet.characters import Alphabet, Ids
from penwright.corpus.formats.document import is_source_code
from penwright.corpus.store import Corpus
from penwright.evaluation.baselines.compressors import packed_bits_after
from penwright.evaluation.baselines.measuring import iter_table_bits
from penwright.evaluation.passages import choose_passages, sample_passages

COUNTED_CHARS = 6_000_000
HELD_OUT_CHARS = 100_000
PACKED_CHARS = 2_000_000
"""Characters of training code that a compressor is given."""
PACKED_NOVELS = 1.194
"""Bits that xz needs for held-out text behind training text, as a multiple of the table's bits: measured on 90 novels.
It was 0.77 for C headers and 0.93 for Python's library (2026-11): what code repeats is longer than six characters."""
CODE_POWER = 0.025
"""Power of the millions of characters read by which an author of code needs fewer bits than the law says."""
MAX_CODE_MILLIONS = 15.0
"""Characters up to which that was measured, in millions. Four shelves were read (2026-11): headers, the core and the
network of Linux, and Python's library. Outcomes after 1 to 15 million characters were within 5 % of the forecasts."""
MIN_IDS = 8
"""Smallest length of a passage: each half needs a symbol to predict."""
ORDER = 6
UPDATE_COST = 0.004
"""H: cost of too small or too large an update, as a share; less than half a doubling off costs nothing. In 192x3, with
windows of 128 characters, 32 lanes instead of 16 were worse by 0.33 % after 3 million characters. After 12 million they
were better by 0.42 %, and 64 were as good as 32. In 96x2, 16 and 32 were equal after 8 million, and 64 better than 16
by 0.5 % after 24 million (2026-11). With 0.007, forecasts for 64 lanes were too low."""
MAX_DOUBLINGS_OFF = 2.5
"""Largest distance from the best update that adds to that cost: none further off was compared."""
UPDATE_CHARS = 755
"""G: best size of an update, in characters, when one million are read."""
UPDATE_POWER = 0.75
"""g."""
REREADING = 15.4
"""R* of Muennighoff et al.: number of further readings after which another is worth little."""


class Law(NamedTuple):
    """Constants of the formula above."""

    counts_floor: float
    shelf: float
    shelf_power: float
    floor: float
    reading: float
    reading_power: float
    size: float
    size_power: float
    sharpness: float
    """k: the larger, the less both together improve on the better of the two."""
    spread: float
    """Largest distance of an outcome from its forecast, as a share: that of the runs that were fitted."""

    def share(
        self, *, chars_read: float, num_parameters: int, shelf_chars: int, counted_chars: float | None = None
    ) -> float:
        """Return the expected bits per character as a share of the text's difficulty.

        For the arguments see `forecast`.
        """
        counted = shelf_chars if counted_chars is None else min(shelf_chars, counted_chars)
        millions_read = fresh_chars(chars_read, shelf_chars=shelf_chars) / 1e6
        counts = self.counts_floor + self.shelf * math.pow(counted / 1e6, -self.shelf_power)
        reading = self.reading * math.pow(millions_read, -self.reading_power)
        network = self.floor + reading + self.size * math.pow(num_parameters / 1e6, -self.size_power)
        better, worse = sorted((counts, network))
        return better * math.pow(1.0 + math.pow(better / worse, self.sharpness), -1.0 / self.sharpness)


LAW = Law(
    counts_floor=0.572,
    shelf=0.3998,
    shelf_power=0.1369,
    floor=0.4947,
    reading=0.3875,
    reading_power=0.1611,
    size=0.047,
    size_power=0.264,
    sharpness=14.2642,
    spread=0.043,
)


class Forecast(NamedTuple):
    """Expected bits per character on held-out books, and the band around them."""

    bits_per_char: float
    low: float
    high: float


def forecast(
    *,
    difficulty: float,
    chars_read: float,
    num_parameters: int,
    shelf_chars: int,
    update_chars: float,
    counted_chars: float | None = None,
    is_code: bool = False,
) -> Forecast:
    """Forecast how well an author will predict held-out books.

    Args:
        difficulty: Bits per character of the held-out books, from `measure_difficulty`.
        chars_read: Characters that it will have learned from, over all epochs.
        num_parameters: Number of parameters of its network.
        shelf_chars: Characters of the training books.
        update_chars: Characters of an update in all lanes.
        counted_chars: Characters of the largest shelf whose n-grams would all be counted; None for this one.
        is_code: True if the books are source code, see `holds_code`.
    """
    chars_read = max(chars_read, update_chars)  # one update is always made
    share = LAW.share(
        chars_read=chars_read,
        num_parameters=num_parameters,
        shelf_chars=max(shelf_chars, 1),
        counted_chars=None if counted_chars is None else max(counted_chars, 1.0),
    )
    bits = difficulty * share * update_factor(update_chars, chars_read=chars_read)
    if is_code:
        bits *= math.pow(min(max(chars_read / 1e6, 1.0), MAX_CODE_MILLIONS), -CODE_POWER)
    return Forecast(bits, bits * (1 - LAW.spread), bits * (1 + LAW.spread))


def update_factor(update_chars: float, *, chars_read: float) -> float:
    """Return the bits needed as a multiple of those with updates of the best size."""
    doublings_off = min(abs(math.log2(update_chars / best_update(chars_read))), MAX_DOUBLINGS_OFF)
    return 1.0 + UPDATE_COST * max(0.0, doublings_off - 0.5) ** 2


def best_update(chars_read: float) -> float:
    """Return the best number of characters of an update, for a training of some length."""
    return UPDATE_CHARS * math.pow(max(chars_read, 1.0) / 1e6, UPDATE_POWER)


def fresh_chars(chars_read: float, *, shelf_chars: int) -> float:
    """Return the number of new characters that would teach as much as `chars_read` characters of a shelf."""
    again = max(0.0, chars_read / shelf_chars - 1.0)
    return min(chars_read, shelf_chars) + shelf_chars * REREADING * -math.expm1(-again / REREADING)


def measure_difficulty(corpus: Corpus) -> float | None:
    """Return the bits per character that counting needs for the books marked `val`; None without any.

    These are the bits of a table of six characters, times its gain on the second half of each passage from counting the
    first half too. A text that repeats itself, in names or in form, is easier for a reader that remembers it. Code
    repeats long stretches, which an author recalls and a table of six characters does not. So for code they are scaled
    by how much better a compressor does on it than on novels.
    """
    alphabet, plain = corpus.alphabet, corpus.alphabet.of_characters
    passages = choose_passages(corpus, corpus.books_in("val"), max_chars=HELD_OUT_CHARS)
    held_out = [alphabet.spell(passage.ids) for passage in passages if len(passage.ids) >= MIN_IDS]
    train = sample_passages(corpus, corpus.books_in("train"), max_chars=COUNTED_CHARS)
    if not held_out or not train:
        return None
    counted = [alphabet.spell(passage.ids) for passage in train]
    first_halves = [ids[: len(ids) // 2] for ids in held_out]
    second_halves = [ids[len(ids) // 2 :] for ids in held_out]
    needed, before = _table_bits(plain, counted, held_out, second_halves)
    (after,) = _table_bits(plain, counted + first_halves, second_halves)
    difficulty = needed * after / before
    if holds_code(corpus):
        difficulty *= min(1.0, _packed_bits(corpus, held_out) / difficulty / PACKED_NOVELS)
    return difficulty


def holds_code(corpus: Corpus) -> bool:
    """Return True if most characters of a corpus are source code, by the names of its files."""
    num_chars = sum(book.num_chars for book in corpus.books if is_source_code(book.source))
    return 2 * num_chars > sum(book.num_chars for book in corpus.books)


def _packed_bits(corpus: Corpus, held_out: Sequence[Ids]) -> float:
    """Return the bits per character that a compressor needs for held-out texts behind training texts."""
    plain = corpus.alphabet.of_characters
    train = sample_passages(corpus, corpus.books_in("train"), max_chars=PACKED_CHARS)
    before = "\n".join(plain.decode(corpus.alphabet.spell(passage.ids)[1:]) for passage in train)
    text = "\n".join(plain.decode(ids[1:]) for ids in held_out)
    data, known = (each.encode("utf-8", "surrogatepass") for each in (text, before))
    return packed_bits_after(data, before=known) / len(text)


def _table_bits(alphabet: Alphabet, counted: Sequence[Ids], *asked: Sequence[Ids]) -> list[float]:
    """Return the bits per symbol of a table counted on some texts, for each group of others.

    The first symbol of a text is only read.
    """
    *_, bits = iter_table_bits(alphabet, counted, [ids for group in asked for ids in group], max_order=ORDER)
    texts = iter(bits)
    return [float(np.concatenate(list(islice(texts, len(group)))).mean()) for group in asked]
