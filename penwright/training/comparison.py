"""What a window held beside what the author predicted for it, lane by lane, with the right book for each."""

from penwright.training.records import Comparison, ComparisonRow
from penwright.training.session import Reading, Session


def compare(session: Session, reading: Reading) -> Comparison:
    """Lay out the lanes of a reading: this process's, as they were before the update."""
    alphabet = session.corpus.alphabet
    first_lane = session.world.lanes(session.config.train.batch_size).start or 0
    rows = tuple(
        ComparisonRow(
            lane=first_lane + row,
            book=session.book_at(reading.epoch, reading.window, first_lane + row).title,
            inputs=alphabet.decode(inputs),
            predictions=alphabet.decode(predictions),
            loss=loss,
        )
        for row, (inputs, predictions, loss) in enumerate(
            zip(reading.batch.inputs.tolist(), reading.predictions.tolist(), reading.lane_losses.tolist(), strict=True)
        )
    )
    return Comparison(
        **session.when(),
        epoch=reading.epoch,
        window=reading.window,
        num_windows=session.lanes.windows_per_epoch,
        loss=reading.loss,
        accuracy=reading.accuracy,
        rows=rows,
    )
