"""The journal of an unfinished work: a folder beside its file, from which the work goes on after a kill.

    work.json      format, version, and the settings of the work; deleted first at the end
    tape.txt       all that the author has read and written in the work, headings included, in UTF-8; it only grows
    state-N        the author's bookmark, with N = 0 and 1 in turn
    progress.json  how much of the tape counts, with its digest, which bookmark belongs to its end, and where each
                   chapter stands; written last
    shown.txt      digest of the file of the work as it was last written

Every file but the tape is replaced whole, and what stands in the tape beyond `progress.json` is cut off. So the journal
is at every moment a point at which the author stood. Nothing in it is run.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from penwright.errors import WorkError
from penwright.files import CHUNK_BYTES, is_file, leftovers, sha256_of, write_json, write_text

FORMAT = "penwright unfinished work"
VERSION = 1
SUFFIX = ".unfinished"
MAX_JSON_BYTES = 1 << 24


class Chapter(NamedTuple):
    """Where a chapter stands on the tape."""

    heading: str
    start: int
    """Byte at which its text begins, after the heading."""
    stop: int
    """Byte after its text."""
    num_words: int
    num_chars: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a work has come."""

    chapters: tuple[Chapter, ...] = ()
    """Chapters that are written, and the one being written."""
    is_open: bool = False
    """True if the last of them is being written."""
    tape_bytes: int = 0
    tape_sha256: str = hashlib.sha256().hexdigest()
    state: int = 0
    """Number of the bookmark's file."""

    @property
    def written(self) -> tuple[Chapter, ...]:
        """The chapters that are written."""
        return self.chapters[:-1] if self.is_open else self.chapters


