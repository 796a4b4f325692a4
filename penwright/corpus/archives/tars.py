"""List and read the members of a tar file, plain or compressed, within the bounds of `unpacking`.

A plain tar is read at a member's place. A compressed one can only be read from its start, so the last one read stays
open where it was left: members in the archive's order cost one pass over it, and one that lies before the last begins
anew. Nothing is written to disk.
"""

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple, Self

from penwright.corpus.archives.unpacking import CHUNK_BYTES, MAX_MEMBER_BYTES, Decompressor, bzip2, gzip, unpack, xz
from penwright.errors import ReadingError

MAX_MEMBERS = 200_000
"""Members of an archive that is read at all; Project Gutenberg has 75,000 books."""
MAX_TOTAL_BYTES = 1 << 37
"""Largest compressed tar, unpacked: 128 GiB, several times all of Project Gutenberg."""
STREAM_OF_SUFFIX: dict[str, Callable[[], Decompressor]] = {
    ".tar.gz": gzip, ".tgz": gzip, ".tar.bz2": bzip2, ".tbz2": bzip2, ".tar.xz": xz, ".txz": xz,
}  # fmt: skip


MAX_HEADER_BYTES = 1 << 20
"""Largest record that only gives a member a longer name or more properties; tarfile reads each of them whole."""
_HEADER_KINDS = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_DAMAGED_HEADERS = (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]


class TarMember(NamedTuple):
    """Where a member lies in the unpacked archive."""

    offset: int
    num_bytes: int


class Stream:
    """The unpacked bytes of a file, read forwards."""

    def __init__(self, path: Path, *, new_stream: Callable[[], Decompressor] | None) -> None:
        """Open the file; `new_stream` is None for one that is not compressed."""
        self._file: IO[bytes] = path.open("rb")
        self._chunks = None if new_stream is None else unpack(self._file.read, new_stream=new_stream, name=path.name)
        self._rest = b""
        self._name = path.name
        self.position = 0

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, num_bytes: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        if self._chunks is None:
            data = self._file.read(num_bytes)
            self.position += len(data)
            return data
        collected = [self._rest]
        length = len(self._rest)
        while length < num_bytes:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            collected.append(chunk)
            length += len(chunk)
        data = b"".join(collected)
        self._rest = data[num_bytes:]
        self.position += min(length, num_bytes)
        if self.position > MAX_TOTAL_BYTES:
            raise ReadingError(
                f"{self._name} unpacks to more than {MAX_TOTAL_BYTES:,} bytes. Unpack it yourself, in parts."
            )
        return data[:num_bytes]

    def skip_to(self, offset: int) -> None:
        """Move forward to an offset; a plain file moves either way."""
        if self._chunks is None:
            self._file.seek(offset)
            self.position = offset
        while self.position < offset and self.read(min(offset - self.position, 16 * CHUNK_BYTES)):
            pass


class _Info(tarfile.TarInfo):
    """A header that may not announce a huge one, and is never taken for the archive's end because it is damaged."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except _DAMAGED_HEADERS as error:  # tarfile would end here without a word and lose all that follows
            raise tarfile.ReadError(str(error)) from error

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if buf and not any(buf):  # the block of zeros that ends an archive may itself be cut short
            buf = bytes(tarfile.BLOCKSIZE)
        info = super().frombuf(buf, encoding, errors)
        if info.type in _HEADER_KINDS and info.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {info.size:,} bytes")
        return info


def tar_members(path: Path, *, new_stream: Callable[[], Decompressor] | None) -> dict[str, TarMember]:
    """Return the regular files of a tar file by name; of several by one name the last, as when unpacking.

    Args:
        path: The archive.
        new_stream: Makes the decompressor it needs, or None for a plain tar.

    Raises:
        ReadingError: If it is damaged, cut short, or beyond the bounds.
        OSError: If the file cannot be opened.
    """
    end = path.stat().st_size if new_stream is None else MAX_TOTAL_BYTES
    members: dict[str, TarMember] = {}
    stream = Stream(path, new_stream=new_stream)
    try:
        # The stream mode never seeks; a member's contents are skipped by reading, which is what checks them.
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=2, tarinfo=_Info) as archive:  # type: ignore[call-overload]
            for info in archive:
                if info.size < 0 or archive.offset > end:  # tarfile would look for its end far beyond the file's
                    raise tarfile.ReadError(f"a member of {info.size:,} bytes does not fit")
                if info.isreg() and not info.issparse():  # a sparse file may claim any size
                    members[info.name] = TarMember(info.offset_data, info.size)
                if len(members) > MAX_MEMBERS:
                    raise ReadingError(f"{path.name} lists more than {MAX_MEMBERS:,} members. Unpack it yourself.")
                archive.members.clear()  # tarfile keeps every header it has seen
    except (tarfile.TarError, EOFError, ValueError, LookupError, RecursionError) as error:
        raise ReadingError(f"{path.name} is damaged, or no tar file: {error}. Copy or download it again.") from error
    finally:
        stream.close()
    return members


def read_tar_member(stream: Stream, member: TarMember, *, name: str, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
    """Return the bytes of one member.

    Args:
        stream: The unpacked archive, at or before the member.
        member: From `tar_members`.
        name: What an error calls the member.
        max_bytes: Largest size to read.

    Raises:
        ReadingError: If it is too large or cut short.
    """
    if member.num_bytes > max_bytes:
        raise ReadingError(
            f"{name} has {member.num_bytes:,} bytes; at most {max_bytes:,} are read. Unpack it yourself."
        )
    stream.skip_to(member.offset)
    data = stream.read(member.num_bytes)
    if len(data) < member.num_bytes:
        raise ReadingError(
            f"{name} is cut short: {len(data):,} of {member.num_bytes:,} bytes are there. Copy it again."
        )
    return data
