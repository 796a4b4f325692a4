"""The compiled engine: a whole step of a model in one kernel, without torch.

Any number of texts can be read side by side, each with a state of its own. A text has the same logits, to the last
bit, alone and beside any others, in one stretch or symbol by symbol. A long stretch of one text is read by several
threads, which does not change a bit either.

Shapes: B = texts, T = symbols read at once, S = symbols whose logits are returned, V = vocab_size.
"""

import copy

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.compiling import plain
from penwright.kernels.contexts import LETTER
from penwright.kernels.reading import new_work, num_stages_of, read
from penwright.model.config import ModelConfig
from penwright.ngrams import hashing
from penwright.ngrams.lookup_arrays import LookupArrays
from penwright.writing.engines.adaptation import Adaptation
from penwright.writing.engines.parameters import Weights, label_size_of, pack_parameters, sizes_of
from penwright.writing.engines.relay import relay
from penwright.writing.engines.text_state import TextState as TextState
from penwright.writing.engines.text_state import empty_text_state, successor_bits

NO_LIMIT = 1 << 62
MAX_AT_ONCE = 1 << 13
"""Symbols of a stretch that threads share; fewer have to wait for each other more often."""
RELAYED = 128
"""Symbols of a part, where several threads read one text. Twice as many, or half, took as long."""
_Work = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


