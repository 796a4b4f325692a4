"""A law of works: the author begins no paragraph as a heading, since the work has headings of its own.

A paragraph is kept from beginning with a blank, a digit, a sign of a table or a note, two capitals, a capital and a
dot, or the beginning of a word such as "Chapter". Of 15,000 words, the author in the box wrote up to six headings
(2026-11).

Shapes: V = vocab_size.
"""

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.writing.pen import Mask
from penwright.writing.sampling import Logits
from penwright.writing.stopping import CLOSERS

WATCHED_CHARS = 12
"""Characters at the beginning of a paragraph that are looked at."""
TITLE_CHARS = 55
"""Length from which a line that ends without a sign is no title but wrapped."""
ENDS = frozenset(",;:.!?…。！？、-\u2013\u2014") | frozenset(CLOSERS)
SIGNS = frozenset("[]{}<>|=#*+~^\\/_•†‡§©0123456789")
MAX_STATES = 256


class NoOwnHeadings:
    """No paragraph begins as a heading."""

    def __init__(self, alphabet: Alphabet, *, form: str) -> None:
        """Begin at the beginning of a paragraph.

        Args:
            alphabet: Alphabet of the author.
            form: Form of the work's own headings, such as "Chapter {n}".
        """
        self._texts = alphabet.texts
        self._stems = tuple(_stem(word) for word in (*form.split(), "Chapter") if word.isalpha() and len(word) > 3)
        self._line_ends = np.array(["\n" in text for text in alphabet.texts])
        self._begun, self._num_chars, self._last = "", 0, ""
        self._num_line_ends = 2
        """Line ends before the line that is being written."""
        self._masks: dict[str, Mask] = {}

    def read(self, text: str) -> None:
        """Take text that stands before."""
        for character in text:
            if character == "\n":
                self._num_line_ends = self._num_line_ends + 1 if not self._num_chars else 1
                self._begun, self._num_chars = "", 0
            else:
                self._num_chars += 1
                if self._num_chars <= WATCHED_CHARS:
                    self._begun += character
            self._last = character

    def push(self, symbol: int, text: str) -> None:
        """Take what was written."""
        self.read(text)

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Ban symbols that would make the beginning of the paragraph one of a heading."""
        if self._num_line_ends > 1 and 0 < self._num_chars < TITLE_CHARS and self._last not in ENDS:
            others = allowed & ~self._line_ends
            if others.any():
                allowed &= others
        if self._num_chars >= WATCHED_CHARS:
            return None
        mask = self._masks.get(self._begun)
        if mask is None:
            if len(self._masks) >= MAX_STATES:
                self._masks.clear()
            mask = self._masks[self._begun] = np.array([self._keeps(text) for text in self._texts])
        kept = allowed & mask
        if kept.any():
            allowed &= kept
        return None

    def _keeps(self, text: str) -> bool:
        """Return True if a symbol may come next. One that ends the paragraph may, after something."""
        if text.isspace() and "\n" in text:
            return self._begun == "" or not self._is_heading(self._begun + "\n")
        return not text or not self._is_heading(self._begun + text.partition("\n")[0])

    def _is_heading(self, begun: str) -> bool:
        """Return True if a paragraph that has begun so is no prose."""
        first, second = begun[:1], begun[1:2]
        if first.isspace() or first in SIGNS:
            return True
        if first.isupper() and (second.isupper() or second in (".", "\n")):
            return True
        if first.isupper() and second == " " and begun[2:3].isupper() and begun[3:4].isupper():
            return True
        return begun.lower().startswith(self._stems)


def _stem(word: str) -> str:
    """Return the beginning of a word, short enough that another word may still follow."""
    return word[: -2 if len(word) > 6 else -1].lower()[:WATCHED_CHARS]
