"""When a training looks up from its books."""

from typing import Any

import pytest

from penwright.training.config import RunConfig, TrainConfig
from penwright.training.occasions import EVALUATIONS, Occasions, occasions_of


def occasions(*, elapsed_seconds: float = 0.0, **train: Any) -> Occasions:
    return occasions_of(RunConfig(train=TrainConfig(**train)), elapsed_seconds=elapsed_seconds)


@pytest.mark.parametrize(("seconds", "first"), [(300.0, 5.0), (600.0, 5.0), (36_000.0, 300.0)])
def test_a_run_of_any_length_reads_held_out_books_about_as_often(seconds: float, first: float) -> None:
    """Twelve readings without gain end a run; of ten hours they used to be a few minutes."""
    due = occasions(seconds=seconds).evaluation
    assert not due.is_due(1, 0.99 * first) and due.is_due(1, first)
    assert first <= max(5.0, seconds / EVALUATIONS)


def test_a_run_limited_by_steps_reads_them_by_the_clock_all_the_same() -> None:
    due = occasions(steps=100, elapsed_seconds=50.0).evaluation
    assert not due.is_due(1, 54.0) and due.is_due(1, 55.0)


def test_what_is_counted_in_steps_is_left_to_no_clock() -> None:
    given = occasions(steps=100, val_every=10, progress_every=5, save_seconds=0.0)
    assert given.evaluation.is_due(11, 0.0) and not given.evaluation.is_due(12, 1e9)
    assert given.progress.is_due(5, 0.0) and not given.progress.is_due(6, 1e9)
    assert not given.save.is_due(1, 1e9)
