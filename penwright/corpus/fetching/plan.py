"""Plan to fetch books of Project Gutenberg: choose them from its catalogue, and see which are missing in a folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from penwright.corpus.fetching.addresses import check_address
from penwright.corpus.fetching.cached import CachedFile, fetch_cached
from penwright.corpus.fetching.catalogue import CatalogueBook, Selection, Wish, read_catalogue, select
from penwright.corpus.fetching.rsync import check_rsync_address, find_rsync
from penwright.corpus.fetching.web import Web
from penwright.corpus.sources.fetched import Record
from penwright.errors import FetchError

Way = Literal["archive", "files", "rsync"]
DEFAULT_MIRROR = "https://gutenberg.pglaf.org"
"""A mirror of Project Gutenberg's own, made for programs."""
SITE = "https://www.gutenberg.org"
"""The site for people. Only its feeds are asked for, one file each, where no mirror has them."""
FEEDS = "cache/epub/feeds"
MAX_SINGLE_BOOKS = 100
"""Largest number of books fetched as single files unless the user asks for it. More are taken from the archive."""
MEAN_BOOK_BYTES = 390_000
"""Mean size of a text: 34,000 novels have 13 GB."""
ARCHIVE_BYTES = 10_000_000_000
"""Approximate size of the archive of all texts."""
MAX_CATALOGUE_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where books come from, and how."""

    mirror: str = DEFAULT_MIRROR
    """Address of a mirror, http, https or rsync."""
    way: Way | None = None
    """How they are fetched; None to decide by their number."""
    feeds: tuple[str, ...] = (DEFAULT_MIRROR, SITE)
    """Addresses whose feeds are fetched if the mirror has none, or is one of rsync."""

    def __post_init__(self) -> None:
        if self.way == "rsync":
            check_rsync_address(self.mirror)
        else:
            check_address(self.mirror)

    def feed_urls(self, name: str) -> list[str]:
        """Return the addresses at which a feed may be, the mirror's first."""
        mirrors = [] if self.mirror.startswith("rsync:") else [self.mirror.rstrip("/")]
        bases = dict.fromkeys([*mirrors, *self.feeds])
        return [f"{base}/{FEEDS}/{name}" for base in bases]


class FetchProgress(NamedTuple):
    """How far the work is."""

    doing: str
    """A phrase such as "reading the archive"."""
    books_done: int
    num_books: int
    bytes_done: int = 0
    num_bytes: int | None = None
    """Bytes of the file that is being read; None if that is not known."""


Tell = Callable[[FetchProgress], object]


def tell_nobody(progress: FetchProgress) -> None:
    """Do nothing."""


class Plan(NamedTuple):
    """What a run would fetch."""

    folder: Path
    origin: Origin
    way: Way
    selection: Selection
    missing: tuple[CatalogueBook, ...]
    """Books to fetch."""
    catalogue: CachedFile

    @property
    def num_download_bytes(self) -> int:
        """Approximate number of bytes to download."""
        return ARCHIVE_BYTES if self.way == "archive" else len(self.missing) * MEAN_BOOK_BYTES

    @property
    def num_disk_bytes(self) -> int:
        """Approximate number of bytes that stay on the disk."""
        return len(self.missing) * MEAN_BOOK_BYTES


def make_plan(
    web: Web,
    folder: Path,
    *,
    wish: Wish,
    origin: Origin,
    cache_dir: Path,
    is_refresh: bool = False,
    tell: Tell = tell_nobody,
) -> Plan:
    """Ask for the catalogue, unless the one in the cache is still the newest, and choose the books to fetch.

    Args:
        web: The client.
        folder: Folder of the books; it need not exist yet.
        wish: Which books are wanted.
        origin: Where they come from.
        cache_dir: Folder for the catalogue.
        is_refresh: True to ask for books too that are there, if they have changed.
        tell: Called with the progress.

    Raises:
        FetchError: If there is no catalogue, or no book fits the wish.
        OSError: If the cache cannot be written.
    """
    if origin.way == "rsync":
        find_rsync()
    catalogue = fetch_cached(
        web,
        origin.feed_urls("pg_catalog.csv.gz"),
        path=make_folder(cache_dir / "gutenberg") / "pg_catalog.csv.gz",
        max_bytes=MAX_CATALOGUE_BYTES,
        tell=lambda done, total: tell(FetchProgress("fetching the catalogue", 0, 0, done, total)),
    )
    selection = select(read_catalogue(catalogue.path), wish)
    if not selection.books:
        raise FetchError(
            f"none of the {selection.num_listed:,} books of the catalogue fits. Check --language (a code such as en), "
            "--subject and --author."
        )
    present = present_ids(folder)
    missing = tuple(book for book in selection.books if is_refresh or str(book.number) not in present)
    way: Way = origin.way or ("archive" if len(missing) > MAX_SINGLE_BOOKS else "files")
    if way == "files" and (urlsplit(origin.mirror).hostname or "").removeprefix("www.") == "gutenberg.org":
        raise FetchError(f"{SITE} is for people. Fetch single books from a mirror of it: leave out --mirror.")
    return Plan(folder, origin, way, selection, missing, catalogue)


def present_ids(folder: Path) -> set[str]:
    """Return the numbers of the books of Project Gutenberg that are on record and whose files are whole."""
    books = Record(folder).books.values() if folder.is_dir() else ()
    return {book.id for book in books if book.path.endswith(f"pg{book.id}.txt") and book.is_whole(folder)}


def make_folder(folder: Path) -> Path:
    """Make a folder unless it exists, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
