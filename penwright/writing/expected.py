"""Which words did an author expect at a point of a text? A small search over copied states, best beginnings first.

A word's probability is that of its letters and of something after them that is no letter. The search reads at most
`MAX_READS` beginnings, so it takes milliseconds and may miss a word whose beginning is improbable.

Shapes: V = vocab_size.
"""

import heapq
import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.writing.costs import log_softmax
from penwright.writing.engines.base import Engine

MAX_READS = 20
BRANCHES = 4
"""Largest number of ways to go on from a beginning."""
MIN_PROBABILITY = 0.002
MAX_WORD_CHARS = 24


class Expected(NamedTuple):
    """A word that an author expected."""

    word: str
    probability: float


_Way = tuple[float, int, str, Any, int]
"""Minus the probability of a beginning, a number of its own, its text, the state before its last symbol, and that."""


class WordSearch:
    """The search for words, for one author."""

    def __init__(self, engine: Engine, alphabet: Alphabet) -> None:
        """Prepare what all searches share.

        Args:
            engine: Engine of the author.
            alphabet: Alphabet of its model.
        """
        self._engine, self._texts = engine, alphabet.texts
        self._numbers = itertools.count()
        firsts = [text.lstrip(" ")[:1] for text in alphabet.texts]
        self._begins = np.array([first.isalnum() for first in firsts])
        self._goes_on = np.array([text[:1].isalnum() for text in alphabet.texts])
        self._joins = np.array([text[:1] in ("'", "\u2019") for text in alphabet.texts])

    def run(self, log_probs: NDArray[np.float32], state: Any, *, count: int = 3) -> list[Expected]:
        """Return the most probable words at a point, the most probable first.

        Args:
            log_probs: Logarithms of the probabilities of the next symbol, (V,).
            state: State of the engine at that point, of one text. It is not changed.
            count: Largest number of words.
        """
        found: dict[str, float] = {}
        frontier: list[_Way] = []
        self._push(frontier, np.exp(log_probs), 1.0, "", state)
        for _ in range(MAX_READS):
            best = heapq.nlargest(count, found.values())
            if not frontier or (len(best) == count and best[-1] >= -frontier[0][0]):
                break
            negative, _, text, before, symbol = heapq.heappop(frontier)
            logits, after = self._engine.read(np.array([[symbol]], np.int64), before)
            chances = np.exp(log_softmax(logits[0, 0]))
            goes_on = self._goes_on | self._joins
            found[text] = found.get(text, 0.0) - negative * float(chances[~goes_on].sum())
            if len(text) < MAX_WORD_CHARS:
                self._push(frontier, chances, -negative, text, after)
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return [Expected(word, share) for word, share in ranked[:count] if share >= MIN_PROBABILITY]

    def _push(
        self,
        frontier: list[_Way],
        chances: NDArray[np.float32],
        share: float,
        text: str,
        at: Any,
    ) -> None:
        """Add the ways to go on from a beginning."""
        allowed = (self._goes_on | self._joins) if text else self._begins
        chances = np.where(allowed, chances, 0.0)
        for symbol in np.argsort(-chances, kind="stable")[:BRANCHES].tolist():
            own = share * float(chances[symbol])
            if own >= MIN_PROBABILITY:
                word = text + self._texts[symbol].lstrip(" ")
                heapq.heappush(frontier, (-own, next(self._numbers), word, at, symbol))
