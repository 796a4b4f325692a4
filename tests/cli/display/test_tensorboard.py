"""Figures for TensorBoard, where it is installed."""

from pathlib import Path

import pytest

from penwright.cli.display.tensorboard import TensorBoardLog
from penwright.report import tensorboard
from penwright.training.records import Progress

PROGRESS = Progress(
    step=1,
    chars_read=6_000,
    elapsed_seconds=1.0,
    epoch=1,
    loss=4.5,
    bits_per_char=6.5,
    accuracy=0.01,
    learning_rate=1e-3,
    chars_per_second=1e3,
    fraction_done=0.1,
    eta_seconds=1.0,
)


def test_figures_lie_in_the_run_s_folder(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    said: list[str] = []
    run = tmp_path / "seed run"
    with TensorBoardLog(run, say=said.append) as log:
        assert not run.exists(), "a run that never begins must leave nothing"
        log.show(PROGRESS)
        log.show(PROGRESS)
    assert sorted(path.name for path in (run / "tensorboard").iterdir()) == ["seed run-training", "seed run-validation"]
    assert said == [f"Curves for TensorBoard: tensorboard --logdir '{run / 'tensorboard'}'"]


def test_without_tensorboard_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*words: object, **options: object) -> None:
        from penwright.errors import MissingExtraError

        raise MissingExtraError("writing to TensorBoard", extra="track")

    monkeypatch.setattr(tensorboard, "TensorBoardWriter", missing)
    said: list[str] = []
    with TensorBoardLog(tmp_path, say=said.append) as log:
        log.show(PROGRESS)
        log.show(PROGRESS)
    (sentence,) = said
    assert sentence.startswith("No curves for TensorBoard: ") and "pip install 'penwright[track]'" in sentence
