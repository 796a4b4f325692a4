"""What a training is doing at the moment, for those who watch it. It never influences the training.

Records tell what has happened. Between two of them, counting or reading may take minutes: an activity tells that it has
begun, and how far it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


class Activity(NamedTuple):
    """What is being done."""

    name: str
    """A phrase such as "counting n-grams"."""
    share: float | None = None
    """Share of it that is done, 0 to 1; None if that is not known."""


Tell = Callable[[Activity], object]
"""A function to call whenever another activity begins, or the present one has come further."""

LEARNING = Activity("learning")
COUNTING = Activity("counting n-grams")
WRITING = Activity("writing a sample")
SAVING = Activity("saving")
COMPILING = Activity("compiling kernels (once)")
HELD_OUT = "reading held-out books"


def tell_nobody(activity: Activity) -> None:
    """Do nothing."""


@contextmanager
def telling_of_compiling(tell: Tell) -> Iterator[Tell]:
    """Tell of kernels that are compiled too, which happens in the middle of whatever uses them first.

    Yields:
        The function to tell of all other activities.
    """
    try:
        from numba.core import event
    except ImportError:  # no kernels
        yield tell
        return

    class Compiling(event.Listener):
        """Tells when the outermost of the functions being compiled begins and ends."""

        def __init__(self) -> None:
            self.depth = 0
            self.interrupted = LEARNING

        def on_start(self, event: Any) -> None:
            self.depth += 1
            tell(COMPILING)

        def on_end(self, event: Any) -> None:
            self.depth -= 1
            if not self.depth:
                tell(self.interrupted)

    compiling = Compiling()

    def tell_and_remember(activity: Activity) -> None:
        compiling.interrupted = activity
        tell(activity)

    with event.install_listener("numba:compile", compiling):
        yield tell_and_remember
