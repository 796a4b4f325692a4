"""Project Gutenberg's archive of all its texts, read as a stream: a zip with one tar, of which wanted books are kept.

The archive has some 10 GB. It is read once, from start to end or to the last wanted book, in memory for one book. The
names inside it decide only which book a text is; nothing is written here.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from penwright.corpus.archives.tars import Readable, tar_stream
from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES
from penwright.corpus.archives.zip_stream import ZipStream

_NAME = re.compile(r"(?:.*/)?(\d{1,7})/pg(\d{1,7})\.txt(?:\.utf8)?")


class ArchivedText(NamedTuple):
    """One book of the archive."""

    number: int
    member: str
    """Its name in the archive."""
    data: bytes


def texts_in(stream: Readable, *, wanted: Collection[int], name: str) -> Iterator[ArchivedText]:
    """Yield the wanted books, and end with the last one of them.

    Args:
        stream: Bytes of the archive.
        wanted: Numbers of books.
        name: Its name, for errors.

    Raises:
        ReadingError: If the archive is damaged, cut short, or beyond the bounds.
    """
    left = set(wanted)
    with tar_stream(ZipStream(stream, name=name), name=name) as files:
        for archive, info in files if left else ():
            match = _NAME.fullmatch(info.name)
            if match is None or match[1] != match[2] or int(match[1]) not in left:
                continue
            if not 0 < info.size <= MAX_MEMBER_BYTES:
                continue
            file = archive.extractfile(info)
            assert file is not None, "a regular file"
            left.remove(int(match[1]))
            yield ArchivedText(int(match[1]), info.name, file.read())
            if not left:
                return
