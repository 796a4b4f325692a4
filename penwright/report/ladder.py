"""The rungs of the ladder, and what became of each, as plain values: one shelf, raced by seven ways to learn it.

This module knows nothing of files, models or pages.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from penwright.evaluation.books import total
from penwright.report.scales import Point
from penwright.report.story import RunStory
from penwright.training.records import AnyRecord, Sample

NGRAM = "n-gram"
"""Name of the rung that only counts."""
NGRAM_ORDER = 5
"""Characters of context that it counts."""
LATE_SHARE = 0.25
"""Share of a training at its end in which it should still gain something, if it still learns."""
MIN_LATE_GAIN = 0.02
"""Bits per character that it gains there at least. The learning rate falls towards the end, and even a network with
nothing left to learn settles by about 0.01 then."""
MIN_FINAL_CHARS, MAX_FINAL_CHARS, FINAL_CHARS_PER_SECOND = 10_000, 60_000, 500
"""Held-out characters that all rungs are scored on at the end, by the length of one training."""


class Rung(NamedTuple):
    """One way to learn a shelf."""

    name: str
    preset: str | None
    """Preset of the network, None for the rung without one."""
    idea: str
    """What it adds to the rung below."""


RUNGS = (
    Rung(NGRAM, None, f"Counts what followed each {NGRAM_ORDER} characters, and does not learn."),
    Rung("perceptron", "perceptron", "A layer of neurons sees one character and guesses the next."),
    Rung("window", "window", "Two layers see the last 16 characters at once, and nothing before them."),
    Rung("elman", "elman", "The neurons also see themselves, as they were one character ago: a memory without end."),
    Rung("gru", "gru", "Gates decide, neuron by neuron, what is kept in memory and what is replaced."),
    Rung("lstm", "lstm", "A second memory is only ever added to, so that what it holds does not wear off."),
    Rung(
        "default", "default", "Gated recurrence in blocks, with n-grams and a match model beside it: Penwright's own."
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RungResult:
    """What became of a rung. What is not known yet is None or empty."""

    name: str
    ending: str = ""
    """"counted", "done", "patience" (it no longer improved), "stopped", or "" if it has not ended."""
    bits_per_char: float | None = None
    """Score on the held-out characters."""
    accuracy: float | None = None
    """Share of symbols predicted right, 0 to 1."""
    num_chars: int = 0
    """Held-out characters that were scored."""
    chars_read: int = 0
    """Characters learned from, over all epochs; for n-grams those that were counted."""
    seconds: float = 0.0
    """Duration of the training, or of the counting."""
    num_parameters: int | None = None
    """Weights and biases; for n-grams the counts that are kept."""
    curve: tuple[Point, ...] = ()
    """Seconds of training, and bits per character of held-out text."""
    prompt: str = ""
    sample: str = ""
    """Page that was written at the end, without its prompt."""

    @property
    def late_gain(self) -> float | None:
        """Bits per character gained in the last quarter of the training, below 0 if it got worse.

        None if nothing was measured before that quarter.
        """
        if not self.curve or self.ending not in ("done", "patience"):
            return None
        start = (1 - LATE_SHARE) * self.curve[-1][0]
        before = [bits for seconds, bits in self.curve if 0 < seconds <= start]
        return min(before) - min(bits for seconds, bits in self.curve if seconds > start) if before else None

    @property
    def verdict(self) -> str:
        """Words on whether more time would help."""
        if self.ending == "counted":
            return "all counted"
        if self.ending in ("", "stopped"):
            return "not finished"
        if self.ending == "patience":
            return "learned out"
        gain = self.late_gain
        if gain is None:
            return "too short to tell"
        if gain <= -MIN_LATE_GAIN:
            return "got worse"
        return "still learns" if gain >= MIN_LATE_GAIN else "hardly learns"


@dataclass(frozen=True, kw_only=True, slots=True)
class LadderStory:
    """A ladder, climbed to its top or not."""

    name: str
    path: str
    """Its folder, as a person would type it."""
    length: str
    """Length of one training in words, such as "2 min" or "500 steps"."""
    vocab_size: int
    """Number of symbols that a blind guess chooses among."""
    train_chars: int
    """Characters of the training books."""
    results: tuple[RungResult, ...]
    """Results in the order of the rungs."""
    order_1_bits: float | None = None
    """Bits per character of a table that sees one character; None without held-out books."""
    holds_out_passages: bool = False
    """True if ends of the training books are held out, and no whole books."""
    env: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Machine and versions."""
    notes: tuple[str, ...] = ()
    """Sentences on what went wrong."""

    @property
    def guess_bits(self) -> float:
        """Bits per character of a blind guess: log2 V, which is ln V in nats."""
        return math.log2(self.vocab_size)

    @property
    def scored(self) -> tuple[RungResult, ...]:
        """The rungs that have a score."""
        return tuple(each for each in self.results if each.bits_per_char is not None)

    @property
    def best(self) -> RungResult | None:
        """The rung with the fewest bits per character."""
        return min(self.scored, key=lambda each: each.bits_per_char or math.inf, default=None)

    @property
    def num_scored_chars(self) -> int:
        """Held-out characters that the rungs were scored on."""
        return max((each.num_chars for each in self.scored), default=0)


def rung_result(name: str, records: Sequence[AnyRecord], *, num_parameters: int | None) -> RungResult:
    """Return what became of a trained rung.

    Args:
        name: Name of the rung.
        records: Records of its run.
        num_parameters: Weights and biases, None if unknown.
    """
    story = RunStory(name=name, path="", records=tuple(records))
    finished, last = story.finished, records[-1] if records else None
    scores = finished.val_books if finished is not None else ()
    whole = total(scores) if any(score.num_chars for score in scores) else None
    samples = [record for record in records if isinstance(record, Sample)]
    return RungResult(
        name=name,
        ending="" if finished is None else finished.reason,
        bits_per_char=None if whole is None else whole.bits_per_char,
        accuracy=None if whole is None else whole.accuracy,
        num_chars=0 if whole is None else whole.num_chars,
        chars_read=0 if last is None else last.chars_read,
        seconds=0.0 if last is None else last.elapsed_seconds,
        num_parameters=num_parameters,
        curve=tuple((each.elapsed_seconds, each.bits_per_char) for each in story.evaluations),
        prompt=samples[-1].prompt if samples else "",
        sample=samples[-1].text if samples else "",
    )


def final_chars(seconds: float | None) -> int:
    """Return the number of held-out characters that all rungs are scored on.

    Args:
        seconds: Length of one training, None if it is not limited by time.
    """
    wanted = MIN_FINAL_CHARS if seconds is None else FINAL_CHARS_PER_SECOND * seconds
    return int(min(MAX_FINAL_CHARS, max(MIN_FINAL_CHARS, wanted)))
