"""A judgement: pages measured, beside the same measures of as many pages of each held-out book.

Each held-out book is measured as the author is: as many pages, as long. So the spread over the books holds what is
chance and what is a matter of style. An author is called doubtful where its whole interval lies beyond every book.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

import numpy as np

from penwright.corpus.book import Book
from penwright.corpus.store import Corpus
from penwright.errors import counted
from penwright.evaluation.judging.counting import Shelf, Values, count_pages, evidence_of
from penwright.evaluation.judging.measures import MEASURES, MIN_PAGES, Measure, intervals_of, values_of
from penwright.evaluation.judging.pages import held_out_pages
from penwright.evaluation.judging.words import lexicon_of
from penwright.originality.building import index_of
from penwright.originality.meter import HELD_OUT

MIN_BOOKS = 3
"""Smallest number of held-out books beyond which an author can be."""
MAX_BOOKS = 24
"""Largest number of held-out books that are measured. Of more, some that are evenly spread in the corpus's order."""
MIN_BOOK_PAGES = 2
"""Pages that a held-out book must have to stand for its writer, unless one page alone is judged."""

Tell = Callable[[str, float | None], object]
"""Function that is called with what is being done, and the share of it that is done, None if unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One measure of some pages."""

    name: str
    """Name of the measure, see `measures.MEASURES`."""
    value: float | None
    """None where there is none."""
    low: float | None
    """Lower end of the interval; None with too few pages."""
    high: float | None
    held_out: tuple[float | None, ...]
    """Value of each held-out book, in the order of `Judgement.books`."""

    @property
    def measure(self) -> Measure:
        """The measure."""
        return next(measure for measure in MEASURES if measure.name == self.name)

    @property
    def of_books(self) -> tuple[float, ...]:
        """Values of the held-out books that have one, ascending."""
        return tuple(sorted(value for value in self.held_out if value is not None))

    @property
    def median(self) -> float | None:
        """Median of the held-out books; None without any."""
        return median(self.of_books) if self.of_books else None

    @property
    def least(self) -> float | None:
        """Least value of a held-out book; None without any."""
        return min(self.of_books, default=None)

    @property
    def most(self) -> float | None:
        """Largest value of a held-out book; None without any."""
        return max(self.of_books, default=None)

    def shown(self, value: float | None) -> str:
        """Return a value of this measure as it is printed; a dash for None."""
        if value is None:
            return "\u2013"
        if self.measure.is_share:
            return f"{value:.2%}"
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"

    @property
    def interval(self) -> str:
        """The interval as it is printed; empty without one."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.shown(self.low).rstrip('%')}\u2013{self.shown(self.high)}"

    @property
    def beyond(self) -> Literal["above", "below", ""]:
        """Side on which the whole interval lies beyond all held-out books; empty if it does not."""
        if self.low is None or self.high is None or len(self.of_books) < MIN_BOOKS:
            return ""
        if self.low > self.of_books[-1]:
            return "above"
        return "below" if self.high < self.of_books[0] else ""

    @property
    def is_doubtful(self) -> bool:
        """True if it lies beyond all held-out books in a bad direction."""
        return self.beyond in {"high": ("above",), "low": ("below",), "both": ("above", "below")}[self.measure.bad]


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedBook:
    """A held-out book that pages are judged beside."""

    title: str
    author: str
    """Its writer; empty if unknown."""
    num_pages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Pages measured."""

    num_pages: int
    num_chars: int
    """Characters of a page."""
    measures: tuple[Judged, ...]
    """One for each of `measures.MEASURES`."""
    books: tuple[JudgedBook, ...]
    """Held-out books beside them; empty without a shelf."""
    evidence: Mapping[str, tuple[str, ...]]
    """What was found on the pages, by the name of a measure, see `counting.evidence_of`."""
    warnings: tuple[str, ...]
    """Sentences on what limits the judgement."""

    @property
    def is_conclusive(self) -> bool:
        """True if there are enough pages and enough held-out books to call a measure doubtful."""
        return self.num_pages >= MIN_PAGES and len(self.books) >= MIN_BOOKS

    @property
    def doubtful(self) -> tuple[Judged, ...]:
        """Measures in which the pages are unlike every held-out book, in a bad direction."""
        return tuple(each for each in self.measures if each.is_doubtful)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; `judgement_from` reads it back."""
        return asdict(self)


def judge(
    pages: Sequence[str],
    corpus: Corpus | None,
    *,
    learned: frozenset[str] = frozenset(),
    tell: Tell = lambda doing, share: None,
) -> Judgement:
    """Measure some pages, and as many of each held-out book.

    Args:
        pages: Pages of one length, at least one.
        corpus: The shelf; None leaves out what needs one.
        learned: SHA-256 of files that the writer of the pages learned from. A held-out book of them is no yardstick.
        tell: Called now and then.

    Raises:
        CorpusError: If the index of the shelf is damaged or cannot be written.
    """
    num_pages, num_chars = len(pages), max(map(len, pages))
    warnings = [f"{counted(num_pages, 'page')}: too few for an interval."] if num_pages < MIN_PAGES else []
    shelf, books, others = None, list[JudgedBook](), list[Values]()
    if corpus is not None:
        tell("reading the words of the shelf", None)
        lexicon = lexicon_of(corpus)
        tell("opening the index of the shelf", None)
        shelf = Shelf(lexicon, index_of(corpus))
        held_out = [book for split in HELD_OUT for book in corpus.books_in(split)]
        unread = [book for book in held_out if corpus.holds_out_passages or book.sha256 not in learned]
        for number, book in enumerate(_spread(unread)):
            tell("measuring held-out books", number / len(unread))
            cut = held_out_pages(corpus, book, num_pages=num_pages, num_chars=num_chars)
            if len(cut) >= min(MIN_BOOK_PAGES, num_pages):
                books.append(JudgedBook(title=book.title, author=book.author, num_pages=len(cut)))
                others.append(values_of(count_pages(cut, shelf)))
        num_elsewhere = len(learned - {book.sha256 for book in corpus.books_in("train")})
        warnings += _warnings(
            corpus, num_elsewhere=num_elsewhere, num_left_out=len(held_out) - len(unread), num_books=len(books)
        )
    tell("measuring the pages", None)
    counts = count_pages(pages, shelf)
    values, intervals = values_of(counts), intervals_of(counts)
    measured = tuple(
        Judged(
            name=measure.name,
            value=_or_none(values[row]),
            low=_or_none(intervals[row, 0]),
            high=_or_none(intervals[row, 1]),
            held_out=tuple(_or_none(other[row]) for other in others),
        )
        for row, measure in enumerate(MEASURES)
    )
    return Judgement(
        num_pages=num_pages,
        num_chars=num_chars,
        measures=measured,
        books=tuple(books),
        evidence=evidence_of(pages, shelf),
        warnings=tuple(warnings),
    )


def judgement_from(data: Mapping[str, Any]) -> Judgement:
    """Return the judgement that `to_dict` made plain data of.

    Raises:
        KeyError, TypeError, ValueError: If it is something else.
    """
    names = {measure.name for measure in MEASURES}
    if {each["name"] for each in data["measures"]} != names:
        raise ValueError("it holds other measures")
    return Judgement(
        num_pages=int(data["num_pages"]),
        num_chars=int(data["num_chars"]),
        measures=tuple(
            Judged(
                name=str(each["name"]),
                value=_number(each["value"]),
                low=_number(each["low"]),
                high=_number(each["high"]),
                held_out=tuple(map(_number, each["held_out"])),
            )
            for each in data["measures"]
        ),
        books=tuple(
            JudgedBook(title=str(each["title"]), author=str(each["author"]), num_pages=int(each["num_pages"]))
            for each in data["books"]
        ),
        evidence={str(name): tuple(map(str, some)) for name, some in dict(data["evidence"]).items()},
        warnings=tuple(map(str, data["warnings"])),
    )


def _warnings(corpus: Corpus, *, num_elsewhere: int, num_left_out: int, num_books: int) -> list[str]:
    found = []
    if num_elsewhere:
        found.append(
            f"{counted(num_elsewhere, 'book')} on the author's card not among this shelf's training books: what it "
            "copied from there is not found, and words from there count as new."
        )
    if corpus.holds_out_passages:
        found.append("Held out are passages of the training books, so they share its names and phrases.")
    if num_left_out:
        found.append(f"{counted(num_left_out, 'held-out book')} left out: the author learned from it.")
    if num_books < MIN_BOOKS:
        found.append(f"{counted(num_books, 'held-out book')} long enough: too few to say where people's writing ends.")
    return found


def _spread(books: Sequence[Book]) -> list[Book]:
    """Return at most MAX_BOOKS books, evenly spread."""
    count = min(len(books), MAX_BOOKS)
    return [books[number * len(books) // count] for number in range(count)]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
