"""What an author says of itself: what it read, how well it predicts books it never read, what that took, and where.

The card travels in the author's file. It is plain data with bounds on everything, because a file may come from a
stranger. This module knows nothing of files or of how a model computes.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from penwright.corpus.store import Book
from penwright.errors import AuthorError, ConfigError
from penwright.evaluation.books import BookScore

MAX_TEXT_CHARS = 4_000
MAX_ROW_CHARS = 200  # of each title and author, of which there are many
MAX_TABLE_ROWS = 64
MAX_WHOLE = 2**63 - 1
BOOKS_BYTES = 7 << 20
"""Room for the list of books as JSON: some 40,000 of them. The file's header as a whole is limited to 16 MiB."""
SCORES_BYTES = 1 << 19
"""The same for each list of scores."""
SPLITS = ("train", "val", "test")
_DIGEST = re.compile(r"(?:[0-9a-f]{64})?")
_CREATED = re.compile(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?")

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardBook:
    """A book that the author knows of."""

    title: str
    author: str
    """Empty when unknown."""
    split: str
    """"train" (learned from), "val" (steered by) or "test" (looked at once)."""
    num_chars: int
    sha256: str
    """Of the file it came from, 64 hexadecimal digits."""

    def __post_init__(self) -> None:
        _check_text("a book's title", self.title, max_chars=MAX_ROW_CHARS)
        _check_text("a book's author", self.author, max_chars=MAX_ROW_CHARS)
        _check_whole("a book's num_chars", self.num_chars)
        _check_pattern("a book's sha256", self.sha256, _DIGEST)
        if self.split not in SPLITS:
            raise ConfigError(f"a book's split must be train, val or test, not {self.split!r:.50}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Where an author comes from and how well it writes. Every field may be left out when nothing is known."""

    name: str = ""
    """What the author is called."""
    books: tuple[CardBook, ...] = ()
    """The books, of all splits; see `listed_books` for what happens when they are very many."""
    num_books: int = 0
    """How many there are in all, listed or not."""
    corpus_digest: str = ""
    """SHA-256 that stands for the whole corpus, 64 hexadecimal digits."""
    bits_per_char: float | None = None
    """Over the held-out books that the training was steered by; None if none were held out."""
    val_scores: tuple[BookScore, ...] = ()
    """The same by book."""
    test_scores: tuple[BookScore, ...] = ()
    """Of books that were looked at once, after the training."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Bits per character of simpler methods on the same characters, by name."""
    chars_read: int = 0
    """Characters learned from, over all epochs."""
    steps: int = 0
    """Updates."""
    training_seconds: float = 0.0
    """Time it took to learn them."""
    preset: str = ""
    """The preset that the training began from."""
    seed: int = 0
    """Decided the weights at the start, the order of books and the dropout masks."""
    created: str = ""
    """When it was saved: UTC in the form 2026-01-31T23:59:59Z."""
    machine: Mapping[str, str | int] = field(default_factory=dict)
    """What it was trained on, such as processor, threads, device."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the software it was trained with, by package."""
    licence_note: str = ""
    """What is known of the rights in the books."""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: If one is of the wrong type or out of bounds.
        """
        for name in ("name", "preset", "licence_note"):
            _check_text(name, getattr(self, name))
        for name in ("num_books", "chars_read", "steps", "seed"):
            _check_whole(name, getattr(self, name))
        _check_pattern("corpus_digest", self.corpus_digest, _DIGEST)
        _check_pattern("created", self.created, _CREATED)
        _check_number("training_seconds", self.training_seconds)
        if self.bits_per_char is not None:
            _check_number("bits_per_char", self.bits_per_char)
        _check_rows("books", self.books, CardBook)
        if self.num_books < len(self.books):
            raise ConfigError(f"num_books={self.num_books} must be at least the {len(self.books)} books listed.")
        for name in ("val_scores", "test_scores"):
            _check_rows(name, getattr(self, name), BookScore)
            for score in getattr(self, name):
                _check_score(score)
        _check_table("baselines", self.baselines, may_be_text=False)
        _check_table("machine", self.machine)
        _check_table("versions", self.versions, may_be_number=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Any) -> "Card":
        """Rebuild a card from `to_dict`, trusting nothing.

        Raises:
            AuthorError: If the data is not what `to_dict` writes.
        """
        try:
            values = _values(cls, data, "the card")
            for name, row in (("books", CardBook), ("val_scores", BookScore), ("test_scores", BookScore)):
                if not isinstance(values[name], (list, tuple)):
                    raise ConfigError(f"{name} must be a list.")
                values[name] = tuple(row(**_values(row, value, name)) for value in values[name])
            return cls(**values)
        except ConfigError as error:
            raise AuthorError(f"the card is damaged: {error}") from error


def listed_books(books: Iterable[Book]) -> tuple[CardBook, ...]:
    """Return books as a card lists them: names shortened, and no more books than a file's header has room for.

    The count in `Card.num_books` and the corpus digest still stand for all of them.
    """
    rows = (
        CardBook(
            title=shortened(book.title),
            author=shortened(book.author),
            split=book.split,
            num_chars=book.num_chars,
            sha256=book.sha256,
        )
        for book in books
    )
    return tuple(_fitting(rows, num_bytes=BOOKS_BYTES))


def listed_scores(scores: Iterable[BookScore]) -> tuple[BookScore, ...]:
    """Return scores as a card lists them: names shortened, and no more than fit."""
    rows = (
        BookScore(
            title=shortened(score.title),
            author=shortened(score.author),
            num_chars=score.num_chars,
            bits_per_char=score.bits_per_char,
            accuracy=score.accuracy,
        )
        for score in scores
    )
    return tuple(_fitting(rows, num_bytes=SCORES_BYTES))


def shortened(name: str) -> str:
    """Return a name that fits a card, with an ellipsis for what is cut."""
    return name if len(name) <= MAX_ROW_CHARS else name[: MAX_ROW_CHARS - 1] + "…"


def _fitting(rows: Iterable[Row], *, num_bytes: int) -> Iterable[Row]:
    """Yield rows as long as their JSON fits."""
    for row in rows:
        num_bytes -= len(json.dumps(asdict(row))) + 2  # type: ignore[call-overload]  # every row is a dataclass
        if num_bytes < 0:
            return
        yield row


def _values(cls: type, data: Any, what: str) -> dict[str, Any]:
    """Return the values of exactly the fields that a class has."""
    known = {each.name for each in fields(cls)}
    if not isinstance(data, dict) or set(data) != known:
        raise ConfigError(f"{what} must hold exactly {', '.join(sorted(known))}.")
    return dict(data)


def _check_text(name: str, value: object, *, max_chars: int = MAX_TEXT_CHARS) -> None:
    if not isinstance(value, str) or len(value) > max_chars:
        raise ConfigError(f"{name} must be text of at most {max_chars:,} characters, not {value!r:.80}.")


def _check_pattern(name: str, value: object, pattern: re.Pattern[str]) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(f"{name}={value!r:.80} is not in the form {pattern.pattern}.")


def _check_whole(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_WHOLE:
        raise ConfigError(f"{name} must be a whole number from 0 to 2^63 - 1, not {value!r:.80}.")


def _check_number(name: str, value: object) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:  # type: ignore[operator]  # a number by now
        raise ConfigError(f"{name} must be a finite number from 0, not {value!r:.80}.")


def _check_rows(name: str, rows: object, kind: type) -> None:
    if not isinstance(rows, tuple) or not all(isinstance(row, kind) for row in rows):
        raise ConfigError(f"{name} must be a tuple of {kind.__name__}.")


def _check_score(score: BookScore) -> None:
    _check_text("a score's title", score.title, max_chars=MAX_ROW_CHARS)
    _check_text("a score's author", score.author, max_chars=MAX_ROW_CHARS)
    _check_whole("a score's num_chars", score.num_chars)
    _check_number("a score's bits_per_char", score.bits_per_char)
    _check_number("a score's accuracy", score.accuracy)


def _check_table(name: str, table: object, *, may_be_text: bool = True, may_be_number: bool = True) -> None:
    if not isinstance(table, Mapping) or len(table) > MAX_TABLE_ROWS:
        raise ConfigError(f"{name} must be a table of at most {MAX_TABLE_ROWS} rows.")
    for key, value in table.items():
        _check_text(f"a name in {name}", key)
        if may_be_text and (isinstance(value, str) or not may_be_number):
            _check_text(f"{name}.{key}", value)
        else:
            _check_number(f"{name}.{key}", value)
