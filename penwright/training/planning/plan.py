"""Choose the size of a network, and its number of lanes, for the best author of some books in a given time.

Sizes are tried from the smallest. Each makes a few updates: its throughput tells how much it will read, and the
forecast how well it will predict. A size that would read more than `MAX_CHARS_PER_WEIGHT` for each weight is too small
to be forecast, and is passed over. The search ends with the first size whose forecast is worse than that of the one
before, or with one that has more weights than the shelf has characters.

Each size is tried with the number of lanes that suits what it will read: longer trainings need larger updates. The
window stays as it is. The state is carried over its end, so a longer window makes updates larger, as more lanes do, and
little else (96x2, 24 million characters: 32 lanes of 256 were better than 64 of 128 by 0.0024 bits; 2026-11).

Only the default preset comes in sizes. A size or a number of lanes that the user chose is kept. Where counting a fold
would take most of a short time, fewer symbols are counted.

A plan is a value. Its settings are laid over the configuration, so a resumed run is never planned again.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from penwright.corpus.store import Corpus
from penwright.model.config import num_parameters_of
from penwright.training.activity import COUNTING, Activity, Tell, tell_nobody
from penwright.training.cadence import is_worth_counting
from penwright.training.distributed import World
from penwright.training.planning.forecast import best_update, forecast, fresh_chars, holds_code, measure_difficulty
from penwright.training.planning.sizes import LADDER, PLANNED_PRESET, Size, sized
from penwright.training.planning.throughput import ThroughputTrial
from penwright.training.records import Planned, PlannedSize
from penwright.training.settings.config import RunConfig
from penwright.training.settings.presets import PRESETS
from penwright.training.settings.resolve import Resolved

MIN_SECONDS = 30.0
"""Shortest training that is planned: measuring would take too much of a shorter one."""
MEASURING_SHARE = 0.03
"""Share of the time budget spent on timing sizes; a size once begun is finished."""
MAX_CHARS_PER_WEIGHT = 185
"""Largest number of characters read for each weight: a little above the 181 of the trainings that the forecast was
fitted to. In the same ten minutes, a 96x2 read 60 million characters and reached 1.476 bits; a 128x3 read 33 million
and reached 1.487 (2026-11). Networks alone do best with half as many: 20 tokens of four to five characters (Hoffmann et
al. 2022, arXiv 2203.15556, table 3)."""
MIN_CHARS_PER_WEIGHT = 1
"""Smallest number of characters on the shelf for each weight. A network with more weights learns them by heart, which
the forecast knows nothing of. Karpathy 2015, char-rnn, "Tips and Tricks": both of the same order of magnitude."""
MIN_WINDOWS = 8
"""Smallest number of windows of every lane in a fold, for more lanes than the fewest."""
LANE_DOUBLINGS = 2
"""Largest number of doublings of the lanes. After 24 million characters, 128 were worse than 64 by 0.007 bits
(2026-11)."""
MAX_COUNTING_SHARE = 0.5
"""Largest share of the time left for counting the first fold, which may take longer than a short training."""
OTHER_SHARE = 0.07
"""Share of the time spent on held-out books, samples and saving."""
_SIZE_KEYS = ("embedding_dim", "hidden_size", "mlp_size", "num_layers")
_PRESET_MODEL = PRESETS[PLANNED_PRESET].tables["model"]


class SizePlan(NamedTuple):
    """A chosen size, and the record that says why."""

    size: Size
    ngram_symbols: int
    """Largest number of symbols counted for one table."""
    record: Planned

    def laid_over(self, config: RunConfig) -> RunConfig:
        """Return a configuration with the chosen size, lanes and number of symbols to count."""
        config = sized(config, self.size, batch_size=self.record.choice.batch_size)
        return replace(config, train=replace(config.train, ngram_symbols=self.ngram_symbols))


def is_to_be_planned(resolved: Resolved, *, world: World) -> bool:
    """Return True if size or lanes are to be chosen for the time.

    That needs the default preset, a limit in seconds, a single process, and no other network chosen by hand than one of
    the preset's sizes.
    """
    config = resolved.config
    return (
        world.size == 1
        and config.preset == PLANNED_PRESET
        and config.train.seconds is not None
        and config.train.seconds >= MIN_SECONDS
        and len(sizes_of(resolved)) * len(batch_sizes_of(resolved)) > 1
    )


def sizes_of(resolved: Resolved) -> tuple[Size, ...]:
    """Return the sizes to choose from: all, or the one that the user chose; none if the user's network is no size."""
    model = resolved.config.model
    if any(model[key] != _PRESET_MODEL[key] for key in ("cell", "is_residual")):
        return ()
    if all(_is_of_preset(resolved.origins.get(f"model.{key}")) for key in _SIZE_KEYS):
        return LADDER
    size = Size(model["hidden_size"], model["num_layers"])
    return (size,) if size.settings.items() <= model.items() else ()


