"""Undo hard wrapping: join the lines that were broken only because they were full.

A break was forced if the next line's first word would not have fitted. The limit is measured on the book itself: the
breaks that are certainly forced, in mid-sentence before a small letter, show how far its lines reach. Short last lines
of paragraphs, headings, verse, tables and lists end before that limit and stay. Books without blank lines between
paragraphs are handled apart, because there a full line may also end a paragraph.

Scripts without small letters (Chinese, Arabic, ...) have no certainly forced breaks and are left unchanged. This module
knows nothing of licences or files.

Shapes: N = characters of the text, L = its lines, B = breaks between two lines with text. The reach of a line is the
length it would have had with one blank and the next line's first word.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.corpus.cleaning.whitespace import BLANK, TAB, Characters, Offsets, lines_of, offsets_of, remove_ranges

MIN_CERTAIN_BREAKS = 8
"""Smallest number of certainly forced breaks in a text that is unwrapped."""
MIN_CERTAIN_FRACTION = 0.4
"""Smallest share of certainly forced breaks: 0.55 to 0.9 in novels, up to 0.35 in plays, near 0 in verse."""
MIN_WORDS_FRACTION = 0.8
"""Smallest share of these breaks after a word or a comma: 0.9 and more in prose, less in programs."""
MIN_REACH, MAX_REACH = 30, 150
"""Bounds of the median reach in a wrapped text, in characters."""
LOW_REACH = 0.8
"""Share of the median reach from which a line of running prose is full; ragged wrapping leaves lines that short."""
STRETCH_LINES = 4_096
"""Number of lines processed together, which bounds memory: about thirty numbers are kept per line."""
_HYPHEN, _EM_DASH = 0x2D, 0x2014
_SMALL, _LETTER, _COMMA, _TERMINAL, _CLOSING, _OPENING, _RUNNING_END, _RUNNING_START = (1 << bit for bit in range(8))

Bools = NDArray[np.bool_]


class _Breaks(NamedTuple):
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


class Wrap(NamedTuple):
    """Measures of a wrapped book."""

    low: float
    """Reach above which a break in running prose is forced."""
    high: float
    """Reach above which any break is forced."""
    has_gaps: bool
    """True if blank lines or indents separate paragraphs, False if only lines that end early do."""


class Unwrapped(NamedTuple):
    """An unwrapped text."""

    characters: Characters
    """The text without the forced breaks."""
    is_hard_wrapped: bool
    """True if most of its breaks were forced. If False, `characters` is the array that was given."""


def unwrap(characters: Characters) -> Unwrapped:
    """Join the lines of a hard-wrapped text into paragraphs.

    Args:
        characters: The text, shape (N,), with lines ended by line feeds and without trailing blanks.

    Returns:
        The text with each forced break replaced by a blank, or by nothing after a hyphen or beside a dash that touches
        its word. The indent of a joined line is removed. All other characters stay unchanged.
    """
    starts, ends = lines_of(characters)
    if len(starts) <= MIN_CERTAIN_BREAKS:
        return Unwrapped(characters, False)
    breaks, num_gaps = _find_all_breaks(characters, starts, ends)
    wrap = _measure(breaks, ends - starts, num_gaps)
    del starts, ends
    if wrap is None:
        return Unwrapped(characters, False)
    return Unwrapped(_join(characters, breaks, _forced(breaks, wrap)), True)


def _find_all_breaks(characters: Characters, starts: Offsets, ends: Offsets) -> tuple[_Breaks, int]:
    """Return the breaks of a text, and the number of sentences that end before a blank or indented line."""
    found, num_gaps = [], 0
    for first in range(0, len(starts) - 1, STRETCH_LINES):
        lines = slice(first, first + STRETCH_LINES + 1)  # the last one is the next stretch's first: a break has two
        breaks, num_more = _find_breaks(characters, starts[lines], ends[lines])
        found.append(breaks._replace(line=breaks.line + first))
        num_gaps += num_more
    return _Breaks(*map(np.concatenate, zip(*found, strict=True))), num_gaps


def _find_breaks(characters: Characters, starts: Offsets, ends: Offsets) -> tuple[_Breaks, int]:
    """Return the breaks between consecutive lines, and how many sentences end before a gap among them."""
    # How each line begins and ends, (L,).
    first = _after_indent(characters, starts, ends)
    indent = first - starts
    has_text = first < ends
    kinds = _kinds()
    before = _kind_of(kinds, characters[np.maximum(ends - 1, 0)])
    last_but_one = _kind_of(kinds, characters[np.maximum(ends - 2, 0)])
    after = _kind_of(kinds, characters[np.minimum(first, len(characters) - 1)])
    is_terminal = ((before & _TERMINAL) > 0) | (((before & _CLOSING) > 0) & ((last_but_one & _TERMINAL) > 0))
    blanks = offsets_of(characters[starts[0] : ends[-1]], BLANK) + starts[0]
    is_table = _is_table_row(starts, first, ends, blanks)

    # Gaps: a sentence ends, and the next line is blank or indented further.
    is_gap = has_text[:-1] & is_terminal[:-1] & (~has_text[1:] | (indent[1:] > indent[:-1]))

    # Breaks: two lines with text, unless an indent, a tab, a table, a list or their characters keep them apart.
    may_continue = (
        has_text[:-1]
        & has_text[1:]
        & (indent[1:] <= indent[:-1])
        & (characters[np.minimum(starts[1:], len(characters) - 1)] != TAB)
        & ~is_table[:-1]
        & ~is_table[1:]
        & ~_is_item(characters, first)[1:]
        & ((before[:-1] & _RUNNING_END) > 0)
        & ((after[1:] & _RUNNING_START) > 0)
    )
    line = np.flatnonzero(may_continue)  # (B,)
    following = line + 1

    # The next line's first word ends at the first blank after it begins, or with its line.
    word_ends = np.append(blanks, len(characters))[np.searchsorted(blanks, first[following])]
    words = np.minimum(word_ends, ends[following]) - first[following]
    breaks = _Breaks(
        line_feed=ends[line],
        indent_end=first[following],
        reach=ends[line] - starts[line] + 1 + words,
        line=line,
        before=before[line],
        after=after[following],
        is_small=(after[following] & _SMALL) > 0,
        is_terminal=is_terminal[line],
        next_length=(ends - starts)[following],
        next_is_terminal=is_terminal[following],
    )
    return breaks, int(np.count_nonzero(is_gap))


def _after_indent(characters: Characters, starts: Offsets, ends: Offsets) -> Offsets:
    """Return the index of the first character after each line's indent, (L,); the line's end if there is none."""
    first = starts.copy()
    waiting = np.arange(len(starts))
    while len(waiting):
        waiting = waiting[first[waiting] < ends[waiting]]
        here = characters[first[waiting]]
        waiting = waiting[(here == BLANK) | (here == TAB)]
        first[waiting] += 1
    return first


def _is_table_row(starts: Offsets, first: Offsets, ends: Offsets, blanks: Offsets) -> Bools:
    """Return a mask (L,) of lines with three consecutive blanks inside, as in tables and not in prose."""
    is_table = np.zeros(len(starts), dtype=np.bool_)
    triples = blanks[:-2][blanks[2:] == blanks[:-2] + 2]
    if len(triples):
        line = np.searchsorted(starts, triples, side="right") - 1
        within = (triples > first[line]) & (triples + 2 < ends[line])
        is_table[line[within]] = True
    return is_table


def _is_item(characters: Characters, first: Offsets) -> Bools:
    """Return a mask (L,) of lines that begin like a list item or a speech: a dash, star or bullet and a blank."""
    mark = characters[np.minimum(first, len(characters) - 1)]
    behind = characters[np.minimum(first + 1, len(characters) - 1)]
    is_item: Bools = np.isin(mark, [ord(character) for character in "-*+•–—"]) & (behind == BLANK)
    return is_item


def _measure(breaks: _Breaks, lengths: Offsets, num_gaps: int) -> Wrap | None:
    """Return the measures of a wrapped book, or None if the book is not wrapped."""
    certain = breaks.is_small & ~breaks.is_terminal
    reach = breaks.reach[certain]
    if len(reach) < MIN_CERTAIN_BREAKS or len(reach) < MIN_CERTAIN_FRACTION * len(breaks.reach):
        return None
    median = float(np.median(reach))
    is_typical = (reach > LOW_REACH * median) & (reach < 1.5 * median)
    in_short_lines = lengths[lengths <= 1.5 * median].sum()
    if not MIN_REACH <= median <= MAX_REACH or is_typical.mean() < 0.85 or in_short_lines < 0.6 * lengths.sum():
        return None
    if np.mean((breaks.before[certain] & (_LETTER | _COMMA)) > 0) < MIN_WORDS_FRACTION:
        return None
    low = LOW_REACH * median
    high = float(np.quantile(reach[reach > low], 0.1)) - 1
    num_early_ends = int(np.count_nonzero(breaks.is_terminal & ~breaks.is_small & (breaks.reach <= low)))
    return Wrap(low, high, num_early_ends <= num_gaps)


def _forced(breaks: _Breaks, wrap: Wrap) -> Bools:
    """Return a mask (B,) of the forced breaks."""
    is_full = breaks.reach > wrap.high
    is_certain = breaks.is_small & (breaks.reach > wrap.low)
    if not wrap.has_gaps:
        # Here a full line may end a paragraph. Before a speech it usually does. Before a short line that ends no
        # sentence it nearly always does, because such a line is a heading.
        begins_speech = (breaks.after & _OPENING) > 0
        is_heading = (breaks.next_length < 0.8 * wrap.low) & ~breaks.next_is_terminal
        return is_certain | (is_full & ~(breaks.is_terminal & (begins_speech | is_heading)))
    # Consecutive breaks form a block. A block is prose if half of its lines begin with a small letter.
    block = np.cumsum(np.diff(breaks.line, prepend=-2) != 1) - 1
    size = np.bincount(block)
    certain = np.bincount(block, weights=is_certain)
    is_prose: Bools = (2 * certain >= size)[block]
    is_short: Bools = ((size <= 2) | (certain > 0))[block]
    return is_certain | (is_prose & (breaks.reach > wrap.low)) | (is_short & is_full)


def _join(characters: Characters, breaks: _Breaks, forced: Bools) -> Characters:
    """Return the text with the forced breaks joined: by a blank, or by nothing beside a hyphen or dash."""
    line_feed, indent_end = breaks.line_feed[forced], breaks.indent_end[forced]

    def behind(distance: int) -> Characters:
        return characters[np.maximum(line_feed - distance, 0)]

    def ahead(distance: int) -> Characters:
        return characters[np.minimum(indent_end + distance, len(characters) - 1)]

    starts_with_letter = (breaks.after[forced] & _LETTER) > 0
    ends_in_two = (behind(1) == _HYPHEN) & (behind(2) == _HYPHEN) & (behind(3) != BLANK)
    ends_in_one = (behind(1) == _HYPHEN) & (behind(2) != _HYPHEN) & (behind(2) != BLANK) & starts_with_letter
    ends_in_dash = (behind(1) == _EM_DASH) & (behind(2) != BLANK)
    starts_with_two = (ahead(0) == _HYPHEN) & (ahead(1) == _HYPHEN) & (ahead(2) != BLANK)
    starts_with_dash = (ahead(0) == _EM_DASH) & (ahead(1) != BLANK)
    touches = ends_in_two | ends_in_one | ends_in_dash | starts_with_two | starts_with_dash
    start = line_feed + ~touches  # beside a hyphen or a dash the line feed is removed too, else it becomes a blank
    lengths = indent_end - start
    joined = remove_ranges(characters, start, indent_end)
    joined[(line_feed - (np.cumsum(lengths) - lengths))[~touches]] = BLANK
    return joined


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """Return the class bits of every character of the Basic Multilingual Plane, uint8 of shape (65536,)."""
    kinds = np.zeros(1 << 16, dtype=np.uint8)
    for code in range(1 << 16):
        character = chr(code)
        if character.isalpha():
            kinds[code] = _LETTER | _RUNNING_END | _RUNNING_START | (_SMALL if character.islower() else 0)
        elif character.isalnum():
            kinds[code] = _RUNNING_END | _RUNNING_START
    for bits, members in (
        (_TERMINAL | _RUNNING_END, ".!?…:;"),
        (_COMMA | _RUNNING_END, ","),
        (_RUNNING_END, "-—–―%&$£€*/=°_·~^"),
        (_CLOSING | _RUNNING_END, "\"'”’»)]}›"),
        (_CLOSING, "_*"),
        (_OPENING | _RUNNING_START, "\"'“‘«„‚‹`—―"),
        (_RUNNING_START, "([{_&$£€*§…-–.¿¡+~^°@/"),
    ):
        for character in members:
            kinds[ord(character)] |= bits
    return kinds


def _kind_of(kinds: NDArray[np.uint8], characters: Characters) -> NDArray[np.uint8]:
    """Return the class bits of code points; code points beyond the Basic Multilingual Plane have none."""
    if characters.dtype != np.uint32:
        return kinds[characters]
    return np.where(characters < len(kinds), kinds[np.minimum(characters, len(kinds) - 1)], 0).astype(np.uint8)
