"""Turn Ctrl-C and a request to terminate into a request to stop, so that a training can save before it ends.

After the first signal the training finishes its step and saves. A second Ctrl-C stops at once, as usual. This
module knows nothing of trainings.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

EXIT_INTERRUPTED = 130  # 128 + SIGINT: what a shell expects of a program that Ctrl-C ended


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
