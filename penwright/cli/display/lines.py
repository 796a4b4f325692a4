"""Show a training where nothing can be redrawn: plain lines for a log, one updating line for a notebook.

Time is taken from the records, so the same records always show the same.
"""

from types import TracebackType
from typing import IO, TYPE_CHECKING

from penwright.cli.display.base import Display
from penwright.cli.display.words import Status, evaluation_sentence, remark
from penwright.cli.output import visible

if TYPE_CHECKING:
    from penwright.training.records import AnyRecord, Progress

SECONDS_BETWEEN_LINES = 30.0
GLIMPSE = 72


class PlainLines(Display):
    """A line at most every half minute, and one for each sample and remark: what a log can bear."""

    def __init__(self, stream: IO[str]) -> None:
        """Prepare to write to `stream`."""
        self._stream = stream
        self._status = Status()
        self._next_progress = self._next_evaluation = 0.0

    def show(self, record: "AnyRecord") -> None:
        """Write what a record says, if it is time for it."""
        from penwright.training import records

        self._status.take(record)
        sentence = remark(record)
        if sentence is not None:
            self._write(sentence)
        elif isinstance(record, records.Sample):
            self._write(f"step {record.step:,} writes: {glimpse(record.prompt + record.text)}")
        elif isinstance(record, records.Progress) and self._is_due(record):
            self._next_progress = record.elapsed_seconds + SECONDS_BETWEEN_LINES
            self._write(self._status.line())
        elif isinstance(record, records.Evaluation) and record.elapsed_seconds >= self._next_evaluation:
            self._next_evaluation = record.elapsed_seconds + SECONDS_BETWEEN_LINES
            self._write(evaluation_sentence(record))

    def _is_due(self, progress: "Progress") -> bool:
        """Return True if it is time for a line. The first one waits for a speed, but no longer than others do."""
        is_known = self._status.speed is not None or progress.elapsed_seconds >= SECONDS_BETWEEN_LINES
        return is_known and progress.elapsed_seconds >= self._next_progress

    def _write(self, line: str) -> None:
        print(visible(line), file=self._stream, flush=True)


class NotebookLine(Display):
    """One line that is written over and over, as a notebook's cell understands it."""

    def __init__(self, stream: IO[str]) -> None:
        """Prepare to write to `stream`."""
        self._stream = stream
        self._status = Status()
        self._width = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        print(file=self._stream, flush=True)

    def show(self, record: "AnyRecord") -> None:
        """Redraw the line; a remark gets a line of its own."""
        from penwright.training import records

        self._status.take(record)
        sentence = remark(record)
        if sentence is not None:
            self._write(f"{sentence}\n")
        elif isinstance(record, records.Progress | records.Evaluation) and self._status.progress is not None:
            self._write(self._status.line())

    def _write(self, line: str) -> None:
        print("\r" + visible(line).ljust(self._width), end="", file=self._stream, flush=True)
        self._width = 0 if line.endswith("\n") else len(line)


def glimpse(text: str) -> str:
    """Return the beginning of a text on one line, cut at a blank where there is one."""
    flat = " ".join(text.split())
    if len(flat) <= GLIMPSE:
        return flat
    cut = flat[: GLIMPSE - 4]
    return (cut.rpartition(" ")[0] or cut) + " ..."
