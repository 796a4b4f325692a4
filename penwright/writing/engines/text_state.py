"""The memory of texts in the form that all engines share: plain arrays, whichever engine has read.

Shapes: B = texts, F = numbers remembered by all layers of a text, C = contexts of the match model,
R = rows of biases, V = vocab_size; both are 0 if no text adapts.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.model.config import ModelConfig
from penwright.writing.engines.adaptation import Adaptation, AdaptationState, no_adaptation
from penwright.writing.engines.parameters import memory_size_of

NARROW = 8
WIDE = 17
"""Bits of a successor in a slot of the match model, see `model.context_models.match`."""


class TextState(NamedTuple):
    """Memory of B texts in the form that all engines share, and that a bookmark on disk holds."""

    memory: NDArray[np.float32]
    """(B, F), of all layers, the lowest first, and the vector of the text's label if the model has labels."""
    recent: NDArray[np.int64]
    """(B, reach), the last symbols, oldest first."""
    words: NDArray[np.int64]
    """(B, W), hashes of the present run and of the three words before it. Kinds of context with settings have more, see
    `kernels.contexts`."""
    is_word: NDArray[np.bool_]
    """(B,)."""
    slots: NDArray[Any]
    """int32 or int64 (B, C, slots) of the match model."""
    pending: NDArray[np.int64]
    """(B, 3, C): the contexts that wait for a successor, the successors expected, and the match lengths."""
    position: NDArray[np.int64]
    """(B,), number of symbols read."""
    biases: NDArray[np.float32]
    """(B, R, V), as the three that follow: what texts that adapt have shown, see `AdaptationState`."""
    factors: NDArray[np.float32]
    """(B,)."""
    waiting: NDArray[np.float32]
    """(B, 2, V)."""
    places: NDArray[np.int64]
    """(B, NUM_PLACES)."""

    @property
    def network(self) -> tuple[Any, Any, Any, Any, Any, Any]:
        """The arrays that the kernel of a model replaces, `memory` to `pending`."""
        return self[:6]

    @property
    def adapts(self) -> bool:
        """True if a text of these may adapt."""
        return bool(self.biases.shape[1])

    @property
    def adapted(self) -> AdaptationState:
        """What the texts have shown. It shares memory with this state."""
        return AdaptationState(self.biases, self.factors, self.waiting, self.places)

    def copy(self) -> "TextState":
        """Return a copy that shares no memory with this state."""
        return self.map(np.copy)

    def map(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> "TextState":
        """Return a state with every array changed."""
        return TextState(*map(change, self))  # type: ignore[arg-type]  # in the same order


def successor_bits(config: ModelConfig) -> int:
    """Return the number of bits of a successor in a slot."""
    return NARROW if config.vocab_size < 1 << NARROW else WIDE


def empty_text_state(config: ModelConfig, *, num_texts: int, adaptation: Adaptation | None = None) -> TextState:
    """Return the state before the first symbol of some texts, which adapt if an adaptation is given."""
    adapted = no_adaptation(num_texts) if adaptation is None else adaptation.initial_state(num_texts)
    kinds = config.kinds
    num_kinds = len(kinds.match) if config.has_match else 0
    dtype: Any = np.int32 if successor_bits(config) == NARROW else np.int64
    return TextState(
        np.zeros((num_texts, memory_size_of(config)), np.float32),
        np.zeros((num_texts, kinds.reach), np.int64),
        np.zeros((num_texts, kinds.num_words), np.int64),
        np.zeros(num_texts, np.bool_),
        np.zeros((num_texts, num_kinds, config.match_slots if num_kinds else 1), dtype),
        np.zeros((num_texts, 3, num_kinds), np.int64),
        np.zeros(num_texts, np.int64),
        *adapted,
    )
