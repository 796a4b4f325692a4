"""Show a training on a terminal: a clock, a line of figures, and under them the newest sample.

The sample always has the same prompt and seed, so that progress is visible.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from penwright.cli.display.base import Display
from penwright.cli.display.clock import REFRESHES_PER_SECOND, clock_line
from penwright.cli.display.words import STOPPING, Status, remark
from penwright.cli.output import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from penwright.training.activity import Activity
    from penwright.training.records import AnyRecord

ROOM_FOR_ECHO = 3
"""Columns left free in the last line: the terminal writes ^C there, which must not begin another line."""
LINES_AROUND_SAMPLE = 6  # the clock, the figures, the frame's two, a word on stopping, the cursor's own


class LiveDisplay(Display):
    """A clock, figures and a page, redrawn four times a second at the current size of the terminal."""

    tells_of_stopping = True

    def __init__(
        self,
        console: "Console",
        *,
        is_stopping: Callable[[], bool],
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to draw.

        Args:
            console: A terminal.
            is_stopping: Function that returns True if the user wants to stop; called at each drawing.
            seconds: Limit of the whole run; None if it is limited otherwise.
            clock: Seconds that only go forward.
        """
        from rich.live import Live

        from penwright.training.activity import Activity

        self._console = console
        self._is_stopping = is_stopping
        self._seconds = seconds
        self._clock = clock
        self._began = clock()  # of the whole run, as far as is known
        self._shown_at = self._began  # time of the newest progress record, or of the end
        self._activity = Activity("beginning")
        self._status = Status()
        self._live = Live(
            get_renderable=self._drawing,
            console=console,
            refresh_per_second=REFRESHES_PER_SECOND,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        self._live.refresh()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def doing(self, activity: "Activity") -> None:
        """Take what is being done, to be drawn soon."""
        self._activity = activity

    def show(self, record: "AnyRecord") -> None:
        """Take a record, to be drawn soon. A remark is printed above the line and stays."""
        from penwright.training import records

        now = self._clock()
        self._began = min(self._began, now - record.elapsed_seconds)
        if isinstance(record, records.Progress | records.Finished):
            self._shown_at = now
        self._status.take(record)
        sentence = remark(record)
        if sentence is not None:
            self._console.print(visible(sentence))

    def _drawing(self) -> "RenderableType":
        from rich.console import Group
        from rich.padding import Padding
        from rich.text import Text

        has_page = self._status.sample is not None
        width = self._console.width - (0 if has_page else ROOM_FOR_ECHO)
        parts: list[RenderableType] = [Text(visible(self._clock_line(width)), no_wrap=True)]
        if self._status.progress is not None:
            parts.append(Text(self._status.figures(width), no_wrap=True))
        if has_page:
            parts.append(self._page())
        if self._is_stopping() and self._status.finished is None:
            parts.append(Padding(Text(STOPPING, style="bold"), (0, ROOM_FOR_ECHO, 0, 0)))
        return Group(*parts)

    def _clock_line(self, width: int) -> str:
        """Return the line that moves: by the clock where time limits the run, else as far as the updates tell."""
        from penwright.training.activity import LEARNING

        status, activity, now = self._status, self._activity, self._clock()
        elapsed, left, share = now - self._began, None, activity.share
        if status.finished is not None:
            name = "stopped and saved" if status.finished.reason == "stopped" else "done"
            share = status.progress.fraction_done if status.progress is not None else 0.0
            share = share if status.finished.reason == "stopped" else 1.0
            return clock_line(self._shown_at - self._began, name, share=share, width=width)
        if self._seconds is not None and elapsed < self._seconds:
            share, left = elapsed / self._seconds, self._seconds - elapsed
        elif status.progress is not None and self._seconds is None:
            share = status.progress.fraction_done if activity == LEARNING else share
            if status.speed is not None:
                left = status.progress.eta_seconds - (now - self._shown_at)
                left = left if left > 0 else None
        return clock_line(elapsed, activity.name, share=share, width=width, seconds_left=left)

    def _page(self) -> "RenderableType":
        """Return the newest sample in a frame, cut at the bottom if the terminal is too low."""
        from rich.panel import Panel
        from rich.text import Text

        sample, saved = self._status.sample, self._status.saved
        assert sample is not None
        text = Text.assemble((visible(sample.prompt), "bold"), visible(sample.text))
        width = self._console.width - ROOM_FOR_ECHO
        lines = text.wrap(self._console, width - 4)
        shown = max(1, self._console.height - LINES_AROUND_SAMPLE)
        return Panel(
            Text("\n").join(lines[:shown]),
            title=f"what it writes after step {sample.step:,}",
            title_align="left",
            subtitle=f"saved at step {saved.step:,}" if saved is not None else None,
            subtitle_align="right",
            border_style="dim",
            width=width,
        )
