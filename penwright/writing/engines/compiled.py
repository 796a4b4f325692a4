"""The compiled engine: a whole step of a model in one kernel, on one thread for each text, without torch.

Any number of texts can be read side by side, each with a state of its own. A text has the same logits, to the last
bit, alone and beside any others, in one stretch or symbol by symbol.

Shapes: B = texts, T = symbols read at once, S = symbols whose logits are returned, V = vocab_size.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.reading import read
from penwright.model.config import ModelConfig
from penwright.ngrams import hashing
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.lookup_arrays import LookupArrays
from penwright.writing.engines.parameters import Weights, memory_size_of, pack_parameters, sizes_of

NO_LIMIT = 1 << 62
_NARROW = 8
_WIDE = 17
"""Bits of a successor in a slot of the match model, see `model.context_models.match`."""


class TextState(NamedTuple):
    """Memory of B texts."""

    memory: NDArray[np.float32]
    """(B, F), of all layers, the lowest first."""
    recent: NDArray[np.int64]
    """(B, reach), the last symbols, oldest first."""
    words: NDArray[np.int64]
    """(B, 4), hashes of the present run and of the three words before it."""
    is_word: NDArray[np.bool_]
    """(B,)."""
    slots: NDArray[Any]
    """int32 or int64 (B, C, slots) of the match model."""
    pending: NDArray[np.int64]
    """(B, 3, C): the contexts that wait for a successor, the successors expected, and the match lengths."""
    position: NDArray[np.int64]
    """(B,), number of symbols read."""

    def copy(self) -> "TextState":
        """Return a copy that shares no memory with this state."""
        return TextState(*[array.copy() for array in self])  # type: ignore[arg-type]  # in the same order


class CompiledEngine:
    """A model that reads texts by one kernel."""

    def __init__(
        self,
        config: ModelConfig,
        weights: Weights,
        *,
        is_letter: NDArray[np.bool_],
        tables: LookupArrays | None,
    ) -> None:
        """Lay a model out.

        Args:
            config: Shape of the model.
            weights: Every weight by its name in `state_dict`, float32 or rounded.
            is_letter: bool (V,), see `ngrams.letters.letters_of`.
            tables: N-gram tables, None for a model without any.
        """
        self.config = config
        self._kinds = kinds_of(config.unit)
        nothing = np.zeros(0, np.int64)
        if tables is None:
            flat = np.full(config.vocab_size, 1.0 / config.vocab_size, np.float32)
            none, floats = np.zeros(0, np.int32), np.zeros(256, np.float32)
            tables = LookupArrays(none, np.zeros(2, np.int32), nothing, none, floats, floats, flat)
        kinds = self._kinds
        self._match_kinds = np.array(kinds.match if config.has_match else (), np.int64)
        self._bits = _NARROW if config.vocab_size < 1 << _NARROW else _WIDE
        self._memory_size = memory_size_of(config)
        self._fixed = (
            sizes_of(config),
            *pack_parameters(config, weights),
            np.ascontiguousarray(is_letter),
            np.array(kinds.orders, np.int64),
            hashing.leaving(kinds.orders),
            hashing.salts(kinds.num_kinds),
            hashing.FACTORS,
            kinds.has_joints,
            np.array([-1 if kind is None else kind for kind in kinds.shorter], np.int64),
            np.array([kind - kinds.first_output for kind in kinds.inputs], np.int64),
            self._match_kinds,
            *tables,
        )

    @property
    def vocab_size(self) -> int:
        """V."""
        return self.config.vocab_size

    def initial_state(self, num_texts: int = 1) -> TextState:
        """Return the state before the first symbol of some texts."""
        num_kinds = len(self._match_kinds)
        dtype: Any = np.int32 if self._bits == _NARROW else np.int64
        return TextState(
            np.zeros((num_texts, self._memory_size), np.float32),
            np.zeros((num_texts, self._kinds.reach), np.int64),
            np.zeros((num_texts, 4), np.int64),
            np.zeros(num_texts, np.bool_),
            np.zeros((num_texts, num_kinds, self.config.match_slots if num_kinds else 1), dtype),
            np.zeros((num_texts, 3, num_kinds), np.int64),
            np.zeros(num_texts, np.int64),
        )

    def read(
        self,
        ids: NDArray[np.int64],
        state: TextState,
        *,
        max_match_length: int | None = None,
        num_shown: int = 1,
        consumes_state: bool = False,
    ) -> tuple[NDArray[np.float32], TextState]:
        """Read symbols.

        Args:
            ids: (B, T), T at least 1.
            state: Result of the last call, or `initial_state`.
            max_match_length: See `ReadOptions`.
            num_shown: S, from 1 to T.
            consumes_state: True if the state's memory may be overwritten; it must not be used again.

        Returns:
            Logits (B, S, V) of what follows the last S symbols, and the state after the last.
        """
        num_texts, num_steps = ids.shape
        assert 1 <= num_shown <= num_steps and len(state.memory) == num_texts, (ids.shape, num_shown)
        state = state if consumes_state else state.copy()
        logits = np.empty((num_texts, num_shown, self.vocab_size), np.float32)
        ids = np.ascontiguousarray(ids)  # for others a kernel would be compiled anew
        self.read_rows(0, num_texts, ids, state, logits, max_match_length=max_match_length)
        state.position[:] += num_steps
        return logits, state

    def read_rows(
        self,
        first: int,
        stop: int,
        ids: NDArray[np.int64],
        state: TextState,
        logits: NDArray[np.float32],
        *,
        max_match_length: int | None = None,
    ) -> None:
        """Read symbols of some texts, in place; their positions are left to the caller. Threads may do other texts.

        Args:
            first, stop: Slice of the texts.
            ids: (B, T), contiguous.
            state: Memory of B texts, to be replaced.
            logits: (B, S, V), to be filled.
            max_match_length: See `ReadOptions`.
        """
        limit = NO_LIMIT if max_match_length is None else max_match_length
        read(first, stop, ids, limit, *self._fixed, *state[:-1], self._bits, logits)
