"""An archive inside an archive: its members, read from its bytes in memory.

It is one level deep: what is an archive inside the inner one is not opened. This module knows nothing of the outer one.
"""

from collections.abc import Callable, Mapping
from io import BytesIO

from penwright.corpus.archives.tars import STREAM_OF_SUFFIX, Readable, tar_stream
from penwright.corpus.archives.unpacking import MAX_MEMBERS, ChunkReader, Decompressor, collect, gzip, unpack
from penwright.corpus.archives.zips import ZipBytes
from penwright.errors import ReadingError


class InnerArchive:
    """An archive in memory."""

    def __init__(self, data: bytes, *, name: str) -> None:
        """List its members.

        Args:
            data: Its bytes.
            name: Its name, whose ending tells the kind, for errors too.

        Raises:
            ReadingError: If it is damaged, encrypted or beyond the bounds.
        """
        self._data, self._name = data, name
        lowered = name.lower()
        self._new_stream: Callable[[], Decompressor] | None = next(
            (stream for suffix, stream in STREAM_OF_SUFFIX.items() if lowered.endswith(suffix)), None
        )
        self._zip = ZipBytes(data, name=name) if lowered.endswith(".zip") else None
        self._is_tar = lowered.endswith(".tar") or self._new_stream is not None
        self.num_bytes: Mapping[str, int] = self._list()
        """Size of each member by name, as declared."""

    def read(self, member: str, *, max_bytes: int) -> bytes:
        """Return the bytes of one member.

        Raises:
            ReadingError: If there is no such member, or it cannot be unpacked within the bounds.
        """
        shown = f"{self._name}/{member}"
        if self._zip is not None:
            return self._zip.read(member, max_bytes=max_bytes)
        if not self._is_tar:
            return collect(
                unpack(BytesIO(self._data).read, new_stream=gzip, name=shown), name=shown, max_bytes=max_bytes
            )
        found = None
        with tar_stream(self._stream(), name=self._name) as files:
            for archive, info in files:
                if info.name == member:
                    if info.size > max_bytes:
                        raise ReadingError(f"{shown} has {info.size:,} bytes; at most {max_bytes:,} are read.")
                    file = archive.extractfile(info)
                    assert file is not None, "a regular file"
                    found = file.read()
        if found is None:
            raise ReadingError(f"{self._name} holds no '{member}'.")
        return found

    def _list(self) -> Mapping[str, int]:
        if self._zip is not None:
            return {name: member.declared_bytes for name, member in self._zip.names.items()}
        if not self._is_tar:
            last = self._name.rpartition("/")[2]
            return {last[: -len(".gz")] or last: len(self._data)}
        sizes = {}
        with tar_stream(self._stream(), name=self._name) as files:
            for _, info in files:
                sizes[info.name] = info.size
                if len(sizes) > MAX_MEMBERS:
                    raise ReadingError(f"{self._name} lists more than {MAX_MEMBERS:,} members. Unpack it yourself.")
        return sizes

    def _stream(self) -> Readable:
        if self._new_stream is None:
            return BytesIO(self._data)
        return ChunkReader(unpack(BytesIO(self._data).read, new_stream=self._new_stream, name=self._name))
