"""What is being done is told, kernels that are compiled in the middle of it included."""

from pathlib import Path
from typing import Any

import pytest

from penwright.corpus.store import Corpus
from penwright.training.activity import COMPILING, COUNTING, HELD_OUT, LEARNING, SAVING, Activity, telling_of_compiling
from penwright.training.planning.sizes import Size
from penwright.training.records import Progress, Saved
from penwright.training.run_writer import RunWriter
from penwright.training.session import Session
from penwright.training.start import train


def test_kernels_that_are_compiled_are_told_and_then_what_was_interrupted() -> None:
    numba = pytest.importorskip("numba")
    told: list[Activity] = []

    @numba.njit  # type: ignore[untyped-decorator]
    def inner(number: int) -> int:
        return number + 1

    @numba.njit  # type: ignore[untyped-decorator]
    def outer(number: int) -> Any:
        return inner(number)

    with telling_of_compiling(told.append) as tell:
        tell(COUNTING)
        assert outer(1) == outer(0) + 1
    assert told[:2] == [COUNTING, COMPILING] and told[-1] == COUNTING
    assert told.count(COUNTING) == 2, "the function within the function is no end of it"


def test_each_part_of_a_training_is_told_and_the_speed_is_that_of_learning(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every look at the clock takes a second here. The first speeds used to contain all that came before, and others
    the checkpoints that are written every few steps."""
    told: list[Activity] = []
    now = iter(range(10**6))
    overrides: dict[str, Any] = {
        "model": {**Size(8, 1).settings, "ngram_entries": 20_000, "match_slots": 64},
        "train": {
            **{"batch_size": 8, "seq_len": 32, "threads": 1, "precision": "float32", "progress_every": 1},
            **{"val_every": 2, "save_every": 3, "save_seconds": 3.0},
        },
    }
    seconds, real = [0.0], RunWriter.save

    def save_slowly(writer: RunWriter, session: Session, *, reason: str) -> Saved:
        seconds[0] += 1_000.0 if reason == "step" else 0.0
        return real(writer, session, reason=reason)

    monkeypatch.setattr(RunWriter, "save", save_slowly)
    records = list(
        train(
            corpus,
            run=tmp_path / "run",
            overrides=overrides,
            steps=6,
            tell=told.append,
            clock=lambda: seconds[0] + next(now),
        )
    )
    names = {activity.name for activity in told}
    assert {COUNTING.name, LEARNING.name, HELD_OUT, SAVING.name, "writing a sample"} <= names
    speeds = [record.chars_per_second for record in records if isinstance(record, Progress)]
    assert speeds[:2] == [0.0, 0.0] and min(speeds[2:]) > 0.2 * max(speeds[2:]), "a checkpoint takes no time of it"
