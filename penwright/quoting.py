"""Paths as one would type them in this system's shell, for commands that are told to the user."""

import os
import shlex

_IS_WINDOWS = os.name == "nt"
_PLAIN = frozenset("\\/:._-")


def quoted(path: str | os.PathLike[str]) -> str:
    """Return a path as one word of a command.

    Windows' shells know double quotes alone, and no name there holds one.
    """
    text = os.fspath(path)
    if not _IS_WINDOWS:
        return shlex.quote(text)
    return text if text and all(sign.isalnum() or sign in _PLAIN for sign in text) else f'"{text}"'
