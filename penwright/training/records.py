"""Records of a training: plain values that the loop yields as things happen.

The terminal prints them, the run folder appends them as one JSON object a line, a test collects them. Losses are nats
per symbol of the last window; `bits_per_char` is always per character of the text.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, get_args

from penwright.evaluation.book_score import BookScore
from penwright.settings import MAX_INT64, Setting, settings_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Fields of every record: when it was made."""

    kind: ClassVar[str]

    step: int
    """Number of optimizer updates."""
    chars_read: int
    """Characters learned from, over all epochs."""
    elapsed_seconds: float
    """Training time over all sessions of the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedSize:
    """A size of the network and its forecast."""

    name: str
    """Width and layers, such as "192x3"."""
    num_parameters: int
    batch_size: int
    """Number of lanes."""
    chars_per_second: float
    """Measured throughput."""
    chars_read: int
    """Characters that it will have learned from at the end."""
    bits_per_char: float
    """Forecast for held-out books at the end. Without any, a share of their difficulty."""
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned(Record):
    """A size was chosen for the time: the first record of such a run."""

    kind: ClassVar[str] = "planned"

    seconds: float
    """Time that was planned for."""
    difficulty: float | None
    """Bits per character that counting needs for the held-out books, from `forecast.measure_difficulty`; None without
    held-out books."""
    size: str
    """Name of the chosen size."""
    sizes: tuple[PlannedSize, ...]
    """Sizes that were tried and are not too small for the time, the smallest first."""

    @property
    def choice(self) -> PlannedSize:
        """The chosen size."""
        return next(size for size in self.sizes if size.name == self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress(Record):
    """Means over the steps since the last such record."""

    kind: ClassVar[str] = "progress"

    epoch: int
    """Number of the epoch, from 1."""
    loss: float
    """Nats per symbol."""
    bits_per_char: float
    accuracy: float
    """Share of symbols predicted right, 0 to 1."""
    learning_rate: float
    chars_per_second: float
    """Speed of learning, without the time for counting, held-out books, samples and checkpoints; 0 before the second
    update of a session has ended, since kernels may be compiled in the first."""
    fraction_done: float
    """0 to 1."""
    eta_seconds: float
    """Seconds until the end, estimated from the updates so far unless the run is limited by time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation(Record):
    """The author was scored on held-out books."""

    kind: ClassVar[str] = "evaluation"

    bits_per_char: float
    accuracy: float
    num_chars: int
    is_best: bool
    books: tuple[BookScore, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample(Record):
    """The author wrote a page, always from the same prompt and seed."""

    kind: ClassVar[str] = "sample"

    prompt: str
    text: str
    """Text written after the prompt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonRow:
    """One lane's window beside its predictions."""

    lane: int
    book: str
    """Title of the book that the window begins in."""
    inputs: str
    predictions: str
    loss: float
    """Nats per symbol of this lane's window."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison(Record):
    """The text of a window beside the predictions for it, lane by lane."""

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
    """A checkpoint was written."""

    kind: ClassVar[str] = "saved"

    path: str
    reason: str
    """"step", "time", "stopped" or "finished"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolledBack(Record):
    """The loss exploded or was not finite: the last good state was restored, with a lower learning rate."""

    kind: ClassVar[str] = "rolled_back"

    loss: float | None
    """Loss that was refused; None if it was not finite."""
    back_to_step: int
    learning_rate_scale: float
    """New factor on the schedule's rate."""
    book: str
    """Title of the book that the first lane was reading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FellBack(Record):
    """A session resumed from an older checkpoint than the newest."""

    kind: ClassVar[str] = "fell_back"

    refused: tuple[str, ...]
    """One sentence for each newer checkpoint that says why it could not be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished(Record):
    """The session ended: its last record."""

    kind: ClassVar[str] = "finished"

    reason: str
    """"done", "stopped" (by the user) or "patience" (held-out books no longer improve)."""
    best_bits_per_char: float | None
    best_step: int | None
    author: str
    """Path of the author file."""
    val_books: tuple[BookScore, ...]
    """Scores of the best author on the books that steered the training; empty if it was stopped before its end."""
    test_books: tuple[BookScore, ...]
    """Scores of the best author on the books that are read only now."""


AnyRecord = Planned | Progress | Evaluation | Sample | Comparison | Saved | RolledBack | FellBack | Finished


_PARTS: Mapping[str, type] = MappingProxyType(
    {"books": BookScore, "val_books": BookScore, "test_books": BookScore, "rows": ComparisonRow, "sizes": PlannedSize}
)
"""Fields that hold parts of a record, and the type of each part."""


def to_json(record: AnyRecord) -> dict[str, Any]:
    """Return a record as plain data, its kind first."""
    return {"kind": record.kind, **asdict(record)}


def from_json(data: Any) -> AnyRecord:
    """Return the record that `to_json` made plain data of.

    Raises:
        KeyError, TypeError, ValueError: If the data is not a record, or a value has another type than its field.
    """
    kinds: dict[str, type[AnyRecord]] = {kind.kind: kind for kind in get_args(AnyRecord)}
    record: AnyRecord = _checked(kinds[data["kind"]], data)
    return record


def _checked(cls: Any, data: Any) -> Any:
    """Make a dataclass of plain data, each value checked against its field."""
    if not isinstance(data, dict):
        raise TypeError(f"{data!r:.50} is not a table of values")
    settings: Mapping[str, Setting] = settings_of(cls)
    values: dict[str, Any] = {}
    for name in (field.name for field in fields(cls)):
        value = data[name]
        if name in _PARTS:
            values[name] = tuple(_checked(_PARTS[name], item) for item in value)
        elif name == "refused":
            values[name] = tuple(str(item) for item in value)
        else:
            values[name] = _fitting(value, settings[name])
    return cls(**values)


def _fitting(value: Any, field: Setting) -> Any:
    """Return a value of a field's type, a whole number as a float where one is needed."""
    if value is None and field.may_be_none:
        return value
    kinds = (int, float) if field.kind is float else field.kind
    if not isinstance(value, kinds) or isinstance(value, bool) is not (field.kind is bool):
        raise TypeError(f"{value!r:.50} is not of type {field.kind.__name__}")
    if isinstance(value, int) and not 0 <= value <= MAX_INT64:
        raise ValueError("the number is no count")
    return field.kind(value)
