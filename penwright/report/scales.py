"""Axes: the position of each value, and round values for labels. This module knows nothing of what is drawn."""

import math
from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]


class Scale(NamedTuple):
    """A map from the values `low`..`high` to the positions `first`..`last`."""

    low: float
    high: float
    first: float
    last: float
    is_log: bool = False
    """True if equal ratios of values, rather than equal differences, are equally far apart. `low` is then above 0."""

    def __call__(self, value: float) -> float:
        """Return the position of a value. Values beyond the ends lie beyond the ends."""
        if self.is_log:
            fraction = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            fraction = (value - self.low) / (self.high - self.low)
        return self.first + fraction * (self.last - self.first)


def linear_ticks(low: float, high: float, *, target: int = 6) -> list[float]:
    """Return round values between two bounds.

    Args:
        low: Lower bound.
        high: Upper bound, above it.
        target: Approximate number of values, from 1.

    Returns:
        Multiples of 1, 2 or 5 times a power of ten, ascending.
    """
    step = _round_step((high - low) / target)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [_cleaned(index * step) for index in range(first, last + 1)]


def log_ticks(low: float, high: float, *, target: int = 8) -> list[float]:
    """Return round values between two bounds for a logarithmic axis.

    Args:
        low: Lower bound, above 0.
        high: Upper bound, above it.
        target: Approximate largest number of values, from 1.

    Returns:
        1, 2 and 5 times powers of ten, or only some powers of ten if those are too many. A narrow range gets linear
        ticks.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = max(1, math.ceil(len(powers) / target))
    for factors in ((1, 2, 5), (1, 3), (1,)):
        stride = every if factors == (1,) else 1
        ticks = [factor * 10.0**power for power in powers if power % stride == 0 for factor in factors]
        ticks = [_cleaned(tick) for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(ticks) <= target:
            break
    return ticks if len(ticks) >= 2 else linear_ticks(low, high, target=target)


def thinned(points: Sequence[Point], scale: Scale, *, max_points: int = 400) -> list[Point]:
    """Return a curve with fewer points: means over equal parts of its axis, and the very last point.

    Args:
        points: (x, y) with ascending x, each x within the scale.
        scale: The x axis.
        max_points: Approximate largest number of points, from 1.
    """
    if len(points) <= max_points:
        return list(points)
    bins: dict[int, list[Point]] = {}
    width = abs(scale.last - scale.first) / max_points
    for x, y in points[:-1]:
        bins.setdefault(int(abs(scale(x) - scale.first) / width), []).append((x, y))
    means = [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in bins.values()]
    return [*means, points[-1]]


def spread(positions: Sequence[float], *, gap: float, first: float, last: float) -> list[float]:
    """Move labels apart so that they do not overlap, as little as a simple rule allows.

    Args:
        positions: Preferred positions of the labels, in any order.
        gap: Smallest distance between two labels.
        first: Lower end of the space.
        last: Upper end of the space. Labels go beyond it if the space is too small.

    Returns:
        New positions, in the order of `positions`.
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    moved = [max(first, min(last, positions[index])) for index in order]
    for index in range(1, len(moved)):
        moved[index] = max(moved[index], moved[index - 1] + gap)
    for index in range(len(moved)):
        moved[index] = min(moved[index], last - (len(moved) - 1 - index) * gap)
    result = [0.0] * len(positions)
    for index, position in zip(order, moved, strict=True):
        result[index] = position
    return result


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return power * next(factor for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def _cleaned(value: float) -> float:
    """Round away the error of binary fractions, as in 0.30000000000000004."""
    return float(f"{value:.12g}")
