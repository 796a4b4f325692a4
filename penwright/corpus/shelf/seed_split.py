"""The 2017 system's rule for held-out files: a few whole files, the last ones.

Files are sorted first, so that the choice does not depend on the file system. This module knows nothing of writers,
titles or texts.
"""

from collections.abc import Sequence

from penwright.corpus.config import SplitName

MAX_HELD_OUT_CHARS = 90 * 1024


def num_held_out(sizes: Sequence[int]) -> int:
    """Return the number of last files that are held out, k = min(a, b, c).

    Walking from the last file backwards, a is the number of files until their total first exceeds a tenth of all
    characters, b until it first exceeds 90 x 1024 characters (the file that crosses the line is counted in both), and
    c is a fifth of the number of files. With fewer than five files none is held out.

    Args:
        sizes: Characters of each file, in sorted order of their paths.
    """
    tenth = _num_until_exceeding(sizes, sum(sizes) // 10)
    return min(tenth, _num_until_exceeding(sizes, MAX_HELD_OUT_CHARS), len(sizes) // 5)


def seed_splits(sizes: Sequence[int]) -> list[SplitName]:
    """Return "train" for the first files and "val" for the held-out ones.

    Args:
        sizes: Characters of each file, in sorted order of their paths.
    """
    count = num_held_out(sizes)
    return ["val" if index >= len(sizes) - count else "train" for index in range(len(sizes))]


def _num_until_exceeding(sizes: Sequence[int], limit: int) -> int:
    """Return the number of files, from the last backwards, whose total first exceeds the limit; all if none does."""
    total = 0
    for count, size in enumerate(reversed(sizes), start=1):
        total += size
        if total > limit:
            return count
    return len(sizes)
