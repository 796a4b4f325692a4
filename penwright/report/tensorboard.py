"""Write the figures of a training to TensorBoard, in two runs against characters, as the 2017 system did.

No other module needs TensorBoard. Without it, making a writer raises an error that says what to install. Losses are
nats per character. This module knows nothing of training.
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
BITS = "bits_per_char"
RATE = "learning_rate"
SPEED = "chars_per_second"


class TensorBoardWriter:
    """Writes records as scalars. Use it in a `with` block, or call `close`."""

    def __init__(self, folder: Path, *, name: str) -> None:
        """Make the two folders that TensorBoard shows as runs.

        Args:
            folder: Folder of logs, such as `log`.
            name: Common name of the two runs, `<name>-training` and `<name>-validation`. The 2017 system took the
                seconds since 1970.

        Raises:
            MissingExtraError: If TensorBoard is not installed.
        """
        self._training = _summary_writer(folder / f"{name}-training")
        self._validation = _summary_writer(folder / f"{name}-validation")

    def write(self, record: AnyRecord) -> None:
        """Write a progress or evaluation record at its number of characters read. Other records are ignored."""
        if isinstance(record, Progress):
            self._training.add_scalar(LOSS, record.loss, record.chars_read)
            self._training.add_scalar(ACCURACY, record.accuracy, record.chars_read)
            self._training.add_scalar(BITS, record.bits_per_char, record.chars_read)
            self._training.add_scalar(RATE, record.learning_rate, record.chars_read)
            self._training.add_scalar(SPEED, record.chars_per_second, record.chars_read)
        elif isinstance(record, Evaluation):
            self._validation.add_scalar(LOSS, record.bits_per_char * math.log(2), record.chars_read)
            self._validation.add_scalar(ACCURACY, record.accuracy, record.chars_read)
            self._validation.add_scalar(BITS, record.bits_per_char, record.chars_read)

    def close(self) -> None:
        """Flush everything to the disk and close both runs."""
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
