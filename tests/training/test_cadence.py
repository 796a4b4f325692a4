"""Things are due by steps or by the clock, and costly things keep to their share."""

from penwright.training.cadence import ByClock, EverySteps


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
