"""Write one symbol after another from a bookmark, under guides, with copies that go on by themselves.

A pen draws a symbol, lets the model read it, and waits. A copy shares nothing with its original, so a text may be
tried in several ways from one point, and what is not wanted is dropped.

This module knows nothing of prompts, of files, or of which guides there are.

Shapes: V = vocab_size, T = ids looked ahead.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet
from penwright.writing.bookmark import Bookmark
from penwright.writing.engines.base import Engine
from penwright.writing.options import MAX_MATCH_LENGTH, SamplingConfig
from penwright.writing.sampling import Draws, Logits, choose_next

Mask = NDArray[np.bool_]
Ahead = Callable[[Sequence[int]], NDArray[np.float32]]
"""Function from ids to the logits (T, V) after each of them, were they written next."""


class Guide(Protocol):
    """A rule that steers a text. It sees every symbol before it is drawn and after."""

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Change the logits (V,) and the allowed ids (V,) of the next symbol in place; at least one must stay allowed.

        Returns:
            Temperature of this symbol, None for the usual one.
        """

    def push(self, symbol: int, text: str) -> None:
        """Take the symbol that was drawn and the text that it completed, which may be empty."""


Guides = Sequence[Guide]


@runtime_checkable
class ReadingGuide(Guide, Protocol):
    """A guide for which the text before the first symbol matters."""

    def read(self, text: str) -> None:
        """Take text that stands before the first symbol that this guide steers."""


@runtime_checkable
class ForesightedGuide(Guide, Protocol):
    """A guide that asks what would follow."""

    ahead: Ahead
    """Set before the first symbol, and anew for a copy."""


class Pen:
    """A text that is being written."""

    def __init__(
        self,
        engine: Engine,
        alphabet: Alphabet,
        bookmark: Bookmark,
        *,
        sampling: SamplingConfig,
        draws: Draws,
        guides: Sequence[Guide] = (),
        max_match_length: int | None = MAX_MATCH_LENGTH,
    ) -> None:
        """Begin at some point of a text.

        Args:
            engine: Engine that writes.
            alphabet: Alphabet of its model.
            bookmark: Where it begins, with nothing unread. It stays as it is.
            sampling: Sampling options.
            draws: Random numbers.
            guides: Rules that steer the text, applied in their order.
            max_match_length: Number of characters for which the text may follow what stands before; None for no limit.
        """
        self._max_match_length = max_match_length
        self._engine, self._alphabet, self._sampling, self._draws = engine, alphabet, sampling, draws
        self.logits, self._state, self._guides = bookmark.logits, bookmark.state.copy(), list(guides)
        self._gate, self._decoder = ByteFallbackGate(alphabet), alphabet.decoder()
        self._allowed_at_edge = allowed_ids(alphabet, banned_ids=self._gate.banned_ids)
        self._ids, self._chances = np.zeros((1, 1), np.int64), np.empty(alphabet.vocab_size)
        self.symbol = -1
        """The symbol written last."""
        self._set_foresight()

    def write(self, *, attempt: int = 0) -> str:
        """Write one symbol.

        Args:
            attempt: Number of times that another symbol was drawn in its place.

        Returns:
            The text that it completes, which may be empty.

        Raises:
            AuthorError: If the model's predictions are not numbers.
        """
        gate, logits, sampling = self._gate, self.logits, self._sampling
        allowed = self._allowed_at_edge
        if gate.is_inside:
            allowed = allowed_ids(self._alphabet, banned_ids=gate.banned_ids)
        if self._guides:
            logits, allowed = logits.copy(), allowed.copy()
            for guide in self._guides:
                temperature = guide.adjust(logits, allowed)
                if temperature is not None:
                    sampling = replace(sampling, temperature=temperature)
        draw = self._draws.at(int(self._state.position[0]), attempt=attempt)
        symbol = choose_next(logits, config=sampling, allowed=allowed, draw=draw, chances=self._chances)
        gate.push(symbol)
        text = self._decoder.push(symbol)
        for guide in self._guides:
            guide.push(symbol, text)
        self._ids[0, 0] = self.symbol = symbol
        shown, self._state = self._engine.read(
            self._ids, self._state, max_match_length=self._max_match_length, consumes_state=True
        )
        self.logits = shown[0, 0]
        return text

    @property
    def guides(self) -> Sequence[Guide]:
        """The guides of this text, as they are now."""
        return self._guides

    @property
    def bookmark(self) -> Bookmark:
        """Where the text is. Another pen writes on from it with guides that have read the text so far, if the last
        symbol completed a text."""
        return Bookmark(self.logits.copy(), self._state.copy())

    def copy(self) -> "Pen":
        """Return a pen at the same point, which goes on by itself. Guides are copied by `copy.copy`."""
        other = copy.copy(self)
        other._state, other._guides = self._state.copy(), [copy.copy(guide) for guide in self._guides]
        other._gate = copy.copy(self._gate)
        other._decoder = copy.deepcopy(self._decoder, {id(self._alphabet): self._alphabet})
        other._ids, other._chances = self._ids.copy(), self._chances.copy()
        other._set_foresight()
        return other

    def _set_foresight(self) -> None:
        for guide in self._guides:
            if isinstance(guide, ForesightedGuide):
                guide.ahead = self._ahead

    def _ahead(self, ids: Sequence[int]) -> NDArray[np.float32]:
        return look_ahead(self._engine, self._state, ids, max_match_length=self._max_match_length)


def no_foresight(ids: Sequence[int]) -> NDArray[np.float32]:
    """Stand for `ForesightedGuide.ahead` until a pen or a crowd sets it."""
    raise AssertionError("the guide is not at a text yet")


def look_ahead(
    engine: Engine, state: Any, ids: Sequence[int], *, max_match_length: int | None = MAX_MATCH_LENGTH
) -> NDArray[np.float32]:
    """Return the logits (T, V) after each of some ids, read after a state of one text, which stays as it is."""
    shown, _ = engine.read(
        np.array([ids], np.int64), state.copy(), max_match_length=max_match_length, num_shown=len(ids)
    )
    logits: NDArray[np.float32] = shown[0]
    return logits


def allowed_ids(alphabet: Alphabet, *, banned_ids: Sequence[int]) -> Mask:
    """Return the allowed ids, bool (V,)."""
    allowed = np.ones(alphabet.vocab_size, np.bool_)
    allowed[list(banned_ids)] = False
    return allowed
