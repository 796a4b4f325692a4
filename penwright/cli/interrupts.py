"""Turn Ctrl-C and a request to terminate into a request to stop, so that what was done is saved before the end.

After the first signal the training finishes its step and saves. A second Ctrl-C stops at once, as usual. This
module knows nothing of trainings.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Never, Self

EXIT_INTERRUPTED = 130  # 128 + SIGINT: what a shell expects of a program that Ctrl-C ended


class Terminated(KeyboardInterrupt):
    """A request to terminate, raised where Ctrl-C would raise KeyboardInterrupt."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.exit_code = 128 + number
        """Exit code that a shell expects."""


@contextmanager
def raising_terminated() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise `Terminated` inside, so that they keep what Ctrl-C keeps."""

    def handle(number: int, frame: FrameType | None) -> Never:
        raise Terminated(number)

    previous: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                previous[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def exit_code_of_interrupt(error: KeyboardInterrupt) -> int:
    """Return the exit code of a command that was interrupted."""
    return error.exit_code if isinstance(error, Terminated) else EXIT_INTERRUPTED


class StopRequest:
    """A request to stop: calling it returns True once it was made, and as a context it catches signals."""

    def __init__(self, *, announce: Callable[[], None] | None = None) -> None:
        """Make a request that has not been made yet. No signal is touched before the context is entered.

        Args:
            announce: Called once, inside the signal's handler, when the first signal comes. It must not print through a
                buffered stream, which may be in the middle of a write.
        """
        self._announce = announce
        self._previous: dict[signal.Signals, Any] = {}
        self.exit_code = 0
        """Exit code for the command: 0, or 128 plus the number of the signal."""
        self.is_requested = False

    def __call__(self) -> bool:
        return self.is_requested

    def request(self) -> None:
        """Request to stop without a signal, for example because the reader of the output has gone."""
        self.is_requested = True

    def __enter__(self) -> Self:
        # Only the main thread may set handlers; elsewhere (a notebook's worker, a test) the caller keeps its own.
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)  # Windows has no SIGHUP
                # A signal that the user had ignored, as nohup does with SIGHUP, stays ignored.
                if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.exit_code = self.exit_code or 128 + number
        if not self.is_requested:
            self.is_requested = True
            if self._announce is not None:
                self._announce()
