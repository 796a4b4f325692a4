"""Count the operations of a function, to tell linear work from quadratic work without a clock."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class CountingText(str):
    """A text that counts the characters that slices copy and that `find` walks over."""

    num_chars = 0

    def __getitem__(self, key: Any) -> str:
        part = str(self)[key] if isinstance(key, int) else str.__getitem__(self, key)
        self.num_chars += len(part)
        return part

    def find(self, *args: Any) -> int:
        found = super().find(*args)
        start = args[1] if len(args) > 1 else 0
        stop = args[2] if len(args) > 2 and args[2] is not None else len(self)
        self.num_chars += max(0, (found if found >= 0 else min(stop, len(self))) - start)
        return found


def num_lines(function: Callable[[], object]) -> int:
    """Return the number of lines of Python that run in a call."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count
