"""Figures for TensorBoard."""

import math
import sys
from pathlib import Path

import pytest
from record_samples import evaluation, progress, sample

from penwright.errors import MissingExtraError
from penwright.report.tensorboard import TensorBoardWriter

PROGRESS = progress(chars_read=6_000_000_000, loss=3.25, accuracy=0.15)
EVALUATION = evaluation(chars_read=126_000, bits_per_char=2.0, accuracy=0.5)
SAMPLE = sample(chars_read=126_000)


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Read a run's events back with TensorBoard's own reader."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_tensorboard_reads_two_runs_on_an_axis_of_characters(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    with TensorBoardWriter(tmp_path / "log", name="1508425935") as writer:
        for record in (PROGRESS, EVALUATION, SAMPLE):
            writer.write(record)
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == [
        "1508425935-training",
        "1508425935-validation",
    ]
    assert scalars(tmp_path / "log" / "1508425935-training") == {
        "batch_loss": [(6_000_000_000, pytest.approx(3.25))],
        "batch_accuracy": [(6_000_000_000, pytest.approx(0.15))],
        "bits_per_char": [(6_000_000_000, pytest.approx(1.616))],
        "learning_rate": [(6_000_000_000, pytest.approx(1e-3))],
        "chars_per_second": [(6_000_000_000, pytest.approx(41_234.0))],
    }
    assert scalars(tmp_path / "log" / "1508425935-validation") == {
        "batch_loss": [(126_000, pytest.approx(2 * math.log(2)))],
        "batch_accuracy": [(126_000, pytest.approx(0.5))],
        "bits_per_char": [(126_000, pytest.approx(2.0))],
    }


def test_without_tensorboard_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'penwright\[track\]'"):
        TensorBoardWriter(tmp_path, name="1")
    assert not list(tmp_path.iterdir())
