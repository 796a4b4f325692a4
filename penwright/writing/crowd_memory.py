"""Memory of a crowd of texts: one row for each in every array. `crowd` says which text has which row.

Shapes: B = texts that there is room for, V = vocab_size.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.adaptation import ADAPTS
from penwright.writing.bookmark import Bookmark
from penwright.writing.engines.adaptation import no_adaptation
from penwright.writing.engines.compiled import CompiledEngine, TextState


class CrowdMemory(NamedTuple):
    """Memory of B texts, see `kernels.sampling.choose_rows`."""

    state: TextState
    logits: NDArray[np.float32]
    allowed: NDArray[np.bool_]
    limits: NDArray[np.float64]
    numbers: NDArray[np.int64]
    symbols: NDArray[np.int64]

    @property
    def capacity(self) -> int:
        """B."""
        return len(self.state.memory)

    @property
    def arrays(self) -> "list[NDArray[Any]]":
        """Every array, one row for each text."""
        return [*self.state, *self[1:]]

    def put(self, row: int, bookmark: Bookmark) -> None:
        """Copy the state of a text, which need not adapt although there is memory for that, to a row."""
        arrays: Sequence[NDArray[Any]] = self.state
        for array, own in zip(arrays, bookmark.state, strict=True):
            if own[0].size or not array[row].size:
                array[row] = own[0]
            else:
                array[row] = 0
        self.logits[row, 0] = bookmark.logits

    def bookmark(self, row: int) -> Bookmark:
        """Return a copy of the state of a text."""
        state = self.state.map(lambda array: array[row : row + 1].copy())
        if not state.places[0, ADAPTS]:
            state = state._replace(**no_adaptation(1)._asdict())
        return Bookmark(self.logits[row, 0].copy(), state)

    def exchange(self, row: int, other: int, *, keeps_both: bool) -> None:
        """Exchange two rows, or copy the second over the first."""
        for array in self.arrays if row != other else ():
            kept = array[row].copy()
            array[row] = array[other]
            if keeps_both:
                array[other] = kept

    def keep(self, old: "CrowdMemory", count: int) -> None:
        """Copy the first rows of another memory, which may have none for what texts adapt to."""
        for array, former in zip(self.arrays, old.arrays, strict=True):
            if former[0].size:
                array[:count] = former[:count]


def new_memory(engine: CompiledEngine, capacity: int, *, adapts: bool) -> CrowdMemory:
    """Return memory for a number of texts, which may adapt."""
    return CrowdMemory(
        engine.initial_state(capacity, adapts=adapts),
        logits=np.zeros((capacity, 1, engine.vocab_size), np.float32),
        allowed=np.zeros((capacity, engine.vocab_size), np.bool_),
        limits=np.zeros((capacity, 4), np.float64),
        numbers=np.zeros((capacity, 3), np.int64),
        symbols=np.zeros((capacity, 1), np.int64),
    )
