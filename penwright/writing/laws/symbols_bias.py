"""Rules by symbol, as programs ask for them: biases of single symbols, and penalties for those written before.

Shapes: V = vocab_size.
"""

from collections.abc import Mapping

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.writing.laws.bias import NEVER
from penwright.writing.pen import Mask
from penwright.writing.sampling import Logits


class SymbolBias:
    """Numbers added to the logits of symbols. One of -100 or less bans its symbol."""

    def __init__(self, alphabet: Alphabet, *, biases: Mapping[int, float]) -> None:
        """Begin before the first symbol.

        Args:
            alphabet: Alphabet of the author.
            biases: Number to add, by symbol.
        """
        self._added = np.zeros(alphabet.vocab_size, np.float32)
        self._added[list(biases)] = list(biases.values())
        self._allowed = self._added > NEVER

    def push(self, symbol: int, text: str) -> None:
        """Do nothing: a bias is always the same."""

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Add the biases."""
        logits += self._added
        if (allowed & self._allowed).any():
            allowed &= self._allowed
        return None


class Penalties:
    """Numbers taken from the logits of symbols that were written before.

    Symbols are characters for most authors, and a text without its commonest letters is none: penalties above a tenth
    spoil the spelling. `no_repeat_ngram` is what most people look for.
    """

    def __init__(self, alphabet: Alphabet, *, presence: float, frequency: float) -> None:
        """Begin before the first symbol.

        Args:
            alphabet: Alphabet of the author.
            presence: Number taken from each symbol that was written.
            frequency: Number taken for each time that it was.
        """
        self._presence, self._frequency = presence, frequency
        self._counts = np.zeros(alphabet.vocab_size, np.float32)

    def push(self, symbol: int, text: str) -> None:
        """Count what was written."""
        self._counts[symbol] += 1

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Take the penalties."""
        logits -= self._presence * (self._counts > 0) + self._frequency * self._counts
        return None
