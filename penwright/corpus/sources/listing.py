"""List the books that a user names: the books of a manifest, or of files, folders, archives and patterns."""

from collections.abc import Mapping
from typing import NamedTuple

from penwright.corpus.sources.chunks import num_chunks
from penwright.corpus.sources.discovery import Source, discover
from penwright.corpus.sources.fetched import known_details
from penwright.corpus.sources.manifest import ManifestBook, is_manifest, read_manifest, sources_of
from penwright.corpus.sources.patterns import Paths, as_list
from penwright.corpus.user_dirs import at_home
from penwright.errors import ManifestError


class Listing(NamedTuple):
    """The books to read."""

    sources: tuple[Source, ...]
    listed: tuple[ManifestBook | None, ...]
    """Entry of each book in a manifest; None without a manifest."""
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of each file that is not read."""
    details: tuple[Mapping[str, str], ...] = ()
    """What is known of each book beside its text, such as "Title" and "Author"; empty without any record of books."""

    def details_of(self, index: int) -> Mapping[str, str]:
        """Return what is known of one book beside its text."""
        return self.details[index] if self.details else {}

    @property
    def num_bytes(self) -> int:
        """Size of all books in bytes."""
        return sum(source.num_bytes for source in self.sources)

    @property
    def num_chunks(self) -> int:
        """Number of chunks of all books."""
        return sum(map(num_chunks, self.sources))


def list_books(paths: Paths) -> Listing:
    """List the books that a user names.

    Args:
        paths: Files, folders, archives and patterns; or one manifest.

    Raises:
        CorpusError: If a path does not exist or no book is found.
        ManifestError: If a manifest is wrong, or other paths are given with it.
    """
    given = as_list(paths)
    manifests = [path for path in given if is_manifest(path)]
    if not manifests:
        found = discover(given)
        details = tuple(known_details(found.sources))
        return Listing(found.sources, (None,) * len(found.sources), found.skipped, details)
    if len(given) > 1:
        raise ManifestError(
            f"the manifest {manifests[0]} lists a whole shelf. Name it alone, or add the other books to it."
        )
    path = at_home(manifests[0])
    books = read_manifest(path)
    kept = [book for book in books if book.keep]
    skipped = [(_name_of(book), book.reason or "is left out by the manifest") for book in books if not book.keep]
    return Listing(tuple(sources_of(path, kept)), tuple(kept), tuple(skipped))


def _name_of(book: ManifestBook) -> str:
    return f"{book.path}/{book.member}" if book.member else book.path
