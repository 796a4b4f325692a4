"""Follow a training to its end: show its records, save on Ctrl-C, keep the last record.

This module knows nothing of books or configurations.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from penwright.cli.display.base import Display, Guarded, Silence
from penwright.cli.display.lines import NotebookLine, PlainLines
from penwright.cli.display.live import LiveDisplay
from penwright.cli.display.words import STOPPING
from penwright.cli.interrupts import StopRequest
from penwright.cli.output import error_console, is_notebook, is_terminal

if TYPE_CHECKING:
    from penwright.training.records import AnyRecord, Finished


class Outcome(NamedTuple):
    """Outcome of a training."""

    finished: "Finished | None"
    """The last record; None in a process that does not speak for the others."""
    exit_code: int
    """0, or 128 plus the signal that ended it."""


def follow(
    begin: "Callable[..., Iterator[AnyRecord]]", *, choose: "Callable[[Callable[[], bool]], Display]"
) -> Outcome:
    """Run a training and show it.

    Args:
        begin: Called with the functions `stop`, to be asked before each step, and `tell`, to be told what is being
            done; returns the records.
        choose: Called with such a function; returns the display.

    Raises:
        KeyboardInterrupt: At the second Ctrl-C; the run stays as its last checkpoint has it.
    """
    from penwright.training.records import Finished

    finished = None

    def announce() -> None:
        if not chosen.tells_of_stopping:
            _say_past_buffers(STOPPING)

    stop = StopRequest(announce=announce)
    chosen = choose(stop)
    with stop, Guarded(chosen, on_lost=stop.request) as display:

        def ask() -> bool:
            display.step()
            return stop()

        for record in begin(stop=ask, tell=display.doing):
            display.show(record)
            finished = record if isinstance(record, Finished) else finished
    return Outcome(finished, stop.exit_code)


def choose_display(*, is_quiet: bool, is_stopping: Callable[[], bool], seconds: float | None = None) -> Display:
    """Return the display that fits the standard error stream.

    Args:
        is_quiet: True to show nothing.
        is_stopping: Function that returns True if the user wants to stop.
        seconds: Limit of the whole run; None if it is limited otherwise.
    """
    if is_quiet:
        return Silence()
    if is_notebook():
        return NotebookLine(sys.stderr)
    if is_terminal(sys.stderr):
        return LiveDisplay(error_console(), is_stopping=is_stopping, seconds=seconds)
    return PlainLines(sys.stderr)


def _say_past_buffers(sentence: str) -> None:
    """Write from a signal handler, past buffers that may be in the middle of a write; the reader may have gone."""
    with suppress(OSError):
        os.write(2, f"{sentence}\n".encode())
