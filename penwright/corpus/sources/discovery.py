"""Find the books in the files, folders, patterns and archives that a user names, and read their bytes.

Finding opens only the directories of archives and the first bytes of files. Files that are not taken are listed with a
reason. This module knows nothing of encodings, cleaning or the corpus.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from penwright.corpus.archives.members import is_archive, list_members, read_member
from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES
from penwright.corpus.sources.examining import Examined, examine, what_happened
from penwright.corpus.sources.mirror_tree import best_form, book_number, without_other_forms
from penwright.corpus.sources.patterns import Paths, as_list, expand
from penwright.errors import CorpusError, ReadingError
from penwright.files import is_file, is_folder

CACHE_TAG = "CACHEDIR.TAG"
"""Name of the file that marks a folder as a cache."""
OTHER_FORMS = "(other editions)"
_OTHER_FOLDERS = frozenset({"__pycache__", "node_modules"})


class Source(NamedTuple):
    """The bytes of one book: a file, or one member of an archive."""

    path: Path
    member: str | None
    """Its name inside the archive; None for a plain file."""
    num_bytes: int
    """Size in bytes; for a member, as declared by the archive."""
    root: Path
    """Folder that `name` is relative to."""

    @property
    def name(self) -> str:
        """Name shown to the user: the path relative to `root`, followed by the member."""
        member = "" if self.member is None else "/" + self.member.encode("utf-8", "replace").decode("utf-8")
        return _shown(self.path, self.root) + member


class Discovery(NamedTuple):
    """The books that were found."""

    sources: tuple[Source, ...]
    """Books sorted by name."""
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of each file or folder that is not taken, sorted."""


def discover(paths: Paths) -> Discovery:
    """Find the books that a user names.

    Args:
        paths: Files, folders (read recursively), archives and patterns such as "books/**/*.txt"; one or several.

    Returns:
        The books, independent of the order of `paths`.

    Raises:
        CorpusError: If a path does not exist, a pattern matches nothing, or there is no book.
    """
    given = as_list(paths)
    skipped: dict[str, str] = {}
    found: dict[tuple[Path, str | None], Source] = {}
    files = [(file, root) for path, root in expand(given) for file in _files_at(path, root, skipped)]
    for (file, root), about in zip(files, examine([file for file, _ in files]), strict=True):
        for source in _sources_in_file(file, root, about, skipped):
            key = (_real(source.path), source.member)
            # A file that is named twice is one book, with the shorter name.
            if key not in found or source.name < found[key].name:
                found[key] = source
    sources = tuple(sorted(found.values(), key=lambda source: (source.name, source.path, source.member or "")))
    if not sources:
        reasons = "".join(f" {name}: {reason}." for name, reason in sorted(skipped.items())[:3])
        more = f" And {len(skipped) - 3:,} more." if len(skipped) > 3 else ""
        names = ", ".join(map(str, given))
        raise CorpusError(f"no book was found in {names}.{reasons}{more} Give text files, or a folder that holds some.")
    return Discovery(sources, tuple(sorted(skipped.items())))


