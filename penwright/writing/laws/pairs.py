"""A law about pairs: quotation marks and brackets are opened, closed in order, and closed before the paragraph ends.

Where the author would end a paragraph that has something open, it writes the closing sign instead; its chance grows by
that of the line end. Single quotation marks are not followed, since an apostrophe looks like one. A pair of which the
alphabet lacks a sign is not followed either.

Shapes: V = vocab_size.
"""

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.writing.pen import Mask
from penwright.writing.sampling import Logits

PAIRS = ('""', "“”", "()", "[]", "{}", "«»", "「」", "『』", "（）")
BLANKS_BEFORE = "-\u2013\u2014_*"
"""Signs after which a straight mark may open or close."""
MAX_STATES = 500


class ClosedPairs:
    """No paragraph ends while something is open, and nothing is closed that is not."""

    def __init__(self, alphabet: Alphabet) -> None:
        """Begin before the first symbol, with nothing open."""
        known = set(alphabet.characters)
        self._closer_of = {pair[0]: pair[1] for pair in PAIRS if known.issuperset(pair)}
        self._opener_of = {closer: opener for opener, closer in self._closer_of.items()}
        marks = {*self._closer_of, *self._opener_of, "\n"}
        self._texts = alphabet.texts
        self._marked = [symbol for symbol, text in enumerate(alphabet.texts) if not marks.isdisjoint(text)]
        self._line_ends = np.array([text.startswith("\n") for text in alphabet.texts])
        self._id_of = {text: symbol for symbol, text in enumerate(alphabet.texts) if text in self._opener_of}
        self._open = ""
        self._before = "\n"
        self._masks: dict[tuple[str, str], Mask] = {}

    @property
    def num_open(self) -> int:
        """Number of pairs that are open."""
        return len(self._open)

    def read(self, text: str) -> None:
        """Take text that stands before. What it leaves open at the end of a paragraph is forgotten."""
        for character in text:
            if character in self._opener_of and self._opener_of[character] in self._open:
                self._open = self._open[: self._open.rindex(self._opener_of[character])]
            elif character in self._closer_of and character not in self._open:
                self._open += character
            elif character == "\n":
                self._open = ""
            self._before = character

    def push(self, symbol: int, text: str) -> None:
        """Take what was written."""
        self.read(text)

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Ban signs that would break the law, and close what is open where the paragraph would end."""
        place = (self._open, _kind(self._before))
        mask = self._masks.get(place)
        if mask is None:
            if len(self._masks) >= MAX_STATES:
                self._masks.clear()
            mask = self._masks[place] = self._mask()
        line_ends = self._line_ends & allowed
        if self._open and line_ends.any():
            closer = self._id_of[self._closer_of[self._open[-1]]]
            if mask[closer] and allowed[closer]:
                logits[closer] = np.logaddexp(logits[closer], np.logaddexp.reduce(logits[line_ends]))
        kept = allowed & mask
        if kept.any():
            allowed &= kept
        return None

    def _mask(self) -> Mask:
        """Return the symbols that keep the law after what was written, bool (V,)."""
        mask = np.ones(len(self._texts), np.bool_)
        for symbol in self._marked:
            mask[symbol] = self._keeps(self._texts[symbol])
        return mask

    def _keeps(self, text: str) -> bool:
        """Return True if a text keeps the law."""
        is_open, before = self._open, self._before
        for character in text:
            if character == "\n" and is_open:
                return False
            opener = self._opener_of.get(character)
            if opener is not None and is_open.endswith(opener) and is_open:
                if opener == character and before.isspace():  # a straight mark after a blank would open
                    return False
                is_open = is_open[:-1]
            elif character in self._closer_of and character not in is_open:
                if self._closer_of[character] == character and _kind(before) == "x":
                    return False
                is_open += character
            elif opener is not None or character in self._closer_of:
                return False
            before = character
        return True


def _kind(before: str) -> str:
    """Return a sign for what stands before: a blank, a sign after which a mark opens or closes, or anything else."""
    if before.isspace():
        return " "
    return "-" if before in BLANKS_BEFORE or before in "([{\u201c\u2018'\u00ab" else "x"
