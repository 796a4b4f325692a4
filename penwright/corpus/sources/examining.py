"""Look at files before they are read: their sizes, and the first bytes of each, which tell what is no book.

This module knows nothing of folders, nor of what is in an archive.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from penwright.corpus.archives.members import is_archive
from penwright.corpus.formats.document import READ_WHATEVER_THEY_HOLD, is_probably_text
from penwright.corpus.sources.mirror_tree import LISTS_OF_BOOKS

MANIFEST_MARK = "# Penwright manifest"
"""First words of a manifest, which distinguish it from the books in its folder."""
RECORD_NAME = "fetched.csv"
"""Name of the record in a folder of fetched books."""
RECORD_MARK = b"path,id,title,author,"
"""First bytes of such a record."""
HEAD_BYTES = 4096
NUM_THREADS = 8
"""Number of files examined at a time. A disk that has to look for each takes several orders at once."""
BATCH_FILES = 1_000
"""Number of files handed to the threads at a time. Each costs 2 kB until it was examined."""


class Examined(NamedTuple):
    """What a file's first bytes tell."""

    num_bytes: int
    """Its size."""
    reason: str | None
    """Reason why it is no book; empty if it may be one, None if it is neither a book nor left out."""


def examine(files: Sequence[Path]) -> Iterator[Examined]:
    """Examine files, several at a time. On Ctrl-C, those that have not begun are left."""
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        for start in range(0, len(files), BATCH_FILES):
            yield from pool.map(_examine, files[start : start + BATCH_FILES])


def _examine(path: Path) -> Examined:
    """Look at a file, not at the members of an archive."""
    try:
        num_bytes = path.stat().st_size
        if not path.is_file():
            return Examined(num_bytes, "is no ordinary file")
        if num_bytes == 0:
            return Examined(num_bytes, "is empty")
        if path.name == RECORD_NAME and _begins_with(path, RECORD_MARK):
            return Examined(num_bytes, None)  # titles are taken from it
        return Examined(num_bytes, "" if is_archive(path) else _reason_against_file(path))
    except OSError as error:
        is_broken = isinstance(error, FileNotFoundError) and path.is_symlink()
        return Examined(0, "is a link to a file that does not exist" if is_broken else what_happened(error))


def _reason_against_file(path: Path) -> str:
    """Return the reason why a file is no book, judged by its first bytes, or an empty string."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if path.suffix.lower() in READ_WHATEVER_THEY_HOLD:
        return ""
    if path.name.startswith(LISTS_OF_BOOKS):
        return "is a list of books"
    if head.startswith(MANIFEST_MARK.encode("ascii")):
        return "is a manifest; name it itself to read the books it lists"
    return "" if is_probably_text(head) else "is no text (its bytes are those of a program, a picture or the like)"


def _begins_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def what_happened(error: OSError) -> str:
    """Return what an error of the operating system means for a file, to follow the file's name."""
    if isinstance(error, FileNotFoundError):
        return "was there when the files were listed and has vanished since"
    if isinstance(error, PermissionError):
        return "may not be read by this user; change its permissions or leave it out"
    return f"cannot be read ({error.strerror or error})"
