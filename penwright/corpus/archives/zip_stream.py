"""Read the first member of a zip that arrives as a stream, before its directory at the end is there.

The header before the member is believed only where the checksum behind it confirms the bytes. This module knows nothing
of networks or of what the member holds.
"""

import struct
import zlib
from collections.abc import Iterator

from penwright.corpus.archives.tars import MAX_TOTAL_BYTES, Readable
from penwright.corpus.archives.unpacking import CHUNK_BYTES, FREE_BYTES, MAX_RATIO, ChunkReader, Deflate
from penwright.errors import ReadingError

_HEADER = struct.Struct("<4sHHHHHLLLHH")
_DESCRIPTOR_SIGN = b"PK\x07\x08"
_ENCRYPTED, _HAS_DESCRIPTOR = 0x1, 0x8
_STORED, _DEFLATED = 0, 8
_ZIP64_ID, _IN_ZIP64 = 1, 0xFFFFFFFF


class ZipStream:
    """The unpacked bytes of a zip's first member, with a `read` as a file has."""

    def __init__(self, stream: Readable, *, name: str) -> None:
        """Read the header.

        Args:
            stream: Bytes of the zip, from its start.
            name: Its name, for errors.

        Raises:
            ReadingError: If it is no zip, or its member is encrypted or packed by another method than deflate.
        """
        self._stream, self._name = stream, name
        header = self._exactly(_HEADER.size)
        sign, _, flags, method, _, _, checksum, packed, _, name_bytes, extra_bytes = _HEADER.unpack(header)
        if sign != b"PK\x03\x04":
            raise ReadingError(f"{name} is no zip file: it begins with {header[:8]!r}. Download it again.")
        self.member = self._exactly(name_bytes).decode("utf-8", "replace")
        """Name of the member."""
        extra = self._exactly(extra_bytes)
        if packed == _IN_ZIP64:
            packed = _packed_in(extra, packed)
        self._checksum: int | None = None if flags & _HAS_DESCRIPTOR else checksum
        if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED) or (method == _STORED and self._checksum is None):
            raise ReadingError(f"{name} is packed in a way that cannot be read as a stream (method {method}).")
        self._chunks = ChunkReader(self._stored(packed) if method == _STORED else self._deflated())
        self.position = 0
        """Number of unpacked bytes that were read."""

    def read(self, num_bytes: int) -> bytes:
        """Return the next bytes; fewer than asked for only at the end.

        Raises:
            ReadingError: If they are damaged, cut short, or grow beyond the bounds.
        """
        data = self._chunks.read(num_bytes)
        self.position += len(data)
        if self.position > MAX_TOTAL_BYTES:
            raise ReadingError(f"{self._name} unpacks to more than {MAX_TOTAL_BYTES:,} bytes, which is too much.")
        return data

    def _stored(self, num_bytes: int) -> Iterator[bytes]:
        computed = 0
        while num_bytes:
            chunk = self._stream.read(min(num_bytes, CHUNK_BYTES))
            if not chunk:
                raise self._cut_short()
            num_bytes -= len(chunk)
            computed = zlib.crc32(chunk, computed)
            yield chunk
        self._check(computed, b"")

    def _deflated(self) -> Iterator[bytes]:
        inner = Deflate(window_bits=-zlib.MAX_WBITS)
        num_in = num_out = computed = 0
        while not inner.eof:
            packed = self._stream.read(CHUNK_BYTES) if inner.needs_input else b""
            num_in += len(packed)
            try:
                chunk = inner.decompress(packed, CHUNK_BYTES)
            except zlib.error as error:
                raise ReadingError(f"{self._name} is damaged: {error}. Download it again.") from error
            if not chunk and not packed and not inner.eof:
                raise self._cut_short()
            num_out += len(chunk)
            if num_out > FREE_BYTES + MAX_RATIO * num_in:
                raise ReadingError(f"{self._name} unpacks to more than {MAX_RATIO} times its size, as no text does.")
            computed = zlib.crc32(chunk, computed)
            if chunk:
                yield chunk
        self._check(computed, inner.unused_data)

    def _check(self, computed: int, behind: bytes) -> None:
        """Compare the checksum of the member's bytes with the one declared before or behind them."""
        declared = self._checksum
        if declared is None:
            behind += self._exactly(max(0, 8 - len(behind)))
            declared = int.from_bytes(behind[4:8] if behind.startswith(_DESCRIPTOR_SIGN) else behind[:4], "little")
        if computed != declared:
            raise ReadingError(f"{self._name} is damaged: its checksum does not match. Download it again.")

    def _exactly(self, num_bytes: int) -> bytes:
        data = b""
        while len(data) < num_bytes:
            chunk = self._stream.read(num_bytes - len(data))
            if not chunk:
                raise self._cut_short()
            data += chunk
        return data

    def _cut_short(self) -> ReadingError:
        return ReadingError(f"{self._name} is cut short. Download it again.")


def _packed_in(extra: bytes, otherwise: int) -> int:
    """Return the packed size from the extra field for large files: the unpacked size comes first there."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _ZIP64_ID and size >= 16 and len(extra) >= 20:
            return int.from_bytes(extra[12:20], "little")
        extra = extra[4 + size :]
    return otherwise
