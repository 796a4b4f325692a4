"""Laws about words: another temperature where a word begins, and no words in a row written twice.

A word is a run of letters and digits; an apostrophe parts two. Capitals do not count.

Shapes: V = vocab_size, T = ids looked ahead.
"""

from collections.abc import Sequence

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.writing.laws.symbols import chances_of, lower
from penwright.writing.options import SamplingConfig
from penwright.writing.pen import Ahead, Mask, no_foresight
from penwright.writing.sampling import Logits

MAX_NGRAMS = 100_000
"""Runs of words remembered, about those of a novel. Before that, the oldest are forgotten."""
MAX_WORD_CHARS = 100
"""Characters of a word that count."""


class WordTemperature:
    """A temperature of its own for the beginnings of words.

    A symbol counts as the beginning of a word if no letter stands before it. A subword that brings its own blank counts
    if the author believes that it begins a word rather than continues one.
    """

    def __init__(self, alphabet: Alphabet, *, temperature: float) -> None:
        """Begin before the first symbol."""
        self._temperature = temperature
        self._begins = np.array([_begins_word(text) for text in alphabet.texts])
        self._has_beginnings = bool(self._begins.any())
        self._is_after_letter = False

    def read(self, text: str) -> None:
        """Take text that stands before."""
        if text:
            self._is_after_letter = _is_within_word(text[-1])

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Return the temperature of the next symbol."""
        if not self._is_after_letter:
            return self._temperature
        if self._has_beginnings:
            chances = np.where(allowed, np.exp(np.minimum(logits - logits[allowed].max(), 0.0)), 0.0)
            if chances[self._begins].sum() > 0.5 * chances.sum():
                return self._temperature
        return None

    def push(self, symbol: int, text: str) -> None:
        """Take what was written."""
        self.read(text)


class NoRepeatedNgrams:
    """No run of N words is completed twice.

    Where a word would complete such a run, it becomes less probable from its first letter on, by the chance that it
    would be completed. So another word is written, and not another ending of the same word. The chance is found by
    looking ahead. What is left, a symbol that would complete the run, is banned.
    """

    def __init__(self, alphabet: Alphabet, *, num_words: int, sampling: SamplingConfig) -> None:
        """Begin before the first symbol.

        Args:
            alphabet: Alphabet of the author.
            num_words: N, at least 2.
            sampling: Sampling options, by which the chances ahead are computed.
        """
        self.ahead: Ahead = no_foresight
        self._alphabet, self._num_words, self._sampling = alphabet, num_words, sampling
        self._texts = [lower(text) for text in alphabet.texts]
        self._opens_with_letter = np.array([text[:1].isalnum() for text in self._texts])
        self._ends_word = np.array([bool(text) and not text[0].isalnum() for text in self._texts])
        self._spelled = np.array([not text for text in self._texts])
        self._with_inner_end = [symbol for symbol, text in enumerate(self._texts) if _has_inner_end(text)]
        self._words: tuple[str, ...] = ()
        self._word = ""
        self._shown_word = ""
        self._known: dict[tuple[str, ...], None] = {}
        self._successors: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}
        """By N - 1 words, those that followed, in small letters and as they were written."""

    def __copy__(self) -> "NoRepeatedNgrams":
        other = object.__new__(NoRepeatedNgrams)
        other.__dict__.update(self.__dict__)
        other._known, other._successors = self._known.copy(), self._successors.copy()
        return other

    def read(self, text: str) -> None:
        """Take text that stands before."""
        for character in text:
            if character.isalnum():
                if len(self._word) < MAX_WORD_CHARS:
                    self._word += lower(character)
                    self._shown_word += character
            elif self._word:
                self._complete()

    def push(self, symbol: int, text: str) -> None:
        """Take what was written."""
        self.read(text)

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Weigh down the ways into words that would complete a known run, and ban their completion."""
        here = self._successors.get(self._words, ())
        within = tuple(each for each in here if each[0].startswith(self._word))
        after = self._successors.get((*self._words, self._word)[1:], ()) if self._word else ()
        if not within and not after:
            return None
        keep = allowed.copy()
        if any(word == self._word for word, _ in within):
            keep &= self._opens_with_letter
        for symbol in self._with_inner_end:
            if keep[symbol] and self._would_repeat(self._texts[symbol]):
                keep[symbol] = False
        self._weigh_down(logits, keep, within=within, after=after)
        if keep.any():
            allowed &= keep
        return None

    def _weigh_down(
        self,
        logits: Logits,
        keep: Mask,
        *,
        within: Sequence[tuple[str, str]],
        after: Sequence[tuple[str, str]],
    ) -> None:
        """Multiply the chance of each first symbol of a forbidden word by the chance that the word does not come."""
        risks: dict[int, float] = {}
        paths = {shown[len(self._word) :] for word, shown in within if word != self._word}
        if not self._is_of_characters:
            paths |= {" " + shown for _, shown in after}
        for path in paths:
            ids = self._alphabet.encode(path).tolist()
            risks[ids[0]] = risks.get(ids[0], 0.0) + self._chance_of_rest(ids)
        for symbol, risk in risks.items():
            if risk > 1 - 1e-6:
                keep[symbol] = False
            else:
                logits[symbol] += self._sampling.temperature * np.log1p(-risk)

    def _chance_of_rest(self, ids: list[int]) -> float:
        """Return the chance that, after the first of some ids, the others follow and then the end of the word."""
        rows = chances_of(self.ahead(ids), sampling=self._sampling)  # (T, V)
        rest = np.prod([row[symbol] for row, symbol in zip(rows[:-1], ids[1:], strict=True)])
        return float(rest * rows[-1][self._ends_word].sum())

    @property
    def _is_of_characters(self) -> bool:
        return self._alphabet.unit == "characters"

    def _would_repeat(self, text: str) -> bool:
        """Return True if a text would complete a known run."""
        words, word = self._words, self._word
        for character in text:
            if character.isalnum():
                word += character
            elif word:
                if any(word == each for each, _ in self._successors.get(words, ())):
                    return True
                words, word = (*words, word)[-(self._num_words - 1) :], ""
        return False

    def _complete(self) -> None:
        """Count the word that has ended."""
        run = (*self._words, self._word)
        if len(run) == self._num_words:
            if run in self._known:
                del self._known[run]  # and put it at the end
            else:
                others = self._successors.get(self._words, ())
                self._successors[self._words] = (*others, (self._word, self._shown_word))
            self._known[run] = None
            if len(self._known) > MAX_NGRAMS:
                self._forget(next(iter(self._known)))
        self._words = run[-(self._num_words - 1) :]
        self._word = self._shown_word = ""

    def _forget(self, run: tuple[str, ...]) -> None:
        del self._known[run]
        left = tuple(each for each in self._successors[run[:-1]] if each[0] != run[-1])
        if left:
            self._successors[run[:-1]] = left
        else:
            del self._successors[run[:-1]]


def _is_within_word(character: str) -> bool:
    """Return True for a letter, a digit and an apostrophe."""
    return character.isalnum() or character in "'\u2019"


def _begins_word(text: str) -> bool:
    """Return True for a subword that brings what stands before its word."""
    return len(text) > 1 and not _is_within_word(text[0]) and any(map(str.isalnum, text))


def _has_inner_end(text: str) -> bool:
    """Return True if a word ends before the last character of a text, or at it, after a letter of the same text."""
    return any(one.isalnum() and not two.isalnum() for one, two in zip(text, text[1:], strict=False))
