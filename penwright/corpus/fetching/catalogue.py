"""Project Gutenberg's catalogue: read its table, and choose books from it, one edition of each work.

The table has one row for each book. Several values in a field are joined by "; ", and titles hold line breaks. It says
nothing of rights. This module asks no server.
"""

import csv
import gzip
import io
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from penwright.errors import FetchError

COLUMNS = ("Text#", "Type", "Title", "Language", "Authors", "Subjects", "LoCC")
FICTION_CLASSES = ("PR", "PS", "PZ")
"""Classes of the Library of Congress: English and American literature, and fiction for the young."""
ALL = "all"
MAX_CATALOGUE_BYTES = 1 << 29
_DATES = re.compile(
    r",\s*(?:active|approximately|born|died)?\s*\d{1,4}\??(?:\s*BCE)?(?:\s*[-–]\s*(?:\d{1,4}\??(?:\s*BCE)?)?)?"
)
_DEATH = re.compile(r"[-–]\s*(?P<year>\d{1,4})\??(?P<bce>\s*BCE)?")
_WORD = re.compile(r"\w+")
_ROLE = re.compile(r"\s*\[[^\]]*\]\s*$")
_VOLUME = re.compile(
    r"\b(?:v|vol|vols|volume|volumes|part|parts|book|books|tome|no|number|series|chapter|chapters)\b|\d", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:a|an|the)\s+")
_SPLIT = re.compile(r"[:;]|\s[-–—]+\s|,?\sor,\s", re.IGNORECASE)


