"""One reading of a library by machines like this one: hours, cost, and the author that the law promises.

A few updates of each size are timed here, in at most `TIMED_LANES` lanes. Machines divide the lanes and average the
gradients of every update in a ring: each machine sends and receives 2 (M - 1) / M times their size (Patarasuk and Yuan
2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations"). The lanes are those whose updates come
nearest to the law's best. So more machines make an update no larger, as long as each has lanes enough.

    hours = (chars / (M * speed * (1 - exchange's share)) + folds counted by each machine * seconds of a fold) / 3600

Preparing the books, held-out books, samples and saving come on top.

Shapes: M = machines.
"""

import time
from typing import NamedTuple

from penwright.corpus.store import Corpus
from penwright.model.config import num_parameters_of
from penwright.training.activity import COUNTING, Activity, Tell, tell_nobody
from penwright.training.folds import NUM_FOLDS
from penwright.training.planning.forecast import Forecast, forecast, holds_code, measure_difficulty
from penwright.training.planning.pass_options import OnePassConfig
from penwright.training.planning.plan import MAX_CHARS_PER_WEIGHT, MIN_WINDOWS, is_foreseeable, suitable_lanes
from penwright.training.planning.sizes import LADDER, Size, sized
from penwright.training.planning.throughput import ThroughputTrial
from penwright.training.settings.config import RunConfig

MAX_LANES = 1_024
"""Largest number of lanes of a machine: their states and activations take some gigabytes in the larger sizes."""
TIMED_LANES = 64
"""Largest number of lanes in which updates are timed. More are read no slower: 96x2 reads 73,000 characters a second in
16 lanes and 78,000 in 64 (`benchmarks/results/communication.md`)."""
MAX_SECONDS = 15.0
"""Time for timing sizes; a size once begun is finished, and larger ones are left out."""
LOCAL_BYTES_PER_SECOND = 870e6
"""Gradients that a machine lays side by side, adds up and lays back in a second
(`benchmarks/results/communication.md`)."""
FITTED_CHARS = 121_000_000
"""Most characters read by a training that the law was fitted to."""


class PassOfSize(NamedTuple):
    """One reading by a network of some size."""

    name: str
    num_parameters: int
    batch_size: int
    """Lanes of all machines together."""
    chars_per_second: float
    """Characters that one machine learns from in a second, alone."""
    exchange_share: float
    """Share of an update in which gradients are exchanged, 0 to 1."""
    seconds: float
    """Time of the whole reading by all machines, counting included."""
    cost: float
    expected: Forecast | None
    """None if the books are not foreseeable."""
    is_beyond: bool
    """True if the law was fitted to no training of so many characters, or of so many for each weight."""


class OnePass(NamedTuple):
    """One reading by each size."""

    num_chars: int
    counting_seconds: float
    """Time of counting that is part of it."""
    difficulty: float | None
    """See `measure_difficulty`."""
    sizes: tuple[PassOfSize, ...]


def plan_one_pass(
    corpus: Corpus,
    config: RunConfig,
    *,
    reading: OnePassConfig,
    sizes: tuple[Size, ...] = LADDER,
    tell: Tell = tell_nobody,
) -> OnePass:
    """Time each size and work out one reading.

    Args:
        corpus: The books, or a sample of a library.
        config: Configuration of the run; threads, device and precision are resolved.
        reading: What is to be read, and by what.
        sizes: Sizes to time, the smallest first.
        tell: Called with what is being done.

    Raises:
        CorpusError: If there is nothing to train on.
    """
    num_chars = reading.chars or corpus.num_chars("train")
    seq_chars = config.train.seq_len / corpus.symbols_per_char
    tell(Activity("measuring how hard the books are"))
    difficulty = measure_difficulty(corpus) if is_foreseeable(corpus, config) else None
    tell(COUNTING)
    trial = ThroughputTrial(corpus, config)
    num_ids = num_chars * corpus.symbols_per_char * (1.0 - 1.0 / NUM_FOLDS)
    whole, timed = (min(ids, trial.ngram_symbols) for ids in (num_ids, trial.fold_ids * max(1, trial.num_folds - 1)))
    counting_seconds = trial.fold_seconds * whole / max(1.0, timed) * -(-NUM_FOLDS // reading.machines)
    choices = [config.train.batch_size << doublings for doublings in range(30)]
    lanes = suitable_lanes(
        num_chars,
        seq_chars=seq_chars,
        choices=[each * reading.machines for each in choices if each <= max(MAX_LANES, choices[0])],
    )
    fold_windows = trial.fold_ids / config.train.seq_len
    readable = [each for each in choices if each * MIN_WINDOWS <= fold_windows and each <= TIMED_LANES]
    trial.warm_up(sizes[0])
    found: list[PassOfSize] = []
    began = time.perf_counter()
    for size in sizes:
        if time.perf_counter() - began > MAX_SECONDS:
            break
        tell(Activity(f"trying {size.name}"))
        speed = trial.chars_per_second(size, batch_size=max(readable, default=choices[0]))
        model = sized(config, size).model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
        num_parameters = num_parameters_of(model)
        update_chars = lanes * seq_chars
        exchanging = exchange_seconds(num_parameters, machines=reading.machines, gigabits=reading.network)
        updating = update_chars / reading.machines / speed
        share = exchanging / (updating + exchanging)
        seconds = num_chars / (reading.machines * speed * (1.0 - share)) + counting_seconds
        expected = None
        if difficulty is not None:
            expected = forecast(
                difficulty=difficulty,
                chars_read=num_chars,
                num_parameters=num_parameters,
                shelf_chars=num_chars,
                update_chars=update_chars,
                counted_chars=trial.counted_chars,
                is_code=holds_code(corpus),
            )
        found.append(
            PassOfSize(
                name=size.name,
                num_parameters=num_parameters,
                batch_size=lanes,
                chars_per_second=speed,
                exchange_share=share,
                seconds=seconds,
                cost=seconds / 3_600 * reading.machines * reading.price,
                expected=expected,
                is_beyond=num_chars > min(FITTED_CHARS, MAX_CHARS_PER_WEIGHT * num_parameters),
            )
        )
    return OnePass(num_chars, counting_seconds, difficulty, tuple(found))


def exchange_seconds(num_parameters: int, *, machines: int, gigabits: float) -> float:
    """Return the seconds in which the float32 gradients of an update are exchanged.

    Args:
        num_parameters: Number of parameters of the network.
        machines: M.
        gigabits: Speed of the network, in gigabits a second.
    """
    if machines == 1:
        return 0.0
    num_bytes = 4.0 * num_parameters
    return num_bytes / LOCAL_BYTES_PER_SECOND + 2 * (machines - 1) / machines * num_bytes * 8 / (gigabits * 1e9)
