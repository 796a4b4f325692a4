"""Keep arrays on disk, until the work is done, that are too long to be held for every book of a shelf.

The files have no name and vanish with the process, however it ends. Their contents come from this process and are not
checked. This module knows nothing of books. Several threads may use a file at a time.

Shapes: R = records of one bucket.
"""

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from penwright.errors import CorpusError

RUN_RECORDS = 1 << 17
"""Records held in memory before they are sorted into their buckets and written."""


def writable(folder: Path) -> Path | None:
    """Return a folder in which files can be made, else None, which stands for the operating system's."""
    return folder if os.access(folder, os.W_OK) else None


class Scratch:
    """A file of arrays, one after the other. As a context manager, it is removed at the end."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open a file without a name.

        Args:
            folder: An existing folder for it; None for the operating system's folder of temporary files.

        Raises:
            CorpusError: If it cannot be made.
        """
        self._folder = Path(tempfile.gettempdir()) if folder is None else folder
        with self._telling_of_the_disk():
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=self._folder)
        self._num_bytes = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # data that could not be written is no longer needed
            self._file.close()

    def write(self, arrays: Iterable[NDArray[np.generic]]) -> int:
        """Write arrays and return the offset of the first one, in bytes.

        Raises:
            CorpusError: If the disk is full.
        """
        with self._lock, self._telling_of_the_disk():
            offset = self._num_bytes
            self._file.seek(offset)
            for array in arrays:
                self._num_bytes += self._file.write(array.tobytes())
        return offset

    def clear(self) -> None:
        """Forget all arrays, and give their room on the disk back.

        Raises:
            CorpusError: If the disk is broken.
        """
        with self._lock, self._telling_of_the_disk():
            self._file.seek(0)
            self._file.truncate()
            self._num_bytes = 0

    def read(self, offset: int, *, dtype: np.dtype[np.generic], count: int) -> NDArray[np.generic]:
        """Return the array written at an offset, shape (count,).

        Raises:
            CorpusError: If the disk is full or broken, since the last arrays may not have been written yet.
        """
        try:  # not the context manager, which takes longer than the reading
            with self._lock:
                self._file.seek(offset)
                data = self._file.read(count * dtype.itemsize)
        except OSError as error:
            raise self._told(error) from error
        assert len(data) == count * dtype.itemsize, "only what was written is read"
        return np.frombuffer(data, dtype=dtype)

    @contextmanager
    def _telling_of_the_disk(self) -> Iterator[None]:
        """Turn the operating system's errors of this file into one sentence."""
        try:
            yield
        except OSError as error:
            raise self._told(error) from error

    def _told(self, error: OSError) -> CorpusError:
        return CorpusError(
            f"what is known of the books could not be kept in {self._folder} ({error.strerror}). Make room there, "
            "and run again."
        )


class _Run(NamedTuple):
    """Records that were written together, in the order of their buckets."""

    offset: int
    bounds: NDArray[np.int32]
    """Index of the first record of each bucket, and the end of the last bucket."""


class Buckets:
    """Records in many buckets, read one bucket at a time, in memory that does not grow with the records."""

    def __init__(self, scratch: Scratch, *, num_buckets: int, dtype: np.dtype[np.generic]) -> None:
        """Start with empty buckets.

        Args:
            scratch: The file for records that are not held. Up to `RUN_RECORDS` records are held and not written.
            num_buckets: Number of buckets.
            dtype: Type of a record.
        """
        self._scratch, self._dtype, self._num_buckets = scratch, dtype, num_buckets
        self._records = np.empty(RUN_RECORDS, dtype=dtype)
        self._buckets = np.empty(RUN_RECORDS, dtype=np.int64)
        self._num_held = 0
        self._runs: list[_Run] = []

    def put(self, records: NDArray[np.generic], *, buckets: NDArray[np.int64]) -> None:
        """Put each record into its bucket, from 0.

        Raises:
            CorpusError: If the disk is full.
        """
        done = 0
        while done < len(records):
            if self._num_held == len(self._records):
                self._write_run()
            count = min(len(records) - done, len(self._records) - self._num_held)
            held = slice(self._num_held, self._num_held + count)
            self._records[held], self._buckets[held] = records[done : done + count], buckets[done : done + count]
            self._num_held += count
            done += count

    def take(self, bucket: int) -> NDArray[np.generic]:
        """Return the records of one bucket in the order in which they were put, shape (R,)."""
        parts = [
            self._scratch.read(
                run.offset + int(run.bounds[bucket]) * self._dtype.itemsize,
                dtype=self._dtype,
                count=int(run.bounds[bucket + 1] - run.bounds[bucket]),
            )
            for run in self._runs
        ]
        is_inside = self._buckets[: self._num_held] == bucket
        return np.concatenate([*parts, self._records[: self._num_held][is_inside]])

    def _write_run(self) -> None:
        order = np.argsort(self._buckets, kind="stable")
        bounds = np.searchsorted(self._buckets[order], np.arange(self._num_buckets + 1)).astype(np.int32)
        self._runs.append(_Run(self._scratch.write([self._records[order]]), bounds))
        self._num_held = 0
