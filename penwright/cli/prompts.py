"""Find the prompt: the option, a file, or standard input from another program."""

import os
import select
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from penwright.cli.options import at_most_one
from penwright.cli.output import say, visible
from penwright.errors import UsageError, quoted

if TYPE_CHECKING:
    from penwright.alphabet.characters import Alphabet

STANDARD_INPUT = "-"
MAX_PROMPT_BYTES = 1 << 30
PATIENCE_SECONDS = 2.0
MAX_FOREIGN = 20
"""Largest number of foreign characters named."""


def find_prompt(prompt: str | None, *, prompt_file: str | None) -> str:
    """Return the text to write on from.

    Args:
        prompt: Prompt of the option, used as it is.
        prompt_file: A text file, or "-" for standard input.

    Returns:
        The prompt, empty if there is none. The last line end of a file or of standard input is dropped, because an
        editor or `echo` adds it.

    Raises:
        UsageError: If both were given or there is no end to it.
        OSError, ReadingError: If the file cannot be read as text.
    """
    at_most_one({"--prompt": prompt, "--prompt-file": prompt_file})
    if prompt is not None:
        return prompt
    if prompt_file is not None and prompt_file != STANDARD_INPUT:
        with open(prompt_file, "rb") as file:  # noqa: PTH123  # a name such as /dev/fd/63 is no Path's business
            return _text_of(file, name=prompt_file)
    if prompt_file == STANDARD_INPUT or has_piped_input():
        if not hasattr(sys.stdin, "buffer"):  # closed, or put in its place by a notebook or a test
            raise UsageError("there is no standard input to read a prompt from. Give --prompt, or a file.")
        _tell_if_nothing_comes()
        return _text_of(sys.stdin.buffer, name="standard input")
    return ""


def is_prompt(path: Path) -> bool:
    """Return True if what stands where an author is named is a prompt: several words, and no file or folder."""
    try:
        return len(str(path).split()) > 1 and not path.exists()
    except (OSError, ValueError):  # too long for a path, or with a null character
        return True


def is_unquoted(author: Path, text: str) -> bool:
    """Return True if two words side by side are rather a prompt without quotes than an author and a prompt."""
    is_name = author.name == str(author) and not author.suffix and author.name != "box" and not author.exists()
    return is_name and len(text.split()) == 1


def unquoted_prompt(words: Sequence[str]) -> str:
    """Return a hint at the quotes that a prompt of several words needs."""
    command = f"penwright write --prompt {quoted(' '.join(words))}"
    return f"write has no use for several words side by side. Put a prompt in quotes: {command}"


def tell_of_foreign_characters(prompt: str, alphabet: "Alphabet") -> None:
    """Say which characters of a prompt the author has not learned, if there are any."""
    foreign = "".join(dict.fromkeys(each for each in prompt if each not in alphabet))
    if foreign:
        more = " and others" if len(foreign) > MAX_FOREIGN else ""
        say(
            visible(
                f"Foreign to this author: {foreign[:MAX_FOREIGN]}{more}. What it writes after them may make no sense."
            )
        )


def is_agreed(question: str, *, otherwise: str) -> bool:
    """Ask a question on the terminal and return True if the answer is yes.

    Args:
        question: A question to answer with yes or no.
        otherwise: What to do where nobody can be asked.

    Raises:
        UsageError: If there is no terminal to ask on.
    """
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{question} Nobody can be asked here. {otherwise}")
    print(visible(f"{question} [y/N] "), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def has_piped_input() -> bool:
    """Return True if another program or a file feeds standard input."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _tell_if_nothing_comes() -> None:
    """Say that a prompt is awaited if none comes. Otherwise a pipe left open by a launcher would look like a hang."""
    if os.name == "nt":  # there only sockets can be asked
        return
    try:
        ready, _, _ = select.select([sys.stdin], [], [], PATIENCE_SECONDS)
    except (OSError, ValueError):
        return
    if not ready:
        say("Waiting for a prompt on standard input. To write without one: penwright write --prompt ''")


def _text_of(file: IO[bytes], *, name: str) -> str:
    from penwright.corpus.formats.document import decode

    data = file.read(MAX_PROMPT_BYTES + 1)
    if len(data) > MAX_PROMPT_BYTES:
        raise UsageError(f"{name} is longer than {MAX_PROMPT_BYTES:,} bytes. Give a shorter prompt.")
    if not data.strip():  # nothing, or a line end or two, is a prompt although it is no book
        return data.decode("ascii", "replace").removesuffix("\n")
    return decode(data, name=name).text.removesuffix("\n")
