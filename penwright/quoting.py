"""Paths as one would type them in this system's shell, for commands that are told to the user."""

import os
import shlex
from pathlib import Path

_IS_WINDOWS = os.name == "nt"
_PLAIN = frozenset("\\/:._-")


def quoted(path: str | Path) -> str:
    """Return a path as one word of a command.

    Windows' shells know double quotes alone, and no name there holds one.
    """
    text = str(path)
    if not _IS_WINDOWS:
        return shlex.quote(text)
    return text if text and all(sign.isalnum() or sign in _PLAIN for sign in text) else f'"{text}"'