class CatalogueBook(NamedTuple):
    """One row of the catalogue."""

    number: int
    title: str
    """Its title on one line; the lines of the catalogue are joined by ": "."""
    languages: tuple[str, ...]
    """Codes of its languages, such as "en"."""
    authors: tuple[str, ...]
    """Its writers as the catalogue has them, "Austen, Jane, 1775-1817", with roles in brackets."""
    subjects: tuple[str, ...]
    classes: tuple[str, ...]
    """Classes of the Library of Congress, such as "PR"."""
    is_text: bool
    """False for recordings, images and data."""

    @property
    def writers(self) -> tuple[str, ...]:
        """Its writers in their usual order of names, "Jane Austen", without editors and translators if there are
        others."""
        plain = [name for name in self.authors if not _ROLE.search(name)]
        return tuple(map(usual_name, plain or self.authors))

    @property
    def last_death(self) -> int | None:
        """Year in which the last of its writers, editors and translators died; None if one is not known."""
        years = []
        for name in self.authors:
            match = _DEATH.search(name)
            if match is None:
                return None
            years.append(-int(match["year"]) if match["bce"] else int(match["year"]))
        return max(years, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Which books of the catalogue are wanted."""

    language: str = "en"
    """Code of the one language of a book, or "all"."""
    subject: str = "fiction"
    """Word or phrase of its subjects, "fiction", or "all"."""
    authors: tuple[str, ...] = ()
    """Words of the names of writers, any of which is wanted; empty for all."""
    died_before: int | None = None
    """Year before which all its writers have died; None for any."""
    limit: int | None = None
    """Largest number of books, at least 1; None for all."""


class Selection(NamedTuple):
    """The books that were chosen."""

    books: tuple[CatalogueBook, ...]
    """Books in the order of their numbers, one of each work."""
    num_listed: int
    """Number of books in the catalogue."""
    num_editions: int
    """Number of books left out because another edition of the work was chosen."""


def read_catalogue(path: Path) -> Iterator[CatalogueBook]:
    """Yield the books of a catalogue, a table in UTF-8, plain or packed by gzip.

    Raises:
        FetchError: If it is damaged or no such table.
        OSError: If it cannot be read.
    """
    problem = f"{path} is damaged, or no catalogue of Project Gutenberg"
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        unpacked = gzip.GzipFile(fileobj=file, mode="rb") if is_packed else file
        text = io.TextIOWrapper(io.BufferedReader(_Bounded(unpacked)), encoding="utf-8-sig", newline="")
        try:
            rows = csv.DictReader(text)
            missing = sorted(set(COLUMNS) - set(rows.fieldnames or ()))
            if missing:
                raise FetchError(f"{problem}: it has no column {missing[0]}. Remove it, and run again.")
            for row in rows:
                if (book := _book(row)) is not None:
                    yield book
        except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
            raise FetchError(f"{problem} ({error}). Remove it, and run again.") from error


def select(books: Iterable[CatalogueBook], wish: Wish) -> Selection:
    """Choose the books that a user wishes for.

    Args:
        books: All books, in any order.
        wish: What is wanted.
    """
    num_listed = num_editions = 0
    wanted = []
    for book in books:
        num_listed += 1
        if book.is_text and _is_wanted(book, wish):
            wanted.append(book)
    chosen: dict[str, list[tuple[str, CatalogueBook]]] = {}
    for book in sorted(wanted, key=lambda book: book.number):
        title, subtitle = work_key(book)
        others = chosen.setdefault(title, [])
        if any(subtitle == other or not subtitle or not other for other, _ in others):
            num_editions += 1
        else:
            others.append((subtitle, book))
    works = sorted((book for others in chosen.values() for _, book in others), key=lambda book: book.number)
    return Selection(tuple(works)[: wish.limit], num_listed, num_editions)


def work_key(book: CatalogueBook) -> tuple[str, str]:
    """Return two keys of a work: its writers with its title, and its subtitle, which is empty if it has none.

    Editions of a work share the first key, and the second unless one of them lacks it. A part that tells of volumes or
    numbers is no subtitle but belongs to the title, because volumes are works of their own.
    """
    first, *parts = [part for part in _SPLIT.split(book.title) if part.strip()] or [book.title]
    title = " ".join([first, *(part for part in parts if _VOLUME.search(part))])
    writers = " ".join(sorted(_words(name) for name in book.writers))
    subtitle = " ".join(part for part in parts if not _VOLUME.search(part))
    return f"{_without_article(title)}|{writers}", _without_article(subtitle)


@lru_cache(maxsize=1 << 16)
def usual_name(name: str) -> str:
    """Return a name of the catalogue as people write it: "Austen, Jane, 1775-1817" becomes "Jane Austen"."""
    plain = _DATES.sub("", _ROLE.sub("", name)).strip(" ,")
    parts = [part.strip() for part in re.sub(r"\s*\([^)]*\)", "", plain).split(",")]
    return " ".join([*parts[1:2], parts[0]]).strip()


def _is_wanted(book: CatalogueBook, wish: Wish) -> bool:
    if wish.language != ALL and book.languages != (wish.language,):
        return False
    if wish.subject != ALL and not _has_subject(book, _words(wish.subject)):
        return False
    if wish.died_before is not None and (book.last_death is None or book.last_death >= wish.died_before):
        return False
    names = [set(_words(name).split()) for name in book.authors]
    return not wish.authors or any(set(_words(each).split()) <= name for each in wish.authors for name in names)


def _has_subject(book: CatalogueBook, subject: str) -> bool:
    if subject == "fiction" and not set(FICTION_CLASSES).isdisjoint(book.classes):
        return True
    return any(f" {subject} " in f" {_words(each)} " for each in book.subjects)


def _book(row: dict[str | None, str | None]) -> CatalogueBook | None:
    """Return a book, or None for a row that is none."""
    number = (row["Text#"] or "").strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 7 and int(number)):
        return None
    lines = [" ".join(line.split()) for line in (row["Title"] or "").splitlines()]
    return CatalogueBook(
        int(number),
        ": ".join(line.rstrip(" :;") for line in lines if line) or f"Project Gutenberg {number}",
        _values(row["Language"]),
        _values(row["Authors"]),
        _values(row["Subjects"]) + _values(row.get("Bookshelves")),
        _values(row["LoCC"]),
        "Text" in _values(row["Type"]),
    )


def _values(field: str | None) -> tuple[str, ...]:
    return tuple(" ".join(value.split()) for value in (field or "").split(";") if value.strip())


def _without_article(title: str) -> str:
    return _ARTICLE.sub("", _words(title))


@lru_cache(maxsize=1 << 16)  # writers and subjects come again and again
def _words(text: str) -> str:
    """Return the words of a text in small letters without accents and marks, joined by blanks."""
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(_WORD.findall(text.casefold()))


class _Bounded(io.RawIOBase):
    """A file of which no more than a bound is read, however small it was packed."""

    def __init__(self, file: "gzip.GzipFile | io.BufferedReader") -> None:
        self._file, self._left = file, MAX_CATALOGUE_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._file.read(min(len(view), self._left))
        view[: len(data)] = data
        self._left -= len(data)
        return len(data)
