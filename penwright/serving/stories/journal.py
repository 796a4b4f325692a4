"""The journal of a story: one file that only grows, a line for each batch of records.

    0f3a9c21 {"format": "penwright story", "version": 1, "id": "..."}
    5b0e77d4 [{"kind": "node", ...}, {"kind": "head", ...}]

Each line begins with the CRC-32 of its JSON. A batch is acknowledged when its line has been flushed to the disk. What a
killed writer left of a line at the end was never acknowledged; it is taken off, and kept beside the journal. A damaged
line anywhere else is an error, and nothing is written to such a file.
"""

import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from penwright.files import sync_folder, write_bytes
from penwright.serving.stories.records import Record, RecordError, StoryError, parse_record, record_json
from penwright.serving.stories.story import Story

FORMAT = "penwright story"
VERSION = 1
CUT_SUFFIX = ".cut"
"""Ending of the file that keeps what was taken off the end."""
MAX_JOURNAL_BYTES = 1 << 30


class Journal:
    """The journal of one story, open for more."""

    def __init__(self, path: Path, story: Story, batches: list[list[dict[str, Any]]], num_bytes: int) -> None:
        """Build from checked parts. Use `create` or `load`."""
        self.path, self.story, self.batches = path, story, batches
        self._num_bytes = num_bytes

    @classmethod
    def create(cls, path: Path, id: str) -> "Journal":
        """Make the journal of a new story.

        Raises:
            OSError: If it cannot be written.
        """
        data = _line({"format": FORMAT, "version": VERSION, "id": id})
        write_bytes(path, data)
        return cls(path, Story(id), [], len(data))

    @classmethod
    def load(cls, path: Path) -> "Journal":
        """Read a journal, and take off what a killed writer left at its end.

        Raises:
            StoryError: If it is damaged or of a newer version.
            OSError: If it cannot be read.
        """
        if path.stat().st_size > MAX_JOURNAL_BYTES:
            raise StoryError(f"{path} is larger than a story may be. Export an earlier copy of it.")
        data = path.read_bytes()
        lines, num_bytes = _whole_lines(data, path)
        if not lines or not isinstance(lines[0], dict) or lines[0].get("format") != FORMAT:
            raise StoryError(f"{path} is no story. Move it out of the folder.")
        if lines[0].get("version") != VERSION:
            raise StoryError(f"{path} was written by another version of Penwright. Open it with that.")
        story = Story(path.stem)  # the name of the file: a copy of it is a story of its own
        for number, batch in enumerate(lines[1:], start=2):
            try:
                story.apply([parse_record(each) for each in batch])
            except (RecordError, TypeError) as error:
                raise _damaged(path, number, str(error)) from error
        if num_bytes < len(data):
            _cut(path, data[num_bytes:], num_bytes)
        return cls(path, story, lines[1:], num_bytes)

    @property
    def revision(self) -> int:
        """Number of batches."""
        return len(self.batches)

    def append(self, records: Sequence[Record]) -> None:
        """Apply records and write them down. When this returns they survive a power cut.

        Raises:
            RecordError: If one does not fit, or the story has become too large. Nothing has changed.
            OSError: If they cannot be written. Nothing has changed; load the journal anew.
        """
        batch = [record_json(record) for record in records]
        line = _line(batch)
        if self._num_bytes + len(line) > MAX_JOURNAL_BYTES:
            raise RecordError(f"a story takes at most {MAX_JOURNAL_BYTES:,} bytes with all of its tree. Begin another.")
        self.story.apply(records)
        with self.path.open("r+b") as file:
            file.seek(self._num_bytes)
            file.write(line)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        self._num_bytes += len(line)
        self.batches.append(batch)


def _line(data: Any) -> bytes:
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _whole_lines(data: bytes, path: Path) -> tuple[list[Any], int]:
    """Return the data of all lines that are whole, and the number of their bytes."""
    lines, done, number = [], 0, 0
    while done < len(data):
        number += 1
        stop = data.find(b"\n", done) + 1
        line = data[done:stop] if stop else b""
        found = _read(line)
        if found is None:
            if not stop or stop == len(data):
                break  # the last line, torn
            raise _damaged(path, number, "its checksum differs")
        lines.append(found)
        done = stop
    return lines, done


def _read(line: bytes) -> Any:
    """Return the data of a line, None if it is damaged."""
    text = line[9:-1]
    if len(line) < 10 or line[8:9] != b" " or line[:8] != b"%08x" % zlib.crc32(text):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _cut(path: Path, torn: bytes, num_bytes: int) -> None:
    """Take a torn line off the end and keep it beside the journal."""
    with path.with_name(path.name + CUT_SUFFIX).open("ab") as kept:
        kept.write(torn + b"\n")
        kept.flush()
        os.fsync(kept.fileno())
    sync_folder(path.parent)  # or a power cut could take both
    with path.open("r+b") as file:
        file.truncate(num_bytes)
        os.fsync(file.fileno())


def _damaged(path: Path, number: int, reason: str) -> StoryError:
    return StoryError(
        f"{path} is damaged in line {number:,} ({reason}). It is left as it is: take an earlier copy of it, or cut the "
        "file before that line to keep what stands there."
    )
