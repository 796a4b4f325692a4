"""A folder of stories: made, listed, written on and taken away, by one process at a time.

A story's name is drawn here, so no name of a file comes from a client. A story that is taken away keeps its file under
another ending. All methods may be called by any thread.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from filelock import FileLock, Timeout

from penwright.files import entries, sync_folder
from penwright.serving.stories.journal import Journal
from penwright.serving.stories.records import ConflictError, NoStoryError, Record, StoryError
from penwright.serving.stories.story import summary_of

SUFFIX = ".story"
DELETED_SUFFIX = ".deleted"
MAX_STORIES = 10_000
MAX_OPEN = 16
"""Stories kept in memory."""
_ID = re.compile(r"[0-9a-f]{16}")


class StoryFolder:
    """Stories on disk."""

    def __init__(self, path: Path) -> None:
        """Name the folder. It is made with the first story.

        Args:
            path: The folder.
        """
        self.path = path
        self._lock = RLock()
        self._open: OrderedDict[str, Journal] = OrderedDict()
        self._summaries: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {}
        self._held: FileLock | None = None

    def close(self) -> None:
        """Let other processes have the folder."""
        with self._lock:
            if self._held is not None:
                self._held.release()
                self._held = None
            self._open.clear()

    def summaries(self) -> list[dict[str, Any]]:
        """Return a summary of each story, the one changed last first. A damaged one says so.

        Raises:
            StoryError: If the folder is in use.
        """
        with self._lock, _explaining_failures(self.path):
            if not self.path.is_dir():
                return []
            self._hold()
            found = [self._summary(path) for path in entries(self.path) if path.suffix == SUFFIX and _is_id(path.stem)]
        return sorted(found, key=lambda each: (-each["changed"], each["id"]))

    def create(self, records: Sequence[Record] = ()) -> Journal:
        """Make a story.

        Args:
            records: Its first records.

        Raises:
            StoryError: If there are too many, or the folder is in use or cannot be written.
            RecordError: If a record does not fit.
        """
        with self._lock, _explaining_failures(self.path):
            self._hold()
            if sum(path.suffix == SUFFIX for path in entries(self.path)) >= MAX_STORIES:
                raise StoryError(f"{self.path} holds {MAX_STORIES:,} stories, which is the most. Take some away.")
            id = secrets.token_hex(8)
            journal = Journal.create(self._path_of(id), id)
            try:
                if records:
                    journal.append(records)
            except BaseException:
                journal.path.unlink()
                raise
            self._keep(journal)
            return journal

    def get(self, id: str) -> Journal:
        """Return a story. It is changed by `append` only.

        Raises:
            NoStoryError: If there is none of this name.
            StoryError: If it is damaged, or the folder is in use.
        """
        with self._lock, _explaining_failures(self.path):
            path = self._path_of(id)
            if id not in self._open:
                if not path.is_file():
                    raise NoStoryError("there is no such story. It may have been taken away.")
                self._hold()
                self._keep(Journal.load(path))
            self._open.move_to_end(id)
            return self._open[id]

    @contextmanager
    def using(self, id: str) -> Iterator[Journal]:
        """Lock the folder while a story is read, so that nothing is written to it meanwhile.

        Raises:
            NoStoryError: If there is none of this name.
            StoryError: If it is damaged, or the folder is in use.
        """
        with self._lock:
            yield self.get(id)

    def append(self, id: str, records: Sequence[Record], *, revision: int) -> int:
        """Write records down, and return the new revision of the story.

        Args:
            id: The story.
            records: What to write down, all or nothing.
            revision: Revision that they were made for.

        Raises:
            NoStoryError: If there is no such story.
            ConflictError: If the story has moved on.
            RecordError: If a record does not fit.
            StoryError: If they cannot be written.
        """
        with self._lock, _explaining_failures(self.path):
            journal = self.get(id)
            if journal.revision != revision:
                raise ConflictError(found=journal.revision, given=revision)
            try:
                journal.append(records)
            except OSError:
                del self._open[id]  # what stands on the disk is read anew
                raise
            return journal.revision

    def remove(self, id: str) -> None:
        """Take a story away. Its file stays under another ending.

        Raises:
            NoStoryError: If there is none of this name.
        """
        with self._lock, _explaining_failures(self.path):
            path = self._path_of(id)
            if not path.is_file():
                raise NoStoryError("there is no such story. It may have been taken away already.")
            self._hold()
            self._open.pop(id, None)
            path.rename(path.with_name(path.name + DELETED_SUFFIX))
            sync_folder(self.path)

    def _path_of(self, id: str) -> Path:
        if not _is_id(id):
            raise NoStoryError("there is no such story. Names of stories are made by the server.")
        return self.path / f"{id}{SUFFIX}"

    def _keep(self, journal: Journal) -> None:
        self._open[journal.story.id] = journal
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)

    def _summary(self, path: Path) -> dict[str, Any]:
        state = path.stat()
        stamp, changed = (state.st_mtime_ns, state.st_size), state.st_mtime_ns // 1_000_000
        if path.stem in self._summaries and self._summaries[path.stem][0] == stamp:
            return self._summaries[path.stem][1]
        try:
            journal = self._open.get(path.stem) or Journal.load(path)
            found = summary_of(journal.story, revision=journal.revision, changed=changed)
        except (StoryError, OSError) as error:
            found = {"id": path.stem, "title": "", "changed": changed, "damaged": str(error)}
        self._summaries[path.stem] = (stamp, found)
        return found

    def _hold(self) -> None:
        """Keep other processes out of the folder."""
        if self._held is not None:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StoryError(
                f"{self.path} is in use by another server. Stop it, or give another folder with --stories."
            ) from None
        self._held = lock


@contextmanager
def _explaining_failures(path: Path) -> Iterator[None]:
    """Turn failures of the disk into errors with a sentence."""
    try:
        yield
    except OSError as error:
        raise StoryError(
            f"{path} cannot be read or written: {error.strerror or error}. What was saved before is safe."
        ) from error


def _is_id(id: str) -> bool:
    return _ID.fullmatch(id) is not None
