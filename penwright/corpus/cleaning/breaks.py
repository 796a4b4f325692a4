"""Find the breaks at which a line with text may continue the line before, and measure each of them.

This module decides nothing: see `unwrapping`.

Shapes: N = characters of the text, L = its lines, B = breaks between two lines with text, E = ends of sentences. The
reach of a line is the length it would have had with one blank and the next line's first word.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from penwright.corpus.cleaning.whitespace import BLANK, TAB, Characters, Offsets

STRETCH_LINES = 4_096
"""Lines looked at together, which bounds the memory: some thirty numbers are noted of each."""
MAX_WORD = 32
"""Characters in which the end of a line's first word is sought; longer words are found in another way."""
_NO_BREAK = 0xA0
SMALL, LETTER, COMMA, TERMINAL, _CLOSING, OPENING, _RUNNING_END, _RUNNING_START = (1 << bit for bit in range(8))
"""Class bits of a character."""

Bools = NDArray[np.bool_]


class Breaks(NamedTuple):
    """All breaks where a line with text may continue the line with text before it; each field has shape (B,)."""

    line_feed: Offsets
    """Index of the line feed in the text."""
    indent_end: Offsets
    """Index of the first character after the next line's indent."""
    reach: Offsets
    """Reach of the line before the break."""
    line: Offsets
    """Index of the line before the break."""
    before: NDArray[np.uint8]
    """Class bits of the last character before the break."""
    after: NDArray[np.uint8]
    """Class bits of the first character after it."""
    is_small: Bools
    """True if the next line begins with a small letter."""
    is_terminal: Bools
    """True if a sentence seems to end before the break."""
    next_length: Offsets
    """Length of the next line in characters, including its indent."""
    next_is_terminal: Bools
    """True if a sentence seems to end with the next line."""
    is_nudged: Bools
    """True if the next line begins with a single blank and the line before with none."""


class Ends(NamedTuple):
    """The lines in which a sentence seems to end and after which a new paragraph may begin; shape (E,)."""

    length: Offsets
    is_before_gap: Bools
    """True if a blank line or a line with a larger indent follows."""


def find_breaks(characters: Characters, starts: Offsets, ends: Offsets) -> tuple[Breaks, Ends]:
    """Return the breaks of a text and the lines in which sentences end."""
    found, found_ends = [], []
    for first in range(0, len(starts) - 1, STRETCH_LINES):
        lines = slice(first, first + STRETCH_LINES + 1)  # the last one is the next stretch's first: a break has two
        breaks, more_ends = _find_in_stretch(characters, starts[lines], ends[lines])
        found.append(breaks._replace(line=breaks.line + first))
        found_ends.append(more_ends)
    joined = Ends(*map(np.concatenate, zip(*found_ends, strict=True)))
    return Breaks(*map(np.concatenate, zip(*found, strict=True))), joined


def _find_in_stretch(characters: Characters, starts: Offsets, ends: Offsets) -> tuple[Breaks, Ends]:
    """Return the breaks between some lines that follow one another, and the sentences that end there."""
    first = _after_indent(characters, starts, ends)  # (L,)
    indent = first - starts
    has_text = first < ends
    is_blank = np.ones(ends[-1] - starts[0] + MAX_WORD, dtype=np.bool_)  # a blank ends the last word
    np.equal(characters[starts[0] : ends[-1]], BLANK, out=is_blank[:-MAX_WORD])
    last = characters[np.maximum(ends - 1, 0)]
    last_but_one = characters[np.maximum(ends - 2, 0)]
    kinds = _kinds()
    before, before_that = _kind_of(kinds, last), _kind_of(kinds, last_but_one)
    is_terminal = ((before & TERMINAL) > 0) | (((before & _CLOSING) > 0) & ((before_that & TERMINAL) > 0))
    is_table = _is_table_row(starts, first, ends, is_blank[:-MAX_WORD])
    follows = has_text[:-1] & has_text[1:]
    is_gap = ~has_text[1:] | (indent[1:] > indent[:-1])
    first_code = characters[np.minimum(first, len(characters) - 1)]
    after = _kind_of(kinds, first_code)
    is_nudged = (indent[1:] == 1) & (indent[:-1] == 0)
    may_continue = (
        follows
        & ((indent[1:] <= indent[:-1]) | is_nudged)
        & (characters[np.minimum(starts[1:], len(characters) - 1)] != TAB)
        & ~is_table[:-1]
        & ~is_table[1:]
        & ~_is_item(characters, first)[1:]
        & ((before[:-1] & _RUNNING_END) > 0)
        & ((after[1:] & _RUNNING_START) > 0)
    )
    end = np.flatnonzero(has_text[:-1] & is_terminal[:-1])
    end = end[is_gap[end] | ((after[end + 1] & SMALL) == 0)]  # (E,)
    lengths = ends - starts
    line = np.flatnonzero(may_continue)  # (B,)
    following = line + 1
    words = np.minimum(_word_lengths(is_blank, first[following] - starts[0]), ends[following] - first[following])
    return (
        Breaks(
            line_feed=ends[line],
            indent_end=first[following],
            reach=ends[line] - starts[line] + 1 + words,
            line=line,
            before=before[line],
            after=after[following],
            is_small=(after[following] & SMALL) > 0,
            is_terminal=is_terminal[line],
            next_length=lengths[following],
            next_is_terminal=is_terminal[following],
            is_nudged=is_nudged[line],
        ),
        Ends(lengths[end], is_gap[end]),
    )


