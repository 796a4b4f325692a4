"""The text of a window beside the predictions for it, lane by lane, each with its book."""

from penwright.training.records import Comparison, ComparisonRow
from penwright.training.session import Session, WindowResult


def compare(session: Session, result: WindowResult) -> Comparison:
    """Return the record that compares inputs and predictions of this process's lanes."""
    alphabet = session.corpus.alphabet
    first_lane = session.world.lanes(session.config.train.batch_size).start or 0
    rows = tuple(
        ComparisonRow(
            lane=first_lane + row,
            book=session.book_at(result.epoch, result.window, first_lane + row).title,
            inputs=alphabet.decode(inputs),
            predictions=alphabet.decode(predictions),
            loss=loss,
        )
        for row, (inputs, predictions, loss) in enumerate(
            zip(result.batch.inputs.tolist(), result.predictions.tolist(), result.lane_losses.tolist(), strict=True)
        )
    )
    return Comparison(
        **session.when(),
        epoch=result.epoch,
        window=result.window,
        num_windows=session.lanes.windows_per_epoch,
        loss=result.loss,
        accuracy=result.accuracy,
        rows=rows,
    )
