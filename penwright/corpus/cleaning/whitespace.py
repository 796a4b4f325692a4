"""Tidy the lines of a text as an array of characters: remove trailing blanks and surplus blank lines.

Arrays cost a fraction of the time of string methods, because only the characters beside line feeds are examined. This
module knows nothing of what the lines say.

Shapes: N = characters of the text, L = its lines, R = ranges to remove.
"""

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.code_points import Characters as Characters
from penwright.alphabet.code_points import characters_of as characters_of
from penwright.alphabet.code_points import text_of

MAX_BLANK_LINES = 2
"""Largest number of consecutive blank lines that are kept."""
STRETCH_CHARS = 1 << 16
"""Number of characters processed together, small enough for the processor's cache."""
SPARSE_CHARS = 512
"""Number of characters to a range, if ranges are few, from which copying what lies between them is fastest."""
LINE_FEED, BLANK, TAB = 10, 32, 9

Offsets = NDArray[np.intp]


def text_of_characters(characters: Characters) -> str:
    """Return the text of code points of shape (N,), the inverse of `characters_of`."""
    if characters.dtype.itemsize == 1:
        return str(characters.data, "latin-1")
    if characters.dtype.itemsize == 2:
        return str(characters.data, "utf-16-le")
    return text_of(characters.astype(np.uint32, copy=False))


def tidy(characters: Characters) -> Characters:
    """Return a text without trailing blanks and with at most `MAX_BLANK_LINES` consecutive blank lines.

    Args:
        characters: The text, shape (N,).

    Returns:
        The tidied text, or the given array if there is nothing to do.
    """
    starts, ends = lines_of(characters)
    without = ends.copy()
    waiting = np.arange(len(ends))
    while len(waiting):
        waiting = waiting[without[waiting] > starts[waiting]]
        last = characters[without[waiting] - 1]
        waiting = waiting[(last == BLANK) | (last == TAB)]
        without[waiting] -= 1
    feeds = (ends - np.cumsum(ends - without))[:-1]  # their offsets once the trailing blanks are removed
    reach = MAX_BLANK_LINES + 1  # a line feed that ends a line of text, and one for each blank line
    ends[reach:-1] += feeds[reach:] == feeds[:-reach] + reach  # a surplus one is removed with its line's blanks
    return remove_ranges(characters, without, ends) if (without < ends).any() else characters


def lines_of(characters: Characters) -> tuple[Offsets, Offsets]:
    """Return the start and the end of each line, both of shape (L,). The end excludes the line feed."""
    feeds = offsets_of(characters, LINE_FEED)
    return np.concatenate([[0], feeds + 1]), np.concatenate([feeds, [len(characters)]])


def offsets_of(characters: Characters, code: int) -> Offsets:
    """Return the offsets of a character in a text, in ascending order."""
    starts = range(0, len(characters), STRETCH_CHARS)
    found = [np.flatnonzero(characters[start : start + STRETCH_CHARS] == code) + start for start in starts]
    return np.concatenate([np.zeros(0, dtype=np.intp), *found])


def remove_ranges(characters: Characters, starts: Offsets, ends: Offsets) -> Characters:
    """Return the text without some ranges of it.

    Args:
        characters: The text, shape (N,).
        starts: Start of each range, in ascending order, shape (R,).
        ends: End of each range, exclusive, shape (R,). A range may be empty; ranges do not overlap.
    """
    lengths = ends - starts
    ranges = np.flatnonzero(lengths)
    if len(ranges) * SPARSE_CHARS < len(characters):
        edges = zip([0, *ends[ranges].tolist()], [*starts[ranges].tolist(), len(characters)], strict=True)
        return np.concatenate([characters[start:end] for start, end in edges])
    before = np.cumsum(lengths) - lengths
    removed = np.repeat(starts - before, lengths) + np.arange(lengths.sum())
    kept = np.empty(len(characters) - len(removed), dtype=characters.dtype)
    num_kept = 0
    for start in range(0, len(characters), STRETCH_CHARS):
        stretch = characters[start : start + STRETCH_CHARS]
        first, last = np.searchsorted(removed, (start, start + len(stretch)))
        is_kept = np.ones(len(stretch), dtype=np.bool_)
        is_kept[removed[first:last] - start] = False
        stop = num_kept + len(stretch) - (last - first)
        kept[num_kept:stop] = stretch[is_kept]
        num_kept = stop
    return kept
