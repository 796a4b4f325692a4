"""Job and outcome of a contestant, as plain files, so that it may run in any interpreter with numpy.

One folder holds the corpus for all: ids as .npy, the rest as JSON. Each contestant has a folder of its own with
`job.json`, and writes `outcome.json` there. All contestants learn from the same ids and predict the same held-out ones.
Bits are summed over symbols and divided by the characters of the original text.

This module knows nothing of any model and needs only numpy.

Shapes: N = symbols of all training books, P = held-out passages, T = symbols of the longest passage without its first.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.integer[Any]]

MIN_SECONDS_APART = 1.0
MAX_POINTS = 150
TEMPERATURE = 0.7
MIN_P = 0.02


class HeldOut(NamedTuple):
    """Passages to score, each from the beginning of its book. The first symbol of each is read but not scored."""

    passages: tuple[Ids, ...]
    num_chars: int
    """Number of characters scored in all passages."""

    def bits_per_char(self, nats: float) -> float:
        """Return bits per character from the cost of all scored symbols."""
        return nats / math.log(2) / self.num_chars


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Description of the corpus for every contestant."""

    path: str
    """Path of the prepared corpus, which only Penwright's own contestants open."""
    digest: str
    vocab_size: int
    boundary_id: int
    """Symbol that begins every book. It is never written."""
    symbols_per_char: float
    """Symbols for each character of the training books: a little above 1, for spelled characters and boundaries."""
    scored_chars: int
    """Characters scored of each split, spread over its books."""
    prompt: str
    prompt_ids: list[int]
    sample_chars: int
    """Number of symbols to write after the prompt."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One contestant's task."""

    facts: Facts
    train: Ids
    """All training books, concatenated, (N,), a memory map."""
    val: HeldOut
    test: HeldOut
    seconds: float
    seed: int
    threads: int
    settings: Mapping[str, Any]
    """Settings of this contestant."""


