"""What a contestant is given and what it hands back: plain files, so that it may run in any interpreter with numpy.

A folder holds the corpus, shared by all: ids as .npy, the rest as JSON. Each contestant has a folder of its own with
`job.json`, and leaves `outcome.json` there. Everyone learns from the same ids and is asked for the same held-out ones;
bits are summed over symbols and divided by the characters of the original text.

This module knows nothing of any model and needs nothing but numpy.

Shapes: N = symbols of all training books, P = held-out passages, T = symbols of the longest one but its first.
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
    """Passages that are scored, each from the beginning of its book. The first symbol of each is only read."""

    passages: tuple[Ids, ...]
    num_chars: int
    """Characters scored in all passages."""

    def bits_per_char(self, nats: float) -> float:
        """Return bits per character, given what all scored symbols cost together."""
        return nats / math.log(2) / self.num_chars


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What every contestant is told of the corpus."""

    path: str
    """Where Penwright keeps it; only Penwright's own contestants look there."""
    digest: str
    vocab_size: int
    boundary_id: int
    """The symbol that begins every book; never written."""
    symbols_per_char: float
    """In the training books: spelled characters and boundaries make it a little more than 1."""
    scored_chars: int
    """Of each split, spread over its books."""
    prompt: str
    prompt_ids: list[int]
    sample_chars: int
    """Symbols to write after the prompt."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One contestant's task."""

    facts: Facts
    train: Ids
    """All training books end to end, (N,), a memory map."""
    val: HeldOut
    test: HeldOut
    seconds: float
    seed: int
    threads: int
    settings: Mapping[str, Any]
    """What this contestant alone understands."""


class Figures(NamedTuple):
    """Bits per character on held-out books."""

    val: float
    test: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of it."""

    num_parameters: int
    chars_read: float
    """Characters learned from, each counted as often as it was read."""
    train_seconds: float
    """From the beginning, preparations included, to the last update."""
    points: Sequence[tuple[float, float]]
    """Seconds, and bits per character of training text since the last point."""
    figures: Figures
    memory: str
    """With which memory the held-out books were begun: "empty", "carried on", or "" for those that have none."""
    sample_ids: Sequence[int]
    """What it writes after the prompt."""
    settings: Mapping[str, Any]
    """What it settled on by itself, such as the precision."""
    versions: Mapping[str, str]


class Curve:
    """A contestant's clock, and its losses averaged over short stretches of time."""

    def __init__(self, seconds: float, *, symbols_per_char: float) -> None:
        """Start the clock.

        Args:
            seconds: The budget.
            symbols_per_char: Turns losses per symbol into bits per character.
        """
        self.seconds = seconds
        self.points: list[tuple[float, float]] = []
        self._scale = symbols_per_char / math.log(2)
        self._apart = max(MIN_SECONDS_APART, seconds / MAX_POINTS)
        self._begun = self._last = time.perf_counter()
        self._nats: list[float] = []

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._begun

    @property
    def fraction_done(self) -> float:
        """Share of the budget that is spent, from 0; 1 and above when it is over."""
        return self.elapsed / self.seconds

    def add(self, nats: float) -> None:
        """Note the loss of one update, in nats per symbol."""
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
        step: The update about to be made, from 1.
        fraction_done: Share of the budget spent, 0 to 1.
        warmup_steps: Updates to climb, from 1.
        decay_fraction: Share of the budget over which it falls.
        final_fraction: Where it lands, as a fraction of the peak.
    """
    fallen = max(0.0, (fraction_done - (1.0 - decay_fraction)) / decay_fraction)
    return peak * min(1.0, step / warmup_steps) * (1.0 - min(1.0, fallen) * (1.0 - final_fraction))


class Reader:
    """Lanes of the training text, read side by side window after window, so that a state can be carried.

    The text is a ring, and the seed turns it: other seeds read other lanes.
    """

    def __init__(self, train: Ids, *, batch_size: int, seq_len: int, seed: int) -> None:
        """Lay out the lanes; nothing is read yet."""
        turn = int(np.random.default_rng(seed).integers(len(train)))
        self._train = train
        self._starts = turn + np.arange(batch_size)[:, None] * (len(train) // batch_size)  # (B, 1)
        self._steps = np.arange(seq_len + 1)
        self._seq_len = seq_len

    def window(self, number: int) -> NDArray[np.int64]:
        """Return a window of every lane and the symbol after it, (B, T + 1)."""
        places = self._starts + number * self._seq_len + self._steps
        return self._train[places % len(self._train)].astype(np.int64)


def side_by_side(passages: Sequence[Ids], *, multiple_of: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Lay passages side by side, to be read with one state each.

    Args:
        passages: Each of at least two symbols.
        multiple_of: The width is rounded up to this, so that all chunks have one size.

    Returns:
        Symbols, (P, T + 1), zeros where a passage has ended, and which of the last T are to be scored, (P, T).
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
    """Return the reading, by name, that did best on the books marked `val`."""
    name = min(readings, key=lambda name: readings[name].val)
    return name, readings[name]


def draw(logits: NDArray[np.floating[Any]], *, random: np.random.Generator, boundary_id: int) -> int:
    """Draw the next symbol of a sample, always in the same manner: cooled, and nothing improbable.

    Args:
        logits: Shape (V,).
        random: Where chance comes from.
        boundary_id: Never drawn.
    """
    scaled = logits.astype(np.float64) / TEMPERATURE
    scaled[boundary_id] = -np.inf
    chances = np.exp(scaled - scaled.max())
    chances[chances < MIN_P] = 0.0
    return int(random.choice(len(chances), p=chances / chances.sum()))


def save_corpus(folder: Path, *, facts: Facts, train: Ids, held_out: Mapping[str, HeldOut]) -> None:
    """Write what all contestants share."""
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
    """Write what one contestant is to do."""
    folder.mkdir(parents=True)
    data = {"corpus": str(corpus), "seconds": seconds, "seed": seed, "threads": threads, "settings": settings}
    (folder / "job.json").write_text(json.dumps(data), encoding="utf-8")


def load_job(folder: Path) -> Job:
    """Read a job and the corpus it names."""
    data = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    place = Path(data.pop("corpus"))
    shared = json.loads((place / "corpus.json").read_text(encoding="utf-8"))

    def held_out(split: str) -> HeldOut:
        ids = np.load(place / f"{split}.npy", allow_pickle=False)
        known = shared["held_out"][split]
        return HeldOut(tuple(np.split(ids, np.cumsum(known["lengths"])[:-1])), known["num_chars"])

    train = np.load(place / "train.npy", mmap_mode="r", allow_pickle=False)
    return Job(facts=Facts(**shared["facts"]), train=train, val=held_out("val"), test=held_out("test"), **data)


def answer(run: Callable[[Job], Outcome]) -> None:
    """Do the job in the folder named on the command line."""
    folder = Path(sys.argv[1])
    outcome = run(load_job(folder))
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def load_outcome(folder: Path) -> Outcome:
    """Read what a contestant left."""
    data = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    return Outcome(**{**data, "figures": Figures(*data["figures"])})
