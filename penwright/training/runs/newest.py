"""Tell which folders hold runs, and which run has the newest author. This module does not import torch."""

from pathlib import Path

from penwright.files import entries, is_file


def is_run(path: Path) -> bool:
    """Return True if a folder holds a run."""
    return is_file(path / "config.toml") and is_file(path / "env.json")


def newest_run(folder: Path) -> Path | None:
    """Return the run in `folder` whose author was written last; None if no run has one."""
    authors = [path / "author.safetensors" for path in entries(folder) if is_run(path)]
    written = [author for author in authors if is_file(author)]
    return max(written, key=lambda author: author.stat().st_mtime_ns).parent if written else None


def runs_near(path: Path) -> str:
    """Return a hint at the runs beside the missing one."""
    beside = [other.name for other in entries(path.parent) if is_run(other)]
    return f" There are: {', '.join(beside[-5:])}." if beside else " Begin one with: penwright train PATH."
