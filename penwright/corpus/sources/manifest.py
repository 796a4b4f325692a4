"""A shelf's list of books as a TOML file for editing: the title, the split and the selection of each book.

A manifest holds the books' paths and hashes, and no text. This module knows nothing of how books are read.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from glob import has_magic
from pathlib import Path
from typing import Any

import tomli_w

from penwright.alphabet.code_points import has_utf8_form
from penwright.corpus.archives.members import list_members
from penwright.corpus.config import SPLITS, SplitName
from penwright.corpus.sources.discovery import Source, reading
from penwright.corpus.sources.examining import MANIFEST_MARK
from penwright.errors import ManifestError, ReadingError, did_you_mean
from penwright.files import is_file, write_text

MANIFEST_SUFFIX = ".toml"
MAX_MANIFEST_BYTES = 256 << 20
_HEADER = f"""\
{MANIFEST_MARK}, version 1. Edit it, then give it to Penwright in place of the books.
#
# One [[book]] for each book:
#   path    the file, told from this manifest's folder
#   member  the file inside, where path is an archive
#   sha256  hash of its bytes; a file that has changed is refused. Remove the line to accept any content.
#   title, author, year    what to call it; change them freely. An author's books are held out together.
#   split   "train" to learn from, "val" to steer by, "test" to look at once at the end. Give one to every book or to
#           none: without any they are chosen again.
#   keep    false leaves the book out
#   reason  why it was left out, for you
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestBook:
    """One book of a manifest."""

    path: str
    """Path of its file, relative to the manifest's folder, with forward slashes; absolute for other folders."""
    member: str = ""
    """Name of the file inside an archive; empty for a plain file."""
    sha256: str = ""
    """SHA-256 of its bytes, 64 hexadecimal digits; empty to accept any content."""
    title: str = ""
    """Its title; empty to take the book's own."""
    author: str = ""
    """Its writer; empty to take the book's own."""
    year: int | None = None
    """Year of the first publication, -3000 to 3000; None if unknown."""
    split: SplitName | None = None
    """Its split; None if splits are chosen by the configuration."""
    keep: bool = True
    """False to leave the book out."""
    reason: str = ""
    """Reason why it is left out."""

    def __post_init__(self) -> None:
        for name in ("path", "member", "sha256", "title", "author", "reason"):
            if not isinstance(getattr(self, name), str):
                raise ManifestError(f"{name} must be text, not {getattr(self, name)!r}.")
            if not has_utf8_form(getattr(self, name)):
                raise ManifestError(f"{name} holds bytes that are no text: {getattr(self, name)!a}. Rename the file.")
        if not self.path:
            raise ManifestError("path is missing; it names the book's file.")
        if self.sha256 and (len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef")):
            raise ManifestError(f"sha256 must be 64 hexadecimal digits in small letters, not {self.sha256!r}.")
        if self.year is not None and (type(self.year) is not int or not -3000 <= self.year <= 3000):
            raise ManifestError(f"year must be a whole number such as 1859, not {self.year!r}.")
        if self.split is not None and self.split not in SPLITS:
            raise ManifestError(f"there is no split {self.split!r}.{did_you_mean(str(self.split), SPLITS)}")
        if type(self.keep) is not bool:
            raise ManifestError(f"keep must be true or false, not {self.keep!r}.")


def is_manifest(path: str | Path) -> bool:
    """Return True if a path that a user named is a manifest: its name ends in .toml and is no pattern."""
    return Path(path).suffix.lower() == MANIFEST_SUFFIX and not has_magic(str(path))


def write_manifest(path: Path, books: Sequence[ManifestBook]) -> None:
    """Write a manifest, whole or not at all, with a comment that explains each field.

    Raises:
        OSError: If the folder cannot be written.
    """
    rows = [{key: value for key, value in asdict(book).items() if _is_worth_writing(key, value)} for book in books]
    write_text(path, _HEADER + "\n" + tomli_w.dumps({"version": 1, "book": rows}))


def read_manifest(path: Path) -> list[ManifestBook]:
    """Return the books of a manifest in its order.

    Raises:
        ManifestError: If it is missing, no TOML or of another version, holds an unknown key or a value out of bounds,
            gives a split to only some books, or keeps none.
    """
    data = _read_toml(path)
    for key in data:
        if key not in ("version", "book"):
            raise ManifestError(f"{path}: there is no entry '{key}'.{did_you_mean(key, ('version', 'book'))}")
    if data.get("version") != 1:
        raise ManifestError(
            f"{path}: version is {data.get('version')!r}, this program reads 1. Put 'version = 1' above."
        )
    rows = data.get("book", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ManifestError(f"{path}: books are written as [[book]], each with its own lines below.")
    books = [_book(path, number, row) for number, row in enumerate(rows, start=1)]
    kept = [book for book in books if book.keep]
    if not kept:
        raise ManifestError(f"{path} keeps none of its {len(books)} books. Set keep = true for those to read.")
    without = [book.path for book in kept if book.split is None]
    if 0 < len(without) < len(kept):
        raise ManifestError(
            f"{path}: {len(without)} of {len(kept)} books have no split, {without[0]} the first. "
            "Give every book one, or none."
        )
    return books


def sources_of(path: Path, books: Sequence[ManifestBook]) -> list[Source]:
    """Return the sources of a manifest's books.

    Args:
        path: The manifest.
        books: The books to read, from `read_manifest`.

    Raises:
        ManifestError: If a file or a member of an archive is missing, or an archive cannot be read.
    """
    root = path.absolute().parent
    sources = []
    sizes: dict[Path, dict[str, int]] = {}  # sizes of the members of each archive
    for book in books:
        file = root / book.path
        if not is_file(file):
            raise ManifestError(f"{path} lists {book.path}, which is not there. Restore it, or set keep = false.")
        inside = root if file.is_relative_to(root) and ".." not in Path(book.path).parts else file.parent
        if book.member:
            if file not in sizes:
                sizes[file] = _member_sizes(path, file)
            if book.member not in sizes[file]:
                raise ManifestError(
                    f"{path} lists {book.member}, which {book.path} does not hold. Correct it, or set keep = false."
                )
        num_bytes = sizes[file][book.member] if book.member else file.stat().st_size
        sources.append(Source(file, book.member or None, num_bytes, inside))
    return sources


def _member_sizes(path: Path, file: Path) -> dict[str, int]:
    """Return the declared size of each member of an archive that a manifest lists."""
    try:
        with reading(file.name):
            return {member.name: member.num_bytes for member in list_members(file)}
    except ReadingError as error:
        raise ManifestError(f"{path} lists an archive that cannot be read: {error}") from error


def _is_worth_writing(key: str, value: object) -> bool:
    """Return True if a field is written: it has a value, or it is meant to be edited."""
    return key in ("path", "title", "author", "keep") or value not in ("", None)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise ManifestError(f"{path} is larger than {MAX_MANIFEST_BYTES:,} bytes and cannot be a manifest.")
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise ManifestError(f"there is no manifest {path}. `inspect` writes one.") from error
    except OSError as error:
        raise ManifestError(f"the manifest {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not UTF-8. Save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:  # tomllib reads a number of any length, and tables of any depth
        raise ManifestError(f"{path} is not valid TOML: {error}.") from error


def _book(path: Path, number: int, row: dict[str, Any]) -> ManifestBook:
    """Return one book of a manifest. Errors name its number and path."""
    names = [field.name for field in fields(ManifestBook)]
    where = f"{path}, book {number} ({row.get('path', 'without a path')})"
    for key in row:
        if key not in names:
            raise ManifestError(f"{where}: there is no field '{key}'.{did_you_mean(key, names)}")
    try:
        return ManifestBook(**{"path": "", **row})
    except ManifestError as error:
        raise ManifestError(f"{where}: {error}") from error
