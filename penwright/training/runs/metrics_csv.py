"""Write the curves of a run as a table for spreadsheets: one row for each progress record and each evaluation.

The table follows from the records. This module knows nothing of files.
"""

from collections.abc import Iterable

from penwright.training.records import AnyRecord, Evaluation, Progress

NAME = "metrics.csv"
COLUMNS = (
    "step",
    "chars_read",
    "elapsed_seconds",
    "epoch",
    "loss",
    "bits_per_char",
    "accuracy",
    "learning_rate",
    "chars_per_second",
    "val_bits_per_char",
    "val_accuracy",
)
HEADER = ",".join(COLUMNS) + "\n"


def row_of(record: AnyRecord) -> str:
    """Return a record's row with its line feed, cells without a value empty; nothing for records that have no row."""
    if isinstance(record, Progress):
        values: dict[str, float] = {name: getattr(record, name) for name in COLUMNS if not name.startswith("val_")}
    elif isinstance(record, Evaluation):
        values = {name: getattr(record, name) for name in COLUMNS[:3]}
        values |= {"val_bits_per_char": record.bits_per_char, "val_accuracy": record.accuracy}
    else:
        return ""
    return ",".join(str(values.get(name, "")) for name in COLUMNS) + "\n"


def table_of(records: Iterable[AnyRecord]) -> str:
    """Return the whole table, its header first."""
    return HEADER + "".join(map(row_of, records))
