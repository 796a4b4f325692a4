"""The plain engine: the model's own steps, carried out by torch. The proof for the others, and for other devices.

Shapes: B = texts, T = symbols read at once, S = symbols whose logits are returned, V = vocab_size.
"""

import copy
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.model.char_model import CharModel, ModelState, ReadOptions
from penwright.model.context_models.match import MatchState
from penwright.model.labels import LabelState
from penwright.ngrams.contexts import ContextState, state_of, words_of
from penwright.writing.engines.adaptation import Adaptation, AdaptationState, no_adaptation
from penwright.writing.engines.text_state import TextState, empty_text_state


class PlainState(NamedTuple):
    """Memory of B texts."""

    model: ModelState
    position: NDArray[np.int64]
    """(B,)."""
    adapted: AdaptationState

    @property
    def adapts(self) -> bool:
        """True if a text of these may adapt."""
        return bool(self.adapted.biases.shape[1])

    def copy(self) -> "PlainState":
        """Return a copy that shares no memory with this state."""
        return PlainState(self.model.map(torch.clone), self.position.copy(), self.adapted.copy())


class PlainEngine:
    """A model that reads texts by torch, on any device. See `engines.base.Engine`."""

    def __init__(self, model: CharModel, *, adaptation: Adaptation | None = None) -> None:
        """Take a model as it is; no copy is made.

        Args:
            model: Model.
            adaptation: Biases of its alphabet, None for an engine whose texts never adapt.
        """
        self._model, self._adaptation = model, adaptation
        self._label: NDArray[np.float32] | None = None

    @property
    def vocab_size(self) -> int:
        """V."""
        return self._model.config.vocab_size

    @property
    def symbols_at_once(self) -> int:
        """Number of symbols of one text that are best read at once."""
        return 512

    def initial_state(self, num_texts: int = 1, *, adapts: bool = False) -> PlainState:
        """Return the state before the first symbol of some texts, which may adapt to what is read."""
        adapted = no_adaptation(num_texts)
        if adapts:
            assert self._adaptation is not None, "this engine was made without an adaptation"
            adapted = self._adaptation.initial_state(num_texts)
        with torch.inference_mode():
            state = PlainState(self._model.initial_state(num_texts), np.zeros(num_texts, np.int64), adapted)
            return state if self._label is None else self.relabelled(state, self._label)

    def with_label(self, vector: NDArray[np.float32]) -> "PlainEngine":
        """Return an engine of the same model whose texts begin with a label, see `Engine.with_label`."""
        other = copy.copy(self)
        other._label = vector
        return other

    def relabelled(self, state: PlainState, vector: NDArray[np.float32]) -> PlainState:
        """Return the state of some texts with another label for what is read from here on."""
        former = state.model.label
        assert former is not None, "a model without labels"
        with torch.inference_mode():
            vectors = torch.from_numpy(vector).to(former.vector).expand_as(former.vector).clone()
        return state._replace(model=state.model._replace(label=LabelState(vectors)))

    def to_text_state(self, state: PlainState) -> TextState:
        """Return a state in the form that all engines share."""
        num_texts, plain = len(state.position), state.model
        empty = empty_text_state(self._model.config, num_texts=num_texts)
        parts = plain.layers if plain.label is None else (*plain.layers, plain.label)
        flat = [tensor.to("cpu", torch.float32).reshape(num_texts, -1) for part in parts for tensor in part]
        memory = torch.cat(flat, dim=1).numpy() if flat else empty.memory
        shared = empty._replace(memory=memory, position=state.position.copy(), **state.adapted._asdict())
        if plain.contexts is not None:
            contexts = ContextState(*(tensor.cpu() for tensor in plain.contexts))
            shared = shared._replace(
                recent=contexts.recent.numpy(), words=words_of(contexts).numpy(), is_word=contexts.is_word.numpy()
            )
        if plain.match is not None:
            match = MatchState(*(tensor.cpu() for tensor in plain.match))
            pending = torch.stack([match.waiting, match.expected, match.length], dim=1)
            shared = shared._replace(slots=match.slots.numpy(), pending=pending.numpy())
        return shared

    def from_text_state(self, state: TextState) -> PlainState:
        """Return a state of the form that all engines share as this engine has it."""
        with torch.inference_mode():
            empty, start, layers = self._model.initial_state(len(state.position)), 0, []
            for layer in empty.layers:
                tensors = []
                for tensor in layer:
                    size = tensor[0].numel()
                    part = torch.from_numpy(state.memory[:, start : start + size]).reshape(tensor.shape)
                    tensors.append(part.to(tensor))
                    start += size
                layers.append(type(layer)(*tensors))
            contexts, match, label = empty.contexts, empty.match, empty.label
            if label is not None:
                label = LabelState(torch.from_numpy(state.memory[:, start:]).to(label.vector))
            if contexts is not None:
                shared = state_of(*map(torch.from_numpy, (state.recent, state.words, state.is_word)))
                contexts = ContextState(*(tensor.to(contexts.run.device) for tensor in shared))
            if match is not None:
                pending = torch.from_numpy(state.pending).unbind(dim=1)
                slots = torch.from_numpy(state.slots)
                match = MatchState(*(tensor.to(match.slots.device) for tensor in (slots, *pending)))
            return PlainState(ModelState(tuple(layers), contexts, match, label), state.position.copy(), state.adapted)

    def read(
        self,
        ids: NDArray[np.int64],
        state: PlainState,
        *,
        max_match_length: int | None = None,
        num_shown: int = 1,
        consumes_state: bool = False,
        learns: bool = False,
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
            num_steps, adapted = ids.shape[1], state.adapted
            num_predicted = num_steps if state.adapts else num_shown
            shown = logits[:, num_steps - num_predicted :].to("cpu", torch.float32).numpy().copy()
        if state.adapts:
            assert self._adaptation is not None, "this engine was made without an adaptation"
            adapted = adapted.copy()
            self._adaptation.move(0, len(ids), np.ascontiguousarray(ids), adapted, shown, learns=learns)
        return shown[:, num_predicted - num_shown :], PlainState(after, state.position + num_steps, adapted)
