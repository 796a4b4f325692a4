"""Format the 2017 system's display: comparison table, statistics, progress bar, framed samples.

The original's defects are not reproduced: books have their right titles, no stray letter precedes TRAINING STATS, and
columns are aligned whatever the titles. INDEX is the lane, and epochs count from 1. The original's "step" is a number
of characters. All functions return strings and print nothing; control characters are the caller's concern.
"""

import math
from collections.abc import Sequence

from penwright.training.records import Comparison, Evaluation, Progress, Saved

BAR_SIZE = 113
FRAME_WIDTH = 111
LINE_WIDTH = 100
MIN_TITLE, MAX_TITLE = 10, 40
RUNNING_VALIDATION = "Running current model on validation data"
SAVED_WEIGHTS = "Saved model weights"

_ONE_LINE = {ord("\t"): " ", ord("\n"): "\\"}


def comparison_table(comparison: Comparison) -> str:
    """Return the table that shows the text of every lane beside the predictions for it.

    Args:
        comparison: At least one row. Tabs are shown as blanks and line feeds as backslashes.

    Returns:
        One line a lane and a line of column titles below them, without a line feed at the end.
    """
    epoch = f" (epoch {comparison.epoch}) "
    lanes = [f"{row.lane:4d}{epoch}" for row in comparison.rows]
    books = [f"{row.book.translate(_ONE_LINE):<{MIN_TITLE}.{MAX_TITLE}}" for row in comparison.rows]
    inputs = [row.inputs.translate(_ONE_LINE) for row in comparison.rows]
    predictions = [row.predictions.translate(_ONE_LINE) for row in comparison.rows]
    losses = [f"loss: {row.loss:.5f}" for row in comparison.rows]
    columns = [_aligned(column) for column in (lanes, books, inputs, predictions, losses)]
    lines = [
        f"{lane}{book} \u2502 {read} \u2502 {guess} \u2502 {loss}".rstrip()
        for lane, book, read, guess, loss in zip(*columns, strict=True)
    ]
    lane_width, book_width, input_width, prediction_width, loss_width = (len(column[0]) for column in columns)
    footer = (
        f"\u2514{_rule('INDEX', lane_width)}{_rule('BOOK NAME', book_width)}"
        f"\u2534{_rule('TRAINING SEQUENCE', input_width + 2)}"
        f"\u2534{_rule('PREDICTED SEQUENCE', prediction_width + 2)}"
        f"\u2534{_rule('LOSS', loss_width)}\u2518"
    )
    return "\n".join([*lines, footer])


def training_stats(comparison: Comparison) -> str:
    """Return the line of statistics that stands below the table."""
    batch = f"batch {comparison.window}/{comparison.num_windows} in epoch {comparison.epoch},"
    return f"TRAINING STATS: {batch:<28} batch loss: {comparison.loss:.5f}, batch accuracy: {comparison.accuracy:.5f}"


def validation_stats(evaluation: Evaluation) -> str:
    """Return the line of statistics of an evaluation, its figures aligned with those of `training_stats`."""
    return f"VALIDATION STATS:{'loss: ':>40}{_nats(evaluation):.5f},{'accuracy: ':>17}{evaluation.accuracy:.5f}"


def sizes_line(*, train_chars: int, val_chars: int, windows_per_epoch: int) -> str:
    """Return the line that tells the sizes of the texts.

    Args:
        train_chars: Characters of the training books.
        val_chars: Characters of the held-out books.
        windows_per_epoch: Number of updates in an epoch.
    """
    return (
        f"Training text size is {train_chars / 2**20:.2f}MB with {val_chars / 2**10:.2f}KB set aside for validation. "
        f"There will be {windows_per_epoch} batches per epoch"
    )


def validating_line(titles: Sequence[str]) -> str:
    """Return the line that names the held-out books."""
    return f"Validating on {', '.join(titles)}"


def progress_line(progress: Progress) -> str:
    """Return the line of a display step. Accuracies are percentages."""
    return (
        f"Epoch {progress.epoch}, Step {progress.chars_read}, "
        f"Minibatch Loss={progress.loss:.4f}, Minibatch Accuracy={100 * progress.accuracy:.2f}"
    )


def validation_line(evaluation: Evaluation, *, epoch: int) -> str:
    """Return the line of a validation step.

    Args:
        evaluation: The evaluation on held-out books.
        epoch: Its epoch, from 1.
    """
    return (
        f"Epoch {epoch}, Step {evaluation.chars_read}, "
        f"Validation Loss={_nats(evaluation):.4f}, Validation Accuracy={100 * evaluation.accuracy:.2f}"
    )


def saved_line(saved: Saved) -> str:
    """Return the line that names a checkpoint."""
    return f"Saved file: {saved.path}"


def generation_header() -> str:
    """Return the upper edge of a sample's frame, 113 columns with its corners."""
    return f"\u250c{_rule('Generating random text from learned state', FRAME_WIDTH)}\u2510"


def generation_footer() -> str:
    """Return the lower edge of a sample's frame."""
    return f"\u2514{_rule('End of generation', FRAME_WIDTH)}\u2518"


def bar_header(message: str, *, size: int = BAR_SIZE) -> str:
    """Return the line above a progress bar: 0%, a message, 100%.

    Args:
        message: Text between the percentages, such as "Training on next 50 batches".
        size: Number of columns of the bar, from 6.
    """
    return f"0%{message:^{size - 6}}100%"


def bar_part(step: int, *, num_steps: int, size: int = BAR_SIZE) -> str:
    """Return the part that one step adds to a progress bar.

    Integer arithmetic spreads the columns over the steps as Bresenham's line does, so all parts together have exactly
    `size` columns, for any number of steps.

    Args:
        step: Number of the step, 1 to `num_steps`.
        num_steps: Number of steps from the empty to the full bar, from 1.
        size: Number of columns of the full bar.

    Source: Bresenham 1965, "Algorithm for computer control of a digital plotter".
    """
    return "=" * (step * size // num_steps - (step - 1) * size // num_steps)


class LineBreaker:
    """Add line feeds to a stream of text wherever a line reaches a width."""

    def __init__(self, width: int = LINE_WIDTH) -> None:
        """Begin at the left margin.

        Args:
            width: Number of characters after which a line feed is added, from 1.
        """
        self._width = width
        self._column = 0

    def push(self, text: str) -> str:
        """Return the next text of the stream with its line feeds added."""
        broken: list[str] = []
        for character in text:
            broken.append(character)
            self._column = 0 if character == "\n" else self._column + 1
            if self._column == self._width:
                broken.append("\n")
                self._column = 0
        return "".join(broken)


def _aligned(column: Sequence[str]) -> list[str]:
    """Pad cells to the widest: spelled characters and nibbles make sequences of different lengths."""
    width = max(map(len, column))
    return [f"{cell:<{width}}" for cell in column]


def _rule(title: str, width: int) -> str:
    return f"{title[:width]:\u2500^{width}}"


def _nats(evaluation: Evaluation) -> float:
    return evaluation.bits_per_char * math.log(2)
