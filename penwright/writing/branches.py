"""Many ways to go on from one point of a text, each read by the engine and kept as what it changed.

A copy of a state costs as much as its match model: over a megabyte for the author in the box, and as much again for
what it has adapted to. One symbol changes one slot of each context, and nothing is learned from it. So a branch keeps
the small arrays of its state and the slots that differ from the root's. The engine reads in a few rows that are the
root's, lent to one branch after the other.

This module knows nothing of alphabets, words or probabilities.

Shapes: B = branches read at once, V = vocab_size, C = contexts of the match model, n = slots that differ.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.writing.engines.base import Engine
from penwright.writing.engines.text_state import TextState

LENT = ("slots", "biases")
"""Names of the arrays of a state that branches share."""


class Branch(NamedTuple):
    """A way to go on."""

    logits: NDArray[np.float32]
    """Prediction of the next symbol, (V,)."""
    state: TextState
    """Memory of this one text; its LENT arrays are empty."""
    changed: NDArray[np.int64]
    """(n,), indices into the flat slots of what differs from the root; a later one of the same index counts."""
    values: NDArray[np.int64]
    """(n,), what stands there."""


class Branches:
    """A point of a text, and the engine that goes on from it."""

    def __init__(self, engine: Engine, logits: NDArray[np.float32], state: TextState, *, num_rows: int) -> None:
        """Begin at a point.

        Args:
            engine: Engine that reads.
            logits: Prediction of the next symbol, (V,).
            state: Memory of one text.
            num_rows: Largest number of branches read at once.
        """
        self._engine = engine
        self._rows = state.map(lambda array: np.repeat(array, num_rows, axis=0))
        self._slots = state.slots.reshape(-1)
        nothing = np.zeros(0, np.int64)
        self.root = Branch(logits, _small(state), nothing, nothing)
        """The point itself."""

    def read(self, branches: Sequence[Branch], symbols: Sequence[int]) -> list[Branch]:
        """Return the branches after one more symbol each, at most as many as there are rows."""
        count, own = len(branches), []
        rows = self._rows.map(lambda array: array[:count])
        num_kinds, num_slots = rows.slots.shape[1:]
        slots = rows.slots.reshape(count, num_kinds * num_slots)
        for row, branch in enumerate(branches):
            for name, value in branch.state._asdict().items():
                if name not in LENT:
                    getattr(rows, name)[row] = value[0]
            slots[row, branch.changed] = branch.values
            waiting = branch.state.pending[0, 0]
            own.append((np.arange(num_kinds) * num_slots + (waiting & (num_slots - 1)))[waiting > 0])
        ids = np.array(symbols, np.int64)[:, None]
        logits, after = self._engine.read(ids, self._engine.from_text_state(rows), consumes_state=True)
        shared = self._engine.to_text_state(after)
        read, found = [], shared.slots.reshape(slots.shape)
        small = _small(shared)
        for row, branch in enumerate(branches):
            changed = np.concatenate([branch.changed, own[row]])
            state = small.map(partial(_row_of, row=row))
            read.append(Branch(logits[row, 0], state, changed, found[row, changed].astype(np.int64)))
            slots[row, changed] = self._slots[changed]
        return read


def _small(state: TextState) -> TextState:
    return state._replace(**{name: getattr(state, name)[..., :0] for name in LENT})


def _row_of(array: NDArray[Any], *, row: int) -> NDArray[Any]:
    return array[row : row + 1].copy()
