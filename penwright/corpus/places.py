"""Where Penwright keeps what it can make again: prepared books, corpora, the default shelf."""

from pathlib import Path

import platformdirs


def default_cache_dir() -> Path:
    """Return the folder for things that may be deleted at any time, where the operating system has one for them."""
    return platformdirs.user_cache_path("penwright")
