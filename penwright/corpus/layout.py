"""Tidy a text's lines as an array of characters: trailing blanks and surplus blank lines go.

Working on arrays costs a fraction of what string methods do, because only the places beside line feeds are looked at.
This module knows nothing of what the lines say.

Shapes: N = characters of the text, L = its lines, R = ranges to remove.
"""

import numpy as np
from numpy.typing import NDArray

MAX_BLANK_LINES = 2
"""Blank lines in a row that are kept."""
LINE_FEED, BLANK, TAB = 10, 32, 9

Characters = NDArray[np.uint32]
"""Code points, as `penwright.alphabet.code_points_of` gives them."""
Places = NDArray[np.intp]


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
    if (without < ends).any():
        characters = remove_ranges(characters, without, ends)
    feeds = np.flatnonzero(characters == LINE_FEED)
    reach = MAX_BLANK_LINES + 1  # a line feed that ends a line of text, and one for each blank line
    surplus = feeds[reach:][feeds[reach:] == feeds[:-reach] + reach]
    return remove_ranges(characters, surplus, surplus + 1) if len(surplus) else characters


def lines_of(characters: Characters) -> tuple[Places, Places]:
    """Return where each line starts and where it ends, its line feed excluded; both of shape (L,)."""
    feeds = np.flatnonzero(characters == LINE_FEED)
    return np.concatenate([[0], feeds + 1]), np.concatenate([feeds, [len(characters)]])


def remove_ranges(characters: Characters, starts: Places, ends: Places) -> Characters:
    """Return the text without some ranges of it.

    Args:
        characters: The text, shape (N,).
        starts: First character of each range, shape (R,).
        ends: One after its last, shape (R,); a range may be empty.
    """
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    removed = np.repeat(starts - before, lengths) + np.arange(lengths.sum())
    keep = np.ones(len(characters), dtype=np.bool_)
    keep[removed] = False
    return characters[keep]
