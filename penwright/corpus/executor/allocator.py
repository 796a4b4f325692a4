"""Have a process give large blocks of memory back as soon as it has freed them.

The GNU C library learns from every large block that is freed to keep the next one of its size for later. Books of many
sizes, one after the other, leave it with holes between small blocks that stay, so that what it holds creeps up to
several times what a book takes. With fixed bounds it holds what is in use, after the thousandth book as after the
first. Elsewhere there is nothing to tell. This module knows nothing of books.
"""

import ctypes
import sys

LARGE_BYTES = 1 << 19
"""Blocks from this size on are given back at once: a text of a book, not what is noted of a stretch of it."""
SPARE_BYTES = 4 << 20
"""What may be kept of smaller blocks at the end of all; with half of it, a fifth of the time goes into taking it
again."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt, in malloc.h


def give_blocks_back() -> bool:
    """Fix the bounds for this process, and return whether its C library has such bounds."""
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # a C library of another kind
        return False
    return bool(mallopt(_MMAP_THRESHOLD, LARGE_BYTES)) and bool(mallopt(_TRIM_THRESHOLD, SPARE_BYTES))
