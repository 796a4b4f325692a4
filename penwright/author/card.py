"""The card of an author: the books it read, how well it predicts unseen books, and how and where it was trained.

The card travels in the author's file. It is plain data with bounds on everything, because a file may come from a
stranger. A book has a writer; fields called `author` hold that name.

This module knows nothing of files or of how a model computes.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from penwright.errors import AuthorError, ConfigError, counted
from penwright.evaluation.book_score import BookScore
from penwright.markup import html_table
from penwright.settings import MAX_INT64, Between, Matching, MaxChars, OneOf, Setting, check

if TYPE_CHECKING:
    from penwright.corpus.book import Book

MAX_TEXT_CHARS = 4_000
MAX_ROW_CHARS = 200  # for each title and writer
MAX_TABLE_ROWS = 64
BOOKS_BYTES = 7 << 20
"""Maximum size of the list of books as JSON, some 40,000 books. The whole header is limited to 16 MiB."""
SCORES_BYTES = 1 << 19
"""Maximum size of each list of scores as JSON."""
SPLITS = ("train", "val", "test")

Line = Annotated[str, MaxChars(MAX_ROW_CHARS)]
Paragraph = Annotated[str, MaxChars(MAX_TEXT_CHARS)]
Digest = Annotated[str, Matching(re.compile(r"(?:[0-9a-f]{64})?"), "64 hexadecimal digits, or empty")]
Created = Annotated[str, Matching(re.compile(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?"), "the form 2026-01-31T23:59:59Z")]
Whole = Annotated[int, Between(0, MAX_INT64)]
NonNegative = Annotated[float, Between(0, math.inf)]

Row = TypeVar("Row")
_LINE = Setting(str, (MaxChars(MAX_ROW_CHARS),))
_TEXT = Setting(str, (MaxChars(MAX_TEXT_CHARS),))
_NUMBER = Setting(float, (Between(0, math.inf),))


@dataclass(frozen=True, kw_only=True, slots=True)
class CardBook:
    """A book of the author's corpus."""

    title: Line
    author: Line
    """Writer of the book, empty when unknown."""
    split: Annotated[str, OneOf(SPLITS)]
    """Split of the book: "train" (learned from), "val" (training was steered by it) or "test" (scored once)."""
    num_chars: Whole
    sha256: Digest
    """SHA-256 of the source file, 64 hexadecimal digits."""

    def __post_init__(self) -> None:
        check(self, section="a book's ")