def left_to_the_time(resolved: Resolved) -> frozenset[str]:
    """Return the settings that a plan will choose, such as "model.hidden_size"; none if the run is not planned."""
    if not is_to_be_planned(resolved, world=World()):
        return frozenset()
    size = {f"model.{key}" for key in _SIZE_KEYS} if len(sizes_of(resolved)) > 1 else set()
    lanes = {"train.batch_size"} if len(batch_sizes_of(resolved)) > 1 else set()
    return frozenset(size | lanes)


def batch_sizes_of(resolved: Resolved) -> tuple[int, ...]:
    """Return the numbers of lanes to choose from: the configuration's, and more if the user did not choose it."""
    batch_size = resolved.config.train.batch_size
    is_free = _is_of_preset(resolved.origins.get("train.batch_size"))
    return tuple(batch_size << doublings for doublings in range(LANE_DOUBLINGS + 1)) if is_free else (batch_size,)


def make_plan(
    corpus: Corpus,
    config: RunConfig,
    *,
    spent: float = 0.0,
    sizes: tuple[Size, ...] = LADDER,
    batch_sizes: tuple[int, ...] | None = None,
    tell: Tell = tell_nobody,
) -> SizePlan:
    """Try sizes, each with the lanes that suit it, and choose one.

    Args:
        corpus: The books.
        config: Configuration of the run. It is limited by seconds; threads, device and precision are resolved.
        spent: Seconds of the limit that are over.
        sizes: Sizes to choose from, the smallest first.
        batch_sizes: Numbers of lanes to choose from, the smallest first; None for the configuration's.
        tell: Called with what is being done.

    Raises:
        CorpusError: If there is nothing to train on.
    """
    search = _Search(corpus, config, spent=spent, tell=tell)
    tried = search.try_sizes(sizes, batch_sizes or (config.train.batch_size,))
    best = min(tried, key=lambda planned: planned.bits_per_char)
    record = Planned(
        step=0,
        chars_read=0,
        elapsed_seconds=round(search.elapsed(), 3),
        seconds=search.seconds,
        difficulty=search.difficulty,
        size=best.name,
        sizes=tuple(tried),
    )
    return SizePlan(next(size for size in sizes if size.name == best.name), search.trial.ngram_symbols, record)


