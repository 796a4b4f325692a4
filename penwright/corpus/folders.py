"""Build a folder under a temporary name and let it replace another one when it is complete.

The operating system renames a folder in one step, but not over another one. So the old folder is moved aside first, and
moved back if the new one cannot be renamed. This module knows nothing of the contents of folders.
"""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from penwright.errors import CorpusError
from penwright.files import sync_folder

ABANDONED_SECONDS = 3600.0
"""Time without a change after which a temporary folder counts as abandoned by a killed process."""
_ATTEMPTS = 20


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Make an empty folder beside `target` and, at the end of the block, let it replace `target`.

    After an error the new folder is removed and the old one stays. What killed processes left is removed at the next
    call: the lock of such a folder is free.

    Raises:
        CorpusError: If the old folder is in use and the operating system does not let it go.
        OSError: If the new one cannot be made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    folder = _beside(target, "new")
    lock = FileLock(_lock_of(folder))
    try:
        with lock:
            folder.mkdir()
            try:
                yield folder
                _put_in_place(folder, target)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        _lock_of(folder).unlink(missing_ok=True)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _put_in_place(folder: Path, target: Path) -> None:
    """Rename a complete folder to `target`, which it replaces."""
    sync_folder(folder)
    for _ in range(_ATTEMPTS):  # another process may put its own folder there between the two steps
        old = _beside(target, "old")
        try:
            with suppress(FileNotFoundError):
                target.rename(old)
            folder.rename(target)
        except OSError as error:
            problem = error
            if target.exists():
                shutil.rmtree(old, ignore_errors=True)
            else:
                with suppress(OSError):
                    old.rename(target)
            time.sleep(0.05)
        else:
            sync_folder(target.parent)
            shutil.rmtree(old, ignore_errors=True)
            return
    raise CorpusError(
        f"{target} could not be replaced ({problem.strerror}). Close the programs that use it and run again."
    )


def is_being_replaced(target: Path) -> bool:
    """Return True if a process is currently replacing the target."""
    return any(target.parent.glob(f".{target.name}.old-*"))


def _remove_abandoned(target: Path) -> None:
    """Remove temporary folders for `target` that killed processes left: none locks them, or they are old."""
    for lock in target.parent.glob(f".{target.name}.new-*.lock"):
        with suppress(OSError, Timeout), FileLock(lock, blocking=False):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink()
    for folder in target.parent.glob(f".{target.name}.*"):
        with suppress(OSError):
            if not folder.is_dir():
                continue
            latest = max(entry.stat().st_mtime for entry in (folder, *folder.iterdir()))
            if time.time() - latest > ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}-{secrets.token_hex(4)}")
