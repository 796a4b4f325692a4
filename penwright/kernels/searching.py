"""A number found among rising ones by halving."""

from typing import Any

from penwright.kernels.compiling import kernel

LOWEST = -(1 << 31)
"""The least number of 32 bits."""


@kernel
def first_not_less(numbers: Any, low: int, high: int, sought: int) -> Any:
    """Return the index of the first of numbers[low:high] that is not less than `sought`, or `high`."""
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < sought:
            low = middle + 1
        else:
            high = middle
    return low
