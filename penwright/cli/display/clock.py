"""One line with a clock, a bar and what is being done, drawn by a thread of its own while the work goes on.

The work only leaves a value to be drawn. The line moves every second, even where nothing can tell how far it is.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from penwright.cli.display.durations import format_duration
from penwright.cli.output import error_console, is_terminal, visible

if TYPE_CHECKING:
    from penwright.training.activity import Activity

REFRESHES_PER_SECOND = 4
BAR_WIDTH = 24
MIN_BAR_WIDTH = 6
RUNNER_WIDTH = 4
"""Columns of the part of the bar that runs to and fro while the share is unknown."""
_DONE, _LEFT = "━", "─"


def clock_line(seconds: float, name: str, *, share: float | None, width: int, seconds_left: float | None = None) -> str:
    """Return a line of at most `width` columns.

    Args:
        seconds: Time since the beginning.
        name: What is being done.
        share: Share that is done, 0 to 1; None if that is not known, when a part of the bar runs to and fro.
        width: Number of columns. A narrow line has a shorter bar, or none, and a name that is cut.
        seconds_left: Time until the end; None if that is not known.
    """
    clock = format_duration(int(seconds))
    percent = "" if share is None else f" {100 * share:.0f} %"
    end = "" if seconds_left is None else f" · ETA {format_duration(seconds_left)}"
    room = width - len(f"{clock} {percent} · {name}{end}")
    if room >= MIN_BAR_WIDTH:
        return f"{clock} {_bar(share, seconds, width=min(BAR_WIDTH, room))}{percent} · {name}{end}"
    room = width - len(f"{clock}{percent} · {end}")
    if len(name) > room:
        name = f"{name[: max(0, room - 1)]}…"
    return f"{clock}{percent} · {name}{end}"[: max(1, width)]


@contextmanager
def working(name: str, *, is_shown: bool) -> Iterator[Callable[["Activity"], None]]:
    """Draw a line on standard error while some work is done; it vanishes at the end.

    Args:
        name: What is being done at first.
        is_shown: False to draw nothing.

    Yields:
        A function to call when something else is done, or when it has come further.
    """
    from penwright.training.activity import Activity

    if not is_shown:
        yield lambda activity: None
        return
    from rich.live import Live
    from rich.text import Text

    began, console, current = time.monotonic(), error_console(), [Activity(name)]

    def drawing() -> Text:
        activity = current[0]
        line = clock_line(time.monotonic() - began, activity.name, share=activity.share, width=console.width)
        return Text(visible(line), no_wrap=True)

    def tell(activity: Activity) -> None:
        current[0] = activity

    with Live(
        get_renderable=drawing,
        console=console,
        transient=True,
        redirect_stdout=False,
        refresh_per_second=REFRESHES_PER_SECOND,
    ) as live:
        live.refresh()
        yield tell


def loading(*, is_shown: bool) -> AbstractContextManager[Callable[["Activity"], None]]:
    """Draw a line, where there is a terminal, while torch is imported, which takes seconds."""
    return working("loading PyTorch", is_shown=is_shown and is_terminal(sys.stderr))


def _bar(share: float | None, seconds: float, *, width: int) -> str:
    if share is not None:
        done = int(min(1.0, max(0.0, share)) * width)
        return _DONE * done + _LEFT * (width - done)
    room = width - RUNNER_WIDTH
    start = room - abs(int(2 * seconds) % (2 * room) - room)
    return _LEFT * start + _DONE * RUNNER_WIDTH + _LEFT * (room - start)
