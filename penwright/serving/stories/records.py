"""The records of a story: what each may hold, checked before it is believed. Values only.

Offsets and lengths count UTF-16 code units, which is how browsers count. So a text of Python is as long here as in the
page, whatever it holds.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from penwright.author.labels import MAX_SHARE
from penwright.errors import PenwrightError, UsageError

ROOT = "0"
"""Id of the node before anything was written: the empty text."""
MAX_TEXT_CHARS = 8_000_000
"""Longest text of a story."""
MAX_TITLE_CHARS = 300
MAX_NOTE_CHARS = 4_000
MAX_FIRST = 20
"""Most texts to be read first."""
MAX_FIRST_CHARS = 3_000_000
"""Longest text to be read first, all together."""
MAX_SHARES = 16
"""Most labels of a mixture."""
MAX_LABEL_CHARS = 200
"""Longest name of a label, as on a card."""
MAX_RECORDS = 10_000
"""Most records of one batch."""
MAX_TIME = 10**14
NODE_ID = re.compile(r"[0-9a-z]{1,24}")
"""Pattern of the id of a node."""

By = Literal["me", "author", "file"]
WRITERS: tuple[By, ...] = ("me", "author", "file")


class StoryError(PenwrightError):
    """A story that is missing, damaged, or in use by another process."""


class NoStoryError(StoryError):
    """A story that does not exist."""


class ConflictError(StoryError):
    """Records for a story that has moved on meanwhile."""

    def __init__(self, *, found: int, given: int) -> None:
        super().__init__(
            f"the story is at revision {found:,}, and these records were made for {given:,}: another window wrote in "
            "it. Fetch what is new and send them again."
        )
        self.revision = found


class RecordError(UsageError):
    """A record that does not fit its story."""


@dataclass(frozen=True, slots=True)
class Node:
    """One change of the text. Its parent's text with the change made is its own text."""

    id: str
    parent: str
    at: int
    """Offset of the change."""
    removed: str
    """Text taken away there."""
    inserted: str
    """Text put in its place."""
    by: By
    """Who wrote it: a person, the author, or a file that was imported."""
    time: int = 0
    """Milliseconds since 1970."""
    note: Mapping[str, Any] = field(default_factory=dict)
    """How it was generated: seed and settings."""


@dataclass(frozen=True, slots=True)
class Head:
    """The node whose text is shown."""

    node: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A bookmark at a node. An empty name takes it away."""

    node: str
    name: str


@dataclass(frozen=True, slots=True)
class Title:
    """A new title."""

    title: str


@dataclass(frozen=True, slots=True)
class First:
    """A text that the author reads before the story. None takes it away."""

    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class WrittenAs:
    """The labels under which the author reads and writes from now on."""

    shares: Mapping[str, float]
    """Share of each label by name; empty to leave it to the server."""


Record = Node | Head | Mark | Title | First | WrittenAs


def num_units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text) if not text.isascii() else len(text)


def parse_record(data: Any) -> Record:
    """Check a record as JSON has it.

    Raises:
        RecordError: Naming the first field that does not fit.
    """
    if not isinstance(data, dict):
        raise RecordError("a record must be a JSON object.")
    kind, given = data.get("kind"), {name: value for name, value in data.items() if name != "kind"}
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise RecordError(f"kind must be one of {', '.join(_FIELDS)}.")
    fields = _FIELDS[kind]
    if set(given) - set(fields):
        raise RecordError(f"a record of kind {kind} has no field {min(set(given) - set(fields), key=str)[:40]!r}.")
    for name, check in fields.items():
        if name not in given and name in ("time", "note"):
            continue
        if not check(given.get(name)):
            raise RecordError(f"{name} of a record of kind {kind} is missing or does not fit.")
    record: Record = _TYPES[kind](**given)
    return record


def record_json(record: Record) -> dict[str, Any]:
    """Return a record as JSON has it."""
    kind = next(name for name, each in _TYPES.items() if isinstance(record, each))
    return {"kind": kind, **{name: getattr(record, name) for name in _FIELDS[kind]}}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and NODE_ID.fullmatch(value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT_CHARS


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TITLE_CHARS


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_TIME


def _is_note(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) > 40:
        return False
    is_flat = all(isinstance(each, str | int | float | bool | None) for each in value.values())
    is_finite = all(math.isfinite(each) for each in value.values() if isinstance(each, float))
    return (
        is_flat and is_finite and sum(len(str(key)) + len(str(each)) for key, each in value.items()) <= MAX_NOTE_CHARS
    )


def _is_mixture(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) > MAX_SHARES:
        return False
    return all(
        isinstance(name, str)
        and 0 < len(name) <= MAX_LABEL_CHARS
        and type(share) in (int, float)
        and 0 <= share <= MAX_SHARE
        for name, share in value.items()
    )


_FIELDS: dict[str, dict[str, Any]] = {
    "node": {
        "id": _is_id,
        "parent": _is_id,
        "at": _is_whole,
        "removed": _is_text,
        "inserted": _is_text,
        "by": lambda value: value in WRITERS,
        "time": _is_whole,
        "note": _is_note,
    },
    "head": {"node": _is_id},
    "mark": {"node": _is_id, "name": _is_name},
    "title": {"title": _is_name},
    "first": {
        "name": lambda value: _is_name(value) and bool(value),
        "text": lambda value: value is None or (_is_text(value) and len(value) <= MAX_FIRST_CHARS),
    },
    "as": {"shares": _is_mixture},
}
_TYPES: dict[str, type[Any]] = {
    "node": Node,
    "head": Head,
    "mark": Mark,
    "title": Title,
    "first": First,
    "as": WrittenAs,
}