class _Search:
    """Measurements of books and machine, and the search for the best size."""

    def __init__(self, corpus: Corpus, config: RunConfig, *, spent: float, tell: Tell) -> None:
        """Measure how difficult the books are and how fast their n-grams are counted."""
        assert config.train.seconds is not None, "only a time can be planned for"
        self.seconds = config.train.seconds
        self._began = time.perf_counter() - spent
        self._tell = tell
        self._corpus, self._config = corpus, config
        self._shelf_chars = corpus.num_chars("train")
        self._seq_chars = config.train.seq_len / corpus.symbols_per_char
        tell(Activity("measuring how hard the books are"))
        self.difficulty = measure_difficulty(corpus) if is_foreseeable(corpus, config) else None
        tell(COUNTING)
        self._is_code = holds_code(corpus)
        self.trial = ThroughputTrial(corpus, config)
        self.trial.limit_fold(MAX_COUNTING_SHARE * (self.seconds - self.elapsed()))

    def elapsed(self) -> float:
        """Return the seconds of the limit that are over."""
        return time.perf_counter() - self._began

    def try_sizes(self, sizes: Sequence[Size], batch_sizes: Sequence[int]) -> list[PlannedSize]:
        """Return the forecasts of sizes up to the first that is worse than the one before, or until time is up."""
        self._tell(Activity("trying sizes of network"))
        self.trial.warm_up(sizes[0])
        measuring_began = time.perf_counter()
        fold_windows = self.trial.fold_ids / self._config.train.seq_len
        readable = [lanes for lanes in batch_sizes if lanes == batch_sizes[0] or lanes * MIN_WINDOWS <= fold_windows]
        batch_size = batch_sizes[0]
        tried: list[PlannedSize] = []
        for size in sizes:
            if tried and self._num_parameters(size) * MIN_CHARS_PER_WEIGHT > self._shelf_chars:
                break
            planned = self._try_size(size, batch_size)
            suitable = suitable_lanes(planned.chars_read, seq_chars=self._seq_chars, choices=readable)
            if suitable != batch_size:
                batch_size = suitable
                planned = self._try_size(size, batch_size)
            if tried and not self._is_large_enough(tried[-1]):
                tried.pop()
            is_worse = bool(tried) and planned.bits_per_char > tried[-1].bits_per_char
            tried.append(planned)
            if is_worse or time.perf_counter() - measuring_began > MEASURING_SHARE * self.seconds:
                break
        return tried

    def _try_size(self, size: Size, batch_size: int) -> PlannedSize:
        """Measure the throughput of a size and forecast its author."""
        self._tell(Activity(f"trying {size.name} in {batch_size} lanes"))
        chars_per_second = self.trial.chars_per_second(size, batch_size=batch_size)
        seconds_left = self.seconds - self.elapsed()
        chars_read = _chars_in(seconds_left, chars_per_second, trial=self.trial, shelf_chars=self._shelf_chars)
        num_parameters = self._num_parameters(size)
        expected = forecast(
            difficulty=self.difficulty or 1.0,
            chars_read=chars_read,
            num_parameters=num_parameters,
            shelf_chars=self._shelf_chars,
            update_chars=batch_size * self._seq_chars,
            counted_chars=self.trial.counted_chars,
            is_code=self._is_code,
        )
        return PlannedSize(
            name=size.name,
            num_parameters=num_parameters,
            batch_size=batch_size,
            chars_per_second=chars_per_second,
            chars_read=round(chars_read),
            bits_per_char=expected.bits_per_char,
            low=expected.low,
            high=expected.high,
        )

    def _num_parameters(self, size: Size) -> int:
        alphabet = self._corpus.alphabet
        config = sized(self._config, size)
        return num_parameters_of(config.model_config(vocab_size=alphabet.vocab_size, unit=alphabet.unit))

    def _is_large_enough(self, size: PlannedSize) -> bool:
        return fresh_chars(size.chars_read, shelf_chars=self._shelf_chars) <= MAX_CHARS_PER_WEIGHT * size.num_parameters


def suitable_lanes(chars_read: float, *, seq_chars: float, choices: Sequence[int]) -> int:
    """Return the number of lanes whose updates come nearest to the best size for a training of some length.

    Args:
        chars_read: Characters read in the whole training.
        seq_chars: Characters of a window.
        choices: Numbers of lanes.
    """
    wanted = best_update(chars_read) / seq_chars
    return min(choices, key=lambda lanes: abs(math.log2(lanes / wanted)))


def is_foreseeable(corpus: Corpus, config: RunConfig) -> bool:
    """Return True if the forecast covers such authors: those with the n-grams and match slots of the preset."""
    model = config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
    is_as_preset = all(getattr(model, key) == _PRESET_MODEL[key] for key in ("ngram_entries", "match_slots"))
    return model.has_ngrams and is_as_preset


def _is_of_preset(origin: str | None) -> bool:
    return origin is None or origin.startswith("preset ")


def _chars_in(seconds: float, chars_per_second: float, *, trial: ThroughputTrial, shelf_chars: int) -> float:
    """Return the characters read in some time, given that a fold of the shelf is counted before it is read."""
    left = max(0.0, seconds * (1.0 - OTHER_SHARE))
    reading_seconds = shelf_chars / trial.num_folds / chars_per_second  # of one fold
    seconds_read, num_counted = 0.0, 0
    while left > 0.0 and not (trial.keeps_tables and num_counted == trial.num_folds):
        if num_counted and not is_worth_counting(counting_seconds=trial.fold_seconds, seconds_left=left):
            break
        left -= trial.fold_seconds
        seconds_read += min(max(left, 0.0), reading_seconds)
        left -= reading_seconds
        num_counted += 1
    return (seconds_read + max(left, 0.0)) * chars_per_second
