"""All that a report tells of a run, as plain values, and what can be read off them.

This module knows nothing of files, models or pages.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from penwright.evaluation.baselines.measuring import Baseline
from penwright.evaluation.books import BookScore
from penwright.training.records import (
    AnyRecord,
    Evaluation,
    Finished,
    Planned,
    PlannedSize,
    Progress,
    Record,
    RolledBack,
    Sample,
)

SomeRecord = TypeVar("SomeRecord", bound=Record)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exam:
    """The books of one split as the author knew them in the end, beside what simpler methods know."""

    scores: tuple[BookScore, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    """Measured on the same characters, their `book_bits_per_char` in the order of `scores`."""

    @property
    def bits_per_char(self) -> float | None:
        """The author's mean over all characters, None without scores."""
        num_chars = sum(score.num_chars for score in self.scores)
        return sum(score.bits_per_char * score.num_chars for score in self.scores) / num_chars if num_chars else None

    @property
    def best_baseline(self) -> Baseline | None:
        """The simpler method that needs the fewest bits, None if none was measured."""
        return min(self.baselines, key=lambda baseline: baseline.bits_per_char, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStory:
    """A run, finished or not."""

    name: str
    path: str
    """The run's folder as a person would type it."""
    records: tuple[AnyRecord, ...] = ()
    """In the order in which things happened."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The configuration as tables of plain data."""
    env: Mapping[str, Any] = field(default_factory=dict)
    """Machine, versions, parameters, corpus, as plain data; nothing in it is taken for granted."""
    val: Exam = field(default_factory=Exam)
    """Books that the training was steered by."""
    test: Exam = field(default_factory=Exam)
    """Books that were looked at once, after the training."""
    notes: tuple[str, ...] = ()
    """Sentences on what the report lacks, and why."""

    @property
    def progress(self) -> tuple[Progress, ...]:
        """How learning went."""
        return _of_kind(self.records, Progress)

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """Readings of the held-out books."""
        return _of_kind(self.records, Evaluation)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The diary."""
        return _of_kind(self.records, Sample)

    @property
    def rollbacks(self) -> tuple[RolledBack, ...]:
        """Where the loss exploded."""
        return _of_kind(self.records, RolledBack)

    @property
    def planned(self) -> Planned | None:
        """What was expected when the size was chosen for the time, None if it was not."""
        return next(iter(_of_kind(self.records, Planned)), None)

    @property
    def expected(self) -> PlannedSize | None:
        """What was expected of the size that was chosen; None if nothing was, or if the run was given another time."""
        planned = self.planned
        if planned is None or planned.difficulty is None:
            return None
        return planned.choice if _looked_up(self.config, "train", "seconds") == planned.seconds else None

    @property
    def finished(self) -> Finished | None:
        """How the last session ended, None while it goes on or if it was cut off."""
        return self.records[-1] if self.records and isinstance(self.records[-1], Finished) else None

    @property
    def best_evaluation(self) -> Evaluation | None:
        """The reading of held-out books that needed the fewest bits."""
        finite = [each for each in self.evaluations if math.isfinite(each.bits_per_char)]
        return min(finite, key=lambda each: each.bits_per_char, default=None)

    @property
    def bits_per_char(self) -> float | None:
        """What the best author needs for held-out books: its final exam, or else the best reading so far."""
        if self.val.bits_per_char is not None:
            return self.val.bits_per_char
        return self.best_evaluation.bits_per_char if self.best_evaluation else None

    @property
    def train_chars(self) -> int | None:
        """Characters of one epoch, None if the environment does not tell."""
        found = _looked_up(self.env, "corpus", "num_chars", "train")
        return found if isinstance(found, int) and found > 0 else None

    @property
    def num_parameters(self) -> int | None:
        """Size of the model, None if the environment does not tell."""
        found = _looked_up(self.env, "num_parameters")
        return found if isinstance(found, int) else None

    def epochs(self, chars_read: int) -> float | None:
        """Return how often the training books had been read, None if their size is unknown."""
        return chars_read / self.train_chars if self.train_chars else None

    def bits_at(self, sample: Sample) -> "Standing | None":
        """Return how well the author predicted when it wrote a sample.

        Args:
            sample: One of the diary's.

        Returns:
            The nearest reading of held-out books, or else the nearest progress, within a tenth of the sample's steps;
            None without either.
        """
        found = _nearest(self.evaluations, sample) or _nearest(self.progress, sample)
        return Standing(found.bits_per_char, isinstance(found, Evaluation)) if found else None


class Standing(NamedTuple):
    """How well the author predicted at some moment."""

    bits_per_char: float
    is_held_out: bool
    """Whether these are held-out books, rather than what was just learned from."""


def surviving(records: Iterable[SomeRecord]) -> tuple[SomeRecord, ...]:
    """Leave out what a rollback undid: whatever stands at more characters than a later record.

    Args:
        records: In the order in which things happened.

    Returns:
        Records whose characters only grow.
    """
    kept: list[SomeRecord] = []
    for record in records:
        while kept and kept[-1].chars_read > record.chars_read:
            kept.pop()
        kept.append(record)
    return tuple(kept)


def _of_kind(records: Sequence[AnyRecord], kind: type[SomeRecord]) -> tuple[SomeRecord, ...]:
    return tuple(record for record in records if isinstance(record, kind))


def _nearest(records: Sequence[SomeRecord], sample: Sample) -> SomeRecord | None:
    near = [record for record in records if abs(record.step - sample.step) <= sample.step / 10]
    return min(near, key=lambda record: abs(record.step - sample.step), default=None)


def _looked_up(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
