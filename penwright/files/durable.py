"""Write files so that a crash, a full disk or a power cut never costs the last good version.

A file is written aside in the same folder, flushed to the disk and renamed over the old one: whoever reads sees the old
content or the new, never half of either. A folder is built under a name of its own and renamed when it is complete.
This module knows nothing of what the files contain.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

CHUNK_BYTES = 1 << 20
ABANDONED_SECONDS = 3_600.0
"""Age at which a file written aside counts as abandoned by a writer that was killed."""
_ASIDE = re.compile(r"\..*\.[0-9a-f]{8}\.tmp", re.DOTALL)
_CANNOT_FLUSH_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)


def is_file(path: Path) -> bool:
    """Return True if there is a file. Without permission for a folder on the way the answer is False."""
    try:
        return path.is_file()
    except OSError:  # pathlib passes on a missing permission
        return False


def is_folder(path: Path) -> bool:
    """Return True if there is a folder, False if a link or a missing permission keeps that from being known."""
    try:
        return path.is_dir()
    except OSError:  # as in `is_file`
        return False


def entries(folder: Path) -> list[Path]:
    """Return the entries of a folder in order; an empty list if it is no folder or not readable."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def sync_folder(folder: Path) -> None:
    """Flush a folder's own entries, so that a rename in it survives a power cut.

    Windows has no such call and needs none; where a file system refuses it, nothing better can be done.
    """
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH_FOLDERS:
            raise


def sync_file(path: Path) -> None:
    """Flush a file that has already been written and closed."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new version of `path` for writing; it replaces the old one only if the block ends without an error.

    A link stays a link, and its target is replaced. The permissions of the old version are kept. A device or a pipe,
    such as /dev/null, is written to directly.

    Args:
        path: The file to write. Its folder must exist.

    Yields:
        A binary file. On an error in the block it is removed and `path` stays as it was.

    Raises:
        OSError: If the folder is missing or not writable, the disk is full, or `path` is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    aside = target.with_name(f"{_aside_prefix(target)}{secrets.token_hex(4)}.tmp")
    try:
        with aside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            aside.chmod(stat.S_IMODE(target.stat().st_mode))
        aside.replace(target)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise
    _remove_abandoned(target)
    sync_folder(target.parent)


def _aside_prefix(target: Path) -> str:
    return f".{target.name[:40]}."  # cut: names are limited to 255 bytes


def _remove_abandoned(target: Path) -> None:
    """Remove what killed writers of `target` left aside. A file written less than ABANDONED_SECONDS ago may be in
    use."""
    with suppress(OSError):
        written = target.stat().st_mtime
        for path in leftovers(target.parent, prefix=_aside_prefix(target)):
            if written - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def leftovers(folder: Path, *, prefix: str = ".") -> list[Path]:
    """Return the files in a folder that `replacing` has written aside and not renamed, or not yet.

    Args:
        folder: Any folder.
        prefix: Beginning of their names.
    """
    return [path for path in entries(folder) if path.name.startswith(prefix) and _ASIDE.fullmatch(path.name)]


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, whole or not at all."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing_unflushed(path: Path) -> Iterator[IO[bytes]]:
    """Open a new version of a file that can be made again; it replaces the old one if the block ends without an error.

    Nothing is flushed to the disk, which takes longer than writing a book. After a power cut the file may be damaged,
    so whoever reads it checks it. What a killed writer leaves aside is removed by `remove_asides`.

    Args:
        path: The file to write, no link. Its folder must exist.

    Raises:
        OSError: If the folder is missing or not writable, or the disk is full.
    """
    aside = path.with_name(f"{_aside_prefix(path)}{secrets.token_hex(4)}.tmp")
    try:
        with aside.open("xb") as file:
            yield file
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def remove_asides(folder: Path) -> None:
    """Remove all that killed writers left in a folder, unless it was written less than ABANDONED_SECONDS ago."""
    for path in leftovers(folder):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def write_new(path: Path, data: bytes) -> None:
    """Write and flush a file that does not exist yet, in a folder that is renamed into place when it is complete."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8 with line feeds, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as indented JSON, whole or not at all. NaN and infinities are refused."""
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return `value` as indented JSON in UTF-8. NaN and infinities are refused."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    # A file name that is not UTF-8 reaches Python with lone surrogates; in JSON they can stand as escapes only.
    return text.encode("utf-8", "backslashreplace")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits, reading it in chunks of constant size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
