"""A training run read while it goes on: its curves and the pages of its diary.

The records are read as they are appended. A run that is resumed writes a new file of those it keeps, which is read from
the beginning.
This module changes nothing in the folder and needs no lock.
"""

import json
import math
import os
from pathlib import Path
from threading import Lock
from typing import Any

METRICS_NAME = "metrics.jsonl"
MAX_POINTS = 400
"""Most points of a curve; of more, one out of several is shown."""
MAX_SAMPLES = 12
MAX_READ_BYTES = 64 << 20
"""Most bytes that are read at once; the next look reads on."""

Point = tuple[int, float]
"""Characters learned from, and bits per character."""


class RunWatch:
    """What is known of a run so far."""

    def __init__(self, path: Path) -> None:
        """Begin before the first record.

        Args:
            path: Folder of the run.
        """
        self._path = path / METRICS_NAME
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._offset, self._file_id = 0, 0
        self._trained: list[Point] = []
        self._held_out: list[Point] = []
        self._samples: list[dict[str, Any]] = []
        self._last: dict[str, Any] = {}
        self._ending: str | None = None

    def look(self) -> dict[str, Any]:
        """Read what is new, and return all that is known. A run without records is known by none."""
        with self._lock:
            try:
                self._read()
            except OSError:
                pass  # it has moved; what was read is still true
            return {
                "step": self._last.get("step", 0),
                "chars_read": self._last.get("chars_read", 0),
                "seconds": self._last.get("elapsed_seconds", 0.0),
                "trained": _thinned(self._trained),
                "held_out": _thinned(self._held_out),
                "samples": self._samples[-MAX_SAMPLES:],
                "ending": self._ending,
            }

    def _read(self) -> None:
        with self._path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_ino != self._file_id or found.st_size < self._offset:
                self._forget()
                self._file_id = found.st_ino
            file.seek(self._offset)
            data = file.read(MAX_READ_BYTES)
        stop = data.rfind(b"\n") + 1  # a line that is being written is read next time
        self._offset += stop
        for line in data[:stop].splitlines():
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
                continue  # nothing that this version knows

    def _take(self, record: dict[str, Any]) -> None:
        step, chars_read = int(record["step"]), int(record["chars_read"])
        seconds, bits = float(record["elapsed_seconds"]), float(record.get("bits_per_char", 0.0))
        if not (math.isfinite(seconds) and math.isfinite(bits)):
            raise ValueError
        match record["kind"]:
            case "progress":
                self._trained.append((chars_read, bits))
            case "evaluation":
                self._held_out.append((chars_read, bits))
            case "sample":
                self._samples.append({"step": step, "prompt": str(record["prompt"]), "text": str(record["text"])})
                del self._samples[:-MAX_SAMPLES]
        self._ending = str(record["reason"]) if record["kind"] == "finished" else None
        self._last = {"step": step, "chars_read": chars_read, "elapsed_seconds": seconds}


def _thinned(points: list[Point]) -> list[Point]:
    """Return at most MAX_POINTS points, the last among them."""
    every = -(-len(points) // MAX_POINTS) or 1
    return points[::-1][::every][::-1]


def run_near(author: Path) -> Path | None:
    """Return the folder of the run that an author belongs to, None if it belongs to none.

    Args:
        author: An author file or the folder of a run.
    """
    folder = author if author.is_dir() else author.parent
    return folder if (folder / METRICS_NAME).is_file() else None
