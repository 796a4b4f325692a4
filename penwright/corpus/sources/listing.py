"""List the books a user means: those a manifest keeps, or those found behind files, folders, archives and patterns."""

from typing import NamedTuple

from penwright.corpus.sources.chunks import num_chunks
from penwright.corpus.sources.discovery import Paths, Source, as_list, discover
from penwright.corpus.sources.manifest import ManifestBook, is_manifest, read_manifest, sources_of
from penwright.corpus.user_dirs import at_home
from penwright.errors import ManifestError


class Listing(NamedTuple):
    """Books that are to be read."""

    sources: tuple[Source, ...]
    listed: tuple[ManifestBook | None, ...]
    """What a manifest says of each; None for a book that was found."""
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of what is not read."""

    @property
    def num_bytes(self) -> int:
        """Size of all books together."""
        return sum(source.num_bytes for source in self.sources)

    @property
    def num_chunks(self) -> int:
        """In how many chunks they are read."""
        return sum(map(num_chunks, self.sources))


def list_books(paths: Paths) -> Listing:
    """List the books behind what a user named.

    Args:
        paths: Files, folders, archives and patterns; or one manifest.

    Raises:
        CorpusError: If a path does not exist or no book is found.
        ManifestError: If a manifest does not hold, or something else was named beside it.
    """
    given = as_list(paths)
    manifests = [path for path in given if is_manifest(path)]
    if not manifests:
        found = discover(given)
        return Listing(found.sources, (None,) * len(found.sources), found.skipped)
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
