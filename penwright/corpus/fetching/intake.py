"""Take in the texts that arrive: check the rights of each, write it into its folder, and record where it comes from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from penwright.corpus.fetching.catalogue import CatalogueBook
from penwright.corpus.fetching.plan import make_folder
from penwright.corpus.fetching.rights import is_copyrighted, rights_of_text
from penwright.corpus.fetching.web import Validators
from penwright.corpus.sources.fetched import FetchedBook, Record, describe_file
from penwright.errors import FetchError
from penwright.files import leftovers, replacing_unflushed

WORK_DIR = ".penwright-fetch"
"""Folder beside the books for what is unfinished; it is removed when nothing is."""
UNDER_COPYRIGHT = "is under copyright"


class Arrived(NamedTuple):
    """A text that one of the ways brought."""

    book: CatalogueBook
    path: str
    """Where it belongs, below the folder."""
    data: bytes
    url: str
    rights: str
    validators: Validators = Validators()
    is_in_place: bool = False
    """True if its file has been written already."""


class FetchSummary(NamedTuple):
    """What a run did."""

    num_fetched: int
    num_present: int
    """Books of the selection that were there already, or had not changed."""
    left_out: tuple[tuple[CatalogueBook, str], ...]
    """(book, reason) of each book that was not fetched."""


class BookIntake:
    """Take in the texts that arrive: check each, write it, and record it."""

    def __init__(self, folder: Path, *, today: str) -> None:
        """Read the record of a folder, which must exist.

        Args:
            folder: Folder of the books.
            today: The date, as 2026-01-31.

        Raises:
            FetchError: If its record cannot be read.
        """
        self.folder = folder
        self.record = Record(folder)
        self._today = today
        self.num_fetched = self.num_unchanged = 0
        self.left_out: list[tuple[CatalogueBook, str]] = []

    def leave_out(self, book: CatalogueBook, reason: str) -> None:
        """Note that a book is not fetched, and why."""
        self.left_out.append((book, reason))

    def take(self, arrived: Arrived) -> bool:
        """Write and record a book unless it is under copyright or empty.

        Returns:
            False if nothing was written.

        Raises:
            OSError: If it cannot be written.
        """
        rights = rights_of_text(arrived.data) or arrived.rights
        if is_copyrighted(rights):
            self.leave_out(arrived.book, UNDER_COPYRIGHT)
            return False
        if not arrived.data.strip():
            self.leave_out(arrived.book, "is empty")
            return False
        book = FetchedBook(
            path=arrived.path,
            id=str(arrived.book.number),
            title=arrived.book.title,
            author="; ".join(arrived.book.writers),
            language=" ".join(arrived.book.languages),
            rights=rights,
            url=arrived.url,
            etag=arrived.validators.etag,
            modified=arrived.validators.modified,
        )
        self.keep(book, arrived.data, is_in_place=arrived.is_in_place)
        return True

    def keep(self, book: FetchedBook, data: bytes, *, is_in_place: bool = False) -> None:
        """Write and record a book.

        Args:
            book: What to record of it. Date, size and hash are filled in.
            data: Its bytes.
            is_in_place: True if its file has been written already.

        Raises:
            OSError: If it cannot be written.
        """
        num_bytes, sha256 = describe_file(data)
        path, old = self.folder / book.path, self.record.books.get(book.path)
        if old is not None and old.sha256 == sha256 and old.is_whole(self.folder):
            self.num_unchanged += 1
        else:
            self.num_fetched += 1
            if not is_in_place:
                make_folder(path.parent)
                with replacing_unflushed(path) as file:  # a book that a power cut damages has another size
                    file.write(data)
        self.record.add(book._replace(date=self._today, num_bytes=num_bytes, sha256=sha256))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let no other process fetch into a folder meanwhile.

    Raises:
        FetchError: If one does.
    """
    work = make_folder(folder / WORK_DIR)
    try:
        with FileLock(work / "lock", timeout=0):
            for path in leftovers(folder):  # nobody else writes here, so a killed program left them
                path.unlink()
            yield
    except Timeout as error:
        raise FetchError(f"another process fetches into {folder} at the moment. Wait for it, or stop it.") from error
