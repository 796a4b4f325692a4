"""The contents of a report on a run, as plain values, and figures derived from them.

This module knows nothing of files, models or pages.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from penwright.evaluation.baselines.measuring import Baseline
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.books import total
from penwright.evaluation.judging.judging import Judgement
from penwright.report.portrait import Portrait
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
    """Scores of the final author on the books of one split, and of baselines."""

    scores: tuple[BookScore, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    """Baselines on the same characters, their `book_bits_per_char` in the order of `scores`."""

    @property
    def bits_per_char(self) -> float | None:
        """Bits per character of the author over all characters; None without scores."""
        return total(self.scores).bits_per_char if any(score.num_chars for score in self.scores) else None

    @property
    def best_baseline(self) -> Baseline | None:
        """The baseline with the fewest bits per character; None if none was measured."""
        return min(self.baselines, key=lambda baseline: baseline.bits_per_char, default=None)

    @property
    def drawn_baselines(self) -> tuple[Baseline, ...]:
        """Baselines to draw: the shortest table, the best and one between, the first and the last compressor."""
        tables = [each for each in self.baselines if each.kind == "table"]
        compressors = [each for each in self.baselines if each.kind == "compressor"]
        best = min(range(len(tables)), key=lambda index: tables[index].bits_per_char, default=0)
        chosen = [*tables[:1], *tables[best // 2 : best // 2 + 1], *tables[best : best + 1]]
        return tuple(dict.fromkeys([*chosen, *compressors[:1], *compressors[-1:]]))


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStory:
    """A run, finished or not."""

    name: str
    path: str
    """Folder of the run, as a person would type it."""
    records: tuple[AnyRecord, ...] = ()
    """Records in the order in which they were made."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Configuration, as tables of plain data."""
    env: Mapping[str, Any] = field(default_factory=dict)
    """Contents of env.json: machine, versions, parameters, corpus. Any of them may be missing."""
    val: Exam = field(default_factory=Exam)
    """Books that steered the training."""
    test: Exam = field(default_factory=Exam)
    """Books that were read once, after the training."""
    fold_starts: tuple[int, ...] = ()
    """Characters read when each fold of the shelf was begun for the first time, and counts of the other folds made;
    empty if they are not known."""
    portrait: Portrait | None = None
    """What the finished author does; None if it is not finished, or its books are gone."""
    judgement: Judgement | None = None
    """What its pages are like; None under the same conditions."""
    bare: tuple[AnyRecord, ...] = ()
    """Records of a small network without n-grams, raised beside the author; empty without one."""
    score_before: float | None = None
    """Bits per character of the author that the run began from, on the characters of `val`; None if not measured."""
    num_known: int = 0
    """Number of the run's books that the author it began from had learned from."""
    notes: tuple[str, ...] = ()
    """Sentences that say what the report lacks, and why."""

    @property
    def progress(self) -> tuple[Progress, ...]:
        """Progress records."""
        return _of_kind(self.records, Progress)

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """Evaluations on held-out books."""
        return _of_kind(self.records, Evaluation)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Samples of the diary."""
        return _of_kind(self.records, Sample)

    @property
    def rollbacks(self) -> tuple[RolledBack, ...]:
        """Rollbacks after an exploding loss."""
        return _of_kind(self.records, RolledBack)

    @property
    def planned(self) -> Planned | None:
        """The plan by which the size was chosen; None if it was not planned."""
        return next(iter(_of_kind(self.records, Planned)), None)

    @property
    def expected(self) -> PlannedSize | None:
        """Forecast of the chosen size; None without one, or if the run was later given another time."""
        planned = self.planned
        if planned is None or planned.difficulty is None:
            return None
        return planned.choice if _looked_up(self.config, "train", "seconds") == planned.seconds else None

    @property
    def finished(self) -> Finished | None:
        """The record that ended the last session; None if it goes on or was cut off."""
        return self.records[-1] if self.records and isinstance(self.records[-1], Finished) else None

    @property
    def best_evaluation(self) -> Evaluation | None:
        """The evaluation with the fewest bits per character."""
        finite = [each for each in self.evaluations if math.isfinite(each.bits_per_char)]
        return min(finite, key=lambda each: each.bits_per_char, default=None)

    @property
    def bits_before(self) -> float | None:
        """Bits per character of the author that the run began from, on the characters of `bits_per_char`; None if
        unknown."""
        if self.finished is not None and self.finished.val_books:
            return self.score_before
        return self.first_bits

    @property
    def first_bits(self) -> float | None:
        """Bits per character of the evaluation before the first step; None if the run began from no author."""
        return next((each.bits_per_char for each in self.evaluations if each.step == 0), None)

    @property
    def bits_per_char(self) -> float | None:
        """Bits per character of the best author on held-out books: its final score, or else the best evaluation so
        far."""
        if self.val.bits_per_char is not None:
            return self.val.bits_per_char
        return self.best_evaluation.bits_per_char if self.best_evaluation else None

    @property
    def train_chars(self) -> int | None:
        """Characters of an epoch; None if env.json lacks them."""
        found = _looked_up(self.env, "corpus", "num_chars", "train")
        return found if isinstance(found, int) and found > 0 else None

    @property
    def holds_out_passages(self) -> bool:
        """True if passages from the ends of the training books are held out instead of whole books."""
        return _looked_up(self.env, "corpus", "holds_out_passages") is True

    @property
    def held_out(self) -> str:
        """Name of the text that steers the training: "held-out books" or "held-out passages"."""
        return "held-out passages" if self.holds_out_passages else "held-out books"

    @property
    def num_parameters(self) -> int | None:
        """Number of parameters of the model; None if env.json lacks it."""
        found = _looked_up(self.env, "num_parameters")
        return found if isinstance(found, int) else None

    def epochs(self, chars_read: int) -> float | None:
        """Return the number of epochs that some characters make; None if the size of the books is unknown."""
        return chars_read / self.train_chars if self.train_chars else None

    def bits_at(self, sample: Sample) -> "NearestScore | None":
        """Return the score of the author when it wrote a sample.

        Args:
            sample: A sample of the diary.

        Returns:
            The score of the nearest evaluation, or else of the nearest progress record, within a tenth of the sample's
            steps; None without either.
        """
        found = _nearest(self.evaluations, sample) or _nearest(self.progress, sample)
        return NearestScore(found.bits_per_char, isinstance(found, Evaluation)) if found else None


class NearestScore(NamedTuple):
    """Score of the author near some step."""

    bits_per_char: float
    is_held_out: bool
    """True for held-out books, False for the text just learned from."""


def longer_length(story: RunStory) -> str:
    """Return the option that lets a finished run go on, with the blank before it; nothing if it is not finished.

    The length is of the whole run: twice the old one, or more if the run took longer than it was given.
    """
    finished = story.finished
    if finished is None or finished.reason == "stopped":
        return ""
    train = _looked_up(story.config, "train")
    epochs, steps, seconds = (_looked_up(train, name) for name in ("epochs", "steps", "seconds"))
    if isinstance(epochs, int):
        return f" --epochs {2 * epochs}"
    if isinstance(steps, int):
        return f" --steps {steps + max(steps, finished.step)}"
    if isinstance(seconds, int | float):
        return f" --for {_in_units(seconds + max(seconds, finished.elapsed_seconds))}"
    return ""


def _in_units(seconds: float) -> str:
    """Return a time as the command line takes it, such as "20m" or "1h30m", rounded to whole tens or whole minutes."""
    unit = 1 if seconds < 60 else 10 if seconds < 600 else 60
    whole = unit * math.ceil(round(seconds / unit, 1))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return "".join(f"{value}{unit}" for value, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if value)


def surviving(records: Iterable[SomeRecord]) -> tuple[SomeRecord, ...]:
    """Leave out the records that a rollback undid: those at more characters than a later one.

    Args:
        records: Records in the order in which they were made.

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
