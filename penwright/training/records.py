"""What a training says of itself: plain values, yielded by the loop in the order in which things happen.

The terminal prints them, the run folder appends them as one JSON object a line, a test collects them. Losses are nats
per symbol over the window just learned from; `bits_per_char` is always per character of the text.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, get_args

from penwright.evaluation.books import BookScore


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """When something happened. Every record carries these."""

    kind: ClassVar[str]

    step: int
    """Optimizer updates done."""
    chars_read: int
    """Characters learned from so far, over all epochs."""
    elapsed_seconds: float
    """Training time so far, over all sessions of the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedSize:
    """A size of the network, and what is to be expected of it."""

    name: str
    """Such as "192x3", width and layers."""
    num_parameters: int
    batch_size: int
    """Lanes."""
    chars_per_second: float
    """Measured."""
    chars_read: int
    """Characters that it will have learned from in the end."""
    bits_per_char: float
    """Expected on held-out books in the end. Without any, a share of their difficulty."""
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned(Record):
    """The first record of a run whose size was chosen for its time."""

    kind: ClassVar[str] = "planned"

    seconds: float
    """The time that was planned for."""
    difficulty: float | None
    """Bits per character that the held-out books need by counting, see `forecast.measure_difficulty`; None without
    any."""
    size: str
    """The name of the size that was chosen."""
    sizes: tuple[PlannedSize, ...]
    """All that were tried and are not too small for the time, the smallest first."""

    @property
    def choice(self) -> PlannedSize:
        """The size that was chosen."""
        return next(size for size in self.sizes if size.name == self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress(Record):
    """How learning goes, averaged over the steps since the last such record."""

    kind: ClassVar[str] = "progress"

    epoch: int
    """From 1."""
    loss: float
    """Nats per symbol."""
    bits_per_char: float
    accuracy: float
    """Share of characters whose most probable prediction was right, 0 to 1."""
    learning_rate: float
    chars_per_second: float
    fraction_done: float
    """0 to 1."""
    eta_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation(Record):
    """The author read held-out books."""

    kind: ClassVar[str] = "evaluation"

    bits_per_char: float
    accuracy: float
    num_chars: int
    is_best: bool
    books: tuple[BookScore, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample(Record):
    """A page of the author's writing, always from the same prompt and seed."""

    kind: ClassVar[str] = "sample"

    prompt: str
    text: str
    """What was written after the prompt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonRow:
    """One lane's window beside what the author predicted for it."""

    lane: int
    book: str
    """Title of the book that the window begins in."""
    inputs: str
    predictions: str
    loss: float
    """Nats per symbol of this lane's window."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison(Record):
    """What was read beside what was predicted, lane by lane."""

    kind: ClassVar[str] = "comparison"

    epoch: int
    window: int
    """Window within the epoch, from 0."""
    num_windows: int
    loss: float
    accuracy: float
    rows: tuple[ComparisonRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved(Record):
    """A checkpoint is on disk."""

    kind: ClassVar[str] = "saved"

    path: str
    reason: str
    """"step", "time", "stopped" or "finished"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolledBack(Record):
    """The loss exploded or was not finite: the last good state is back and the learning rate is lower."""

    kind: ClassVar[str] = "rolled_back"

    loss: float | None
    """The loss that was refused, None when it was not finite."""
    back_to_step: int
    learning_rate_scale: float
    """What the schedule's rate is now multiplied by."""
    book: str
    """Title of the book that the first lane was reading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FellBack(Record):
    """The first record of a session that goes on from an older checkpoint than the newest."""

    kind: ClassVar[str] = "fell_back"

    refused: tuple[str, ...]
    """A sentence for each newer checkpoint, which says why it could not be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished(Record):
    """The last record of a session."""

    kind: ClassVar[str] = "finished"

    reason: str
    """"done", "stopped" (by the user) or "patience" (held-out books no longer improve)."""
    best_bits_per_char: float | None
    best_step: int | None
    author: str
    """Path of the author file."""
    val_books: tuple[BookScore, ...]
    """The best author on each book that steered the training; empty if it was stopped before its end."""
    test_books: tuple[BookScore, ...]
    """The same on each book that was looked at only now."""


AnyRecord = Planned | Progress | Evaluation | Sample | Comparison | Saved | RolledBack | FellBack | Finished


def to_json(record: AnyRecord) -> dict[str, Any]:
    """Return a record as plain data, its kind first."""
    return {"kind": record.kind, **asdict(record)}


def from_json(data: dict[str, Any]) -> AnyRecord:
    """Rebuild a record from `to_json`.

    Raises:
        KeyError, TypeError: If the data is not a record.
    """
    kinds = {kind.kind: kind for kind in get_args(AnyRecord)}
    cls = kinds[data["kind"]]
    values = {field.name: data[field.name] for field in fields(cls)}
    for name, kind in (
        ("books", BookScore),
        ("val_books", BookScore),
        ("test_books", BookScore),
        ("rows", ComparisonRow),
        ("sizes", PlannedSize),
    ):
        if name in values:
            values[name] = tuple(kind(**item) for item in values[name])
    if "refused" in values:
        values["refused"] = tuple(values["refused"])
    record: AnyRecord = cls(**values)
    return record
