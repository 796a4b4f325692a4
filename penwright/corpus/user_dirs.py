"""Folders of the user: home folders, and the cache of files that Penwright can make again."""

import os
from pathlib import Path

import platformdirs


def at_home(path: str | Path) -> Path:
    """Return a path with a leading ~ or ~user replaced by the home folder; an unknown user's is left unchanged."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # pathlib's own raises where there is no such user


def default_cache_dir() -> Path:
    """Return the operating system's folder for files that may be deleted at any time."""
    return platformdirs.user_cache_path("penwright")