@dataclass(frozen=True, slots=True)
class CardLabel:
    """A label that the author knows, such as a writer of its books."""

    name: Line
    num_chars: Whole
    """Number of characters of its books."""

    def __post_init__(self) -> None:
        check(self, section="a label's ")
        if not self.name.strip():
            raise ConfigError("a label needs a name.")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Card:
    """Origin and quality of an author. Every field may be left out when nothing is known."""

    name: Paragraph = ""
    """Name of the author."""
    books: tuple[CardBook, ...] = ()
    """Books of all splits. `listed_books` shortens very long lists."""
    num_books: Whole = 0
    """Number of books in all, listed or not. Passages held out from the ends of books count as books."""
    corpus_digest: Digest = ""
    """SHA-256 of the whole corpus, 64 hexadecimal digits."""
    bits_per_char: NonNegative | None = None
    """Bits per character of the validation books, None if there were none."""
    val_scores: tuple[BookScore, ...] = ()
    """Scores of the validation books, one for each."""
    test_scores: tuple[BookScore, ...] = ()
    """Scores of the test books, measured once after the training."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Bits per character of simpler methods on the same characters, by name."""
    num_earlier: Whole = 0
    """Number of books, the last ones listed, that are on the card of the author it began from but not on its shelf."""
    labels: tuple[CardLabel, ...] = ()
    """Labels that the author knows, in the order of its model's; none if it was trained without."""
    num_known: Whole = 0
    """Number of books of this training's shelf that the author it began from had learned from."""
    chars_read: Whole = 0
    """Number of characters learned from, over all epochs."""
    steps: Whole = 0
    """Number of optimizer updates."""
    training_seconds: NonNegative = 0.0
    """Duration of the training."""
    preset: Paragraph = ""
    """Preset that the training began from."""
    seed: Whole = 0
    """Seed of the initial weights, the order of books and the dropout masks."""
    created: Created = ""
    """Time of saving, UTC in the form 2026-01-31T23:59:59Z."""
    machine: Mapping[str, str | int] = field(default_factory=dict)
    """Machine used for training, such as processor, threads, device."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the software used for training, by package."""
    licence_note: Paragraph = ""
    """Note on the rights in the books."""

    def __repr__(self) -> str:
        bits = "not scored" if self.bits_per_char is None else f"{self.bits_per_char:.3f} bits/char"
        return (
            f"Card({self.name or 'unnamed'}, {counted(self.num_whole_books, 'book')}, {bits}, "
            f"{counted(self.steps, 'step')})"
        )

    def facts(self) -> list[tuple[str, str]]:
        """Return what the card tells in short, by name; empty where nothing is known."""
        learned = f"{counted(self.chars_read, 'character')} in {counted(self.steps, 'step')}"
        return [
            ("books", f"{self.num_whole_books:,}" if self.num_books else ""),
            ("predicts", "" if self.bits_per_char is None else f"{self.bits_per_char:.3f} bits per character"),
            ("beside", ", ".join(f"{bits:.3f} {name}" for name, bits in self.baselines.items())),
            ("learned", learned if self.steps else ""),
            ("labels", ", ".join(label.name for label in self.labels)),
            ("made", self.created),
            ("preset", self.preset),
            ("rights", self.licence_note),
        ]

    def _repr_html_(self) -> str:
        """Return the card as a notebook shows it."""
        scores = [*(("val", each) for each in self.val_scores), *(("test", each) for each in self.test_scores)]
        rows = [(split, each.title, each.author, f"{each.bits_per_char:.3f}") for split, each in scores]
        heads = ("held out", "title", "writer", "bits/char")
        return html_table(f"Card: {self.name or 'unnamed'}", self.facts(), heads=heads, rows=rows)

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: If one is of the wrong type or out of bounds.
        """
        check(self)
        _check_rows("books", self.books, CardBook)
        _check_rows("labels", self.labels, CardLabel)
        if len({label.name for label in self.labels}) < len(self.labels):
            raise ConfigError("labels must have different names.")
        if self.num_books < len(self.books):
            raise ConfigError(f"num_books={self.num_books} must be at least the {len(self.books)} books listed.")
        if self.num_earlier > len(self.books):
            raise ConfigError(f"num_earlier={self.num_earlier} must be at most the {len(self.books)} books listed.")
        for name in ("val_scores", "test_scores"):
            _check_rows(name, getattr(self, name), BookScore)
            for score in getattr(self, name):
                check(score, section="a score's ")
                _LINE.check("a score's title", score.title)
                _LINE.check("a score's author", score.author)
        _check_table("baselines", self.baselines, kinds=(float,))
        _check_table("machine", self.machine, kinds=(str, float))
        _check_table("versions", self.versions, kinds=(str,))

    @property
    def holds_out_passages(self) -> bool:
        """True if passages from the ends of the training books were held out instead of whole books."""
        return bool(self.passages)

    @property
    def passages(self) -> tuple[CardBook, ...]:
        """Entries of `books` that are passages held out from the ends of training books."""
        learned = {book.sha256 for book in self.books if book.split == "train" and book.sha256}
        return tuple(book for book in self.books if book.split != "train" and book.sha256 in learned)

    @property
    def num_whole_books(self) -> int:
        """Number of books without such passages, listed or not."""
        return self.num_books - len(self.passages)

    @property
    def num_learned(self) -> int:
        """Number of books learned from. A book that is not listed counts as one of them."""
        return self.num_books - sum(book.split != "train" for book in self.books)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; `from_dict` reads it back. Without labels, it has no entry for them."""
        data = asdict(self)
        if not self.labels:
            del data["labels"]  # so that builds without labels read the file
        return data

    @classmethod
    def from_dict(cls, data: Any) -> "Card":
        """Rebuild a card from `to_dict` and check every value.

        Raises:
            AuthorError: If the data is not what `to_dict` writes.
        """
        try:
            added = {"num_earlier": 0, "num_known": 0, "labels": ()}  # cards of older files lack these
            values = _values(cls, {**added, **data} if isinstance(data, dict) else data, "the card")
            rows = {"books": CardBook, "labels": CardLabel, "val_scores": BookScore, "test_scores": BookScore}
            for name, row in rows.items():
                if not isinstance(values[name], (list, tuple)):
                    raise ConfigError(f"{name} must be a list.")
                values[name] = tuple(row(**_values(row, value, name)) for value in values[name])
            return cls(**values)
        except ConfigError as error:
            raise AuthorError(f"the card is damaged: {error}") from error


def listed_books(books: "Iterable[Book]") -> tuple[CardBook, ...]:
    """Return books as a card lists them: with shortened names, and no more books than fit a file's header.

    `Card.num_books` and the corpus digest still count all of them.
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
    """Return scores as a card lists them: with shortened names, and no more than fit."""
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
    """Return a name that fits a card, with an ellipsis if it was cut."""
    return name if len(name) <= MAX_ROW_CHARS else name[: MAX_ROW_CHARS - 1] + "…"


def _fitting(rows: Iterable[Row], *, num_bytes: int) -> Iterable[Row]:
    """Yield rows until their JSON no longer fits."""
    for row in rows:
        num_bytes -= len(json.dumps(asdict(row))) + 2  # type: ignore[call-overload]  # every row is a dataclass
        if num_bytes < 0:
            return
        yield row


def _values(cls: type, data: Any, what: str) -> dict[str, Any]:
    """Return the values by field. The data must hold exactly the fields of the class."""
    known = {each.name for each in fields(cls)}
    if not isinstance(data, dict) or set(data) != known:
        raise ConfigError(f"{what} must hold exactly {', '.join(sorted(known))}.")
    return dict(data)


def _check_rows(name: str, rows: object, kind: type) -> None:
    if not isinstance(rows, tuple) or not all(isinstance(row, kind) for row in rows):
        raise ConfigError(f"{name} must be a tuple of {kind.__name__}.")


def _check_table(name: str, table: object, *, kinds: tuple[type, ...]) -> None:
    """Check a table of texts or numbers; a value that is neither is refused as the last of `kinds`."""
    if not isinstance(table, Mapping) or len(table) > MAX_TABLE_ROWS:
        raise ConfigError(f"{name} must be a table of at most {MAX_TABLE_ROWS} rows.")
    for key, value in table.items():
        _TEXT.check(f"a name in {name}", key)
        is_text = str in kinds and (isinstance(value, str) or float not in kinds)
        (_TEXT if is_text else _NUMBER).check(f"{name}.{key}", value)