def read_source(source: Source, *, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
    """Return the bytes of one book; of an archive member at most `max_bytes`.

    Raises:
        ReadingError: If it vanished, changed since it was listed, is too large a member, or cannot be read.
    """
    if source.member is not None:
        with reading(source.name):
            return read_member(source.path, source.member, max_bytes=max_bytes)
    return read_range(source, start=0, stop=source.num_bytes)


def read_range(source: Source, *, start: int, stop: int) -> bytes:
    """Return a stretch of a plain file's bytes.

    Args:
        source: A file, not an archive member.
        start: Offset of the first byte.
        stop: Offset after the last byte, at most `source.num_bytes`.

    Raises:
        ReadingError: If the file vanished, has another size than when it was listed, or cannot be read.
    """
    with reading(source.name), source.path.open("rb") as file:
        file.seek(start)
        data = file.read(stop - start)
        num_bytes = os.fstat(file.fileno()).st_size
    if len(data) != stop - start or num_bytes != source.num_bytes:
        raise ReadingError(f"{source.name} changed while it was being read; leave it alone and run again")
    return data


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn the operating system's errors of a file into one sentence with its name."""
    try:
        yield
    except OSError as error:
        raise ReadingError(f"{name} {what_happened(error)}") from error


def _files_at(path: Path, root: Path, skipped: dict[str, str]) -> Iterator[Path]:
    """Yield the files at an existing path, and add skipped ones to `skipped`."""
    if is_folder(path):
        yield from _walk(path, root, skipped)
    else:
        yield path


def _walk(folder: Path, root: Path, skipped: dict[str, str]) -> Iterator[Path]:
    """Yield the files below a folder. Each real folder is entered once, whatever links lead to it."""
    seen: set[Path] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        shown = _shown(current, root)
        real = _real(current)
        if real in seen:
            skipped[shown] = "is a link to a folder that is read already"
            continue
        seen.add(real)
        try:
            entries = sorted(current.iterdir())
        except OSError as error:
            skipped[shown] = what_happened(error)
            continue
        names = {entry.name for entry in entries}
        if reason := _reason_against_folder(current.name, names, is_given=current == folder):
            skipped[shown] = reason
            continue
        if best := _best_of_book(current, names):
            skipped[OTHER_FORMS] = "are other forms of books in the tree of a mirror, of which the best one is read"
            yield best
            continue
        for entry in entries:
            if entry.name.startswith("."):
                skipped[_shown(entry, root)] = "is hidden (its name begins with a dot)"
            elif is_folder(entry):
                waiting.append(entry)
            else:
                yield entry


def _best_of_book(folder: Path, names: set[str]) -> Path | None:
    """Return the file to read if this is the folder of one book in the tree of a mirror of Project Gutenberg."""
    number = book_number(folder.absolute().parts, names)
    if not number:
        return None
    inner = f"{number}-h"
    pages = {f"{inner}/{inner}.{kind}" for kind in ("htm", "html")} if inner in names else set()
    form = best_form(number, names | {page for page in pages if is_file(folder / page)})
    return folder / form if form else None


def _reason_against_folder(name: str, names: set[str], *, is_given: bool) -> str:
    """Return the reason why a folder is skipped, or an empty string."""
    if {"corpus.json", "ids.bin"} <= names:
        return "is a corpus that Penwright prepared, not a shelf"
    if CACHE_TAG in names:
        return "is a cache"
    if {"config.toml", "metrics.jsonl"} <= names:
        return "is a run of Penwright's; its samples are no books"
    return "holds programs, not books" if name in _OTHER_FOLDERS and not is_given else ""


def _sources_in_file(path: Path, root: Path, about: Examined, skipped: dict[str, str]) -> Iterator[Source]:
    """Yield the book in a file, or the books in an archive."""
    if about.reason:
        skipped[_shown(path, root)] = about.reason
    elif about.reason is not None and is_archive(path):
        yield from _sources_in_archive(path, root, skipped)
    elif about.reason is not None:
        yield Source(path, None, about.num_bytes, root)


def _sources_in_archive(path: Path, root: Path, skipped: dict[str, str]) -> Iterator[Source]:
    """Yield the members of an archive that may be books. An archive that cannot be listed is skipped."""
    shown = _shown(path, root)
    try:
        members = list_members(path)
    except ReadingError as error:
        skipped[shown] = str(error)
        return
    except OSError as error:
        skipped[shown] = what_happened(error)
        return
    kept, num_left_out = without_other_forms(member.name for member in members)
    if num_left_out:
        is_kept = set(kept).__contains__
        members = [member for member in members if is_kept(member.name)]
        skipped[f"{shown}/{OTHER_FORMS}"] = "are other forms of books, of which the best one is read"
    for member in members:
        source = Source(path, member.name, member.num_bytes, root)
        if any(part.startswith(".") or part == "__MACOSX" for part in member.name.split("/")):
            skipped[source.name] = "is hidden"
        elif member.num_bytes == 0:
            skipped[source.name] = "is empty"
        else:
            yield source


def _shown(path: Path, root: Path) -> str:
    """Return a path relative to a root as printable text. Bytes of a name that are no text become U+FFFD."""
    whole, start = path.as_posix(), root.as_posix().rstrip("/") + "/"
    # A relative path costs pathlib twenty times as much, and a name is asked for a dozen times for each book.
    name = whole[len(start) :] if whole.startswith(start) else path.relative_to(root).as_posix()
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _real(path: Path) -> Path:
    """Return the path with all links resolved, or the absolute path if links form a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
