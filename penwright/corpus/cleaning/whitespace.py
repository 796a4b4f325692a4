"""Tidy a text's lines as an array of characters: trailing blanks and surplus blank lines go.

Working on arrays costs a fraction of what string methods do, because only the places beside line feeds are looked at.
This module knows nothing of what the lines say.

Shapes: N = characters of the text, L = its lines, R = ranges to remove.
"""

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.code_points import code_points_of, text_of

MAX_BLANK_LINES = 2
"""Blank lines in a row that are kept."""
STRETCH_CHARS = 1 << 16
"""Characters looked at together: what is noted of each of them stays in the processor's cache, whatever the text."""
LINE_FEED, BLANK, TAB = 10, 32, 9

Characters = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]
"""Code points, in the smallest type that holds them all: cleaning holds three copies of a text."""
Places = NDArray[np.intp]


def characters_of(text: str) -> Characters:
    """Return the code points of a text in the smallest type that holds them all, shape (N,)."""
    with suppress(UnicodeEncodeError):
        return np.frombuffer(text.encode("latin-1"), dtype=np.uint8)
    with suppress(UnicodeEncodeError):  # lone surrogates: two of them in a row would be read back as one character
        units = np.frombuffer(text.encode("utf-16-le"), dtype="<u2")
        if len(units) == len(text):
            return units
    return code_points_of(text)


def text_of_characters(characters: Characters) -> str:
    """Return the text of some code points, shape (N,): the inverse of `characters_of`."""
    if characters.dtype.itemsize == 1:
        return str(characters.data, "latin-1")
    if characters.dtype.itemsize == 2:
        return str(characters.data, "utf-16-le")
    return text_of(characters.astype(np.uint32, copy=False))


def tidy(characters: Characters) -> Characters:
    """Return a text without blanks at its lines' ends and without more than `MAX_BLANK_LINES` blank lines in a row.

    Args:
        characters: The text, shape (N,).

    Returns:
        The same array if there is nothing to do.
    """
    starts, ends = lines_of(characters)
    without = ends.copy()
    waiting = np.arange(len(ends))
    while len(waiting):
        waiting = waiting[without[waiting] > starts[waiting]]
        last = characters[without[waiting] - 1]
        waiting = waiting[(last == BLANK) | (last == TAB)]
        without[waiting] -= 1
    feeds = (ends - np.cumsum(ends - without))[:-1]  # where they stand once the trailing blanks are gone
    reach = MAX_BLANK_LINES + 1  # a line feed that ends a line of text, and one for each blank line
    ends[reach:-1] += feeds[reach:] == feeds[:-reach] + reach  # a surplus one goes with its line's blanks
    return remove_ranges(characters, without, ends) if (without < ends).any() else characters


def lines_of(characters: Characters) -> tuple[Places, Places]:
    """Return where each line starts and where it ends, its line feed excluded; both of shape (L,)."""
    feeds = places_of(characters, LINE_FEED)
    return np.concatenate([[0], feeds + 1]), np.concatenate([feeds, [len(characters)]])


def places_of(characters: Characters, code: int) -> Places:
    """Return where a character stands in a text, in rising order."""
    starts = range(0, len(characters), STRETCH_CHARS)
    found = [np.flatnonzero(characters[start : start + STRETCH_CHARS] == code) + start for start in starts]
    return np.concatenate([np.zeros(0, dtype=np.intp), *found])


def remove_ranges(characters: Characters, starts: Places, ends: Places) -> Characters:
    """Return the text without some ranges of it.

    Args:
        characters: The text, shape (N,).
        starts: First character of each range, in rising order, shape (R,).
        ends: One after its last, shape (R,); a range may be empty, and none overlaps another.
    """
    lengths = ends - starts
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
