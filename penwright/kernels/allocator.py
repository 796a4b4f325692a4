"""Make a process return large blocks of memory to the operating system as soon as they are freed.

The GNU C library raises its bounds with every large block that is freed, and keeps the next block of that size for
later. Books of many sizes then leave holes between small blocks, so that a process slowly grows to several times the
memory of one book. With fixed bounds it holds only the memory in use, however many books it has read. Other systems
need no such setting. This module knows nothing of books.
"""

import ctypes
import sys

LARGE_BYTES = 8 << 20
"""Smallest block that is returned at once: larger than the text of almost any book."""
SPARE_BYTES = 32 << 20
"""Largest amount of memory kept for smaller blocks. With a quarter of both, preparing takes a twelfth more of the
processor's time."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt, in malloc.h


def give_blocks_back(*, large_bytes: int = LARGE_BYTES, spare_bytes: int = SPARE_BYTES) -> bool:
    """Fix the bounds for this process. Return True if its C library has such bounds.

    Args:
        large_bytes: Smallest block that is returned at once.
        spare_bytes: Largest amount of memory kept for smaller blocks.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # a C library of another kind
        return False
    return bool(mallopt(_MMAP_THRESHOLD, large_bytes)) and bool(mallopt(_TRIM_THRESHOLD, spare_bytes))


def give_back_memory() -> bool:
    """Return memory that is free between blocks in use, once. Return True if the C library can do so and had some."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
