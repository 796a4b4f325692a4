"""Ask a server for files, politely: one request at a time, with a pause, an honest name, and an end where it refuses.

Redirects are followed by hand, because each address is checked before it is asked. This module writes nothing to disk
and knows nothing of books.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage, HTTPResponse
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import quote, urljoin
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from penwright.corpus.fetching.addresses import check_redirect, host_of
from penwright.errors import FetchError, printable

PAUSE_SECONDS = 2.0
"""Least time between two requests to a server on the open network, as Project Gutenberg asks of programs."""
MAX_REDIRECTS = 5
MAX_ATTEMPTS = 4
"""Largest number of times that a request is sent if the connection or the server fails."""
MAX_RETRY_SECONDS = 300
"""Longest wait that a server may ask for. If it asks for more, the user is told instead."""
MAX_LONG_WAITS = 3
TIMEOUT_SECONDS = 60.0
BREAKS = (OSError, HTTPException)
"""What is raised if a connection breaks."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSALS = frozenset({401, 403, 407, 451})
_SAFE = "%/:?#[]@!$&'()*+,;=~"
_ANSWERS = frozenset({200, 206, 304, 404, 410, 416})
"""Statuses that the caller deals with. All others raise."""


class Validators(NamedTuple):
    """What a server says of the version of a file; empty where it says nothing."""

    etag: str = ""
    modified: str = ""
    """Date of the last change, as the server writes it."""

    @property
    def for_range(self) -> str:
        """The value of If-Range: a strong tag, else the date."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


class Reply:
    """The answer to one request, with a body that is not read yet."""

    def __init__(self, response: HTTPResponse, url: str) -> None:
        self._response = response
        self.url = url
        """Address that answered, after redirects."""

    @property
    def status(self) -> int:
        """Status, one of 200, 206, 304, 404, 410 and 416."""
        return self._response.status

    @property
    def headers(self) -> HTTPMessage:
        """Headers, whose names ignore case."""
        return self._response.headers

    @property
    def validators(self) -> Validators:
        """Version of the file."""
        return Validators(self.headers.get("ETag", ""), self.headers.get("Last-Modified", ""))

    @property
    def num_bytes(self) -> int | None:
        """Length of the body as declared; None if it is not declared."""
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isascii() and text.isdigit() else None

    def read(self, num_bytes: int) -> bytes:
        """Return the next bytes of the body; none at its end.

        Raises:
            OSError, HTTPException: If the connection breaks. If it ends too early, the body is merely too short.
        """
        return self._response.read(num_bytes)


class Web:
    """One client. It remembers when it last asked each server."""

    def __init__(
        self,
        *,
        pause_seconds: float = PAUSE_SECONDS,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a client.

        Args:
            pause_seconds: Least time between two requests to one server.
            sleep: Waits for some seconds.
            clock: Returns the time in seconds.
        """
        self._pause, self._sleep, self._clock = pause_seconds, sleep, clock
        self._last_asked: dict[str, float] = {}
        # No handler of errors and redirects, so every answer comes back as it is; none of files and FTP.
        self._opener = OpenerDirector()
        for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
            self._opener.add_handler(handler)

    @contextmanager
    def get(self, url: str, *, start: int = 0, if_range: str = "", unless: Validators | None = None) -> Iterator[Reply]:
        """Ask for a file, or for its rest.

        Args:
            url: Its address, http or https.
            start: Offset of the first byte wanted.
            if_range: Version of the file, from `Validators.for_range`. Another version is sent whole.
            unless: Version that is there already. If it is still the newest one, the status is 304.

        Yields:
            The answer. The connection is closed at the end of the block.

        Raises:
            FetchError: If there is no connection, or the server refuses, fails or redirects to a forbidden place.
        """
        headers = {"User-Agent": agent(), "Accept": "*/*"}
        if start:
            headers["Range"] = f"bytes={start}-"
            headers |= {"If-Range": if_range} if if_range else {}
        if unless is not None:
            headers |= {"If-None-Match": unless.etag} if unless.etag else {}
            headers |= {"If-Modified-Since": unless.modified} if unless.modified else {}
        reply = self._follow(url, headers)
        try:
            yield reply
        finally:
            reply._response.close()

    def wait(self, attempt: int) -> None:
        """Wait before attempt number `attempt`, from 1: twice as long each time."""
        self._sleep(min(60.0, max(self._pause, 0.01) * 2**attempt))

    def _follow(self, url: str, headers: Mapping[str, str]) -> Reply:
        current = url
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._ask(current, headers)
            if reply.status not in _REDIRECTS:
                return reply
            target = quote(urljoin(current, reply.headers.get("Location", "")), safe=_SAFE)
            reply._response.close()
            check_redirect(current, target)
            current = target
        raise FetchError(f"{url} is redirected more than {MAX_REDIRECTS} times. Try another mirror.")

    def _ask(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Send one request, again if the server fails, and later if it says when."""
        attempt = num_long_waits = 0
        while True:
            attempt += 1
            try:
                response = self._send(url, headers)
            except BREAKS as error:
                self._judge_failure(url, error, attempt)
                continue
            status = response.status
            if status in _ANSWERS or status in _REDIRECTS:
                return Reply(response, url)
            response.close()
            if status in _REFUSALS:
                raise FetchError(
                    f"{url} refuses this request (status {status}), so nothing more is asked of {host_of(url)}. Try "
                    "again after a day, or use another mirror."
                )
            if status == 429 or (status == 503 and "Retry-After" in response.headers):
                seconds = _seconds_to_wait(response.headers)
                num_long_waits += 1
                if seconds is None or seconds > MAX_RETRY_SECONDS or num_long_waits > MAX_LONG_WAITS:
                    when = "later" if seconds is None else f"in {max(1, round(seconds / 60)):,} minutes"
                    raise FetchError(
                        f"{host_of(url)} asks for fewer requests (status {status}). Run the same command again {when}: "
                        "what has been fetched stays."
                    )
                self._sleep(seconds)
                attempt = 0
            elif status >= 500 and attempt < MAX_ATTEMPTS:
                self.wait(attempt)
            else:
                raise FetchError(f"{url} answers with status {status}. Run again later, or use another mirror.")

    def _send(self, url: str, headers: Mapping[str, str]) -> HTTPResponse:
        host = host_of(url)
        if host in self._last_asked:
            self._sleep(max(0.0, self._last_asked[host] + self._pause - self._clock()))
        try:
            response = self._opener.open(Request(url, headers=dict(headers)), timeout=TIMEOUT_SECONDS)
        finally:
            self._last_asked[host] = self._clock()
        assert isinstance(response, HTTPResponse), "only http and https are asked"
        return response

    def _judge_failure(self, url: str, error: Exception, attempt: int) -> None:
        """Wait if a request is worth another attempt.

        Raises:
            FetchError: If it is not.
        """
        host, cause = host_of(url), error.reason if isinstance(error, URLError) else error
        if isinstance(cause, socket.gaierror):
            raise FetchError(
                f"{host} is not found. Is this machine online? Books that are here already need no network."
            ) from error
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise FetchError(
                f"{host} cannot prove who it is ({cause.verify_message}). Check this machine's clock and certificates, "
                "or use another mirror."
            ) from error
        if attempt >= MAX_ATTEMPTS:
            raise FetchError(f"there is no connection to {host} ({reason_of(error)}). Run again later.") from error
        self.wait(attempt)


def agent() -> str:
    """Return the name under which this program asks: its own, with its version."""
    return "/".join(filter(None, ("penwright", version_of_this_program())))


def version_of_this_program() -> str:
    """Return the version of the installed package; empty if it is not installed."""
    try:
        return version("penwright")
    except PackageNotFoundError:
        return ""


def reason_of(error: Exception) -> str:
    """Return why a connection broke, in a few words."""
    cause = error.reason if isinstance(error, URLError) else error
    return printable(str(getattr(cause, "strerror", None) or cause) or type(cause).__name__)[:200]


def _seconds_to_wait(headers: HTTPMessage) -> float | None:
    """Return how long a server asks to wait, or None. A date is compared with the server's own."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (date - now).total_seconds())
    except (ValueError, TypeError):
        return None
