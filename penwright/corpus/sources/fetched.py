"""The record of a fetched shelf: where each book comes from, and its title, writer, language and rights.

The record is a table, fetched.csv, in the folder of the books. A line is added as soon as a book is whole, so that a
program that was killed goes on where it stopped; a later line of a book replaces an earlier one. Whoever reads the
folder takes titles and writers from it. This module knows nothing of networks.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from penwright.corpus.archives.members import PARQUET
from penwright.corpus.archives.parquet import table_details
from penwright.corpus.sources.discovery import Source, reading
from penwright.corpus.sources.examining import RECORD_NAME
from penwright.errors import FetchError, ReadingError
from penwright.files import is_file, sync_file, write_bytes

MAX_RECORD_BYTES = 256 << 20


class FetchedBook(NamedTuple):
    """One book of a fetched shelf. All fields are text on one line."""

    path: str
    """Path of its file below the folder, with forward slashes."""
    id: str
    """Number or name at its origin."""
    title: str
    author: str
    """Its writer, "Jane Austen"; empty if unknown."""
    language: str
    """Code of its language, such as "en"; several are joined by a blank."""
    rights: str
    """What its origin says of its rights; empty if it says nothing."""
    url: str
    """Address that it was fetched from; for an archive, followed by # and the member."""
    date: str = ""
    """Day on which it was fetched, as 2026-01-31."""
    num_bytes: str = ""
    """Size of its file."""
    sha256: str = ""
    """SHA-256 of its file, 64 hexadecimal digits."""
    etag: str = ""
    """Version of the file on its server."""
    modified: str = ""
    """Date of the last change on its server."""

    def is_whole(self, folder: Path) -> bool:
        """Return True if its file is there and has the recorded size."""
        try:
            return (folder / self.path).stat().st_size == int(self.num_bytes)
        except (OSError, ValueError):
            return False


HEADER = ",".join(FetchedBook._fields) + "\n"


class Record:
    """The record of one folder, to which books can be added."""

    def __init__(self, folder: Path) -> None:
        """Read what is there. The folder must exist.

        Raises:
            FetchError: If the file is no such record or cannot be read.
        """
        self.path = folder / RECORD_NAME
        try:
            self.books = read_record(self.path) if self.path.exists() else {}
        except ReadingError as error:
            raise FetchError(f"{error}. Rename it, and run again.") from error
        self._num_new = 0

    def add(self, book: FetchedBook) -> None:
        """Add a book whose file is complete.

        Raises:
            OSError: If the disk is full.
        """
        book = FetchedBook(*(" ".join(field.split()) for field in book))
        if not self._num_new:
            self.write()  # a line that a killed program left unfinished goes
        with self.path.open("ab") as file:
            file.write(_lines([book]))
        self.books[book.path] = book
        self._num_new += 1

    def write(self) -> None:
        """Write all books anew, one line each, in the order of their paths.

        Raises:
            OSError: If the disk is full.
        """
        books = sorted(self.books.values(), key=lambda book: (len(book.path), book.path))
        write_bytes(self.path, HEADER.encode("ascii") + _lines(books))
        self._num_new = 0

    def close(self) -> None:
        """Write the record in order if books were added."""
        if self._num_new:
            sync_file(self.path)
            self.write()


def read_record(path: Path) -> dict[str, FetchedBook]:
    """Return the books of a record by path. A last line that was not finished is left out.

    Raises:
        ReadingError: If it is too large, no record, or cannot be read.
    """
    with reading(path.name):
        num_bytes = path.stat().st_size
        if num_bytes > MAX_RECORD_BYTES:
            raise ReadingError(f"{path} has {num_bytes:,} bytes, more than a record of fetched books has")
        data = path.read_bytes()
    text = data[: data.rfind(b"\n") + 1].decode("utf-8-sig", "replace")
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        if next(rows, []) != list(FetchedBook._fields):
            raise ReadingError(f"{path} is no record of fetched books: its first line is another one")
        books = (FetchedBook(*row) for row in rows if len(row) == len(FetchedBook._fields))
        return {book.path: book for book in books}
    except csv.Error as error:
        raise ReadingError(f"{path} is no table that can be read ({error})") from error


def known_details(sources: Sequence[Source]) -> list[Mapping[str, str]]:
    """Return what is known of each source beside its text: "Title", "Author" and "Language".

    Of a file, it is what a record of its folder, or of one above, says; a file that has another size than the record
    says counts as any other file. Of the row of a table, it is what the other columns say.

    Args:
        sources: Files, below the folders that a user named.
    """
    records: dict[Path, dict[str, FetchedBook]] = {}
    return [_details(source, records) for source in sources]


def _details(source: Source, records: dict[Path, dict[str, FetchedBook]]) -> Mapping[str, str]:
    folder = source.path.parent
    if source.member is not None:
        return _details_of_row(source.path, source.member)
    while folder.is_relative_to(source.root):
        if folder not in records:
            records[folder] = _record_of(folder)
        book = records[folder].get(source.path.relative_to(folder).as_posix())
        if book is not None and book.num_bytes == str(source.num_bytes):
            found = {"Title": book.title, "Author": book.author, "Language": book.language}
            return {name: value for name, value in found.items() if value}
        if book is not None or folder == source.root:
            break
        folder = folder.parent
    return {}


def _details_of_row(path: Path, member: str) -> Mapping[str, str]:
    try:
        return _details_of_table(path).get(member, {}) if path.name.lower().endswith(PARQUET) else {}
    except (ReadingError, OSError):  # it has changed since it was listed; reading it will report that
        return {}


@lru_cache(maxsize=1)
def _details_of_table(path: Path) -> Mapping[str, Mapping[str, str]]:
    return table_details(path)


def _record_of(folder: Path) -> dict[str, FetchedBook]:
    try:
        return read_record(folder / RECORD_NAME) if is_file(folder / RECORD_NAME) else {}
    except ReadingError:  # another file of this name; it is read as any table
        return {}


def describe_file(data: bytes) -> tuple[str, str]:
    """Return the size and the SHA-256 of a file, as the record holds them."""
    return str(len(data)), hashlib.sha256(data).hexdigest()


def _lines(books: Iterable[FetchedBook]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(books)
    return text.getvalue().encode("utf-8", "replace")
