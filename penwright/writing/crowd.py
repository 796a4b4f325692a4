"""Many texts written side by side by one engine: texts join and leave between steps, each with a state of its own.

A text in a crowd is the same, to the last byte, as the text that `generation.iter_text` writes from the same bookmark
with the same numbers. It does not matter which others stand beside it, or when they join and leave.

The weights are read once for all texts, so a crowd writes several times as many characters as one text does in the
same time. Its texts are divided among threads.

A text can be set aside and go on later as if nothing had been. A text that fails, by a guide or by predictions that are
no numbers, is set aside as well and noted in `failures`; the others go on.

Shapes: B = texts in the crowd, V = vocab_size.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet, Decoder
from penwright.errors import NoNumbersError
from penwright.kernels.sampling import NO_NUMBER, choose_rows
from penwright.kernels.threads import thread_pool
from penwright.writing.crowd_memory import CrowdMemory, new_memory
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.generation import Bookmark
from penwright.writing.options import MAX_MATCH_LENGTH, SamplingConfig
from penwright.writing.pen import ForesightedGuide, Guide, look_ahead
from penwright.writing.sampling import Draws

MIN_CAPACITY = 4
MIN_ROWS_PER_THREAD = 4
"""Texts for which a thread is worth waking."""


class Written(NamedTuple):
    """What a text of the crowd wrote in one step."""

    key: int
    """Which text, see `Crowd.join`."""
    symbol: int
    text: str
    """The text that the symbol completed, which may be empty."""


class _Member(NamedTuple):
    """A text of the crowd."""

    key: int
    sampling: SamplingConfig
    gate: ByteFallbackGate
    decoder: Decoder
    guides: tuple[Guide, ...]


class Crowd:
    """Texts that are written side by side."""

    def __init__(
        self,
        engine: CompiledEngine,
        alphabet: Alphabet,
        *,
        num_threads: int | None = None,
        min_capacity: int = MIN_CAPACITY,
        max_match_length: int = MAX_MATCH_LENGTH,
    ) -> None:
        """Begin without texts.

        Args:
            engine: Engine that writes.
            alphabet: Alphabet of its model.
            num_threads: Number of threads, None for as many as this process may use.
            min_capacity: Number of texts for which there is always room.
            max_match_length: Number of characters for which each text may follow what stands before.
        """
        assert engine.vocab_size == alphabet.vocab_size, (engine.vocab_size, alphabet.vocab_size)
        self._engine, self._alphabet, self._max_match_length = engine, alphabet, max_match_length
        self._num_threads = num_threads or os.cpu_count() or 1
        self._members: list[_Member] = []
        self._rows: dict[int, int] = {}
        self._num_guided = 0
        """Number of texts with guides."""
        self.num_active = 0
        """Number of texts that are written; those set aside stand behind them."""
        self._lost: list[int] = []
        """Rows whose predictions were no numbers in this step."""
        self.failures: dict[int, Exception] = {}
        """Errors of the texts that failed, by key, until they leave."""
        self._room: CrowdMemory
        self._next_key = 0
        self._is_whole = [bool(text) for text in alphabet.texts]
        """True for symbols that are text by themselves, not nibbles."""
        self._allowed_at_edge = np.ones(alphabet.vocab_size, np.bool_)
        self._gate = ByteFallbackGate(alphabet)
        self._allowed_at_edge[list(self._gate.banned_ids)] = False
        self._min_capacity = min_capacity
        self._resize(min_capacity)

    def __len__(self) -> int:
        """Return the number of texts, those set aside included."""
        return len(self._members)

    def join(self, bookmark: Bookmark, *, sampling: SamplingConfig, draws: Draws, guides: Sequence[Guide] = ()) -> int:
        """Add a text.

        Args:
            bookmark: Where it begins, from `read_text` with this engine, with nothing unread. It stays as it is.
            sampling: Sampling options of this text.
            draws: Random numbers of this text.
            guides: Rules that steer this text. They have read what stands before it.

        Returns:
            Key of the text, by which it is known from now on.
        """
        assert not bookmark.unread, "read out the end of the prompt first"
        row, key = len(self._members), self._next_key
        capacity, adapts = self._room.capacity, self._room.state.adapts
        has_adapted = bookmark.state.adapts
        if row == capacity or has_adapted > adapts:
            self._resize(2 * row if row == capacity else capacity, adapts=has_adapted or adapts)
        self._room.put(row, bookmark)
        self._room.allowed[row] = self._allowed_at_edge
        self._room.numbers[row, :2] = draws
        gate, decoder = self._gate.fresh(), self._alphabet.decoder()
        self._members.append(_Member(key, sampling, gate, decoder, tuple(guides)))
        self._rows[key] = row
        self._num_guided += bool(guides)
        self._set_limits(row, sampling)
        for guide in guides:
            if isinstance(guide, ForesightedGuide):
                guide.ahead = partial(self._ahead, key)
        self._next_key += 1
        self.resume(key)
        return key

    def leave(self, key: int) -> Bookmark:
        """Remove a text and return where it is."""
        bookmark = self._room.bookmark(self._rows[key])
        self.drop(key)
        return bookmark

    def drop(self, key: int) -> None:
        """Remove a text. The last one takes its row."""
        row, last = self._rows[key], len(self._members) - 1
        if row < self.num_active:
            self.num_active -= 1
            self._exchange(row, self.num_active, keeps_both=False)
            row = self.num_active
        self._exchange(row, last, keeps_both=False)
        self._num_guided -= bool(self._members[last].guides)
        del self._rows[key], self._members[last]
        self.failures.pop(key, None)
        if self._room.capacity // 2 >= self._min_capacity and last <= self._room.capacity // 4:
            self._resize(self._room.capacity // 2, adapts=self._room.state.adapts)

    def pause(self, key: int) -> None:
        """Set a text aside: no step writes it until it is resumed."""
        if self._rows[key] < self.num_active:
            self.num_active -= 1
            self._exchange(self._rows[key], self.num_active)

    def resume(self, key: int) -> None:
        """Let a text that was set aside go on."""
        if self._rows[key] >= self.num_active:
            self._exchange(self._rows[key], self.num_active)
            self.num_active += 1

    def prediction(self, key: int) -> NDArray[np.float32]:
        """Return the logits (V,) of what a text writes next, before any guide."""
        logits: NDArray[np.float32] = self._room.logits[self._rows[key], 0].copy()
        return logits

    def step(self) -> list[Written]:
        """Write one symbol of every text that is not set aside. A text that fails is not among the results."""
        if self._num_guided:
            self._let_guides_adjust()
        count = self.num_active
        if not count:
            return []
        self._room.numbers[:count, 2] = self._room.state.position[:count]
        num_parts = max(1, min(self._num_threads, count // MIN_ROWS_PER_THREAD))
        edges = [count * part // num_parts for part in range(num_parts + 1)]
        waiting = [
            thread_pool("crowd").submit(self._step_rows, first, stop)
            for first, stop in zip(edges[1:-1], edges[2:], strict=True)
        ]
        self._step_rows(edges[0], edges[1])
        for part in waiting:
            part.result()
        symbols = self._room.symbols[:count, 0].tolist()
        self._room.state.position[:count] += 1
        self.failures |= {self._members[row].key: NoNumbersError() for row in self._lost}
        self._lost.clear()
        texts, is_whole = self._alphabet.texts, self._is_whole
        if not (self._num_guided or self.failures) and all(map(is_whole.__getitem__, symbols)):
            # Nearly always, and several times as fast as one by one.
            keys = [member.key for member in self._members[:count]]
            return list(map(Written, keys, symbols, map(texts.__getitem__, symbols)))
        written = [self._note(row, member, symbols[row]) for row, member in enumerate(self._members[:count])]
        if self.failures:
            written = [each for each in written if each.key not in self.failures]
            for key in self.failures:
                self.pause(key)
        return written

    def _step_rows(self, first: int, stop: int) -> None:
        """Draw the next symbols of some rows and read them."""
        choose_rows(
            first,
            stop,
            self._room.logits,
            self._room.allowed,
            self._room.limits,
            self._room.numbers,
            self._room.symbols,
        )
        chosen = self._room.symbols[first:stop, 0]
        if chosen.min() == NO_NUMBER:
            rows = np.flatnonzero(chosen == NO_NUMBER)
            self._lost += (first + rows).tolist()
            chosen[rows] = 0  # any symbol: what becomes of these texts does not matter
        room, limit = self._room, self._max_match_length
        self._engine.read_rows(first, stop, room.symbols, room.state, room.logits, max_match_length=limit)

    def _note(self, row: int, member: _Member, symbol: int) -> Written:
        """Tell a text's gate, decoder and guides what it wrote."""
        if not member.guides and self._is_whole[symbol]:
            return Written(member.key, symbol, self._alphabet.texts[symbol])
        was_inside = member.gate.is_inside
        member.gate.push(symbol)
        if member.gate.is_inside or was_inside or member.guides:
            self._room.allowed[row] = self._allowed_at_edge
            if member.gate.is_inside:
                self._room.allowed[row] = True
                self._room.allowed[row, list(member.gate.banned_ids)] = False
        text = member.decoder.push(symbol)
        try:
            for guide in member.guides:
                guide.push(symbol, text)
        except Exception as error:  # a guide may be anybody's
            self.failures[member.key] = error
        return Written(member.key, symbol, text)

    def _let_guides_adjust(self) -> None:
        failed = {}
        for row, member in enumerate(self._members[: self.num_active]):
            sampling = member.sampling
            try:
                for guide in member.guides:
                    temperature = guide.adjust(self._room.logits[row, 0], self._room.allowed[row])
                    if temperature is not None:
                        sampling = replace(sampling, temperature=temperature)
                if member.guides:
                    self._set_limits(row, sampling)
            except Exception as error:  # a guide may be anybody's
                failed[member.key] = error
        self.failures |= failed
        for key in failed:
            self.pause(key)

    def _exchange(self, row: int, other: int, *, keeps_both: bool = True) -> None:
        """Let two texts take each other's rows, or let the second take the row of the first."""
        self._room.exchange(row, other, keeps_both=keeps_both)
        self._members[row], self._members[other] = self._members[other], self._members[row]
        for each in (row, other):
            self._rows[self._members[each].key] = each

    def _ahead(self, key: int, ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the logits (T, V) after each of some ids, were they written next in a text."""
        row = self._rows[key]
        state = self._room.state.map(lambda array: array[row : row + 1])
        return look_ahead(self._engine, state, ids, max_match_length=self._max_match_length)

    def _set_limits(self, row: int, sampling: SamplingConfig) -> None:
        top_k = min(sampling.top_k, self._engine.vocab_size)
        self._room.limits[row] = (sampling.temperature, top_k, sampling.top_p, sampling.min_p)

    def _resize(self, capacity: int, *, adapts: bool = False) -> None:
        """Make room for a number of texts, or for texts that adapt, and keep those that there are."""
        room = new_memory(self._engine, capacity, adapts=adapts)
        if self._members:
            room.keep(self._room, len(self._members))
        self._room = room
