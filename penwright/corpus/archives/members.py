"""Archives of books: list their members, and read the bytes of one member.

Supported are zip, tar (plain or compressed by gzip, bzip2 or xz), single files compressed by gzip, and tables of books
in Parquet, whose rows are the members. Members are
unpacked in memory and within bounds, never to disk. An archive inside an archive is opened, one level deep: its members
are named by both, as "inner.zip/book.txt". A zip that holds nothing but one tar is that tar, of any size. This module
knows nothing of the meaning of the bytes.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePath
from typing import NamedTuple

from penwright.corpus.archives.nested import InnerArchive
from penwright.corpus.archives.parquet import read_row, row_number, table_rows
from penwright.corpus.archives.tars import STREAM_OF_SUFFIX, Stream, TarMember, read_tar_member, tar_members
from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES, MAX_MEMBERS, collect, gzip, unpack
from penwright.corpus.archives.zips import ZipMember, read_zip_member, zip_members
from penwright.errors import ReadingError

PARQUET = ".parquet"
SUFFIXES = (".zip", ".tar", *STREAM_OF_SUFFIX, ".gz", PARQUET)
"""Endings of archives' file names. If two fit, the longer one counts."""


class Member(NamedTuple):
    """One regular file inside an archive."""

    name: str
    """Its path inside the archive, unchanged."""
    num_bytes: int
    """Its unpacked size, as declared by the archive."""


def is_archive(path: PurePath) -> bool:
    """Return True if a file name is the name of an archive."""
    return path.name.lower().endswith(SUFFIXES)


def list_members(path: Path) -> list[Member]:
    """Return the regular files of an archive.

    Args:
        path: An archive that `is_archive` recognises.

    Returns:
        The members sorted by name; links, devices and folders are left out. A gzip file has one member, named like the
        file without ".gz".

    Raises:
        ReadingError: If it is damaged, encrypted, cut short, or beyond the bounds.
        OSError: If the file cannot be opened.
    """
    suffix = _suffix(path)
    if suffix == ".gz":
        return [Member(path.name[: -len(suffix)] or path.name, _declared_gzip_bytes(path))]
    if suffix == PARQUET:
        return [Member(name, num_bytes) for name, num_bytes in table_rows(path).items()]
    sizes: dict[str, int] = {}
    for name, member in _index(path, *_identity(path)).items():
        inner = _inner_or_none(path, name) if is_archive(PurePath(name)) else None
        if inner is None:
            sizes[name] = member.num_bytes if isinstance(member, TarMember) else member.declared_bytes
            continue
        sizes |= {f"{name}/{inside}": num_bytes for inside, num_bytes in inner.num_bytes.items()}
        if len(sizes) > MAX_MEMBERS:
            raise ReadingError(f"{path.name} lists more than {MAX_MEMBERS:,} members. Unpack it yourself.")
    return [Member(name, sizes[name]) for name in sorted(sizes)]


