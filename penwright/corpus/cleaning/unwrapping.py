"""Undo hard wrapping: join the lines that were broken only because they were full.

A break was forced if the next line's first word would not have fitted any more. What "fitted" means is measured on the
book
itself: the breaks that are certainly forced, those in mid-sentence before a small letter, tell how far its lines reach.
Short last lines of paragraphs, headings, verse, tables and lists end before that and stay. Books whose paragraphs have
no blank line between them are told from the others, because there a full line may also end a paragraph.

Scripts without small letters (Chinese, Arabic, ...) give no such evidence and are left as they are. This module knows
nothing of licences or files.

Shapes: N = characters of the text, L = its lines, B = breaks between two lines with text. A line's reach is its length,
a blank and the next line's first word: how long it would have become.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.corpus.cleaning.whitespace import BLANK, TAB, Characters, Places, lines_of, places_of, remove_ranges

MIN_CERTAIN_BREAKS = 8
"""Fewer certainly forced breaks than this prove nothing."""
MIN_CERTAIN_FRACTION = 0.4
"""Share of all breaks that must be certainly forced: 0.55 to 0.9 in novels, up to 0.35 in plays, near 0 in verse."""
MIN_WORDS_FRACTION = 0.8
"""Share of these breaks that must come after a word or a comma: 0.9 and more in prose, less in programs."""
MIN_REACH, MAX_REACH = 30, 150
"""Median reach of lines that somebody wrapped, in characters."""
LOW_REACH = 0.8
"""A line in running prose counts as full from this share of the median reach; ragged wrapping leaves lines that
short."""
STRETCH_LINES = 4_096
"""Lines looked at together, which bounds the memory: some thirty numbers are noted of each."""
_HYPHEN, _EM_DASH = 0x2D, 0x2014
_SMALL, _LETTER, _COMMA, _TERMINAL, _CLOSING, _OPENING, _RUNNING_END, _RUNNING_START = (1 << bit for bit in range(8))

Bools = NDArray[np.bool_]


class _Breaks(NamedTuple):
    """Every place where a line with text follows a line with text and might continue it; all of shape (B,)."""

    place: Places
    """Index of the line feed in the text."""
    indent_end: Places
    """Index of the next line's first character that is no blank."""
    reach: Places
    line: Places
    """Index of the line before the break."""
    before: NDArray[np.uint8]
    """Class bits of the last character before the break."""
    after: NDArray[np.uint8]
    """Class bits of the first character after it."""
    is_small: Bools
    """Whether the next line begins with a small letter."""
    is_terminal: Bools
    """Whether a sentence seems to end before the break."""
    next_length: Places
    """Characters of the next line, its indent included."""
    next_is_terminal: Bools


class Wrap(NamedTuple):
    """How a book is wrapped."""

    low: float
    """Reach above which a break in running prose is forced."""
    high: float
    """Reach above which a break is forced wherever it stands."""
    has_gaps: bool
    """Whether paragraphs are told by blank lines or indents, and not only by lines that end early."""


class Unwrapped(NamedTuple):
    """A text and whether it was wrapped."""

    characters: Characters
    """Without the forced breaks."""
    is_hard_wrapped: bool
    """Whether most of its lines broke off because they were full. If not, `characters` is the array that was given."""


