"""Axes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.report.scales import Scale, linear_ticks, log_ticks, spread, thinned

positive = st.floats(1e-3, 1e12)


def test_a_scale_maps_its_ends_to_its_ends() -> None:
    linear = Scale(10, 20, 0, 100)
    assert (linear(10), linear(15), linear(20)) == (0, 50, 100)
    logarithmic = Scale(1, 10_000, 0, 100, is_log=True)
    assert [round(logarithmic(value)) for value in (1, 10, 100, 10_000)] == [0, 25, 50, 100]
    upside_down = Scale(0, 1, 100, 0)
    assert upside_down(0.25) == 75


@given(low=positive, ratio=st.floats(1.05, 1e9))
@pytest.mark.parametrize("ticks_of", [linear_ticks, log_ticks])
def test_ticks_lie_on_the_axis_in_order_and_are_neither_few_nor_many(ticks_of, low: float, ratio: float) -> None:
    ticks = ticks_of(low, low * ratio)
    assert ticks == sorted(set(ticks))
    assert all(low * (1 - 1e-6) <= tick <= low * ratio * (1 + 1e-6) for tick in ticks)
    assert 2 <= len(ticks) <= 16


def test_ticks_are_round_values() -> None:
    assert linear_ticks(1.5, 6.5) == [2, 3, 4, 5, 6]
    assert linear_ticks(0, 0.31) == [0, 0.1, 0.2, 0.3]
    assert linear_ticks(0, 23.5) == [0, 5, 10, 15, 20]
    assert log_ticks(1, 150) == [1, 2, 5, 10, 20, 50, 100]
    assert log_ticks(100, 1e6) == [100, 1e3, 1e4, 1e5, 1e6]
    assert log_ticks(1e6, 1.4e6) == linear_ticks(1e6, 1.4e6, target=8)


def test_a_short_curve_is_kept_and_a_long_one_keeps_its_shape() -> None:
    short = [(1.0, 5.0), (2.0, 4.0)]
    scale = Scale(1, 100_000, 0, 700, is_log=True)
    assert thinned(short, scale) == short
    long = [(float(x), 2 + 3 / x) for x in range(1, 100_001)]
    few = thinned(long, scale)
    assert 100 < len(few) <= 402
    assert few[-1] == long[-1]
    assert [x for x, _ in few] == sorted(x for x, _ in few)
    assert all(y == pytest.approx(2 + 3 / x, abs=0.05) for x, y in few)


@given(places=st.lists(st.floats(-50, 450), max_size=12))
def test_labels_are_moved_apart_and_stay_within_their_room(places: list[float]) -> None:
    moved = spread(places, gap=17, first=18, last=380)
    ordered = sorted(moved)
    assert all(second - first >= 17 - 1e-9 for first, second in zip(ordered, ordered[1:], strict=False))
    assert all(18 - 1e-9 <= position <= 380 + 1e-9 for position in moved)
    ranks = sorted(range(len(places)), key=lambda index: (places[index], index))
    assert [moved[index] for index in ranks] == ordered


def test_labels_that_do_not_touch_stay_where_they_are() -> None:
    assert spread([300.0, 100.0, 200.0], gap=17, first=18, last=380) == [300.0, 100.0, 200.0]
    assert spread([], gap=17, first=18, last=380) == []
    assert spread([5.0], gap=17, first=18, last=380) == [18.0]
