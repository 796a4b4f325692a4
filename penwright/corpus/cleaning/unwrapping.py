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

from typing import NamedTuple

import numpy as np

from penwright.corpus.cleaning.breaks import COMMA, LETTER, OPENING, Bools, Breaks, Ends, find_breaks
from penwright.corpus.cleaning.whitespace import BLANK, Characters, Offsets, lines_of, remove_ranges

MIN_CERTAIN_BREAKS = 8
"""Smallest number of certainly forced breaks in a text that is unwrapped."""
MIN_CERTAIN_FRACTION = 0.4
"""Smallest share of certainly forced breaks: 0.55 to 0.9 in novels, up to 0.35 in plays, near 0 in verse."""
MIN_WORDS_FRACTION = 0.8
"""Smallest share of these breaks after a word or a comma: 0.9 and more in prose, less in programs."""
MIN_REACH, MAX_REACH = 30, 150
"""Bounds of the median reach in a wrapped text, in characters."""
WIDTH_QUANTILE, WIDTH_BREAKS = 0.95, 50
"""The width at which lines were broken is this quantile of the lengths of so many lines that follow one another."""
MAX_ROWS = 100
"""Number of such groups of lines that are looked at, from all over the book."""
SURE_FULL_FRACTION = 0.9
"""Share of the certain breaks at which the next word would not have fitted any more, from which the book counts as
wrapped. It is 0.7 to 1.0 in prose, 0.2 to 0.4 in verse whose lines begin with small letters, 0.8 in short verse."""
MIN_FULL_FRACTION = 0.2
"""The same share where paragraphs end in lines of any length. It is 0.2 to 0.3 in prose set in proportional type."""
MIN_SPREAD = 0.15
"""Standard deviation of the lengths of the lines that end a paragraph, as a share of the width: 0.25 to 0.35 in prose,
0.1 and less in verse, whose last lines are like the others."""
MIN_NUDGED_FRACTION = 0.8
"""Share of the lines behind a single blank that follow a full line, from which that blank counts as an accident of
wrapping and not as an indent: sentences had two blanks, or one that does not break, between them."""
LOW_REACH = 0.8
"""Share of the median reach from which a line of running prose is full; ragged wrapping leaves lines that short."""
HYPHEN, EM_DASH = 0x2D, 0x2014


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
    breaks, sentence_ends = find_breaks(characters, starts, ends)
    breaks = _without_indents(breaks)
    wrap = _measure(breaks, ends - starts, sentence_ends)
    del starts, ends
    if wrap is None:
        return Unwrapped(characters, False)
    return Unwrapped(_join(characters, breaks, _forced(breaks, wrap)), True)


def _without_indents(breaks: Breaks) -> Breaks:
    """Return the breaks without those before an indent of one blank, where such blanks are indents at all."""
    nudged = breaks.reach[breaks.is_nudged]
    certain = breaks.reach[breaks.is_small & ~breaks.is_terminal & ~breaks.is_nudged]
    if not len(nudged):
        return breaks
    is_accident = len(certain) > 0 and np.mean(nudged > LOW_REACH * np.median(certain)) >= MIN_NUDGED_FRACTION
    if is_accident:
        return breaks
    kept = [column[~breaks.is_nudged] for column in breaks]
    return Breaks(*kept)  # type: ignore[arg-type]


def _measure(breaks: Breaks, lengths: Offsets, sentence_ends: Ends) -> Wrap | None:
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
    if np.mean((breaks.before[certain] & (LETTER | COMMA)) > 0) < MIN_WORDS_FRACTION:
        return None
    if not _is_filled(breaks, np.flatnonzero(certain), lengths, sentence_ends):
        return None
    low = LOW_REACH * median
    high = float(np.quantile(reach[reach > low], 0.1)) - 1
    num_early_ends = int(np.count_nonzero(breaks.is_terminal & ~breaks.is_small & (breaks.reach <= low)))
    return Wrap(low, high, num_early_ends <= int(np.count_nonzero(sentence_ends.is_before_gap)))


