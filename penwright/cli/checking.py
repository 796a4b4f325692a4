"""Run a program of the user's on each unit of code that an author writes, for `write --check`.

The program gets the unit on standard input and accepts it by ending with status 0. It is started directly, without a
shell. What it prints is read and dropped, but for the beginning of its last complaint.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from threading import Thread
from typing import IO

from penwright.cli.output import say
from penwright.errors import UsageError
from penwright.writing.checked import TRIES, UNITS, Checking
from penwright.writing.code_units import UnitRule

MAX_SECONDS = 10.0
"""Time that one check may take. Then the program and those that it started are stopped, and the unit is refused."""
MAX_SHOWN_BYTES = 300
READ_BYTES = 1 << 12
_INDENTING = ("python", "pyflakes", "ruff", "mypy", "pyright", "pylint", "flake8", "black")


class CommandCheck:
    """A program that judges a text."""

    def __init__(self, command: str) -> None:
        """Split a command into words.

        Args:
            command: Program and its arguments, quoted as for a shell. Nothing else of a shell is understood.

        Raises:
            UsageError: If there is no such program.
        """
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise UsageError(
                f"--check '{command:.100}' cannot be split into words ({error}). Close the quotes."
            ) from error
        if not self._words:
            raise UsageError('--check needs a program, for example --check "cc -fsyntax-only -x c -".')
        if shutil.which(self._words[0]) is None:
            raise UsageError(
                f"--check: there is no program '{self._words[0]:.100}'. Install it, or give its path. To use pipes and "
                "other signs of a shell, put them into a script."
            )
        self.complaint = ""
        """First lines of what it last printed on refusing a text."""
        self.num_overdue = 0
        """Number of texts refused because the program took too long."""

    @property
    def unit(self) -> UnitRule:
        """Units that fit the program: those of Python for a tool of Python's, else those of languages with braces."""
        names = [word.rpartition("/")[2].lower() for word in self._words]
        return "indents" if any(name.startswith(_INDENTING) for name in names) else "braces"

    def __call__(self, text: str) -> bool:
        """Return True if the program accepts a text.

        Raises:
            UsageError: If the program cannot be started.
        """
        try:
            process = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(f"--check: '{self._words[0]:.100}' cannot be started ({error.strerror}).") from error
        assert process.stdin is not None and process.stderr is not None, "both are pipes"
        said, ending = bytearray(), bytearray()
        # A program may print before it has read all, or leave its input unread: neither may wait for the other.
        threads = [
            Thread(target=_feed, args=(process.stdin, text.encode("utf-8", "replace")), daemon=True),
            Thread(target=_drain, args=(process.stderr, said, ending), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            status = process.wait(timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            self.num_overdue += 1
            status = -1
        finally:
            _stop(process)
        for thread in threads:
            thread.join(timeout=1)
        if status != 0:
            self.complaint = _complaint(said, ending) or f"it ended with status {status}"
        return status == 0


def open_check(command: str | None, *, unit: str | None, tries: int | None) -> Checking | None:
    """Return the check that the user asked for, or None.

    Args:
        command: Value of --check.
        unit: Value of --check-unit.
        tries: Value of --check-tries.

    Raises:
        UsageError: If a value is wrong, or the last two stand alone.
    """
    if command is None:
        for name, value in {"--check-unit": unit, "--check-tries": tries}.items():
            if value is not None:
                raise UsageError(f"{name} belongs to a check. Give --check too.")
        return None
    if tries is not None:
        TRIES.check("--check-tries", tries)
    if unit is not None:
        UNITS.check("--check-unit", unit)
    accepts = CommandCheck(command)
    rule: UnitRule = accepts.unit if unit is None else unit  # type: ignore[assignment]  # it was checked
    return Checking(accepts=accepts, unit=rule, **({} if tries is None else {"num_tries": tries}))


def tell_of_check(checking: Checking) -> None:
    """Say how many units were refused, and the last complaint if some stand all the same."""
    say(checking.sentence())
    check = checking.accepts
    if isinstance(check, CommandCheck) and check.num_overdue:
        say(f"{check.num_overdue:,} of them because the program took more than {MAX_SECONDS:g} seconds.")
    if isinstance(check, CommandCheck) and checking.num_unaccepted:
        complaint = f"{' '.join(check.complaint.split()):.{MAX_SHOWN_BYTES}}"
        say(f"Its last complaint: {complaint}" if complaint else "All of them ended in long runs of blanks.")


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with suppress(OSError), pipe:
        pipe.write(data)


def _drain(pipe: IO[bytes], said: bytearray, ending: bytearray) -> None:
    """Keep the beginning of what a program says, and its end."""
    with suppress(OSError, ValueError), pipe:
        while data := pipe.read(READ_BYTES):
            said += data[: max(0, MAX_SHOWN_BYTES - len(said))]
            ending[:] = (ending + data)[-MAX_SHOWN_BYTES:]


def _complaint(said: bytearray, ending: bytearray) -> str:
    """Return what tells most of a complaint: its beginning, or the last line of a traceback of Python."""
    shown = ending.strip().rpartition(b"\n")[2] if said.startswith(b"Traceback ") else said
    return shown.decode("utf-8", "replace").strip()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Stop a program and, but on Windows, those that it started, if they run."""
    if sys.platform == "win32":  # it has no groups of processes
        process.kill()
    else:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