def unwrap(characters: Characters) -> Unwrapped:
    """Join the lines of a hard-wrapped text into paragraphs.

    Args:
        characters: The text, shape (N,), with lines ended by line feeds and without trailing blanks.

    Returns:
        The text with each forced break replaced by a blank, or by nothing after a hyphen or beside a dash that touches
        its word. The indent of a joined line goes. Everything else stays as it is, character for character.
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


def _find_all_breaks(characters: Characters, starts: Places, ends: Places) -> tuple[_Breaks, int]:
    """Return the breaks of a text, and how many sentences end before a blank or indented line."""
    found, num_gaps = [], 0
    for first in range(0, len(starts) - 1, STRETCH_LINES):
        lines = slice(first, first + STRETCH_LINES + 1)  # the last one is the next stretch's first: a break has two
        breaks, num_more = _find_breaks(characters, starts[lines], ends[lines])
        found.append(breaks._replace(line=breaks.line + first))
        num_gaps += num_more
    return _Breaks(*map(np.concatenate, zip(*found, strict=True))), num_gaps


def _find_breaks(characters: Characters, starts: Places, ends: Places) -> tuple[_Breaks, int]:
    """Return the breaks between some lines that follow one another, and how many sentences end before a gap there."""
    first = _after_indent(characters, starts, ends)  # (L,)
    indent = first - starts
    has_text = first < ends
    blanks = places_of(characters[starts[0] : ends[-1]], BLANK) + starts[0]
    last = characters[np.maximum(ends - 1, 0)]
    last_but_one = characters[np.maximum(ends - 2, 0)]
    kinds = _kinds()
    before, before_that = _kind_of(kinds, last), _kind_of(kinds, last_but_one)
    is_terminal = ((before & _TERMINAL) > 0) | (((before & _CLOSING) > 0) & ((before_that & _TERMINAL) > 0))
    is_table = _is_table_row(starts, first, ends, blanks)
    follows = has_text[:-1] & has_text[1:]
    num_gaps = int(np.count_nonzero(has_text[:-1] & is_terminal[:-1] & (~has_text[1:] | (indent[1:] > indent[:-1]))))
    first_code = characters[np.minimum(first, len(characters) - 1)]
    after = _kind_of(kinds, first_code)
    may_continue = (
        follows
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
    word_ends = np.append(blanks, len(characters))[np.searchsorted(blanks, first[following])]
    words = np.minimum(word_ends, ends[following]) - first[following]
    return (
        _Breaks(
            place=ends[line],
            indent_end=first[following],
            reach=ends[line] - starts[line] + 1 + words,
            line=line,
            before=before[line],
            after=after[following],
            is_small=(after[following] & _SMALL) > 0,
            is_terminal=is_terminal[line],
            next_length=(ends - starts)[following],
            next_is_terminal=is_terminal[following],
        ),
        num_gaps,
    )


def _after_indent(characters: Characters, starts: Places, ends: Places) -> Places:
    """Return the index of each line's first character that is no blank, the line's end if it has none."""
    first = starts.copy()
    waiting = np.arange(len(starts))
    while len(waiting):
        waiting = waiting[first[waiting] < ends[waiting]]
        here = characters[first[waiting]]
        waiting = waiting[(here == BLANK) | (here == TAB)]
        first[waiting] += 1
    return first


def _is_table_row(starts: Places, first: Places, ends: Places, blanks: Places) -> Bools:
    """Return which lines (L,) have three blanks in a row within them, as columns do and prose does not."""
    is_table = np.zeros(len(starts), dtype=np.bool_)
    triples = blanks[:-2][blanks[2:] == blanks[:-2] + 2]
    if len(triples):
        line = np.searchsorted(starts, triples, side="right") - 1
        within = (triples > first[line]) & (triples + 2 < ends[line])
        is_table[line[within]] = True
    return is_table


def _is_item(characters: Characters, first: Places) -> Bools:
    """Return which lines (L,) begin with a dash, star or bullet and a blank, as items of a list and speeches do."""
    mark = characters[np.minimum(first, len(characters) - 1)]
    behind = characters[np.minimum(first + 1, len(characters) - 1)]
    is_item: Bools = np.isin(mark, [ord(character) for character in "-*+•–—"]) & (behind == BLANK)
    return is_item


def _measure(breaks: _Breaks, lengths: Places, num_gaps: int) -> Wrap | None:
    """Return how a book is wrapped, or None if it is not."""
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
    """Return which breaks (B,) were forced."""
    is_full = breaks.reach > wrap.high
    is_certain = breaks.is_small & (breaks.reach > wrap.low)
    if not wrap.has_gaps:
        # A full line may end a paragraph here. Before a speech it does more often than not; before a short line that
        # ends no sentence it does nearly always, for that is a heading.
        begins_speech = (breaks.after & _OPENING) > 0
        is_heading = (breaks.next_length < 0.8 * wrap.low) & ~breaks.next_is_terminal
        return is_certain | (is_full & ~(breaks.is_terminal & (begins_speech | is_heading)))
    # Breaks without a gap between them form a block, which is prose if small letters begin half of its lines.
    block = np.cumsum(np.diff(breaks.line, prepend=-2) != 1) - 1
    size = np.bincount(block)
    certain = np.bincount(block, weights=is_certain)
    is_prose: Bools = (2 * certain >= size)[block]
    is_short: Bools = ((size <= 2) | (certain > 0))[block]
    return is_certain | (is_prose & (breaks.reach > wrap.low)) | (is_short & is_full)


def _join(characters: Characters, breaks: _Breaks, forced: Bools) -> Characters:
    """Return the text with the forced breaks joined: by a blank, or by nothing beside a hyphen or dash."""
    place, indent_end = breaks.place[forced], breaks.indent_end[forced]

    def behind(distance: int) -> Characters:
        return characters[np.maximum(place - distance, 0)]

    def ahead(distance: int) -> Characters:
        return characters[np.minimum(indent_end + distance, len(characters) - 1)]

    starts_with_letter = (breaks.after[forced] & _LETTER) > 0
    ends_in_two = (behind(1) == _HYPHEN) & (behind(2) == _HYPHEN) & (behind(3) != BLANK)
    ends_in_one = (behind(1) == _HYPHEN) & (behind(2) != _HYPHEN) & (behind(2) != BLANK) & starts_with_letter
    ends_in_dash = (behind(1) == _EM_DASH) & (behind(2) != BLANK)
    starts_with_two = (ahead(0) == _HYPHEN) & (ahead(1) == _HYPHEN) & (ahead(2) != BLANK)
    starts_with_dash = (ahead(0) == _EM_DASH) & (ahead(1) != BLANK)
    touches = ends_in_two | ends_in_one | ends_in_dash | starts_with_two | starts_with_dash
    start = place + ~touches  # where nothing may stand between, the line feed goes too
    lengths = indent_end - start
    joined = remove_ranges(characters, start, indent_end)
    joined[(place - (np.cumsum(lengths) - lengths))[~touches]] = BLANK
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
    """Return the class bits of code points; beyond the Basic Multilingual Plane none are set."""
    if characters.dtype != np.uint32:
        return kinds[characters]
    return np.where(characters < len(kinds), kinds[np.minimum(characters, len(kinds) - 1)], 0).astype(np.uint8)
