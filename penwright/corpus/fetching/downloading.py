"""Read a large file of a server from start to end, whatever happens in between.

A connection that breaks is replaced by another one that asks for the rest. With a file to keep the bytes in, a program
that was killed goes on where it stopped, unless the file on the server has changed. Memory does not grow with the file.
"""

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from penwright.corpus.fetching.web import BREAKS, Reply, Validators, Web, reason_of
from penwright.errors import FetchError
from penwright.files import write_json

MAX_BREAKS = 5
"""Largest number of breaks in a row between which less than `MIN_PROGRESS_BYTES` arrive."""
MIN_PROGRESS_BYTES = 1 << 16
TellBytes = Callable[[int, int | None], object]
"""A function to call with the bytes that have been read, and with their number in all (None if it is unknown)."""
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def tell_no_bytes(done: int, total: int | None) -> None:
    """Do nothing."""


class Download:
    """The bytes of one file on a server, in order, with a `read` as a file has."""

    def __init__(self, web: Web, url: str, *, max_bytes: int, start: int = 0, known: Validators | None = None) -> None:
        """Ask for the file.

        Args:
            web: The client.
            url: Address of the file.
            max_bytes: Largest size of the file.
            start: Offset of the first byte to read.
            known: Version that the bytes before `start` are from.

        Raises:
            FetchError: If it cannot be fetched, is too large, or is a page of HTML.
        """
        self._web, self._max_bytes = web, max_bytes
        self.url = url
        """Address of the file."""
        self._stack = ExitStack()
        self._reply: Reply | None = None
        self._num_breaks = self._num_since_break = 0
        self.position = start
        """Offset of the next byte."""
        self.total: int | None = None
        """Size of the file; None if the server does not tell."""
        self.validators = known or Validators()
        self._is_resumed = start > 0
        self._connect()
        if self.total is not None and self.total > max_bytes:
            self.close()
            raise UnfitError(f"{url} has {self.total:,} bytes; at most {max_bytes:,} are fetched.")

    def close(self) -> None:
        """Give the connection back. The next `read` makes another one."""
        self._stack.close()
        self._reply = None

    def read(self, num_bytes: int) -> bytes:
        """Return up to `num_bytes` bytes; none only at the end of the file.

        Raises:
            FetchError: If the connection breaks too often, or the file changes meanwhile.
        """
        while True:
            if self._reply is None:
                if self.position == self.total:
                    return b""
                self._connect()
            assert self._reply is not None
            try:
                data = self._reply.read(num_bytes)
            except BREAKS as error:
                self._count_break(error)
                continue
            if not data and self.total is not None and self.position < self.total:
                self._count_break(EOFError("the body ended early"))
                continue
            if self.position == 0:
                check_no_page(self._reply, self.url, head=data)
            self.position += len(data)
            self._num_since_break += len(data)
            if self.position > (self._max_bytes if self.total is None else self.total):
                raise UnfitError(f"{self.url} sends more than it announced, or than {self._max_bytes:,} bytes.")
            if not data:
                self.total = self.position
                self.close()
            return data

    def _count_break(self, error: Exception) -> None:
        self.close()
        self._num_breaks = 0 if self._num_since_break >= MIN_PROGRESS_BYTES else self._num_breaks + 1
        self._num_since_break = 0
        self._is_resumed = True
        if self._num_breaks > MAX_BREAKS:
            raise FetchError(
                f"the connection to {self.url} broke {MAX_BREAKS + 1} times in a row ({reason_of(error)}). Run the "
                "same command again: what has been fetched stays."
            ) from error
        self._web.wait(self._num_breaks)

    def _connect(self) -> None:
        """Ask for the bytes from the current position on."""
        asked = self.validators.for_range
        reply = self._stack.enter_context(self._web.get(self.url, start=self.position, if_range=asked))
        self._reply = reply
        if reply.status in (404, 410):
            self.close()
            raise MissingError(self.url, reply.status)
        if self.position == 0:
            check_no_page(reply, self.url)
        version, known = reply.validators, self.validators
        is_other = (known.etag, known.modified) != ("", "") and version != known
        match = _CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
        if reply.status == 416:
            self.close()
            if match is None or match[3] != str(self.position) or is_other:
                raise ChangedError(self.url)
            self.total = self.position
        elif reply.status == 206:
            if match is None or match[1] != str(self.position) or match[3] == "*":
                raise FetchError(f"{self.url} was asked for its rest and sent something else. Use another mirror.")
            if is_other or self.total not in (None, int(match[3])):
                raise ChangedError(self.url)
            self.total = int(match[3])
        else:
            if self._is_resumed and self.position and (is_other or self.total not in (None, reply.num_bytes)):
                raise ChangedError(self.url)
            self.total = reply.num_bytes
            self._skip(self.position)
        self.validators = version

    def _skip(self, num_bytes: int) -> None:
        """Read and drop what a server that knows no ranges sends again."""
        assert self._reply is not None
        while num_bytes:
            try:
                data = self._reply.read(min(num_bytes, 1 << 20))
            except BREAKS as error:
                raise FetchError(
                    f"the connection to {self.url} broke ({reason_of(error)}). Run the same command again."
                ) from error
            if not data:
                raise ChangedError(self.url)
            num_bytes -= len(data)