def _is_filled(breaks: Breaks, certain: Offsets, lengths: Offsets, sentence_ends: Ends) -> bool:
    """Return whether lines were broken because they were full, and not where a verse or an item ended.

    Args:
        breaks: All breaks.
        certain: Indices of those that are certainly forced, at least one.
        lengths: Lengths of all lines, (L,).
        sentence_ends: The lines in which sentences end.
    """
    # A book may have been wrapped at several widths, so each break is compared with those near it.
    num_near = min(WIDTH_BREAKS, len(certain))
    num_rows = len(certain) // num_near
    rows = certain[: num_rows * num_near].reshape(num_rows, num_near)[:: -(-num_rows // MAX_ROWS)]
    length, reach, next_length = lengths[breaks.line[rows]], breaks.reach[rows], breaks.next_length[rows]
    if np.mean(reach - length - 1 < next_length) < 0.5:  # lines of one word: a sequence of letters, broken anywhere
        return False
    widths = np.sort(length, axis=1)[:, int(WIDTH_QUANTILE * (num_near - 1)), np.newaxis]  # (rows, 1)
    full_fraction = np.mean(reach > widths)
    is_last = sentence_ends.is_before_gap
    last = sentence_ends.length[is_last] if is_last.sum() >= MIN_CERTAIN_BREAKS else sentence_ends.length
    width = np.median(widths)
    spread = np.std(np.minimum(last, width)) / width if len(last) else 0.0
    return bool(full_fraction >= SURE_FULL_FRACTION or (full_fraction >= MIN_FULL_FRACTION and spread >= MIN_SPREAD))


def _forced(breaks: Breaks, wrap: Wrap) -> Bools:
    """Return a mask (B,) of the forced breaks."""
    is_full = breaks.reach > wrap.high
    is_certain = breaks.is_small & (breaks.reach > wrap.low)
    if not wrap.has_gaps:
        # Here a full line may end a paragraph. Before a speech it usually does. Before a short line that ends no
        # sentence it nearly always does, because such a line is a heading.
        begins_speech = (breaks.after & OPENING) > 0
        is_heading = (breaks.next_length < 0.8 * wrap.low) & ~breaks.next_is_terminal
        return is_certain | (is_full & ~(breaks.is_terminal & (begins_speech | is_heading)))
    # Breaks without a gap between them form a block, which is prose if small letters begin half of its lines.
    block = np.cumsum(np.diff(breaks.line, prepend=-2) != 1) - 1
    size = np.bincount(block)
    certain = np.bincount(block, weights=is_certain)
    is_prose: Bools = (2 * certain >= size)[block]
    is_short: Bools = ((size <= 2) | (certain > 0))[block]
    return is_certain | (is_prose & (breaks.reach > wrap.low)) | (is_short & is_full)


def _join(characters: Characters, breaks: Breaks, forced: Bools) -> Characters:
    """Return the text with the forced breaks joined: by a blank, or by nothing beside a hyphen or dash."""
    line_feed, indent_end = breaks.line_feed[forced], breaks.indent_end[forced]

    def behind(distance: int) -> Characters:
        return characters[np.maximum(line_feed - distance, 0)]

    def ahead(distance: int) -> Characters:
        return characters[np.minimum(indent_end + distance, len(characters) - 1)]

    starts_with_letter = (breaks.after[forced] & LETTER) > 0
    ends_in_two = (behind(1) == HYPHEN) & (behind(2) == HYPHEN) & (behind(3) != BLANK)
    ends_in_one = (behind(1) == HYPHEN) & (behind(2) != HYPHEN) & (behind(2) != BLANK) & starts_with_letter
    ends_in_dash = (behind(1) == EM_DASH) & (behind(2) != BLANK)
    starts_with_two = (ahead(0) == HYPHEN) & (ahead(1) == HYPHEN) & (ahead(2) != BLANK)
    starts_with_dash = (ahead(0) == EM_DASH) & (ahead(1) != BLANK)
    touches = ends_in_two | ends_in_one | ends_in_dash | starts_with_two | starts_with_dash
    start = line_feed + ~touches  # beside a hyphen or a dash the line feed is removed too, else it becomes a blank
    lengths = indent_end - start
    joined = remove_ranges(characters, start, indent_end)
    joined[(line_feed - (np.cumsum(lengths) - lengths))[~touches]] = BLANK
    return joined
