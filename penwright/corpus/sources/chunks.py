"""Cut a file that is too large to hold into chunks that end with a paragraph or a line.

Only a few bytes before each cut are read. This module knows nothing of text beyond line ends.
"""

import codecs
from pathlib import PurePosixPath
from typing import NamedTuple

from penwright.corpus.formats.document import WHOLE_SUFFIXES
from penwright.corpus.sources.discovery import Source, read_range

MAX_CHUNK_BYTES = 8 << 20
"""Largest chunk, longer than almost all books. Cleaning one takes 4 to 6 times as much memory."""
_SEARCH_BYTES = 1 << 20
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class FileChunk(NamedTuple):
    """A stretch of the bytes of one book. Most books are one chunk."""

    source: Source
    start: int
    """Offset of the first byte."""
    stop: int
    """Offset after the last byte."""
    mark: bytes
    """Byte order mark of the file, to be put before the chunk; empty for the first chunk and for files without one."""

    @property
    def is_first(self) -> bool:
        """True if the book begins with this chunk."""
        return self.start == 0

    @property
    def is_last(self) -> bool:
        """True if the book ends with this chunk."""
        return self.stop == self.source.num_bytes


def num_chunks(source: Source) -> int:
    """Return the number of chunks of a book.

    Archive members and documents with a structure of their own are one chunk; their readers have bounds.
    """
    is_whole = source.member is not None or PurePosixPath(source.name).suffix.lower() in WHOLE_SUFFIXES
    return 1 if is_whole else max(1, -(-source.num_bytes // MAX_CHUNK_BYTES))


def chunks_of(source: Source) -> tuple[FileChunk, ...]:
    """Return the chunks of one book, in order.

    Raises:
        ReadingError: If a large file vanished or changed since it was listed.
    """
    count = num_chunks(source)
    if count == 1:
        return (FileChunk(source, 0, source.num_bytes, b""),)
    head = read_range(source, start=0, stop=4)
    mark = next((mark for mark in _WIDE_MARKS if head.startswith(mark)), b"")
    # Chunks have equal sizes, because a footer cut in two by a short last chunk would not be recognised.
    targets = [source.num_bytes * number // count for number in range(1, count)]
    bounds = [0, *(_cut_before(source, target, mark) for target in targets), source.num_bytes]
    return tuple(
        FileChunk(source, start, stop, mark if start else b"")
        for start, stop in zip(bounds[:-1], bounds[1:], strict=True)
    )


def _cut_before(source: Source, target: int, mark: bytes) -> int:
    """Return the last end of a paragraph at or before `target`, else of a line, else of any character."""
    unit = 1 if not mark else len(mark)
    target -= target % unit
    start = max(target - _SEARCH_BYTES, unit)
    window = read_range(source, start=start, stop=target)
    if unit > 1:
        newline = (
            b"\n".rjust(unit, b"\0") if mark in (codecs.BOM_UTF32_BE, codecs.BOM_UTF16_BE) else b"\n".ljust(unit, b"\0")
        )
        index = window.rfind(newline)
        while index > 0 and index % unit:
            index = window.rfind(newline, 0, index + unit - 1)
        return start + index + unit if index > 0 else target
    for ends in ((b"\n\n", b"\n\r\n"), (b"\n",), (b"\r",)):
        index = max(window.rfind(end) + len(end) if end in window else 0 for end in ends)
        if index:
            return start + index
    while window and window[-1] & 0xC0 == 0x80:  # there is no line end: at least keep a UTF-8 character whole
        window = window[:-1]
    return start + max(len(window) - 1, 0)
