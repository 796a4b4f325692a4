"""Likely slips of the pen: words where another word, one letter away, would have cost an author far fewer bits.

The word is read from a copied state, and so is each near word, both with the same text behind them. So a word that
exists but does not fit here is found too. Near words change, add, leave out or exchange letters, or divide the word in
two. Those are read that save most where they part from the word.

A name that is not known looks like a slip at first. So a word that the text uses again and again is left alone, and a
word with a capital must cost more.

This module knows nothing of pages.

Shapes: B = near words, V = vocab_size.
"""

import math
import re
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.writing.costs import log_softmax
from penwright.writing.engines.base import Engine

MIN_GAIN = 12.0
"""Bits that a near word must save: a slip in one word of a hundred, in one of some forty ways."""
CAPITAL_GAIN = 6.0
"""Further bits for a word that begins with a capital."""
MAX_USES = 2
"""Largest number of uses in the text of a word that may be a slip."""
MIN_CHARS, MAX_CHARS = 2, 24
NEAR_WORDS = 24
"""Largest number of near words that are read."""
LETTERS_TRIED = 6
CONTEXT_CHARS = 12
"""Characters behind the word that are read too."""
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


class Typo(NamedTuple):
    """A likely slip."""

    start: int
    """Index of the word's first character."""
    word: str
    instead: str
    """The near word."""
    gain: float
    """Bits that the near word saves."""


class TypoSearch:
    """The search for slips in one text."""

    def __init__(self, engine: Engine, alphabet: Alphabet, text: str) -> None:
        """Prepare the search.

        Args:
            engine: Engine of the author.
            alphabet: Alphabet of its model.
            text: The text.
        """
        self._engine, self._alphabet, self._text = engine, alphabet, text
        self._uses = Counter(match.group() for match in WORD.finditer(text))
        known = {text.strip() for text in alphabet.texts if WORD.fullmatch(text.strip())}
        self._known = known | {word for word, uses in self._uses.items() if uses > MAX_USES}
        self._letter_of = {symbol: text for symbol, text in enumerate(alphabet.texts) if len(text) == 1}
        self._is_of_characters = alphabet.unit == "characters"

    def may_be(self, word: str) -> bool:
        """Return True if a word is looked at: it is made of letters, not too long, and not used again and again."""
        return (
            MIN_CHARS <= len(word) <= MAX_CHARS
            and WORD.fullmatch(word) is not None
            and self._uses[word] <= MAX_USES
            and all(letter in self._alphabet for letter in word)
        )

    def run(self, start: int, word: str, *, lead: str, log_probs: NDArray[np.float32], state: Any) -> Typo | None:
        """Look at one word.

        Args:
            start: Index of its first character.
            word: A word of which `may_be` is True.
            lead: Characters before it that belong to its first symbol: a blank, with subwords.
            log_probs: Logarithms of the probabilities of its first symbol, (V,).
            state: State of the engine before that symbol, of one text. It is not changed.

        Returns:
            The slip, None if no near word saves enough.
        """
        end = start + len(word)
        behind = self._text[end : end + CONTEXT_CHARS]
        own = self._alphabet.encode(lead + word).astype(np.int64)
        logits, _ = self._engine.read(own[None], state, num_shown=len(own))
        predicted = np.concatenate([log_probs[None], log_softmax(logits[0])])  # (letters + 1, V)
        near = self._near_words(word, behind, predicted)
        if not near:
            return None
        costs = self._costs([lead + each + behind for each in (word, *near)], log_probs, state)
        best = int(np.argmin(costs[1:]))
        gain = float(costs[0] - costs[1 + best])
        needed = MIN_GAIN + (CAPITAL_GAIN if word[0].isupper() else 0.0)
        return Typo(start, word, near[best], gain) if gain >= needed else None

    def _near_words(self, word: str, behind: str, predicted: NDArray[np.float32]) -> list[str]:
        """Return the near words to read. `predicted` is of each letter of the word and of what follows it."""
        if not self._is_of_characters:
            return sorted(self._known & _one_edit_away(word) - {word})[:NEAR_WORDS]
        worth: dict[str, float] = {}
        for edited, gain in self._edits(word, behind, predicted):
            worth[edited] = max(gain, worth.get(edited, gain))
        worth.pop(word, None)
        return sorted(worth, key=lambda each: (-worth[each], each))[:NEAR_WORDS]

    def _edits(self, word: str, behind: str, predicted: NDArray[np.float32]) -> list[tuple[str, float]]:
        """Return near words, each with the nats that it saves where it parts from the word and at the next letter."""
        symbols = self._alphabet.encode(word + behind)[: len(word) + 1].astype(np.int64)
        typed = np.zeros(len(word) + 2)
        typed[: len(symbols)] = -predicted[np.arange(len(symbols)), symbols]
        edits = []
        for index in range(len(word) + 1):
            head, tail = word[:index], word[index:]
            gains = predicted[index] + (typed[index] + typed[index + 1])
            if tail and index + 1 < len(symbols):
                edits.append((head + tail[1:], float(gains[symbols[index + 1]])))
            if len(tail) > 1:
                edits.append((head + tail[1] + tail[0] + tail[2:], float(gains[symbols[index + 1]])))
            tried = 0
            for symbol in np.argsort(-gains, kind="stable").tolist():
                letter = self._letter_of.get(symbol, "")
                is_gap = letter == " " and 0 < index < len(word)
                if not (letter.isalpha() or is_gap) or (letter.isupper() and index > 0):
                    continue
                edits.append((head + letter + tail, float(gains[symbol])))
                if tail and not is_gap and not (index == 0 and letter.lower() == tail[0].lower()):
                    edits.append((head + letter + tail[1:], float(gains[symbol])))
                tried += 1
                if tried == LETTERS_TRIED:
                    break
        return edits

    def _costs(self, texts: list[str], log_probs: NDArray[np.float32], state: Any) -> NDArray[np.float64]:
        """Return the bits of some texts that begin at the same point, (B,)."""
        costs = []
        for text in texts:
            ids = self._alphabet.encode(text).astype(np.int64)
            nats = -float(log_probs[ids[0]])
            if len(ids) > 1:
                logits, _ = self._engine.read(ids[None, :-1], state, num_shown=len(ids) - 1)
                nats -= float(log_softmax(logits[0])[np.arange(len(ids) - 1), ids[1:]].sum(dtype=np.float64))
            costs.append(nats / math.log(2.0))
        return np.array(costs)


def _one_edit_away(word: str) -> set[str]:
    """Return what one edit with the letters a to z makes of a word."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    parts = [(word[:index], word[index:]) for index in range(len(word) + 1)]
    edited = {head + tail[1:] for head, tail in parts if tail}
    edited |= {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    edited |= {head + letter + tail[1:] for head, tail in parts if tail for letter in letters}
    return edited | {head + letter + tail for head, tail in parts for letter in letters}
