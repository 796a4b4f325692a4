"""The display of a training: a context that receives records one by one. It never influences the training."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from penwright.training.activity import Activity
    from penwright.training.records import AnyRecord


class Display(ABC):
    """A display, entered before a training and left after it."""

    tells_of_stopping = False
    """True if the display itself shows that a request to stop was received."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def step(self) -> None:
        """Note that the next update is about to begin."""
        return None

    def doing(self, activity: "Activity") -> None:
        """Note what is being done, which any thread may tell."""
        return None

    @abstractmethod
    def show(self, record: "AnyRecord") -> None:
        """Show one record, now or soon."""


class Silence(Display):
    """A display that shows nothing."""

    def show(self, record: "AnyRecord") -> None:
        """Do nothing."""


class Follower(Silence):
    """The display of a process that trains with others. The first of them speaks for all."""

    tells_of_stopping = True


class Together(Display):
    """Several displays as one."""

    def __init__(self, *displays: Display) -> None:
        """Join displays. They are entered in this order and left in reverse."""
        self._displays = displays
        self._entered = ExitStack()
        self.tells_of_stopping = any(display.tells_of_stopping for display in displays)

    def __enter__(self) -> Self:
        for display in self._displays:
            self._entered.enter_context(display)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered.close()

    def step(self) -> None:
        """Pass it on."""
        for display in self._displays:
            display.step()

    def doing(self, activity: "Activity") -> None:
        """Pass it on."""
        for display in self._displays:
            display.doing(activity)

    def show(self, record: "AnyRecord") -> None:
        """Pass a record on."""
        for display in self._displays:
            display.show(record)


class Guarded(Display):
    """A display that may fail: when its reader has gone it falls silent and asks to stop, so that the run is saved."""

    def __init__(self, display: Display, *, on_lost: Callable[[], None]) -> None:
        """Guard a display.

        Args:
            display: What shows the records.
            on_lost: Called once, when nothing can be shown any more.
        """
        self._display = display
        self._on_lost = on_lost
        self._is_lost = False

    def __enter__(self) -> Self:
        self._try(self._display.__enter__)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._try(lambda: self._display.__exit__(kind, error, traceback))

    def step(self) -> None:
        """Pass it on."""
        self._try(self._display.step)

    def doing(self, activity: "Activity") -> None:
        """Pass it on."""
        self._try(lambda: self._display.doing(activity))

    def show(self, record: "AnyRecord") -> None:
        """Show one record, if there still is anyone to show it to."""
        self._try(lambda: self._display.show(record))

    def _try(self, action: Callable[[], object]) -> None:
        if self._is_lost:
            return
        try:
            action()
        except OSError:
            self._is_lost = True
            self._on_lost()
