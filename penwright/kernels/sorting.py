"""Numbers of 64 bits sorted by their digits.

Numbers are dealt into 256 heaps by the highest bits in which they differ, and each heap, which fits a processor's
cache, is dealt again by every lower digit, the lowest first. Bits that are the same in all numbers are passed over.
Source: Knuth 1998, "The Art of Computer Programming", volume 3, section 5.2.5.

Shapes: N = numbers in a list.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.compiling import kernel
from penwright.kernels.running import can_run

_DIGIT = 8
_HEAPS = 1 << _DIGIT
_MAX_DIGITS = 8
_SIGN = np.uint64(1 << 63)  # flipped, so that negative numbers come first
_NOTHING = np.uint64(0)
_ONE = np.uint64(1)
_LAST = np.uint64(_HEAPS - 1)


def sort(keys: NDArray[np.int64] | NDArray[np.uint64], *, lowest: int = 0) -> None:
    """Sort numbers in place, in rising order of their bits from `lowest` on; numpy does it where kernels cannot.

    Args:
        keys: (N,), contiguous.
        lowest: 0 to 63. Numbers that differ in lower bits only may come in any order.
    """
    if can_run(len(keys)):
        values = keys.view(np.uint64)
        sort_from(values, np.empty_like(values), lowest, keys.dtype == np.int64)
    else:
        keys.sort()


@kernel
def sort_from(keys: Any, spare: Any, lowest: int, is_signed: bool) -> None:
    """Sort numbers in rising order of their bits from `lowest` on; those that differ in lower bits only, in any order.

    Args:
        keys: uint64 (N,).
        spare: uint64 (N,), overwritten.
        lowest: 0 to 63.
        is_signed: True if the bits of the keys are those of signed numbers.
    """
    if len(keys) < 2:
        return
    every, some, flipped = keys[0], keys[0], _SIGN if is_signed else _NOTHING
    for at in range(len(keys)):
        every &= keys[at]
        some |= keys[at]
        keys[at] ^= flipped
    differing = ((every ^ some) >> np.uint64(lowest)) << np.uint64(lowest)
    if differing != 0:
        highest = 63
        while not (differing >> np.uint64(highest)) & _ONE:
            highest -= 1
        shift = max(highest - _DIGIT + 1, lowest)
        ends = np.zeros(_HEAPS + 1, np.int64)
        _deal(keys, spare, np.uint64(shift), ends)
        shifts = np.zeros(_MAX_DIGITS, np.int64)
        num_digits, at = 0, lowest
        while at < shift:
            if (differing >> np.uint64(at)) & _ONE:
                shifts[num_digits] = at
                num_digits += 1
                at += _DIGIT
            else:
                at += 1
        begin = 0
        for heap in range(_HEAPS):
            _sort_heap(spare[begin : ends[heap]], keys[begin : ends[heap]], shifts, num_digits)
            begin = ends[heap]
    for at in range(len(keys)):
        keys[at] ^= flipped


@kernel
def _sort_heap(given: Any, sorted_keys: Any, shifts: Any, num_digits: int) -> None:
    """Fill `sorted_keys` with the numbers given, sorted by some digits; `given` is overwritten. A digit may overlap the
    ones above it, by which the numbers are sorted afterwards."""
    ends = np.zeros(_HEAPS + 1, np.int64)
    source, target = given, sorted_keys
    for digit in range(num_digits):
        _deal(source, target, np.uint64(shifts[digit]), ends)
        source, target = target, source
    if num_digits % 2 == 0:
        for at in range(len(given)):
            sorted_keys[at] = given[at]


@kernel
def _deal(source: Any, target: Any, shift: Any, ends: Any) -> None:
    """Put numbers in the order of one digit, else as they are, and set where each heap ends."""
    ends[:] = 0
    for at in range(len(source)):
        ends[((source[at] >> shift) & _LAST) + _ONE] += 1
    for heap in range(_HEAPS):
        ends[heap + 1] += ends[heap]
    for at in range(len(source)):
        heap = (source[at] >> shift) & _LAST
        target[ends[heap]] = source[at]
        ends[heap] += 1
