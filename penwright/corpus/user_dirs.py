"""Where things lie: home folders, and the cache of what Penwright can make again."""

import os
from pathlib import Path

import platformdirs


def at_home(path: str | Path) -> Path:
    """Return a path with a leading ~ or ~user replaced by that home folder; one of nobody's is left as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # pathlib's own raises where there is no such user


def default_cache_dir() -> Path:
    """Return the folder for things that may be deleted at any time, where the operating system has one for them."""
    return platformdirs.user_cache_path("penwright")
