"""A law of bias: single characters and longer texts made more or less probable.

A bias is added to the logit of a character. For a longer text, what is meant is that all of it becomes so much more
or less probable; so each of its characters is weighed by the chance that the rest follows, which is found by looking
ahead. A word that is biased away thus gives way at its first letter, to another word.

Shapes: V = vocab_size.
"""

import math
from collections.abc import Mapping

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.errors import UsageError
from penwright.writing.laws.symbols import chances_of
from penwright.writing.options import SamplingConfig
from penwright.writing.pen import Ahead, Mask, no_foresight
from penwright.writing.sampling import Logits

NEVER = -100.0
"""A bias that bans."""
MIN_CHANCE = 1e-3
"""Chance below which it is not worth looking ahead, the bias included."""


class LogitBias:
    """Biases by text."""

    def __init__(self, alphabet: Alphabet, *, biases: Mapping[str, float], sampling: SamplingConfig) -> None:
        """Begin before the first symbol.

        Args:
            alphabet: Alphabet of the author.
            biases: Number to add to the logit, by text.
            sampling: Sampling options, by which the chances ahead are computed.

        Raises:
            UsageError: If a text has characters that the alphabet lacks, or several for an author of subwords.
        """
        self.ahead: Ahead = no_foresight
        self._sampling = sampling
        self._open = SamplingConfig(temperature=sampling.temperature, min_p=0.0)
        """With nothing pruned: what is to become probable may be improbable yet."""
        known = set(alphabet.characters)
        self._added = np.zeros(alphabet.vocab_size, np.float32)
        self._longer: list[tuple[str, list[int], float]] = []
        for text, bias in biases.items():
            if not known.issuperset(text):
                lacking = next(character for character in text if character not in known)
                raise UsageError(f"logit_bias {text!r}: the author's alphabet has no {lacking!r}.")
            if len(text) == 1:
                self._added += np.array([bias * each.count(text) for each in alphabet.texts], np.float32)
            elif alphabet.unit == "characters":
                self._longer.append((text, alphabet.encode(text).tolist(), bias))
            else:
                raise UsageError(
                    f"logit_bias {text!r}: this author writes in {alphabet.unit}, which may cut a text anywhere. "
                    "Give single characters."
                )
        self._banned = self._added <= NEVER
        self._tail_chars = max((len(text) for text, _, _ in self._longer), default=1) - 1
        self._tail = ""

    def read(self, text: str) -> None:
        """Take text that stands before."""
        if self._tail_chars:
            self._tail = (self._tail + text)[-self._tail_chars :]

    def push(self, symbol: int, text: str) -> None:
        """Take what was written."""
        self.read(text)

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Add the biases."""
        kept = allowed & ~self._banned
        logits += self._added
        for text, ids, bias in self._longer:
            for num_written in range(len(ids)):
                if self._tail.endswith(text[:num_written]):
                    self._weigh(logits, kept, ids[num_written:], bias)
        if kept.any():
            allowed &= kept
        return None

    def _weigh(self, logits: Logits, kept: Mask, ids: list[int], bias: float) -> None:
        """Weigh the next character of a text by the chance that the rest of the text follows."""
        if not kept[ids[0]]:
            return
        heat = max(self._sampling.temperature, 0.1)
        weight = math.exp(bias / heat)
        if len(ids) > 1:
            [chances] = chances_of(logits[None], sampling=self._open)
            if chances[ids[0]] * max(1.0, weight) < MIN_CHANCE:
                return
            sampling = self._open if bias > 0 else self._sampling
            rows = chances_of(self.ahead(ids[:-1]), sampling=sampling)
            rest = math.prod(float(row[symbol]) for row, symbol in zip(rows, ids[1:], strict=True))
            weight = 1.0 + (weight - 1.0) * rest
        if weight < 1e-6:
            kept[ids[0]] = False
        else:
            logits[ids[0]] += heat * math.log(weight)
