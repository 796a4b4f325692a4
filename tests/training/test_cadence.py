"""Things are due by steps or by the clock, and costly things keep to their share."""

from typing import Any

import pytest

from penwright.training.cadence import EVALUATIONS, ByClock, Cadences, EverySteps, cadences_of
from penwright.training.settings.config import RunConfig, TrainConfig


def test_every_few_steps_begins_with_the_first_or_with_the_last_of_them() -> None:
    assert [step for step in range(1, 10) if EverySteps(3).is_due(step, 0.0)] == [1, 4, 7]
    assert [step for step in range(1, 10) if EverySteps(3, first=False).is_due(step, 0.0)] == [3, 6, 9]
    assert all(EverySteps(1).is_due(step, 0.0) for step in range(1, 5))


def test_the_clock_waits_at_least_its_seconds() -> None:
    cadence = ByClock(5.0)
    assert cadence.is_due(1, 0.0)
    cadence.done(10.0)
    assert not cadence.is_due(2, 14.9)
    assert cadence.is_due(3, 15.0)


def test_a_costly_occasion_keeps_to_its_share() -> None:
    cadence = ByClock(5.0, share=0.05)
    cadence.done(100.0, took_seconds=2.0)
    assert not cadence.is_due(1, 139.0)
    assert cadence.is_due(1, 140.0)


def test_occasions_grow_rarer() -> None:
    cadence = ByClock(3.0, growth=0.5)
    times = []
    for second in range(200):
        if cadence.is_due(1, float(second)):
            cadence.done(float(second))
            times.append(second)
    assert times == [0, 3, 6, 9, 14, 21, 32, 48, 72, 108, 162]


def cadences(*, elapsed_seconds: float = 0.0, **train: Any) -> Cadences:
    return cadences_of(RunConfig(train=TrainConfig(**train)), elapsed_seconds=elapsed_seconds)


@pytest.mark.parametrize(("seconds", "first"), [(300.0, 5.0), (600.0, 5.0), (36_000.0, 300.0)])
def test_a_run_of_any_length_reads_held_out_books_about_as_often(seconds: float, first: float) -> None:
    """Twelve readings without gain end a run; of ten hours they used to be a few minutes."""
    due = cadences(seconds=seconds).evaluation
    assert not due.is_due(1, 0.99 * first) and due.is_due(1, first)
    assert first <= max(5.0, seconds / EVALUATIONS)


def test_a_run_limited_by_steps_reads_them_by_the_clock_all_the_same() -> None:
    due = cadences(steps=100, elapsed_seconds=50.0).evaluation
    assert not due.is_due(1, 54.0) and due.is_due(1, 55.0)


def test_what_is_counted_in_steps_is_left_to_no_clock() -> None:
    given = cadences(steps=100, val_every=10, progress_every=5, save_seconds=0.0)
    assert given.evaluation.is_due(11, 0.0) and not given.evaluation.is_due(12, 1e9)
    assert given.progress.is_due(5, 0.0) and not given.progress.is_due(6, 1e9)
    assert not given.save.is_due(1, 1e9)
