"""The interface of the engines: symbols and state in, logits and state out.

Shapes: B = texts, T = symbols read at once, S = symbols whose logits are returned, V = vocab_size,
E = width of a label's vector.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penwright.writing.engines.text_state import TextState


class Engine(Protocol):
    """A model that reads."""

    @property
    def vocab_size(self) -> int:
        """V."""

    @property
    def symbols_at_once(self) -> int:
        """Number of symbols of one text that are best read at once."""

    def initial_state(self, num_texts: int = 1, *, adapts: bool = False) -> Any:
        """Return the state before the first symbol of some texts.

        Args:
            num_texts: B.
            adapts: True if the model is to adapt to what it reads, see `engines.adaptation`.
        """

    def with_label(self, vector: NDArray[np.float32]) -> "Engine":
        """Return an engine of the same model whose texts begin with a label.

        Args:
            vector: (E,), sum of the labels' vectors by their shares. The model must have labels.
        """

    def relabelled(self, state: Any, vector: NDArray[np.float32]) -> Any:
        """Return the state of some texts with another label for what is read from here on."""

    def to_text_state(self, state: Any) -> TextState:
        """Return a state in the form that all engines share. It may share memory with the state."""

    def from_text_state(self, state: TextState) -> Any:
        """Return a state of the form that all engines share as this engine has it. It may share memory with it."""

    def read(
        self,
        ids: NDArray[np.int64],
        state: Any,
        *,
        max_match_length: int | None = None,
        num_shown: int = 1,
        consumes_state: bool = False,
        learns: bool = False,
    ) -> tuple[NDArray[np.float32], Any]:
        """Read symbols.

        Args:
            ids: (B, T), T at least 1.
            state: Result of the last call, or `initial_state`.
            max_match_length: Number of characters for which a text may repeat itself, None for no limit.
            num_shown: S, from 1 to T.
            consumes_state: True if the state's memory may be overwritten; it must not be used again.
            learns: True to let texts that adapt learn from the symbols. What a model writes itself is no lesson.

        Returns:
            Logits (B, S, V) of what follows the last S symbols, and the state after the last.
        """
