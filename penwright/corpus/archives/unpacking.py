"""Decompress untrusted bytes within bounds.

No declared size is trusted: output is made in chunks and stops at a bound. Text compresses three to ten times. Data
that grows more than `MAX_RATIO` times beyond its first `FREE_BYTES` is a bomb and not a book. This module knows nothing
of paths or of the directory of an archive.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from penwright.errors import ReadingError

MAX_MEMBER_BYTES = 64 << 20
"""Largest member that is read: 64 MiB, more than a hundred novels. A member is held whole."""
MAX_MEMBERS = 200_000
"""Largest number of members of an archive; Project Gutenberg has 75,000 books."""
MAX_RATIO = 200
"""Largest ratio of unpacked to packed bytes, beyond the first `FREE_BYTES`."""
FREE_BYTES = 1 << 20
"""Output exempt from the ratio: one repeated line compresses a thousandfold and is harmless while it is short."""
CHUNK_BYTES = 1 << 16

Read = Callable[[int], bytes]
"""A function that returns at most the given number of bytes, none at the end."""


class Decompressor(Protocol):
    """One compressed stream, unpacked in bounded steps."""

    @property
    def eof(self) -> bool:
        """True if the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """True if there is no more output without more input."""

    @property
    def unused_data(self) -> bytes:
        """Bytes after the end of the stream."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Take packed bytes (none if `needs_input` is False) and return at most `max_length` bytes."""


class Deflate:
    """zlib's decompressor with the interface of bz2 and lzma."""

    def __init__(self, *, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)

    @property
    def eof(self) -> bool:
        """True if the stream has ended."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """True if there is no more output without more input."""
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """Bytes after the end of the stream."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Take packed bytes and return at most `max_length` bytes."""
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def raw_deflate() -> Decompressor:
    """Return a decompressor for a zip member."""
    return Deflate(window_bits=-zlib.MAX_WBITS)


def gzip() -> Decompressor:
    """Return a decompressor for a gzip stream; it verifies the checksum."""
    return Deflate(window_bits=16 + zlib.MAX_WBITS)


def bzip2() -> Decompressor:
    """Return a decompressor for a bzip2 stream."""
    return bz2.BZ2Decompressor()


def xz() -> Decompressor:
    """Return a decompressor for an xz stream; it uses at most 256 MiB."""
    return lzma.LZMADecompressor(memlimit=1 << 28)


def unpack(read: Read, *, new_stream: Callable[[], Decompressor], name: str) -> Iterator[bytes]:
    """Decompress bytes. Several consecutive streams count as one.

    Args:
        read: Returns the next packed bytes.
        new_stream: Makes a decompressor.
        name: Name of the file or member, for errors.

    Yields:
        Unpacked chunks of at most `CHUNK_BYTES`.

    Raises:
        ReadingError: If the data is damaged, breaks off, or grows beyond the ratio.
    """
    num_in = num_out = 0
    stream = new_stream()
    rest = b""
    while True:
        is_waiting = not rest and stream.needs_input
        if is_waiting:
            rest = read(CHUNK_BYTES)
            num_in += len(rest)
        try:
            chunk = stream.decompress(rest, CHUNK_BYTES)
        except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
            raise ReadingError(f"{name} is damaged: its packed data cannot be unpacked ({error}).") from error
        # zlib may hold back output after taking all input, so only an empty result shows that nothing is left.
        if is_waiting and not rest and not chunk and not stream.eof:
            raise ReadingError(f"{name} is cut short: its packed data breaks off. Copy or download it again.")
        rest = b""
        num_out += len(chunk)
        if num_out > FREE_BYTES + MAX_RATIO * num_in:
            raise ReadingError(
                f"{name} unpacks to more than {MAX_RATIO} times its size, as no text does. "
                "If it is harmless, unpack it yourself."
            )
        if chunk:
            yield chunk
        if stream.eof:
            rest = stream.unused_data.lstrip(b"\0") or read(CHUNK_BYTES).lstrip(b"\0")  # padding may follow a stream
            if not rest:
                return
            num_in += len(rest)
            stream = new_stream()


def collect(chunks: Iterator[bytes], *, name: str, max_bytes: int = MAX_MEMBER_BYTES) -> bytes:
    """Return all the chunks joined.

    Raises:
        ReadingError: If they exceed `max_bytes`. At most `max_bytes` and one chunk are held.
    """
    collected: list[bytes] = []
    num_bytes = 0
    for chunk in chunks:
        num_bytes += len(chunk)
        if num_bytes > max_bytes:
            raise ReadingError(
                f"{name} is larger than {max_bytes:,} bytes when unpacked. Unpack it yourself, or leave it out."
            )
        collected.append(chunk)
    return b"".join(collected)


class ChunkReader:
    """Chunks of bytes, read as a file is."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, num_bytes: int, /) -> bytes:
        """Return the next bytes; fewer than asked for only at the end."""
        collected, length = [self._rest], len(self._rest)
        while length < num_bytes and (chunk := next(self._chunks, b"")):
            collected.append(chunk)
            length += len(chunk)
        data = b"".join(collected)
        self._rest = data[num_bytes:]
        return data[:num_bytes]
