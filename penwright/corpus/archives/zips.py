"""List and read the members of a zip file, on disk or in memory. None of its numbers is trusted.

The standard library parses the directory at the end of the file. Members are unpacked here, so that the bounds of
`unpacking` hold for every byte. Members are never written to disk, so the paths in their names are harmless.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, NamedTuple

from penwright.corpus.archives.unpacking import (
    CHUNK_BYTES,
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    Decompressor,
    bzip2,
    collect,
    raw_deflate,
    unpack,
)
from penwright.errors import ReadingError

_STREAMS: dict[int, Callable[[], Decompressor]] = {zipfile.ZIP_DEFLATED: raw_deflate, zipfile.ZIP_BZIP2: bzip2}
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, then the lengths of name and extra field
_ENCRYPTED = 0x1


class ZipMember(NamedTuple):
    """Position of a member and its declared properties."""

    header_offset: int
    """Offset of its local header in the file."""
    packed_bytes: int
    declared_bytes: int
    """Its unpacked size, as declared."""
    method: int
    is_encrypted: bool
    checksum: int
    """CRC-32 of its unpacked bytes, as declared."""


class ZipBytes:
    """A zip file held in memory."""

    def __init__(self, data: bytes, *, name: str) -> None:
        """Parse the directory.

        Raises:
            ReadingError: If `data` is no zip file or a dangerous one.
        """
        self._file = BytesIO(data)
        self._name = name
        self._members = zip_members(self._file, num_bytes=len(data), name=name)

    @property
    def names(self) -> Mapping[str, ZipMember]:
        """The members by name."""
        return self._members

    def read(self, member: str, *, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
        """Return a member's bytes.

        Raises:
            ReadingError: If there is no such member, or it cannot be unpacked within bounds.
        """
        found = self._members.get(member)
        if found is None:
            raise ReadingError(f"{self._name} holds no '{member}'.")
        return read_zip_member(self._file, found, name=f"{self._name}/{member}", max_bytes=max_bytes)


def zip_members(file: IO[bytes] | Path, *, num_bytes: int, name: str) -> dict[str, ZipMember]:
    """Return the regular files of a zip file by name.

    Args:
        file: The zip file.
        num_bytes: Its size.
        name: Its name, for errors.

    Raises:
        ReadingError: If the directory is damaged, lists too many members, or lists members that cannot all fit in the
            file, as in bombs whose members share one block of data.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise ReadingError(f"{name} is damaged, or no zip file: {error}. Copy or download it again.") from error
    if len(infos) > MAX_MEMBERS:
        raise ReadingError(
            f"{name} lists {len(infos):,} members; at most {MAX_MEMBERS:,} are read. Unpack it yourself."
        )
    if sum(info.compress_size for info in infos) > num_bytes:
        raise ReadingError(
            f"{name} lists members that overlap, as only an archive made to do harm does. It is not read."
        )
    if not all(0 <= info.header_offset < num_bytes for info in infos):
        raise ReadingError(f"{name} is damaged: its directory points outside the file. Copy or download it again.")
    members = {}
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir() or kind not in (0, stat.S_IFREG):
            continue
        members[info.filename] = ZipMember(
            info.header_offset,
            info.compress_size,
            info.file_size,
            info.compress_type,
            bool(info.flag_bits & _ENCRYPTED),
            info.CRC,
        )
    if members and all(member.is_encrypted for member in members.values()):
        raise ReadingError(f"{name} is encrypted. Unpack it with its password and give the files instead.")
    return members


def read_zip_member(file: IO[bytes], member: ZipMember, *, name: str, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
    """Return the bytes of one member.

    Args:
        file: The zip file, open for reading.
        member: From `zip_members` of the same file.
        name: Name of the member, for errors.
        max_bytes: Largest size to unpack.

    Raises:
        ReadingError: If it is encrypted, packed by an unknown method, damaged, cut short, or beyond the bounds.
    """
    chunks = member_chunks(file, member, name=name)
    data = collect(chunks, name=name, max_bytes=max_bytes)
    if zlib.crc32(data) != member.checksum:
        raise ReadingError(f"{name} is damaged: its checksum does not match. Copy or download the archive again.")
    return data


def member_chunks(file: IO[bytes], member: ZipMember, *, name: str) -> Iterator[bytes]:
    """Return the unpacked bytes of one member in chunks, without comparing its checksum.

    Args:
        file: The zip file, open for reading, which nobody else moves meanwhile.
        member: From `zip_members` of the same file.
        name: Name of the member, for errors.

    Raises:
        ReadingError: If it is encrypted, packed by an unknown method, damaged or cut short.
    """
    if member.is_encrypted:
        raise ReadingError(f"{name} is encrypted. Unpack it with its password and give the file instead.")
    if member.method != zipfile.ZIP_STORED and member.method not in _STREAMS:
        raise ReadingError(
            f"{name} is packed by a method that is not read here (number {member.method}). Unpack it yourself."
        )
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise ReadingError(f"{name} is damaged: the archive's directory points where no member begins.")
    _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    file.seek(name_bytes + extra_bytes, 1)
    packed = _Bounded(file, member.packed_bytes)
    if member.method == zipfile.ZIP_STORED:
        return iter(lambda: packed.read(CHUNK_BYTES), b"")
    return unpack(packed.read, new_stream=_STREAMS[member.method], name=name)


class _Bounded:
    """A stretch of a file from its current position."""

    def __init__(self, file: IO[bytes], num_bytes: int) -> None:
        self._file = file
        self._left = num_bytes

    def read(self, num_bytes: int) -> bytes:
        data = self._file.read(min(num_bytes, self._left))
        self._left -= len(data)
        return data
