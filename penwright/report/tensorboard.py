"""Hand a training's figures to TensorBoard, as the 2017 system did: two runs, losses and accuracies against characters.

Nothing else of the package needs TensorBoard; without it, making a writer says what to install. Loss is in nats per
character. This module knows nothing of how the records came about.
"""

import math
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from penwright.errors import MissingExtraError
from penwright.training.records import AnyRecord, Evaluation, Progress

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

LOSS = "batch_loss"
ACCURACY = "batch_accuracy"


class TensorBoardWriter:
    """Writes records as scalars. Use it in a `with` block, or call `close`."""

    def __init__(self, folder: Path, *, name: str) -> None:
        """Make the two folders that TensorBoard shows as runs.

        Args:
            folder: Where logs are collected, such as `log`.
            name: What the two runs have in common; the 2017 system took the seconds since 1970. They become
                `<name>-training` and `<name>-validation`.

        Raises:
            MissingExtraError: If TensorBoard is not installed.
        """
        self._training = _summary_writer(folder / f"{name}-training")
        self._validation = _summary_writer(folder / f"{name}-validation")

    def write(self, record: AnyRecord) -> None:
        """Write a progress or evaluation record at its number of characters read; others are passed over."""
        if isinstance(record, Progress):
            self._training.add_scalar(LOSS, record.loss, record.chars_read)
            self._training.add_scalar(ACCURACY, record.accuracy, record.chars_read)
        elif isinstance(record, Evaluation):
            self._validation.add_scalar(LOSS, record.bits_per_char * math.log(2), record.chars_read)
            self._validation.add_scalar(ACCURACY, record.accuracy, record.chars_read)

    def close(self) -> None:
        """Flush everything to the disk and stop."""
        self._training.close()
        self._validation.close()

    def __enter__(self) -> "TensorBoardWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _summary_writer(folder: Path) -> "SummaryWriter":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError("writing to TensorBoard", extra="track") from error
    return SummaryWriter(str(folder))
