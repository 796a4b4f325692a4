"""Write the curves of every training for TensorBoard, if it is installed."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from penwright.cli.display.base import Display
from penwright.errors import MissingExtraError, quoted

if TYPE_CHECKING:
    from penwright.report.tensorboard import TensorBoardWriter
    from penwright.training.records import AnyRecord

FOLDER = "tensorboard"


class TensorBoardLog(Display):
    """A writer of event files into the run's folder. Without TensorBoard it does nothing."""

    def __init__(self, run: Path, *, say: Callable[[str], None] = lambda sentence: None) -> None:
        """Prepare. Nothing is written before the first record, because the run's folder is made by then.

        Args:
            run: Folder of the run.
            say: Called once with a sentence on what to install, or on the folder of the curves.
        """
        self._run = run
        self._say = say
        self._writer: TensorBoardWriter | None = None
        self._is_open = False

    def show(self, record: "AnyRecord") -> None:
        """Write the numbers of a record."""
        if not self._is_open:
            self._is_open = True
            self._open()
        if self._writer is not None:
            self._writer.write(record)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def _open(self) -> None:
        from penwright.report.tensorboard import TensorBoardWriter

        try:
            self._writer = TensorBoardWriter(self._run / FOLDER, name=self._run.absolute().name)
        except MissingExtraError as error:
            self._say(f"No curves for TensorBoard: {error}")
        else:
            self._say(f"Curves for TensorBoard: tensorboard --logdir {quoted(self._run / FOLDER)}")
