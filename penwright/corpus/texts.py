"""Read books one after the other as texts, cleaned as for a training, without making a corpus of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from penwright.corpus.config import CorpusConfig
from penwright.corpus.passes.clean_text import read_bytes, read_chunk
from penwright.corpus.sources.chunks import chunks_of
from penwright.corpus.sources.listing import list_books
from penwright.errors import CorpusError


class BookText(NamedTuple):
    """The text of a book, or of a part of a long one."""

    name: str
    text: str
    is_first: bool
    """True if the book begins with this text."""
    share_before: float
    """Share of the bytes of all books that lies before this text, 0 to 1."""
    share_after: float
    """The same after this text."""
    doubts: tuple[str, ...]
    """What may be wrong with the text, such as replaced characters."""


class TextList(NamedTuple):
    """Books to read."""

    texts: Iterator[BookText]
    """Each book when its turn comes. Asking for it raises `CorpusError` if it cannot be read."""
    num_books: int
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of each file that is not read."""


def list_texts(paths: Sequence[str | Path], *, config: CorpusConfig) -> TextList:
    """List books to read, in the order in which they are named; those of a folder come by name.

    Args:
        paths: Files, folders, archives and patterns; or one manifest.
        config: How to clean them.

    Raises:
        CorpusError: If a path does not exist or no book is found.
    """
    if not paths:
        raise CorpusError("no path was given. Name files, folders or patterns to read.")
    listings = [list_books([path]) for path in paths]
    sources = [source for listing in listings for source in listing.sources]
    skipped = tuple(pair for listing in listings for pair in listing.skipped)

    def texts() -> Iterator[BookText]:
        total, done = max(1, sum(source.num_bytes for source in sources)), 0
        for source in sources:
            for chunk in chunks_of(source):
                text, facts, *_ = read_chunk(read_bytes(chunk), chunk=chunk, config=config)
                before, done = done, done + chunk.stop - chunk.start
                yield BookText(source.name, text, chunk.is_first, before / total, done / total, facts.doubts)

    return TextList(texts(), len(sources), skipped)
