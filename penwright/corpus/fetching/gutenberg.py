"""Fetch the missing books of a plan: from the one archive of all texts, as single files of a mirror, or by rsync.

All three ways lead to the same folder and record. A program that was killed goes on where it stopped. Books under
copyright are left out.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urldefrag

from penwright.corpus.fetching.cached import fetch_cached
from penwright.corpus.fetching.catalogue import CatalogueBook
from penwright.corpus.fetching.downloading import Download, KeptDownload, MissingError, TellBytes, UnfitError
from penwright.corpus.fetching.intake import UNDER_COPYRIGHT, WORK_DIR, Arrived, BookIntake, FetchSummary, alone
from penwright.corpus.fetching.plan import MEAN_BOOK_BYTES, FetchProgress, Plan, Tell, make_folder, tell_nobody
from penwright.corpus.fetching.rights import add_rights, is_copyrighted, make_table, read_rights, rights_in
from penwright.corpus.fetching.rsync import DEFAULT_RSYNC, PARTIAL_DIR, fetch_by_rsync
from penwright.corpus.fetching.single_books import fetch_rights, fetch_text, is_unchanged
from penwright.corpus.fetching.text_archive import texts_in
from penwright.corpus.fetching.web import Validators, Web
from penwright.corpus.sources.fetched import FetchedBook
from penwright.errors import ReadingError

ARCHIVE_NAME = "txt-files.tar.zip"
MAX_ARCHIVE_BYTES = 1 << 36
RIGHTS_NAME = "rdf-files.tar.bz2"
MAX_RIGHTS_BYTES = 1 << 31
SPARE_BYTES = 1 << 30
"""Bytes of the disk that stay free when the archive is kept while it is read."""


def fetch_books(web: Web, plan: Plan, *, today: str, cache_dir: Path, tell: Tell = tell_nobody) -> FetchSummary:
    """Fetch the missing books of a plan.

    Args:
        web: The client.
        plan: The plan.
        today: The date to record, as 2026-01-31.
        cache_dir: Folder for what is known of rights.
        tell: Called with the progress.

    Raises:
        FetchError: If a server refuses, fails, or sends something else. What has arrived before is kept.
        ReadingError: If the archive is damaged.
        OSError: If the disk is full.
    """
    make_folder(plan.folder)
    with alone(plan.folder):
        intake = BookIntake(plan.folder, today=today)
        try:
            if plan.missing:
                ways: dict[str, Callable[[Web, Plan, BookIntake, Path, Tell], None]]
                ways = {"archive": _by_archive, "files": _by_files, "rsync": _by_rsync}
                ways[plan.way](web, plan, intake, make_folder(cache_dir / "gutenberg"), tell)
        finally:
            intake.record.close()
    shutil.rmtree(plan.folder / WORK_DIR, ignore_errors=True)
    num_present = len(plan.selection.books) - len(plan.missing) + intake.num_unchanged
    return FetchSummary(intake.num_fetched, num_present, tuple(intake.left_out))


def _by_files(web: Web, plan: Plan, intake: BookIntake, cache: Path, tell: Tell) -> None:
    """Fetch each book by itself: its rights, unless they are known, then its text."""
    known = _known_rights(cache)
    recorded = {book.id: book for book in intake.record.books.values() if book.is_whole(plan.folder)}
    mirror = plan.origin.mirror.rstrip("/")
    for done, book in enumerate(plan.missing):
        tell(FetchProgress(f"fetching {book.title}", done, len(plan.missing)))
        old = recorded.get(str(book.number))
        if old is not None and "#" not in old.url and is_unchanged(web, old.url, Validators(old.etag, old.modified)):
            intake.num_unchanged += 1
            continue
        if book.number not in known:
            known[book.number] = fetch_rights(web, mirror, book.number)
            if known[book.number]:
                add_rights(cache / "rights-single.csv", book.number, known[book.number])
        if is_copyrighted(known[book.number]):
            intake.leave_out(book, UNDER_COPYRIGHT)
            continue
        try:
            found = fetch_text(web, mirror, book.number)
        except UnfitError as error:
            intake.leave_out(book, f"cannot be read ({str(error).rstrip('.')})")
            continue
        if found is None:
            intake.leave_out(book, "is not on the mirror as plain text")
        else:
            rights, path = known[book.number], f"pg{book.number}.txt"
            intake.take(Arrived(book, path, found.data, found.url, rights, found.validators))


def _by_archive(web: Web, plan: Plan, intake: BookIntake, cache: Path, tell: Tell) -> None:
    """Read the archive of all texts as a stream, and keep the wanted ones."""
    rights = _all_rights(web, plan, cache, tell)
    wanted = {book.number: book for book in plan.missing}
    for number in [number for number in wanted if is_copyrighted(rights.get(number, ""))]:
        intake.leave_out(wanted.pop(number), UNDER_COPYRIGHT)
    if not (num_wanted := len(wanted)):
        return

    def told(done: int, total: int | None) -> None:
        tell(FetchProgress("reading the archive of all texts", num_wanted - len(wanted), num_wanted, done, total))

    with _archive(web, plan, wanted, intake, told) as download:
        if download is None:  # it is of the version that all these books are from
            intake.num_unchanged += len(wanted)
            return
        try:
            for text in texts_in(download, wanted=set(wanted), name=ARCHIVE_NAME):
                book, url = wanted.pop(text.number), f"{download.url}#{text.member}"
                path, known = f"pg{text.number}.txt", rights.get(text.number, "")
                intake.take(Arrived(book, path, text.data, url, known, download.validators))
        except ReadingError:  # what is kept of it is damaged, and would be read again by the next run
            download.close()
            (plan.folder / WORK_DIR / ARCHIVE_NAME).unlink(missing_ok=True)
            raise
    for book in wanted.values():
        intake.leave_out(book, "is not in the archive as plain text")


@contextmanager
def _archive(
    web: Web,
    plan: Plan,
    wanted: Mapping[int, CatalogueBook],
    intake: BookIntake,
    tell: TellBytes,
) -> Iterator[Download | KeptDownload | None]:
    """Open the archive: kept on the disk while it is read if there is room, so that a killed program can go on.

    Yields:
        The download; None if the archive has not changed since all wanted books were taken from it.
    """
    recorded = [book for book in intake.record.books.values() if book.id.isdigit() and int(book.id) in wanted]
    path = plan.folder / WORK_DIR / ARCHIVE_NAME
    for place, url in enumerate(urls := plan.origin.feed_urls(ARCHIVE_NAME)):
        if len(recorded) == len(wanted) and _are_of_archive(web, url, recorded):
            yield None
            return
        num_kept = path.stat().st_size if path.exists() else 0
        try:
            kept = KeptDownload(web, url, path=path, max_bytes=MAX_ARCHIVE_BYTES, tell=tell)
        except MissingError:
            if place == len(urls) - 1:
                raise
            continue
        download: Download | KeptDownload = kept
        num_needed = (kept.total or 0) - num_kept + len(wanted) * MEAN_BOOK_BYTES + SPARE_BYTES
        if shutil.disk_usage(plan.folder).free < num_needed:
            kept.close()
            path.unlink()
            download = Download(web, url, max_bytes=MAX_ARCHIVE_BYTES)
        try:
            yield download
        finally:
            download.close()
        return


def _are_of_archive(web: Web, url: str, books: list[FetchedBook]) -> bool:
    """Return True if all books are from one archive that has not changed on its server since."""
    origins = {(urldefrag(book.url)[0], Validators(book.etag, book.modified)) for book in books}
    return len(origins) == 1 and origins == {(url, next(iter(origins))[1])} and is_unchanged(web, *next(iter(origins)))


def _by_rsync(web: Web, plan: Plan, intake: BookIntake, cache: Path, tell: Tell) -> None:
    """Let rsync copy the wanted files, then look at each."""
    address = plan.origin.mirror if plan.origin.mirror.startswith("rsync:") else DEFAULT_RSYNC
    books = {book.number: book for book in plan.missing}
    arrived: set[int] = set()

    def told(number: int) -> None:
        arrived.add(number)
        tell(FetchProgress("copying by rsync", len(arrived), len(books)))

    fetch_by_rsync(address, sorted(books), plan.folder, tell=told)
    for number, book in books.items():
        path, about = (plan.folder / f"{number}" / f"pg{number}.{form}" for form in ("txt", "rdf"))
        rights = rights_in(about.read_bytes()) if about.is_file() else ""
        url = f"{address.rstrip('/')}/{number}/pg{number}.txt"
        if not path.is_file():
            intake.leave_out(book, "is not on the mirror as plain text")
        elif not intake.take(
            Arrived(book, f"{number}/pg{number}.txt", path.read_bytes(), url, rights, is_in_place=True)
        ):
            path.unlink()
        about.unlink(missing_ok=True)
        for empty in (path.parent / PARTIAL_DIR, path.parent):
            with suppress(OSError):
                empty.rmdir()


def _known_rights(cache: Path) -> dict[int, str]:
    return read_rights(cache / "rights.csv") | read_rights(cache / "rights-single.csv")


def _all_rights(web: Web, plan: Plan, cache: Path, tell: Tell) -> dict[int, str]:
    """Return the rights of all books; those that are known already if there is no archive of descriptions."""
    with suppress(MissingError):
        fetch_cached(
            web,
            plan.origin.feed_urls(RIGHTS_NAME),
            path=cache / "rights.csv",
            max_bytes=MAX_RIGHTS_BYTES,
            tell=lambda done, total: tell(FetchProgress("fetching the rights of all books", 0, 0, done, total)),
            convert=make_table,
        )
    return _known_rights(cache)
