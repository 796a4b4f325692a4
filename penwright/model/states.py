"""The memory of a whole stack as a value: cut from its history, laid out as named tensors, and rebuilt with care.

It knows nothing of files: what is saved, and where, is up to the caller.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from penwright.errors import CheckpointError
from penwright.model.cells.base import State

ModelState = tuple[State, ...]
"""One entry per layer, the lowest first."""


class Stack(Protocol):
    """What has a memory of a known shape: a `CharModel`."""

    def initial_state(self, batch_size: int) -> ModelState:
        """Return the state before the first character of `batch_size` texts."""


def detach_state(state: ModelState) -> ModelState:
    """Return the same memory without its history, so that gradients reach no further back."""
    return tuple(_like(layer, [tensor.detach() for tensor in layer]) for layer in state)


def some_lanes(state: ModelState, lanes: slice) -> ModelState:
    """Return the memory of some lanes, without copying it."""
    return tuple(_like(layer, [tensor[lanes] for tensor in layer]) for layer in state)


def all_lanes(states: Sequence[ModelState]) -> ModelState:
    """Return the memory of several groups of lanes as one."""
    if len(states) == 1:
        return states[0]
    return tuple(
        _like(layers[0], [torch.cat(tensors) for tensors in zip(*layers, strict=True)])
        for layers in zip(*states, strict=True)
    )


def state_to_tensors(state: ModelState, prefix: str) -> dict[str, Tensor]:
    """Name every tensor of a state `<prefix><layer>.<field>`, ready to be saved."""
    return {
        f"{prefix}{number}.{field}": tensor.detach().contiguous()
        for number, layer in enumerate(state)
        for field, tensor in zip(_fields(layer), layer, strict=True)
    }


def state_from_tensors(model: Stack, tensors: Mapping[str, Tensor], prefix: str) -> ModelState:
    """Rebuild a state from `state_to_tensors`, on the model's device.

    Args:
        model: The model that the state belongs to.
        tensors: Named tensors; those whose names do not begin with `prefix` are not looked at.
        prefix: As given to `state_to_tensors`.

    Raises:
        CheckpointError: If a tensor is missing, left over, not of the model's shape and type, or not finite.
    """
    templates = model.initial_state(1)
    names = {f"{prefix}{number}.{field}" for number, layer in enumerate(templates) for field in _fields(layer)}
    for name in sorted(names ^ {name for name in tensors if name.startswith(prefix)}):
        problem = "lacks" if name in names else "holds, beyond this model's memory,"
        raise CheckpointError(f"the saved state {problem} '{name}'. It belongs to another model: start without it.")
    states, num_lanes = [], 0
    for number, layer in enumerate(templates):
        restored = []
        for field, template in zip(_fields(layer), layer, strict=True):
            name = f"{prefix}{number}.{field}"
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
        states.append(_like(layer, restored))
    return tuple(states)


def _fields(layer: State) -> tuple[str, ...]:
    return cast(tuple[str, ...], cast(Any, layer)._fields)  # every state is a named tuple


def _like(layer: State, tensors: list[Tensor]) -> State:
    return cast(State, cast(Any, layer)._make(tensors))