class MissingError(FetchError):
    """There is no such file on the server."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"there is no {url} (status {status}). Use another mirror.")


class UnfitError(FetchError):
    """There is such a file, but it is too large, empty or no text. Others of the server may be as they should."""


class ChangedError(FetchError):
    """The file on the server is another one than before."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url} was replaced on its server meanwhile. Run the same command again.")


class KeptDownload:
    """A download whose bytes are kept in a file until it is removed, so that no byte is ever fetched twice."""

    def __init__(self, web: Web, url: str, *, path: Path, max_bytes: int, tell: TellBytes = tell_no_bytes) -> None:
        """Go on with what the file holds, or begin anew if the server has another version.

        Args:
            web: The client.
            url: Address of the file.
            path: File for the bytes; one beside it, with .json behind its name, holds the version.
            max_bytes: Largest size of the file.
            tell: Called with the bytes read and their number in all (None if unknown), now and then.

        Raises:
            FetchError: As `Download`.
            OSError: If the file cannot be written.
        """
        self._tell = tell
        self.url = url
        """Address of the file."""
        about = path.with_name(path.name + ".json")
        start, known = _kept(path, about, url)
        try:
            self._download = Download(web, url, max_bytes=max_bytes, start=start, known=known)
        except ChangedError:
            start = 0
            self._download = Download(web, url, max_bytes=max_bytes)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not start:
            write_json(about, {"url": url, **self._download.validators._asdict()})
        self._file: IO[bytes] = path.open("r+b" if start else "w+b")
        self._left = start
        if start:
            self._download.close()  # the server need not wait while the beginning is read from disk
        self.num_resumed = start
        """Bytes that were there already."""

    @property
    def total(self) -> int | None:
        """Size of the file; None if the server does not tell."""
        return self._download.total

    @property
    def validators(self) -> Validators:
        """Version of the file."""
        return self._download.validators

    @property
    def position(self) -> int:
        """Offset of the next byte."""
        return self._file.tell()

    def read(self, num_bytes: int) -> bytes:
        """Return up to `num_bytes` bytes; none only at the end of the file.

        Raises:
            FetchError: As `Download.read`.
            OSError: If the disk is full.
        """
        if self._left:
            data = self._file.read(min(num_bytes, self._left))
            self._left -= len(data)
        else:
            data = self._download.read(num_bytes)
            self._file.write(data)
        self._tell(self._file.tell(), self.total)
        return data

    def close(self) -> None:
        """Close the connection and the file."""
        self._download.close()
        self._file.close()


def _kept(path: Path, about: Path, url: str) -> tuple[int, Validators | None]:
    """Return how many bytes of a file are kept, and of which version; 0 if they cannot be used."""
    try:
        facts = json.loads(about.read_bytes())
        known = Validators(str(facts["etag"]), str(facts["modified"]))
        is_same = facts["url"] == url and bool(known.for_range)
        return (path.stat().st_size, known) if is_same else (0, None)
    except (OSError, ValueError, KeyError, TypeError):
        return 0, None


def check_no_page(reply: Reply, url: str, *, head: bytes = b"") -> None:
    """Check that a server does not send a page of HTML, such as a captcha, where a file was due.

    Args:
        reply: The answer.
        url: Address that was asked for.
        head: First bytes of the body, if they are known.

    Raises:
        FetchError: If it is one.
    """
    kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if reply.status in (200, 206) and (kind in ("text/html", "application/xhtml+xml") or _PAGE.match(head)):
        raise FetchError(
            f"{url} sends a page of HTML where a file was due, as servers do to programs they want to stop. Nothing "
            "more is asked. Try again after a day, or use another mirror."
        )
