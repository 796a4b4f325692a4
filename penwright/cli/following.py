"""Follow a training to its end: show its records, let Ctrl-C save it, keep what the last record said.

Knows displays and signals; nothing of books or configurations.
"""

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from penwright.cli.display import Display, Guarded, Silence
from penwright.cli.interrupts import StopRequest
from penwright.cli.lines import NotebookLine, PlainLines
from penwright.cli.live import LiveDisplay
from penwright.cli.output import error_console, is_notebook, is_terminal
from penwright.cli.words import STOPPING

if TYPE_CHECKING:
    from penwright.training.records import AnyRecord, Finished, Planned


class Outcome(NamedTuple):
    """How a training ended."""

    finished: "Finished | None"
    """The last record; None in a process that does not speak for the others."""
    planned: "Planned | None"
    """What was expected of it, None if it was not planned, or before this session."""
    exit_code: int
    """0, or 128 plus the signal that ended it."""


def follow(
    begin: "Callable[[Callable[[], bool]], Iterator[AnyRecord]]", *, choose: "Callable[[Callable[[], bool]], Display]"
) -> Outcome:
    """Run a training and show it.

    Args:
        begin: Given what to ask before each step whether to stop, returns the records.
        choose: Given the same, returns the display.

    Raises:
        KeyboardInterrupt: At the second Ctrl-C; the run stays as its last checkpoint has it.
    """
    from penwright.training.records import Finished, Planned

    finished = planned = None
    with StopRequest(announce=_announce) as stop:
        with Guarded(choose(stop), on_lost=stop.request) as display:

            def ask() -> bool:
                display.step()
                return stop()

            for record in begin(ask):
                display.show(record)
                finished = record if isinstance(record, Finished) else finished
                planned = record if isinstance(record, Planned) else planned
    return Outcome(finished, planned, stop.exit_code)


def choose_display(*, is_quiet: bool, is_stopping: Callable[[], bool]) -> Display:
    """Return the display that fits the standard error stream.

    Args:
        is_quiet: Whether nothing is to be shown.
        is_stopping: Asked whether the user wants to stop.
    """
    if is_quiet:
        return Silence()
    if is_notebook():
        return NotebookLine(sys.stderr)
    if is_terminal(sys.stderr):
        return LiveDisplay(error_console(), is_stopping=is_stopping)
    return PlainLines(sys.stderr)


def _announce() -> None:
    """Say that the wish to stop was heard, past every buffer: a signal may come in the middle of a write."""
    if not is_terminal(sys.stderr):  # a live display says it itself
        os.write(2, f"{STOPPING}\n".encode())
