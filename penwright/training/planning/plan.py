"""From a time to a network: which size, in how many lanes, will be the best author of these books when the time is up?

Sizes are tried from the smallest: each makes a few updates, its pace says how much it will read, and the forecast says
how well it will predict. One that would read more than `MAX_CHARS_PER_WEIGHT` for each of its weights is too small to
be judged, and is passed over. The first that is expected to do worse than the one before ends the search, and so does
one with more weights than the shelf has characters.

Each size is tried with the lanes that suit what it will read: the longer a training, the larger its updates should be.
The window stays as it is: the state is carried over its end, so a longer one makes updates larger, as more lanes do,
and little else (96x2, 24 million characters: 32 lanes of 256 were better than 64 of 128 by 0.0024 bits; 2026-11).

Only the default preset comes in sizes; a size that somebody chose is kept, and so is a number of lanes.

Where counting a fold would take most of a short time, less is counted.

The plan is a value. Whoever trains lays its settings over the configuration, so a run that goes on is never planned
again.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from penwright.corpus.store import Corpus
from penwright.model.config import num_parameters_of
from penwright.training.distributed import World
from penwright.training.folds import is_worth_counting
from penwright.training.planning.forecast import best_update, forecast, fresh_chars, measure_difficulty
from penwright.training.planning.pace import Pace
from penwright.training.planning.sizes import LADDER, Size, sized
from penwright.training.records import Planned, PlannedSize
from penwright.training.settings.config import RunConfig
from penwright.training.settings.presets import PRESETS
from penwright.training.settings.resolve import Resolved

MIN_SECONDS = 30.0
"""A shorter training is not planned: measuring would take too much of it."""
MEASURING_SHARE = 0.03
"""Of the time, spent on trying sizes; the size being tried is finished."""
MAX_CHARS_PER_WEIGHT = 185
"""Characters read for each weight, at most: some more than in any training that the forecast was fitted to, 181. What a
96x2 made of 60 million characters (1.476 bits) was better than what a 128x3 made of 33 million in the same ten minutes
(1.487; 2026-11). Networks alone do best with half as many: 20 tokens of four to five characters (Hoffmann et al. 2022,
arXiv 2203.15556, table 3)."""
MIN_CHARS_PER_WEIGHT = 1
"""Characters of the shelf for each weight, at least: a network with more weights learns them by heart, which the
forecast knows nothing of. Karpathy 2015, char-rnn, "Tips and Tricks": both of the same order of magnitude."""
MIN_WINDOWS = 8
"""Windows of every lane in a fold, at least, for more lanes than the fewest: a small shelf is not cut to shreds."""
LANE_DOUBLINGS = 2
"""How often the lanes may be doubled. After 24 million characters, 128 were worse than 64 by 0.007 bits (2026-11)."""
MAX_COUNTING_SHARE = 0.5
"""Of the time left, to count the first fold: on a slow machine a whole fold may take longer than a short training."""
OTHER_SHARE = 0.07
"""Of the time, spent on held-out books, samples and saving."""
PLANNED_PRESET = "default"
_SIZE_KEYS = ("embedding_dim", "hidden_size", "mlp_size", "num_layers")
_PRESET_MODEL = PRESETS[PLANNED_PRESET].tables["model"]


class Plan(NamedTuple):
    """What was chosen, and why."""

    size: Size
    ngram_symbols: int
    """Symbols to be counted for one table at most."""
    record: Planned

    def laid_over(self, config: RunConfig) -> RunConfig:
        """Return a configuration with what was chosen."""
        config = sized(config, self.size, batch_size=self.record.choice.batch_size)
        return replace(config, train=replace(config.train, ngram_symbols=self.ngram_symbols))


def is_to_be_planned(resolved: Resolved, *, world: World) -> bool:
    """Return whether size or lanes are left to the time: the default preset, limited by the clock, in one process, and
    what was chosen of the network by hand, if anything was, is one of the sizes that it comes in."""
    config = resolved.config
    return (
        world.size == 1
        and config.preset == PLANNED_PRESET
        and config.train.seconds is not None
        and config.train.seconds >= MIN_SECONDS
        and len(sizes_of(resolved)) * len(batch_sizes_of(resolved)) > 1
    )


def sizes_of(resolved: Resolved) -> tuple[Size, ...]:
    """Return the sizes to choose from: all there are, or the one that somebody chose; none if that is no size."""
    model = resolved.config.model
    if any(model[key] != _PRESET_MODEL[key] for key in ("cell", "is_residual")):
        return ()
    if all(_is_of_preset(resolved.origins.get(f"model.{key}")) for key in _SIZE_KEYS):
        return LADDER
    size = Size(model["hidden_size"], model["num_layers"])
    return (size,) if size.settings.items() <= model.items() else ()


def left_to_the_time(resolved: Resolved) -> frozenset[str]:
    """Return which settings a plan will choose, such as "model.hidden_size"; none if the run is not to be planned."""
    if not is_to_be_planned(resolved, world=World()):
        return frozenset()
    size = {f"model.{key}" for key in _SIZE_KEYS} if len(sizes_of(resolved)) > 1 else set()
    lanes = {"train.batch_size"} if len(batch_sizes_of(resolved)) > 1 else set()
    return frozenset(size | lanes)


def batch_sizes_of(resolved: Resolved) -> tuple[int, ...]:
    """Return the numbers of lanes to choose from: the one of the configuration, and more if nobody chose it."""
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
) -> Plan:
    """Try sizes, each with the lanes that suit it, and choose one.

    Args:
        corpus: The books.
        config: How the run will go. It is limited by seconds; threads, device and precision are settled.
        spent: Seconds of them that are gone.
        sizes: To choose from, the smallest first.
        batch_sizes: Numbers of lanes to choose from, the smallest first; None for the configuration's.

    Raises:
        CorpusError: If there is nothing to train on.
    """
    began = time.perf_counter()
    seconds = config.train.seconds
    assert seconds is not None, "only the clock can be planned for"
    batch_sizes = batch_sizes or (config.train.batch_size,)
    difficulty = measure_difficulty(corpus) if _is_foreseeable(corpus, config) else None
    pace = Pace(corpus, config)
    pace.limit_fold(MAX_COUNTING_SHARE * (seconds - spent - (time.perf_counter() - began)))
    shelf_chars, symbols_per_char = corpus.num_chars("train"), corpus.symbols_per_char
    seq_chars = config.train.seq_len / symbols_per_char
    pace.warm_up(sizes[0])
    measuring_began = time.perf_counter()

    def expect(size: Size, batch_size: int) -> PlannedSize:
        chars_per_second = pace.chars_per_second(size, batch_size=batch_size)
        left = seconds - spent - (time.perf_counter() - began)
        chars_read = _chars_in(left, chars_per_second, pace=pace, shelf_chars=shelf_chars)
        num_parameters = _num_parameters(size, corpus, config)
        expected = forecast(
            difficulty=difficulty or 1.0,
            chars_read=chars_read,
            num_parameters=num_parameters,
            shelf_chars=shelf_chars,
            update_chars=batch_size * seq_chars,
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

    tried: list[PlannedSize] = []
    batch_size = batch_sizes[0]
    least = MIN_WINDOWS * config.train.seq_len
    readable = [lanes for lanes in batch_sizes if lanes == batch_sizes[0] or lanes * least <= pace.fold_ids]
    for size in sizes:
        if tried and _num_parameters(size, corpus, config) * MIN_CHARS_PER_WEIGHT > shelf_chars:
            break
        planned = expect(size, batch_size)
        nearest = suitable_lanes(planned.chars_read, seq_chars=seq_chars, choices=readable)
        if nearest != batch_size:
            batch_size = nearest
            planned = expect(size, batch_size)
        tried.append(planned)
        if len(tried) > 1 and not _is_large_enough(tried[-2], shelf_chars=shelf_chars):
            del tried[-2]
        is_worse = len(tried) > 1 and tried[-1].bits_per_char > tried[-2].bits_per_char
        if is_worse or time.perf_counter() - measuring_began > MEASURING_SHARE * seconds:
            break
    best = min(tried, key=lambda planned: planned.bits_per_char)
    record = Planned(
        step=0,
        chars_read=0,
        elapsed_seconds=round(spent + time.perf_counter() - began, 3),
        seconds=seconds,
        difficulty=difficulty,
        size=best.name,
        sizes=tuple(tried),
    )
    return Plan(next(size for size in sizes if size.name == best.name), pace.ngram_symbols, record)


def suitable_lanes(chars_read: float, *, seq_chars: float, choices: Sequence[int]) -> int:
    """Return that number of lanes, with windows of so many characters, whose updates come nearest to the best for a
    training of some length."""
    wanted = best_update(chars_read) / seq_chars
    return min(choices, key=lambda lanes: abs(math.log2(lanes / wanted)))


def _is_foreseeable(corpus: Corpus, config: RunConfig) -> bool:
    """Return whether the forecast knows such authors: those that count and recall as the preset does."""
    model = config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
    is_as_preset = all(getattr(model, key) == _PRESET_MODEL[key] for key in ("count_entries", "recall_slots"))
    return model.has_counts and is_as_preset


def _num_parameters(size: Size, corpus: Corpus, config: RunConfig) -> int:
    model = sized(config, size).model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
    return num_parameters_of(model)


def _is_large_enough(size: PlannedSize, *, shelf_chars: int) -> bool:
    return fresh_chars(size.chars_read, shelf_chars=shelf_chars) <= MAX_CHARS_PER_WEIGHT * size.num_parameters


def _is_of_preset(origin: str | None) -> bool:
    return origin is None or origin.startswith("preset ")


def _chars_in(seconds: float, chars_per_second: float, *, pace: Pace, shelf_chars: int) -> float:
    """Return the characters that are read in some time, given that a fold of the shelf is counted before it is read."""
    left = max(0.0, seconds * (1.0 - OTHER_SHARE))
    reading_seconds = shelf_chars / pace.num_folds / chars_per_second  # of one fold
    seconds_read, num_counted = 0.0, 0
    while left > 0.0 and not (pace.keeps_tables and num_counted == pace.num_folds):
        if num_counted and not is_worth_counting(counting_seconds=pace.fold_seconds, seconds_left=left):
            break
        left -= pace.fold_seconds
        seconds_read += min(max(left, 0.0), reading_seconds)
        left -= reading_seconds
        num_counted += 1
    return (seconds_read + max(left, 0.0)) * chars_per_second
