"""List and read the members of a tar file, plain or compressed, within the bounds of `unpacking`.

A plain tar is read at a member's offset. A compressed tar, or one inside a zip, can only be read from its start. So the
last one stays open: members in the archive's order take one pass, and an earlier member starts again from the
beginning. Nothing is written to disk.
"""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Protocol, Self

from penwright.corpus.archives.unpacking import (
    CHUNK_BYTES,
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    ChunkReader,
    Decompressor,
    bzip2,
    gzip,
    unpack,
    xz,
)
from penwright.corpus.archives.zips import ZipMember, member_chunks
from penwright.errors import ReadingError

MAX_TOTAL_BYTES = 1 << 37
"""Largest unpacked size of a compressed tar: 128 GiB, several times all of Project Gutenberg."""
STREAM_OF_SUFFIX: dict[str, Callable[[], Decompressor]] = {
    ".tar.gz": gzip, ".tgz": gzip, ".tar.bz2": bzip2, ".tbz2": bzip2, ".tar.xz": xz, ".txz": xz,
}  # fmt: skip


MAX_HEADER_BYTES = 1 << 20
"""Largest record for long names and extended properties; tarfile reads each of them whole."""
_HEADER_KINDS = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_DAMAGED_HEADERS = (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]


class Readable(Protocol):
    """Bytes that are read from start to end."""

    def read(self, num_bytes: int, /) -> bytes:
        """Return up to `num_bytes` bytes; none only at the end."""


class TarMember(NamedTuple):
    """Position of a member in the unpacked archive, in bytes."""

    offset: int
    num_bytes: int


class Stream:
    """The unpacked bytes of a file, read from start to end."""

    def __init__(
        self, path: Path, *, new_stream: Callable[[], Decompressor] | None, member: ZipMember | None = None
    ) -> None:
        """Open the file.

        Args:
            path: The file.
            new_stream: Makes the decompressor; None for a file that is not compressed.
            member: The member that holds the tar, if the file is a zip.
        """
        self._file: IO[bytes] = path.open("rb")
        if member is not None:
            self._chunks: ChunkReader | None = ChunkReader(member_chunks(self._file, member, name=path.name))
        elif new_stream is not None:
            self._chunks = ChunkReader(unpack(self._file.read, new_stream=new_stream, name=path.name))
        else:
            self._chunks = None
        self._name = path.name
        self.position = 0

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, num_bytes: int) -> bytes:
        """Return the next bytes; fewer than asked for only at the end."""
        if self._chunks is None:
            data = self._file.read(num_bytes)
            self.position += len(data)
            return data
        data = self._chunks.read(num_bytes)
        self.position += len(data)
        if self.position > MAX_TOTAL_BYTES:
            raise ReadingError(
                f"{self._name} unpacks to more than {MAX_TOTAL_BYTES:,} bytes. Unpack it yourself, in parts."
            )
        return data

    def skip_to(self, offset: int) -> None:
        """Move forward to an offset; a plain file can also move backwards."""
        if self._chunks is None:
            self._file.seek(offset)
            self.position = offset
        while self.position < offset and self.read(min(offset - self.position, 16 * CHUNK_BYTES)):
            pass


class _Info(tarfile.TarInfo):
    """A header whose extension records are bounded. A damaged header is an error, never the archive's end."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except _DAMAGED_HEADERS as error:  # tarfile would silently end here and lose the rest
            raise tarfile.ReadError(str(error)) from error

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if buf and not any(buf):  # the block of zeros at the end of an archive may be cut short
            buf = bytes(tarfile.BLOCKSIZE)
        info = super().frombuf(buf, encoding, errors)
        if info.type in _HEADER_KINDS and info.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {info.size:,} bytes")
        return info


def tar_members(
    path: Path, *, new_stream: Callable[[], Decompressor] | None, member: ZipMember | None = None
) -> dict[str, TarMember]:
    """Return the regular files of a tar file by name. The last of several files of one name counts, as in unpacking.

    Args:
        path: The archive.
        new_stream: Makes the decompressor; None for a plain tar.
        member: The member that holds the tar, if the archive is a zip.

    Raises:
        ReadingError: If it is damaged, cut short, or beyond the bounds.
        OSError: If the file cannot be opened.
    """
    end = path.stat().st_size if new_stream is None and member is None else MAX_TOTAL_BYTES
    members: dict[str, TarMember] = {}
    stream = Stream(path, new_stream=new_stream, member=member)
    try:
        with tar_stream(stream, name=path.name, end=end) as infos:
            for _, info in infos:
                members[info.name] = TarMember(info.offset_data, info.size)
                if len(members) > MAX_MEMBERS:
                    raise ReadingError(f"{path.name} lists more than {MAX_MEMBERS:,} members. Unpack it yourself.")
    finally:
        stream.close()
    return members


@contextmanager
def tar_stream(
    stream: Readable, *, name: str, end: int = MAX_TOTAL_BYTES
) -> Iterator[Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]]:
    """Open an uncompressed tar that is read once, from start to end, in memory that does not grow with it.

    Args:
        stream: Its bytes.
        name: Its name, for errors.
        end: Largest offset of a member's end.

    Yields:
        An iterator over the archive and the header of each regular file. The file has to be read before the next step.

    Raises:
        ReadingError: If it is damaged, cut short, or beyond the bounds.
    """

    def regular_files(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        for info in archive:
            if info.size < 0 or archive.offset > end:  # tarfile would seek far beyond the end of the file
                raise tarfile.ReadError(f"a member of {info.size:,} bytes does not fit")
            if info.isreg() and not info.issparse():  # a sparse file may claim any size
                yield archive, info
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile keeps all headers

    try:
        # The stream mode never seeks: contents are skipped by reading them, which verifies them.
        with tarfile.open(  # type: ignore[call-overload]
            fileobj=stream, mode="r|", errorlevel=2, tarinfo=_Info, bufsize=16 * tarfile.RECORDSIZE
        ) as archive:
            yield regular_files(archive)
    except (tarfile.TarError, EOFError, ValueError, LookupError, RecursionError) as error:
        raise ReadingError(f"{name} is damaged, or no tar file: {error}. Copy or download it again.") from error


def read_tar_member(stream: Stream, member: TarMember, *, name: str, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
    """Return the bytes of one member.

    Args:
        stream: The unpacked archive, at or before the member.
        member: From `tar_members`.
        name: Name of the member, for errors.
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
