"""The memory of a whole model as a value: cut from its history, laid out as named tensors, and rebuilt with care.

It knows nothing of files.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor

from penwright.errors import CheckpointError
from penwright.model.cells.base import State
from penwright.model.context_models.match import MatchState
from penwright.model.labels import LabelState
from penwright.ngrams.contexts import ContextState


class ModelState(NamedTuple):
    """The memory of a model."""

    layers: tuple[State, ...]
    """One entry per layer, the lowest first."""
    contexts: ContextState | None = None
    """Memory of the contexts, None for a model without context models."""
    match: MatchState | None = None
    """Memory of the match model, None for a model without one."""
    label: LabelState | None = None
    """Labels of the texts, None for a model without labels."""

    @property
    def parts(self) -> tuple[State, ...]:
        """Every entry: the layers', then those of the context models and of the labels if there are any."""
        others = (self.contexts, self.match, self.label)
        return (*self.layers, *(part for part in others if part is not None))

    def map(self, change: Callable[[Tensor], Tensor]) -> "ModelState":
        """Return a state with every tensor changed."""
        return self.with_parts(_like(part, map(change, part)) for part in self.parts)

    def with_parts(self, parts: Iterable[State]) -> "ModelState":
        """Return a state with other entries, in the order of `parts`."""
        left = iter(parts)
        layers = tuple(next(left) for _ in self.layers)
        others = (None if part is None else next(left) for part in (self.contexts, self.match, self.label))
        return ModelState(layers, *cast(tuple[ContextState | None, MatchState | None, LabelState | None], others))


class Stack(Protocol):
    """Anything with a memory of a known shape, such as a `CharModel`."""

    def initial_state(self, batch_size: int) -> ModelState:
        """Return the state before the first character of `batch_size` texts."""


def detach_state(state: ModelState) -> ModelState:
    """Return the same memory without its history, so that gradients reach no further back."""
    return state.map(Tensor.detach)


def some_lanes(state: ModelState, lanes: slice) -> ModelState:
    """Return the memory of some lanes, without copying it."""
    return state.map(lambda tensor: tensor[lanes])


def all_lanes(states: Sequence[ModelState]) -> ModelState:
    """Return the memory of several groups of lanes as one, which is a copy."""
    return states[0].with_parts(
        _like(parts[0], (torch.cat(tensors) for tensors in zip(*parts, strict=True)))
        for parts in zip(*(state.parts for state in states), strict=True)
    )


def state_to_tensors(state: ModelState, prefix: str) -> dict[str, Tensor]:
    """Name every tensor of a state `<prefix><number of its part>.<field>`, ready to be saved."""
    return {
        f"{prefix}{number}.{field}": tensor.detach().contiguous()
        for number, part in enumerate(state.parts)
        for field, tensor in zip(_fields(part), part, strict=True)
    }


def state_from_tensors(model: Stack, tensors: Mapping[str, Tensor], prefix: str) -> ModelState:
    """Rebuild a state from `state_to_tensors`, on the model's device. A tensor without elements may be missing.

    Args:
        model: The model that the state belongs to.
        tensors: Named tensors; those whose names do not begin with `prefix` are not looked at.
        prefix: As given to `state_to_tensors`.

    Raises:
        CheckpointError: If a tensor is missing, left over, not of the model's shape and type, or not finite.
    """
    initial = model.initial_state(1)
    own = state_to_tensors(initial, prefix)
    names, given = set(own), {name for name in tensors if name.startswith(prefix)}
    names -= {name for name in names - given if not own[name].numel()}
    for name in sorted(names ^ given):
        problem = "lacks" if name in names else "holds, beyond this model's memory,"
        raise CheckpointError(f"the saved state {problem} '{name}'. It belongs to another model: start without it.")
    parts, num_lanes = [], 0
    for number, part in enumerate(initial.parts):
        restored = []
        for field, template in zip(_fields(part), part, strict=True):
            name = f"{prefix}{number}.{field}"
            if name not in names:
                restored.append(template.new_zeros(num_lanes, *template.shape[1:]))
                continue
            value = tensors[name]
            num_lanes = num_lanes or (len(value) if value.dim() else 0)
            needed = (num_lanes, *template.shape[1:])
            if not num_lanes or value.shape != needed or value.dtype != template.dtype:
                raise CheckpointError(
                    f"the saved state's '{name}' is {value.dtype} {tuple(value.shape)}; this model needs "
                    f"{template.dtype} {needed}. It belongs to another model: start without it."
                )
            if not value.isfinite().all():
                raise CheckpointError(f"the saved state's '{name}' holds values that are not finite. Start without it.")
            restored.append(value.to(template.device))
        parts.append(_like(part, restored))
    return initial.with_parts(parts)


def _fields(part: State) -> tuple[str, ...]:
    return cast(tuple[str, ...], cast(Any, part)._fields)  # every state is a named tuple


def _like(part: State, tensors: Iterable[Tensor]) -> State:
    return cast(State, cast(Any, part)._make(tensors))
