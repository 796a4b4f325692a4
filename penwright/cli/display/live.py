"""Show a training on a terminal: one line that is updated in place, and under it the newest sample.

The sample always has the same prompt and seed, so that progress is visible.
"""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from penwright.cli.display.base import Display
from penwright.cli.display.words import STOPPING, Status, remark
from penwright.cli.output import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from penwright.training.records import AnyRecord

REFRESHES_PER_SECOND = 4
ROOM_FOR_ECHO = 3
"""Columns left free in the last line: the terminal writes ^C there, which must not begin another line."""
LINES_AROUND_SAMPLE = 5  # the status line, the frame's two, a word on stopping, the cursor's own


class LiveDisplay(Display):
    """A line and a page, redrawn four times a second at the current size of the terminal."""

    tells_of_stopping = True

    def __init__(self, console: "Console", *, is_stopping: Callable[[], bool]) -> None:
        """Prepare to draw.

        Args:
            console: A terminal.
            is_stopping: Function that returns True if the user wants to stop; called at each drawing.
        """
        from rich.live import Live

        self._console = console
        self._is_stopping = is_stopping
        self._status = Status()
        self._live = Live(
            get_renderable=self._drawing,
            console=console,
            refresh_per_second=REFRESHES_PER_SECOND,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def show(self, record: "AnyRecord") -> None:
        """Take a record, to be drawn soon. A remark is printed above the line and stays."""
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
        parts: list[RenderableType] = [Text(self._status.line(width), no_wrap=True)]
        if has_page:
            parts.append(self._page())
        if self._is_stopping() and self._status.finished is None:
            parts.append(Padding(Text(STOPPING, style="bold"), (0, ROOM_FOR_ECHO, 0, 0)))
        return Group(*parts)

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
