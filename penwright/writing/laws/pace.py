"""A law of pace: sentences and paragraphs longer or shorter than the author would write them.

A sentence of M times the length ends 1/M times as often at each place where it may end. So the logit of the symbols
that end one is lowered by the logarithm of M, times the temperature, which divides it, and times a constant found by
measurement: an author whose sentence was kept from ending wants to end it the more, and its words become others. The
constants are those at which the author in the box, at temperature 0.8 and min-p 0.1, came nearest to what was asked.

Shapes: V = vocab_size.
"""

import math

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.writing.options import SamplingConfig
from penwright.writing.pen import Mask
from penwright.writing.sampling import Logits
from penwright.writing.stopping import CLOSERS, SENTENCE_ENDERS, is_abbreviation

LONGER_SENTENCES = 1.65
SHORTER_SENTENCES = 1.8
LONGER_PARAGRAPHS = 1.2
SHORTER_PARAGRAPHS = 2.8
TAIL_CHARS = 40


class Pace:
    """Multiples of the length that sentences and paragraphs would have."""

    def __init__(
        self, alphabet: Alphabet, *, sentence_length: float, paragraph_length: float, sampling: SamplingConfig
    ) -> None:
        """Begin before the first symbol.

        Args:
            alphabet: Alphabet of the author.
            sentence_length: Multiple of the length of sentences, 1 to leave them.
            paragraph_length: The same for paragraphs.
            sampling: Sampling options; the law is calibrated for their temperature.
        """
        self._ends = np.array([any(sign in text for sign in SENTENCE_ENDERS) for text in alphabet.texts])
        self._has_dot = self._ends & np.array(["." in text for text in alphabet.texts])
        self._has_line_end = np.array(["\n" in text for text in alphabet.texts])
        heat = max(sampling.temperature, 0.1)
        self._sentence_bias = _bias(sentence_length, LONGER_SENTENCES, SHORTER_SENTENCES) * heat
        self._paragraph_bias = _bias(paragraph_length, LONGER_PARAGRAPHS, SHORTER_PARAGRAPHS) * heat
        self._tail = ""

    def read(self, text: str) -> None:
        """Take text that stands before."""
        self._tail = (self._tail + text[-TAIL_CHARS:])[-TAIL_CHARS:]

    def push(self, symbol: int, text: str) -> None:
        """Take what was written."""
        self.read(text)

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Change how probable the end of the sentence and of the paragraph is."""
        tail = self._tail
        if not tail:
            return None
        if tail.rstrip(CLOSERS)[-1:] in SENTENCE_ENDERS:  # a sentence has ended, and a paragraph may
            logits[self._has_line_end] += self._paragraph_bias
        elif not tail[-1].isspace():
            ends = self._ends & ~self._has_dot if is_abbreviation(tail + ".") else self._ends
            logits[ends] += self._sentence_bias
        return None


def _bias(length: float, longer: float, shorter: float) -> float:
    """Return the bias for a temperature of 1."""
    return -math.log(length) * (longer if length > 1 else shorter)
