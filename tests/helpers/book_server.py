"""A server on this machine that behaves, and misbehaves, as servers of books do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODIFIED = "Sun, 29 Nov 2026 04:00:00 GMT"
PAGE = b"<!DOCTYPE html>\n<html><head><title>Are you a robot?</title></head><body>...</body></html>\n"


@dataclass
class Served:
    """One file and what happens to the requests for it, in turn; after that, nothing does."""

    data: bytes
    etag: str = '"one"'
    modified: str = MODIFIED
    kind: str = "text/plain"
    has_ranges: bool = True
    faults: list[str] = field(default_factory=list)
    """Each is "403", "429 7" (with Retry-After), "redirect /x", "break 100" (after so many bytes), "short 100" (so many
    bytes fewer than declared), "page", "chunked", or ""."""


class BookServer(ThreadingHTTPServer):
    """The server. It notes every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, Served] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.num_sent: dict[str, int] = {}
        """Bytes of bodies handed to the system, by path."""

    @property
    def url(self) -> str:
        """Address of the server, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        """Paths of the requests, in order."""
        return [path for path, _ in self.requests]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: BookServer

    def do_GET(self) -> None:
        self.server.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        served = self.server.files.get(self.path)
        if served is None:
            return self._answer(404, PAGE, {"Content-Type": "text/html"})
        fault, _, detail = (served.faults.pop(0) if served.faults else "").partition(" ")
        if fault.isdigit():
            return self._answer(int(fault), b"", {"Retry-After": detail} if detail else {})
        if fault == "redirect":
            return self._answer(302, b"", {"Location": detail})
        if fault == "page":
            return self._answer(200, PAGE, {"Content-Type": "text/html; charset=utf-8"})
        headers = {"ETag": served.etag, "Last-Modified": served.modified, "Content-Type": served.kind}
        headers = {name: value for name, value in headers.items() if value}
        if self.headers.get("If-None-Match") == served.etag or (
            "If-None-Match" not in self.headers and self.headers.get("If-Modified-Since") == served.modified != ""
        ):
            return self._answer(304, b"", headers)
        start, stop, status = 0, len(served.data), 200
        wanted = self.headers.get("Range", "")
        if wanted and served.has_ranges and self.headers.get("If-Range", served.etag) in (served.etag, served.modified):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, status = int(first), 206
            stop = min(int(last or len(served.data)) + 1, len(served.data))
            if start >= len(served.data):
                return self._answer(416, b"", {"Content-Range": f"bytes */{len(served.data)}", **headers})
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(served.data)}"
        self._answer(status, served.data[start:stop], headers, fault=fault, detail=int(detail or 0))

    def _answer(self, status: int, body: bytes, headers: dict[str, str], *, fault: str = "", detail: int = 0) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "chunked":
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            return
        if status != 304:
            self.send_header("Content-Length", str(len(body) + (detail if fault == "short" else 0)))
        self.end_headers()
        body = body[:detail] if fault == "break" else body
        for start in range(0, len(body), 1 << 16):
            num_sent = self.wfile.write(body[start : start + (1 << 16)])
            self.server.num_sent[self.path] = self.server.num_sent.get(self.path, 0) + num_sent

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[BookServer]:
    """Run a server until the end of the block."""
    server = BookServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
