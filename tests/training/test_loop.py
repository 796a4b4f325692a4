"""The order of things within a training: what is begun, and what is not begun any more."""

from pathlib import Path
from typing import Any

import pytest

from penwright.corpus.store import Corpus
from penwright.counts.tables import CountTables
from penwright.training.checkpoint import load_latest
from penwright.training.counting import CountedShelf
from penwright.training.records import Finished
from penwright.training.sizes import Size
from penwright.training.start import train

COUNTING = 30.0
SETTINGS: dict[str, dict[str, Any]] = {
    "model": {**Size(8, 1).settings, "count_entries": 20_000, "recall_slots": 64},
    "train": {
        "batch_size": 8,
        "seq_len": 32,
        "val_every": 999,
        "val_chars": 400,
        "final_val_chars": 400,
        "threads": 1,
        "precision": "float32",
    },
    "diary": {"max_chars": 0},
}


@pytest.mark.parametrize(("seconds", "num_counted"), [(59.0, 1), (150.0, 1), (165.0, 2)])
def test_a_fold_that_is_not_worth_its_counting_is_not_begun(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, num_counted: int
) -> None:
    """Counting takes half a minute here, a step one second, and a fold eight or so. At first counting began with
    seconds left, and overrun; then with little more time left than it took, of which it left nothing to read in."""
    now, counted = [0.0], []
    real = CountedShelf.tables

    def slowly(shelf: CountedShelf, fold: int) -> CountTables:
        if not shelf.has_counted(fold):
            counted.append(fold)
            now[0] += COUNTING
        return real(shelf, fold)

    def step() -> bool:
        now[0] += 1.0
        return False

    monkeypatch.setattr(CountedShelf, "tables", slowly)
    records = list(
        train(corpus, run=tmp_path / "run", overrides=SETTINGS, seconds=seconds, stop=step, clock=lambda: now[0])
    )
    last = records[-1]
    assert isinstance(last, Finished)
    assert last.reason == "done"
    assert seconds <= last.elapsed_seconds <= seconds + 1.0
    assert len(counted) == num_counted
    counters = load_latest(tmp_path / "run" / "checkpoints").checkpoint.state.counters
    assert counters.step > seconds - num_counted * COUNTING - 2, "it went on learning"
    assert counters.window < 8, "from the folds that were counted"
