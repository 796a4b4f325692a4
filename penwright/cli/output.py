"""The output of a command: the result on standard output, everything else on standard error.

With `--json`, standard output carries exactly one JSON object. This module knows nothing of the contents.
"""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

# Marks of writing direction show a line in another order than it has; U+2028 and U+2029 end a line.
_DIRECTION_MARKS = (0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))

# Control characters other than tab and line feed would let a book or an author file steer the terminal.
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}
_PICTURES |= {127: 0x2421} | dict.fromkeys((*range(0x80, 0xA0), *_DIRECTION_MARKS), 0xFFFD)

# In JSON, these and lone surrogates must be escapes. They occur in strings only.
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *_DIRECTION_MARKS, *range(0xD800, 0xE000))}


def visible(text: str) -> str:
    """Make a text safe to show on a terminal.

    Control characters, except tab and line feed, become pictures of them, and marks of writing direction become U+FFFD.
    """
    return text.translate(_PICTURES)


def say(sentence: str) -> None:
    """Print a sentence on standard error: on a terminal broken between words, elsewhere on one line."""
    if is_terminal(sys.stderr):
        error_console().print(visible(sentence))
    else:
        print(visible(sentence), file=sys.stderr, flush=True)


def print_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output. NaN and infinities, which JSON lacks, are refused."""
    print(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False).translate(_ESCAPES))


def console() -> "Console":
    """Return a console on standard output. It honours NO_COLOR and the terminal's width."""
    return _console(sys.stdout)


def error_console() -> "Console":
    """Return a console on standard error."""
    return _console(sys.stderr)


def is_terminal(stream: TextIO) -> bool:
    """Return True if the stream is a terminal on which things can be drawn, and drawn again."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_notebook() -> bool:
    """Return True if the output goes to a notebook's cell, where one line can be updated in place."""
    return "ipykernel" in sys.modules


def use_utf8() -> None:
    """Set the standard streams to UTF-8, with a replacement for characters that cannot be written."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started the program: nobody wants to hear it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):  # not so where a notebook or a test put its own stream
            stream.reconfigure(encoding="utf-8", errors="replace")


def close_quietly() -> None:
    """Redirect standard output, whose reader has gone, so that the exit does not raise once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    class HonestConsole(Console):
        """A console that does not end the program by itself when its reader has gone."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return HonestConsole(file=stream, highlight=False, markup=False, emoji=False)
