"""The plain engine: the model's own steps, carried out by torch. The proof for the others, and for other devices.

Shapes: B = texts, T = symbols read at once, S = symbols whose logits are returned, V = vocab_size.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.model.char_model import CharModel, ModelState, ReadOptions


class PlainState(NamedTuple):
    """Memory of B texts."""

    model: ModelState
    position: NDArray[np.int64]
    """(B,)."""

    def copy(self) -> "PlainState":
        """Return a copy that shares no memory with this state."""
        return PlainState(self.model.map(torch.clone), self.position.copy())


class PlainEngine:
    """A model that reads texts by torch, on any device. See `engines.base.Engine`."""

    def __init__(self, model: CharModel) -> None:
        """Take a model as it is; no copy is made."""
        self._model = model

    @property
    def vocab_size(self) -> int:
        """V."""
        return self._model.config.vocab_size

    def initial_state(self, num_texts: int = 1) -> PlainState:
        """Return the state before the first symbol of some texts."""
        with torch.inference_mode():
            return PlainState(self._model.initial_state(num_texts), np.zeros(num_texts, np.int64))

    def read(
        self,
        ids: NDArray[np.int64],
        state: PlainState,
        *,
        max_match_length: int | None = None,
        num_shown: int = 1,
        consumes_state: bool = False,
    ) -> tuple[NDArray[np.float32], PlainState]:
        """Read symbols, as `Engine.read` says. The state passed in is never changed."""
        given = torch.from_numpy(ids).to(next(self._model.parameters()).device)
        options = ReadOptions(max_match_length=max_match_length)
        with torch.inference_mode():
            if ids.shape[1] == 1:
                logits, after = self._model.step(given[:, 0], state.model, options=options)
                logits = logits.unsqueeze(1)
            else:
                logits, after = self._model.sequence(given, state.model, options=options)
            shown = logits[:, ids.shape[1] - num_shown :].to("cpu", torch.float32).numpy().copy()
        return shown, PlainState(after, state.position + ids.shape[1])