def read_member(path: Path, name: str, *, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
    """Return the bytes of one member.

    Args:
        path: The archive.
        name: The member's name, from `list_members`.
        max_bytes: Largest size to unpack.

    Raises:
        ReadingError: If there is no such member, it is itself an archive, or it cannot be unpacked within bounds.
        OSError: If the file cannot be opened.
    """
    if _suffix(path) == PARQUET:
        return read_row(path, name, max_bytes=max_bytes, identity=_identity(path))
    if outer := _outer_name(path, name):
        return _inner(path, *_identity(path), outer).read(name[len(outer) + 1 :], max_bytes=max_bytes)
    if is_archive(PurePath(name)):
        raise ReadingError(
            f"{path.name}/{name} is an archive inside an archive, too deep or too damaged to be opened. Unpack the "
            "outer one and give the inner one by itself."
        )
    return _read_outer(path, name, max_bytes=max_bytes)


def _read_outer(path: Path, name: str, *, max_bytes: int) -> bytes:
    """Return the bytes of one member of the outermost archive."""
    shown, suffix = f"{path.name}/{name}", _suffix(path)
    if suffix == ".gz":
        with path.open("rb") as file:
            return collect(unpack(file.read, new_stream=gzip, name=shown), name=shown, max_bytes=max_bytes)
    identity = _identity(path)
    member = _index(path, *identity).get(name)
    if member is None:
        raise ReadingError(f"{path.name} holds no member '{name}'. It may have changed; list it again.")
    if isinstance(member, ZipMember):
        with path.open("rb") as file:
            return read_zip_member(file, member, name=shown, max_bytes=max_bytes)
    if suffix == ".tar":
        stream = Stream(path, new_stream=None)
        try:
            return read_tar_member(stream, member, name=shown, max_bytes=max_bytes)
        finally:
            stream.close()
    stream = _open_stream(path, *identity)
    if stream.position > member.offset:
        _open_stream.cache_clear()
        stream = _open_stream(path, *identity)
    try:
        return read_tar_member(stream, member, name=shown, max_bytes=max_bytes)
    except ReadingError:
        if member.num_bytes <= max_bytes:  # a member that is too large was refused before unpacking
            _open_stream.cache_clear()
        raise


def reading_position(path: Path, name: str) -> int:
    """Return a sort key for the members of one archive: read in this order, all members take one pass over it.

    Args:
        path: The archive.
        name: The member's name, from `list_members`.

    Raises:
        ReadingError: If the archive is damaged.
        OSError: If the file cannot be opened.
    """
    if _suffix(path) in (".tar", ".gz"):
        return 0
    if _suffix(path) == PARQUET:
        return row_number(name) or 0
    member = _index(path, *_identity(path)).get(_outer_name(path, name) or name)
    return member.offset if isinstance(member, TarMember) else 0


def _suffix(path: Path) -> str:
    lowered = path.name.lower()
    return max((suffix for suffix in SUFFIXES if lowered.endswith(suffix)), key=len, default="")


def _identity(path: Path) -> tuple[int, int]:
    """Return size and time of change, which identify a version of a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4)
def _index(path: Path, num_bytes: int, modified_ns: int) -> Mapping[str, ZipMember | TarMember]:
    """Return an archive's members by name, cached because its books are read one by one."""
    suffix = _suffix(path)
    if suffix != ".zip":
        return tar_members(path, new_stream=STREAM_OF_SUFFIX.get(suffix))
    tar = _only_tar(path, num_bytes, modified_ns)
    members = _zip_index(path, num_bytes, modified_ns)
    return members if tar is None else tar_members(path, new_stream=None, member=tar)


@lru_cache(maxsize=4)
def _zip_index(path: Path, num_bytes: int, modified_ns: int) -> Mapping[str, ZipMember]:
    """Return a zip's own members by name."""
    return zip_members(path, num_bytes=num_bytes, name=path.name)


def _only_tar(path: Path, num_bytes: int, modified_ns: int) -> ZipMember | None:
    """Return the tar that a zip holds and nothing else, or None."""
    members = _zip_index(path, num_bytes, modified_ns)
    return next(iter(members.values())) if len(members) == 1 and next(iter(members)).endswith(".tar") else None


@lru_cache(maxsize=1)
def _open_stream(path: Path, num_bytes: int, modified_ns: int) -> Stream:
    """Return a tar that is compressed or inside a zip, open at the end of the member that was read last."""
    suffix = _suffix(path)
    tar = _only_tar(path, num_bytes, modified_ns) if suffix == ".zip" else None
    return Stream(path, new_stream=STREAM_OF_SUFFIX.get(suffix), member=tar)


def _outer_name(path: Path, name: str) -> str:
    """Return the name of the inner archive that a member is in, or an empty string if it is in the outermost one."""
    if _suffix(path) == ".gz":
        return ""
    index = _index(path, *_identity(path))
    place = name.find("/") if name not in index else -1
    while place >= 0:
        if name[:place] in index and is_archive(PurePath(name[:place])):
            return name[:place]
        place = name.find("/", place + 1)
    return ""


@lru_cache(maxsize=1)
def _inner(path: Path, num_bytes: int, modified_ns: int, name: str) -> InnerArchive:
    """Return an archive inside an archive, cached because its members are read one by one."""
    return InnerArchive(_read_outer(path, name, max_bytes=MAX_MEMBER_BYTES), name=f"{path.name}/{name}")


def _inner_or_none(path: Path, name: str) -> InnerArchive | None:
    """Return an archive inside an archive; None if it cannot be listed, which reading it will report."""
    try:
        return _inner(path, *_identity(path), name)
    except ReadingError:
        return None


def _declared_gzip_bytes(path: Path) -> int:
    """Return the size that a gzip file declares in its last four bytes, modulo 2^32. It is shown, never trusted.

    It is the size of the file's last part. If that part is empty, as in all files of bgzip, or zeros follow it, the
    packed size is returned.
    """
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            raise ReadingError(f"{path.name} is damaged, or no gzip file. Copy or download it again.")
        num_packed = file.seek(0, 2)
        file.seek(-min(4, num_packed), 2)
        return int.from_bytes(file.read(4), "little") or num_packed
