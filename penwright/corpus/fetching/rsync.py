"""Fetch many books of Project Gutenberg from a mirror by rsync, which is how its mirrors are meant to be copied.

The program gets a list of the wanted files and nothing else, and compares those that are there with the mirror's. It is
an ordinary program of the system, which has to be installed.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES
from penwright.errors import FetchError, printable

DEFAULT_RSYNC = "rsync://gutenberg.pglaf.org/gutenberg-epub"
"""Generated files of every book, one folder each, on a mirror of Project Gutenberg's own."""
PARTIAL_DIR = ".rsync-partial"
LOOK_SECONDS = 0.2
"""Time between two looks at what has arrived."""
_ADDRESS = re.compile(r"rsync://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~\-]+)+/?")
_SOME_MISSING = (23, 24)
_TEXT = re.compile(r"(\d{1,7})/pg\1\.txt")


def check_rsync_address(address: str) -> None:
    """Check the address of a mirror.

    Raises:
        FetchError: If it is no rsync address with a module.
    """
    if not _ADDRESS.fullmatch(address):
        raise FetchError(f"'{printable(address)[:200]}' is no address of a mirror. Write it as rsync://host/module.")


def find_rsync() -> str:
    """Return the path of the program.

    Raises:
        FetchError: If it is not installed.
    """
    program = shutil.which("rsync")
    if program is None:
        raise FetchError(
            "there is no program rsync on this machine. Install it (Debian and Ubuntu: apt install rsync), or leave "
            "out --mirror rsync to fetch the archive of all texts."
        )
    return program


def fetch_by_rsync(address: str, numbers: Sequence[int], folder: Path, *, tell: Callable[[int], object] = abs) -> None:
    """Copy the texts and descriptions of some books into N/pgN.txt and N/pgN.rdf below a folder.

    Files that are there and have the mirror's size and date are not copied again. Books that the mirror does not have
    are missing afterwards.

    Args:
        address: Module of a mirror that holds a folder for each number.
        numbers: Numbers of the books.
        folder: Folder for the files; it must exist.
        tell: Called with the number of each book whose text has arrived.

    Raises:
        FetchError: If the program is missing or fails.
        OSError: If the list cannot be written.
    """
    program = find_rsync()
    options = ["--times", "--no-motd", "--timeout=120", "--contimeout=30", f"--max-size={MAX_MEMBER_BYTES}"]
    options += [f"--partial-dir={PARTIAL_DIR}", "--out-format=%n"]
    with (
        tempfile.TemporaryFile() as errors,
        tempfile.TemporaryFile() as output,
        tempfile.NamedTemporaryFile("w", encoding="ascii") as wanted,
    ):
        wanted.writelines(f"{number}/pg{number}.{form}\n" for number in numbers for form in ("rdf", "txt"))
        wanted.flush()
        command = [program, *options, f"--files-from={wanted.name}", "--", address.rstrip("/") + "/", f"{folder}/"]
        num_read = 0
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output.fileno(), stderr=errors) as process:
            try:
                while True:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=LOOK_SECONDS)
                    lines = os.pread(output.fileno(), 1 << 20, num_read).split(b"\n")
                    for line in lines[:-1]:
                        num_read += len(line) + 1
                        if match := _TEXT.fullmatch(line.decode("utf-8", "replace").strip()):
                            tell(int(match[1]))
                    if process.returncode is not None and len(lines) == 1:
                        break
            except BaseException:
                process.terminate()
                raise
        if process.returncode not in (0, *_SOME_MISSING):
            errors.seek(0)
            said = errors.read(1 << 20).decode("utf-8", "replace").split("\n")
            reasons = [printable(line.strip()) for line in said if line.strip()] or ["it gave no reason"]
            raise FetchError(
                f"rsync failed with status {process.returncode} ({reasons[0][:200]}). Run the same command again: what "
                "has been fetched stays."
            )