class Figures(NamedTuple):
    """Bits per character on held-out books."""

    val: float
    test: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Result of a job."""

    num_parameters: int
    chars_read: float
    """Characters learned from, over all epochs."""
    train_seconds: float
    """Time from the start, preparations included, to the last update."""
    points: Sequence[tuple[float, float]]
    """Seconds, and bits per character of the training text since the last point."""
    figures: Figures
    memory: str
    """State with which the held-out books were begun: "empty", "carried on", or "" for models without one."""
    sample_ids: Sequence[int]
    """Symbols written after the prompt."""
    settings: Mapping[str, Any]
    """Settings in use, with those that it chose itself, such as the precision."""
    versions: Mapping[str, str]


class Curve:
    """Clock of a contestant, and its losses averaged over short times."""

    def __init__(self, seconds: float, *, symbols_per_char: float) -> None:
        """Start the clock.

        Args:
            seconds: Time budget.
            symbols_per_char: Factor between losses per symbol and per character.
        """
        self.seconds = seconds
        self.points: list[tuple[float, float]] = []
        self._scale = symbols_per_char / math.log(2)
        self._apart = max(MIN_SECONDS_APART, seconds / MAX_POINTS)
        self._begun = self._last = time.perf_counter()
        self._nats: list[float] = []

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._begun

    @property
    def fraction_done(self) -> float:
        """Share of the budget that is spent, from 0; 1 or more when it is over."""
        return self.elapsed / self.seconds

    def add(self, nats: float) -> None:
        """Add the loss of one update, in nats per symbol."""
        self._nats.append(nats)
        now = time.perf_counter()
        if now - self._last >= self._apart:
            bits = sum(self._nats) / len(self._nats) * self._scale
            self.points.append((round(now - self._begun, 2), round(bits, 4)))
            self._nats, self._last = [], now


def linear_rate(
    peak: float,
    *,
    step: int,
    fraction_done: float,
    warmup_steps: int,
    decay_fraction: float = 0.75,
    final_fraction: float = 0.05,
) -> float:
    """Return a rate that climbs over some updates and falls over the last part of the budget, as Penwright's does.

    Args:
        peak: The highest rate.
        step: Number of the update, from 1.
        fraction_done: Share of the budget that is spent, 0 to 1.
        warmup_steps: Number of updates over which the rate climbs, from 1.
        decay_fraction: Share of the budget over which it falls.
        final_fraction: Final rate as a fraction of the peak.
    """
    fallen = max(0.0, (fraction_done - (1.0 - decay_fraction)) / decay_fraction)
    return peak * min(1.0, step / warmup_steps) * (1.0 - min(1.0, fallen) * (1.0 - final_fraction))


class Reader:
    """Parallel lanes of the training text, read window after window, so that a state can be carried.

    The text is a ring that the seed rotates, so other seeds read other lanes.
    """

    def __init__(self, train: Ids, *, batch_size: int, seq_len: int, seed: int) -> None:
        """Lay out the lanes. Nothing is read yet."""
        turn = int(np.random.default_rng(seed).integers(len(train)))
        self._train = train
        self._starts = turn + np.arange(batch_size)[:, None] * (len(train) // batch_size)  # (B, 1)
        self._steps = np.arange(seq_len + 1)
        self._seq_len = seq_len

    def window(self, number: int) -> NDArray[np.int64]:
        """Return a window of every lane and the symbol after it, (B, T + 1)."""
        offsets = self._starts + number * self._seq_len + self._steps
        return self._train[offsets % len(self._train)].astype(np.int64)


def side_by_side(passages: Sequence[Ids], *, multiple_of: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return passages as one array, to be read with one state each.

    Args:
        passages: Passages of at least two symbols.
        multiple_of: Number to a multiple of which the width is rounded up, so that all chunks have one size.

    Returns:
        Symbols, (P, T + 1), zero after the end of a passage; and True for those of the last T to score, (P, T).
    """
    width = max(len(ids) for ids in passages) - 1
    width = -(-width // multiple_of) * multiple_of
    lanes = np.zeros((len(passages), width + 1), dtype=np.int64)
    is_scored = np.zeros((len(passages), width), dtype=np.bool_)
    for row, ids in enumerate(passages):
        lanes[row, : len(ids)] = ids
        is_scored[row, : len(ids) - 1] = True
    return lanes, is_scored


def better(readings: Mapping[str, Figures]) -> tuple[str, Figures]:
    """Return name and figures of the reading with the best score on the books marked `val`."""
    name = min(readings, key=lambda name: readings[name].val)
    return name, readings[name]


def draw(logits: NDArray[np.floating[Any]], *, random: np.random.Generator, boundary_id: int) -> int:
    """Draw the next symbol of a sample, with the same temperature and min-p for all contestants.

    Args:
        logits: Shape (V,).
        random: Generator.
        boundary_id: Symbol that is never drawn.
    """
    scaled = logits.astype(np.float64) / TEMPERATURE
    scaled[boundary_id] = -np.inf
    chances = np.exp(scaled - scaled.max())
    chances[chances < MIN_P] = 0.0
    return int(random.choice(len(chances), p=chances / chances.sum()))


def save_corpus(folder: Path, *, facts: Facts, train: Ids, held_out: Mapping[str, HeldOut]) -> None:
    """Write the corpus for all contestants."""
    folder.mkdir(parents=True)
    np.save(folder / "train.npy", train, allow_pickle=False)
    lengths = {}
    for split, (passages, num_chars) in held_out.items():
        np.save(folder / f"{split}.npy", np.concatenate(passages), allow_pickle=False)
        lengths[split] = {"lengths": [len(ids) for ids in passages], "num_chars": num_chars}
    data = {"facts": asdict(facts), "held_out": lengths}
    (folder / "corpus.json").write_text(json.dumps(data), encoding="utf-8")


def save_job(
    folder: Path, *, corpus: Path, seconds: float, seed: int, threads: int, settings: Mapping[str, Any]
) -> None:
    """Write the job of one contestant."""
    folder.mkdir(parents=True)
    data = {"corpus": str(corpus), "seconds": seconds, "seed": seed, "threads": threads, "settings": settings}
    (folder / "job.json").write_text(json.dumps(data), encoding="utf-8")


def load_job(folder: Path) -> Job:
    """Read a job and the corpus it names."""
    data = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    shared_dir = Path(data.pop("corpus"))
    shared = json.loads((shared_dir / "corpus.json").read_text(encoding="utf-8"))

    def held_out(split: str) -> HeldOut:
        ids = np.load(shared_dir / f"{split}.npy", allow_pickle=False)
        known = shared["held_out"][split]
        return HeldOut(tuple(np.split(ids, np.cumsum(known["lengths"])[:-1])), known["num_chars"])

    train = np.load(shared_dir / "train.npy", mmap_mode="r", allow_pickle=False)
    return Job(facts=Facts(**shared["facts"]), train=train, val=held_out("val"), test=held_out("test"), **data)


def answer(run: Callable[[Job], Outcome]) -> None:
    """Run the job in the folder named on the command line, and write its outcome."""
    folder = Path(sys.argv[1])
    outcome = run(load_job(folder))
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def load_outcome(folder: Path) -> Outcome:
    """Read the outcome of a contestant."""
    data = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    return Outcome(**{**data, "figures": Figures(*data["figures"])})