class CompiledEngine:
    """A model that reads texts by one kernel."""

    def __init__(
        self,
        config: ModelConfig,
        weights: Weights,
        *,
        marks: NDArray[np.uint8],
        tables: LookupArrays | None,
        line_end: int | None = None,
    ) -> None:
        """Lay a model out.

        Args:
            config: Shape of the model.
            weights: Every weight by its name in `state_dict`, float32 or rounded.
            marks: uint8 (V,), see `ngrams.letters.marks_of`.
            tables: N-gram tables, None for a model without any.
            line_end: Id of the line feed, None if no single symbol stands for it; see `Adaptation`.
        """
        self.config = config
        self._adaptation = Adaptation(marks & LETTER != 0, line_end=line_end)
        self._kinds = config.kinds
        nothing = np.zeros(0, np.int64)
        if tables is None:
            flat = np.full(config.vocab_size, 1.0 / config.vocab_size, np.float32)
            none, floats = np.zeros(0, np.int32), np.zeros(256, np.float32)
            tables = LookupArrays(none, np.zeros(2, np.int32), nothing, none, floats, floats, flat)
        kinds = self._kinds
        self._match_kinds = np.array(kinds.match if config.has_match else (), np.int64)
        self._bits = successor_bits(config)
        self._fixed = (
            sizes_of(config),
            *pack_parameters(config, weights),
            np.ascontiguousarray(marks),
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
        self._label: NDArray[np.float32] | None = None
        self._num_stages = int(plain(num_stages_of)(self._fixed[0]))
        self._no_work = self._new_work(0)

    @property
    def vocab_size(self) -> int:
        """V."""
        return self.config.vocab_size

    @property
    def symbols_at_once(self) -> int:
        """Number of symbols of one text that are best read at once."""
        return MAX_AT_ONCE if self.config.is_residual else MAX_AT_ONCE // 16

    def initial_state(self, num_texts: int = 1, *, adapts: bool = False) -> TextState:
        """Return the state before the first symbol of some texts, which may adapt to what is read."""
        adaptation = self._adaptation if adapts else None
        state = empty_text_state(self.config, num_texts=num_texts, adaptation=adaptation)
        return state if self._label is None else self.relabelled(state, self._label)

    def with_label(self, vector: NDArray[np.float32]) -> "CompiledEngine":
        """Return an engine of the same model whose texts begin with a label, see `Engine.with_label`."""
        other = copy.copy(self)
        other._label = vector
        return other

    def relabelled(self, state: TextState, vector: NDArray[np.float32]) -> TextState:
        """Return the state of some texts with another label for what is read from here on."""
        size = label_size_of(self.config)
        assert vector.shape == (size,) and size, "a label of another model"
        memory = state.memory.copy()
        memory[:, -size:] = vector
        return state._replace(memory=memory)

    def to_text_state(self, state: TextState) -> TextState:
        """Return a state in the form that all engines share, which is this engine's own."""
        return state

    def from_text_state(self, state: TextState) -> TextState:
        """Return a state of the form that all engines share as this engine has it."""
        return state

    def read(
        self,
        ids: NDArray[np.int64],
        state: TextState,
        *,
        max_match_length: int | None = None,
        num_shown: int = 1,
        consumes_state: bool = False,
        learns: bool = False,
    ) -> tuple[NDArray[np.float32], TextState]:
        """Read symbols.

        Args:
            ids: (B, T), T at least 1.
            state: Result of the last call, or `initial_state`.
            max_match_length: See `ReadOptions`.
            num_shown: S, from 1 to T.
            consumes_state: True if the state's memory may be overwritten; it must not be used again.
            learns: True to let texts that adapt learn from the symbols.

        Returns:
            Logits (B, S, V) of what follows the last S symbols, and the state after the last.
        """
        num_texts, num_steps = ids.shape
        assert 1 <= num_shown <= num_steps and len(state.memory) == num_texts, (ids.shape, num_shown)
        state = state if consumes_state else state.copy()
        num_predicted = num_steps if state.adapts else num_shown
        logits = np.empty((num_texts, num_predicted, self.vocab_size), np.float32)
        ids = np.ascontiguousarray(ids)  # for others a kernel would be compiled anew
        if num_texts == 1 and num_steps > 2 * RELAYED and self.config.is_residual:
            self._relay(ids, state, logits, max_match_length=max_match_length, learns=learns)
        else:
            self.read_rows(0, num_texts, ids, state, logits, max_match_length=max_match_length, learns=learns)
        state.position[:] += num_steps
        return logits[:, num_predicted - num_shown :], state

    def read_rows(
        self,
        first: int,
        stop: int,
        ids: NDArray[np.int64],
        state: TextState,
        logits: NDArray[np.float32],
        *,
        max_match_length: int | None = None,
        learns: bool = False,
    ) -> None:
        """Read symbols of some texts, in place; their positions are left to the caller. Threads may do other texts.

        Args:
            first, stop: Slice of the texts.
            ids: (B, T), contiguous.
            state: Memory of B texts, to be replaced.
            logits: (B, S, V), to be filled. S is T if a text adapts.
            max_match_length: See `ReadOptions`.
            learns: See `read`.
        """
        limit = NO_LIMIT if max_match_length is None else max_match_length
        read(
            first,
            stop,
            0,
            self._num_stages,
            *self._no_work,
            ids,
            limit,
            *self._fixed,
            *state.network,
            self._bits,
            logits,
        )
        if state.adapts:
            self._adaptation.move(first, stop, ids, state.adapted, logits, learns=learns)

    def _relay(
        self,
        ids: NDArray[np.int64],
        state: TextState,
        logits: NDArray[np.float32],
        *,
        max_match_length: int | None,
        learns: bool,
    ) -> None:
        """Do what `read_rows` does with one long text, by several threads."""
        limit = NO_LIMIT if max_match_length is None else max_match_length
        num_steps, num_shown = ids.shape[1], logits.shape[1]
        edges = [*range(0, num_steps - RELAYED, RELAYED), num_steps]
        parts = [np.ascontiguousarray(ids[:, start:stop]) for start, stop in zip(edges, edges[1:], strict=False)]
        shown = [max(0, stop - (num_steps - num_shown)) for stop in edges]  # of those whose logits are wanted
        works: dict[int, _Work] = {}

        def run(part: int, stage: int) -> None:
            own = parts[part]
            predicted = logits[:, shown[part] : shown[part + 1]]
            if stage == self._num_stages:
                if state.adapts:
                    self._adaptation.move(0, 1, own, state.adapted, predicted, learns=learns)
                return
            if stage == 0:
                works[part] = self._new_work(own.shape[1])
            read(
                0,
                1,
                stage,
                stage + 1,
                *works[part],
                own,
                limit,
                *self._fixed,
                *state.network,
                self._bits,
                predicted,
            )
            if stage == self._num_stages - 1:
                del works[part]

        relay(run, num_parts=len(parts), num_stages=self._num_stages + 1)

    def _new_work(self, num_rows: int) -> _Work:
        """Return room for what one stage hands to the next, see `kernels.reading.new_work`."""
        kernel = new_work if num_rows else plain(new_work)
        work: _Work = kernel(num_rows, self._fixed[0], self._fixed[1], self._match_kinds)
        return work