class Journal:
    """A journal, open for going on. Use it as locked only."""

    def __init__(self, path: Path) -> None:
        """Name the journal of a work.

        Args:
            path: The file of the work.
        """
        self._shown_path = path
        self.folder = path.with_name(path.name + SUFFIX)
        self._settings_path = self.folder / "work.json"
        self._tape_path = self.folder / "tape.txt"
        self._progress_path = self.folder / "progress.json"
        self._digest_path = self.folder / "shown.txt"
        self._digest = hashlib.sha256()
        self._new: list[bytes] = []
        self._num_bytes = 0
        self.progress = Progress()

    @property
    def is_there(self) -> bool:
        """True if a work has been begun and not finished."""
        return is_file(self._settings_path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the journal for this process; make its folder first. It ends with the process, however that ends.

        Raises:
            WorkError: If another process holds the lock, or the folder cannot be made.
        """
        try:
            self.folder.mkdir(exist_ok=True)
            lock = FileLock(self.folder / "lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise WorkError(
                f"{self._shown_path} is being written by another process. Wait for it, or give another name."
            ) from None
        except OSError as error:
            raise WorkError(f"{self.folder} cannot be made: {error.strerror}. Choose another folder.") from error
        try:
            for path in leftovers(self.folder):
                path.unlink(missing_ok=True)
            yield
        finally:
            lock.release()
            if not self.is_there:
                self._remove()

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Begin a work anew; what an earlier one left is deleted."""
        self._settings_path.unlink(missing_ok=True)
        self._progress_path.unlink(missing_ok=True)
        self._tape_path.write_bytes(b"")
        self.progress = Progress()
        if is_file(self._shown_path):
            self.note_shown()
        else:
            self._digest_path.unlink(missing_ok=True)
        write_json(self._settings_path, {"format": FORMAT, "version": VERSION, "settings": dict(settings)})

    def end(self) -> None:
        """Note that the work is finished. The folder goes when it is unlocked."""
        self._settings_path.unlink()

    def settings(self) -> dict[str, Any]:
        """Return the settings that the work was begun with.

        Raises:
            WorkError: If they are damaged, or of a newer version.
        """
        data = self._json(self._settings_path)
        if data.get("format") != FORMAT or not isinstance(data.get("settings"), dict):
            raise self._damaged("it does not say which work it belongs to")
        if data.get("version") != VERSION:
            raise WorkError(
                f"{self.folder} was written by another version of Penwright. Finish the work with that, or begin anew "
                "with --restart."
            )
        return dict(data["settings"])

    def load(self) -> None:
        """Read how far the work has come and cut the tape to it.

        Raises:
            WorkError: If the journal is damaged.
        """
        if not is_file(self._progress_path):
            self._tape_path.write_bytes(b"")
            return
        data = self._json(self._progress_path)
        try:
            chapters = tuple(Chapter(*_checked(each)) for each in data.pop("chapters"))
            progress = Progress(chapters=chapters, **data)
            counts = (progress.tape_bytes, progress.state)
            if not all(type(count) is int and count >= 0 for count in counts):
                raise ValueError
            if any(each.start > each.stop or each.stop > progress.tape_bytes for each in chapters):
                raise ValueError
        except (ValueError, TypeError, KeyError):
            raise self._damaged("it does not say how far the work has come") from None
        self._cut(progress)
        self.progress = progress

    def _cut(self, progress: Progress) -> None:
        digest, left = hashlib.sha256(), progress.tape_bytes
        try:
            with self._tape_path.open("r+b") as tape:
                while left and (chunk := tape.read(min(left, CHUNK_BYTES))):
                    digest.update(chunk)
                    left -= len(chunk)
                tape.truncate(progress.tape_bytes)
        except OSError as error:
            raise self._damaged(f"its tape cannot be read: {error.strerror}") from error
        if left or digest.hexdigest() != progress.tape_sha256:
            raise self._damaged("its tape was changed")
        self._digest, self._num_bytes = digest, progress.tape_bytes

    @property
    def num_bytes(self) -> int:
        """Bytes of the tape, those included that are not saved yet."""
        return self._num_bytes

    def append(self, text: str) -> None:
        """Put text at the end of the tape. It counts from the next `save` on."""
        data = text.encode("utf-8", "surrogatepass")
        self._new.append(data)
        self._num_bytes += len(data)

    def save(self, *, chapters: tuple[Chapter, ...], is_open: bool) -> Path:
        """Write the tape to its end, and return the path at which the bookmark of that point must be saved now.

        The journal stands at the new point when `commit` is called.
        """
        data = b"".join(self._new)
        with self._tape_path.open("ab") as tape:
            tape.write(data)
            tape.flush()
            os.fsync(tape.fileno())
        self._digest.update(data)
        self._new.clear()
        self.progress = Progress(
            chapters=chapters,
            is_open=is_open,
            tape_bytes=self._num_bytes,
            tape_sha256=self._digest.hexdigest(),
            state=1 - self.progress.state,
        )
        return self.state_path

    def commit(self) -> None:
        """Let the journal stand at the point that was saved."""
        write_json(self._progress_path, asdict(self.progress))

    @property
    def state_path(self) -> Path:
        """The file of the bookmark."""
        return self.folder / f"state-{self.progress.state}"

    def iter_tape(self) -> Iterator[str]:
        """Yield what was saved of the tape as strings of bounded size."""
        start = 0
        while start < self.progress.tape_bytes:
            stop = min(start + CHUNK_BYTES, self.progress.tape_bytes)
            data = self._bytes(start, stop)
            while stop < self.progress.tape_bytes and self._bytes(stop, stop + 1)[0] & 0xC0 == 0x80:
                data += self._bytes(stop, stop + 1)
                stop += 1
            yield data.decode("utf-8", "surrogatepass")
            start = stop

    def text_of(self, chapter: Chapter) -> str:
        """Return the text of a chapter, as far as it was saved."""
        return self._bytes(chapter.start, chapter.stop).decode("utf-8", "surrogatepass")

    def note_shown(self) -> None:
        """Keep the digest of the file of the work as it is now."""
        write_text(self._digest_path, sha256_of(self._shown_path))

    @property
    def shown_digest(self) -> str | None:
        """Digest of the file of the work as it was last written; None if it was not."""
        return self._digest_path.read_text(encoding="utf-8") if is_file(self._digest_path) else None

    def _remove(self) -> None:
        """Remove the files of the journal, and the folder if it holds nothing else."""
        with suppress(OSError):
            for name in ("progress.json", "shown.txt", "state-0", "state-1", "tape.txt", "lock"):
                (self.folder / name).unlink(missing_ok=True)
            self.folder.rmdir()

    def _bytes(self, start: int, stop: int) -> bytes:
        with self._tape_path.open("rb") as tape:
            tape.seek(start)
            return tape.read(stop - start)

    def _json(self, path: Path) -> dict[str, Any]:
        try:
            if path.stat().st_size > MAX_JSON_BYTES:
                raise ValueError
            data = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            raise self._damaged(f"{path.name} cannot be read") from None
        if not isinstance(data, dict):
            raise self._damaged(f"{path.name} holds no table")
        return data

    def _damaged(self, reason: str) -> WorkError:
        return WorkError(f"{self.folder} is damaged: {reason}. Begin anew with --restart, or give another name.")


def _checked(values: Any) -> tuple[str, int, int, int, int]:
    heading, *numbers = values
    if not isinstance(heading, str) or not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError
    start, stop, num_words, num_chars = numbers
    return heading, start, stop, num_words, num_chars
