"""Many texts written side by side by one engine: texts join and leave between steps, each with a state of its own.

A text in a crowd is the same, to the last byte, as the text that `generation.iter_text` writes from the same bookmark
with the same numbers. It does not matter which others stand beside it, or when they join and leave.

The weights are read once for all texts, so a crowd writes several times as many characters as one text does in the
same time. Its texts are divided among threads.

Shapes: B = texts in the crowd, V = vocab_size.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet, Decoder
from penwright.errors import NoNumbersError
from penwright.kernels.adaptation import ADAPTS
from penwright.kernels.sampling import NO_NUMBER, choose_rows
from penwright.kernels.threads import thread_pool
from penwright.writing.engines.adaptation import no_adaptation
from penwright.writing.engines.compiled import CompiledEngine, TextState
from penwright.writing.generation import Bookmark
from penwright.writing.options import SamplingConfig
from penwright.writing.pen import MAX_MATCH_LENGTH, ForesightedGuide, Guide, look_ahead
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


class _Room(NamedTuple):
    """Memory for a number of texts, see `kernels.sampling.choose_rows`."""

    state: TextState
    logits: NDArray[np.float32]
    allowed: NDArray[np.bool_]
    limits: NDArray[np.float64]
    numbers: NDArray[np.int64]
    symbols: NDArray[np.int64]

    @property
    def arrays(self) -> "list[NDArray[Any]]":
        """Every array, one row for each text."""
        return [*self.state, *self[1:]]


class Crowd:
    """Texts that are written side by side."""

    def __init__(self, engine: CompiledEngine, alphabet: Alphabet, *, num_threads: int | None = None) -> None:
        """Begin without texts.

        Args:
            engine: Engine that writes.
            alphabet: Alphabet of its model.
            num_threads: Number of threads, None for as many as this process may use.
        """
        assert engine.vocab_size == alphabet.vocab_size, (engine.vocab_size, alphabet.vocab_size)
        self._engine, self._alphabet = engine, alphabet
        self._num_threads = num_threads or os.cpu_count() or 1
        self._members: list[_Member] = []
        self._room: _Room
        self._next_key = 0
        self._is_whole = [bool(text) for text in alphabet.texts]
        """True for symbols that are text by themselves, not nibbles."""
        self._allowed_at_edge = np.ones(alphabet.vocab_size, np.bool_)
        self._allowed_at_edge[list(ByteFallbackGate(alphabet).banned_ids)] = False
        self._grow(MIN_CAPACITY)

    def __len__(self) -> int:
        """Return the number of texts."""
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
        capacity, adapts = len(self._room.state.memory), self._room.state.adapts
        has_adapted = bookmark.state.adapts
        if row == capacity or has_adapted > adapts:
            self._grow(2 * row if row == capacity else capacity, adapts=has_adapted or adapts)
        self._put(bookmark.state, row)
        self._room.logits[row, 0] = bookmark.logits
        self._room.allowed[row] = self._allowed_at_edge
        self._room.numbers[row, :2] = draws
        gate, decoder = ByteFallbackGate(self._alphabet), self._alphabet.decoder()
        self._members.append(_Member(key, sampling, gate, decoder, tuple(guides)))
        self._set_limits(row, sampling)
        for guide in guides:
            if isinstance(guide, ForesightedGuide):
                guide.ahead = partial(self._ahead, key)
        self._next_key += 1
        return key

    def leave(self, key: int) -> Bookmark:
        """Remove a text and return where it is. The last text takes its row."""
        row = self._row_of(key)
        state = TextState(*[array[row : row + 1].copy() for array in self._room.state])  # type: ignore[arg-type]
        if not state.places[0, ADAPTS]:
            state = state._replace(**no_adaptation(1)._asdict())
        bookmark = Bookmark(self._room.logits[row, 0].copy(), state)
        last = len(self._members) - 1
        if row < last:
            for array in self._room.arrays:
                array[row] = array[last]
        self._members[row] = self._members[last]
        self._members.pop()
        return bookmark

    def step(self) -> list[Written]:
        """Write one symbol of every text.

        Raises:
            AuthorError: If the model's predictions are not numbers.
        """
        count = len(self._members)
        if not count:
            return []
        for row, member in enumerate(self._members):
            if member.guides:
                self._let_guides_adjust(row, member)
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
        if NO_NUMBER in symbols:
            raise NoNumbersError
        self._room.state.position[:count] += 1
        return [self._note(row, member, symbols[row]) for row, member in enumerate(self._members)]

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
        if self._room.symbols[first:stop].min() != NO_NUMBER:
            self._engine.read_rows(
                first, stop, self._room.symbols, self._room.state, self._room.logits, max_match_length=MAX_MATCH_LENGTH
            )

    def _note(self, row: int, member: _Member, symbol: int) -> Written:
        """Tell a text's gate, decoder and guides what it wrote."""
        if not member.guides and self._is_whole[symbol]:  # all that happens to most symbols, as fast as can be
            return Written(member.key, symbol, self._alphabet.texts[symbol])
        was_inside = member.gate.is_inside
        member.gate.push(symbol)
        if member.gate.is_inside or was_inside or member.guides:
            self._room.allowed[row] = self._allowed_at_edge
            if member.gate.is_inside:
                self._room.allowed[row] = True
                self._room.allowed[row, list(member.gate.banned_ids)] = False
        text = member.decoder.push(symbol)
        for guide in member.guides:
            guide.push(symbol, text)
        return Written(member.key, symbol, text)

    def _let_guides_adjust(self, row: int, member: _Member) -> None:
        sampling = member.sampling
        for guide in member.guides:
            temperature = guide.adjust(self._room.logits[row, 0], self._room.allowed[row])
            if temperature is not None:
                sampling = replace(sampling, temperature=temperature)
        self._set_limits(row, sampling)

    def _row_of(self, key: int) -> int:
        return next(row for row, member in enumerate(self._members) if member.key == key)

    def _ahead(self, key: int, ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the logits (T, V) after each of some ids, were they written next in a text."""
        row = self._row_of(key)
        state = TextState(*[array[row : row + 1] for array in self._room.state])  # type: ignore[arg-type]
        return look_ahead(self._engine, state, ids)

    def _set_limits(self, row: int, sampling: SamplingConfig) -> None:
        top_k = min(sampling.top_k, self._engine.vocab_size)
        self._room.limits[row] = (sampling.temperature, top_k, sampling.top_p, sampling.min_p)

    def _put(self, state: TextState, row: int) -> None:
        """Copy the memory of a text, which need not adapt although the room has place for that, to a row."""
        array: NDArray[Any]
        for array, own in zip(self._room.state, state, strict=True):
            if own[0].size or not array[row].size:
                array[row] = own[0]
            else:
                array[row] = 0

    def _grow(self, capacity: int, *, adapts: bool = False) -> None:
        """Make room for more texts, or for texts that adapt, and keep those that there are."""
        vocab_size, count = self._engine.vocab_size, len(self._members)
        room = _Room(
            self._engine.initial_state(capacity, adapts=adapts),
            logits=np.zeros((capacity, 1, vocab_size), np.float32),
            allowed=np.zeros((capacity, vocab_size), np.bool_),
            limits=np.zeros((capacity, 4), np.float64),
            numbers=np.zeros((capacity, 3), np.int64),
            symbols=np.zeros((capacity, 1), np.int64),
        )
        if count:
            for array, old in zip(room.arrays, self._room.arrays, strict=True):
                if old[0].size:
                    array[:count] = old[:count]
        self._room = room