def _after_indent(characters: Characters, starts: Offsets, ends: Offsets) -> Offsets:
    """Return the index of each line's first character that is no blank, the line's end if it has none."""
    first = starts.copy()
    waiting = np.arange(len(starts))
    while len(waiting):
        waiting = waiting[first[waiting] < ends[waiting]]
        here = characters[first[waiting]]
        waiting = waiting[(here == BLANK) | (here == TAB) | (here == _NO_BREAK)]
        first[waiting] += 1
    return first


def _word_lengths(is_blank: Bools, words: Offsets) -> Offsets:
    """Return the number of characters from some offsets (B,) to the next blank.

    Args:
        is_blank: Which characters are blanks; the last `MAX_WORD` are.
        words: The offsets, none of them among these last ones.
    """
    begun = sliding_window_view(is_blank, MAX_WORD)[words]  # (B, MAX_WORD)
    lengths: Offsets = begun.argmax(axis=1)
    is_long = (lengths == 0) & ~begun[:, 0]
    if is_long.any():  # as in a script without blanks
        blanks = np.flatnonzero(is_blank)
        lengths[is_long] = blanks[np.searchsorted(blanks, words[is_long])] - words[is_long]
    return lengths


def _is_table_row(starts: Offsets, first: Offsets, ends: Offsets, is_blank: Bools) -> Bools:
    """Return which lines (L,) have three blanks in a row within them, as columns do and prose does not."""
    is_table = np.zeros(len(starts), dtype=np.bool_)
    triples = np.flatnonzero(is_blank[:-2] & is_blank[1:-1] & is_blank[2:]) + starts[0]
    if len(triples):
        line = np.searchsorted(starts, triples, side="right") - 1
        within = (triples > first[line]) & (triples + 2 < ends[line])
        is_table[line[within]] = True
    return is_table


def _is_item(characters: Characters, first: Offsets) -> Bools:
    """Return which lines (L,) begin with a dash, star or bullet and a blank, as items of a list and speeches do."""
    is_item = np.zeros(len(first), dtype=np.bool_)
    single = np.flatnonzero(characters[np.minimum(first + 1, len(characters) - 1)] == BLANK)  # first words of one sign
    mark = characters[np.minimum(first[single], len(characters) - 1)]
    is_item[single] = np.isin(mark, [ord(character) for character in "-*+•–—"])
    return is_item


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """Return the class bits of every character of the Basic Multilingual Plane, uint8 of shape (65536,)."""
    kinds = np.zeros(1 << 16, dtype=np.uint8)
    for code in range(1 << 16):
        character = chr(code)
        if character.isalpha():
            kinds[code] = LETTER | _RUNNING_END | _RUNNING_START | (SMALL if character.islower() else 0)
        elif character.isalnum():
            kinds[code] = _RUNNING_END | _RUNNING_START
    for bits, members in (
        (TERMINAL | _RUNNING_END, ".!?…:;"),
        (COMMA | _RUNNING_END, ","),
        (_RUNNING_END, "-—–―%&$£€*/=°_·~^"),
        (_CLOSING | _RUNNING_END, "\"'”’»)]}›"),
        (_CLOSING, "_*"),
        (OPENING | _RUNNING_START, "\"'“‘«„‚‹`—―"),
        (_RUNNING_START, "([{_&$£€*§…-–.¿¡+~^°@/"),
    ):
        for character in members:
            kinds[ord(character)] |= bits
    return kinds


def _kind_of(kinds: NDArray[np.uint8], characters: Characters) -> NDArray[np.uint8]:
    """Return the class bits of code points; beyond the Basic Multilingual Plane none are set."""
    if characters.dtype != np.uint32:
        return kinds[characters]
    return np.where(characters < len(kinds), kinds[np.minimum(characters, len(kinds) - 1)], 0).astype(np.uint8)
