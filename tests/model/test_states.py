"""The memory of a stack as a value: detached, named, rebuilt, and refused when it belongs elsewhere."""

import math
from unittest.mock import Mock

import pytest
import torch
from torch import Tensor

from penwright.errors import CheckpointError
from penwright.model.cells.base import NoState
from penwright.model.cells.gated import GatedState
from penwright.model.cells.lstm import LstmState
from penwright.model.states import (
    ModelState,
    all_lanes,
    detach_state,
    some_lanes,
    state_from_tensors,
    state_to_tensors,
)


class Stack:
    """Three layers' memories without the layers."""

    def initial_state(self, batch_size: int) -> ModelState:
        """Zeros for every lane."""
        hidden, memory, recent = ((batch_size, *rest) for rest in ((5,), (4,), (3, 2)))
        return ModelState(
            (
                LstmState(torch.zeros(hidden), torch.zeros(hidden)),
                NoState(),
                GatedState(torch.zeros(memory), torch.zeros(recent)),
            )
        )


def some_state() -> ModelState:
    """The memory of two lanes that have read something, with a history."""
    generator = torch.Generator().manual_seed(0)
    initial = Stack().initial_state(2)
    return initial.map(lambda tensor: torch.randn(tensor.shape, generator=generator, requires_grad=True))


def flat(state: ModelState) -> list[Tensor]:
    """Every tensor of a state, in order."""
    return [tensor for part in state.parts for tensor in part]


def test_detaching_keeps_the_memory_and_drops_its_history() -> None:
    state = some_state()
    detached = detach_state(state)
    assert [type(layer) for layer in detached.layers] == [LstmState, NoState, GatedState]
    for tensor, original in zip(flat(detached), flat(state), strict=True):
        assert original.requires_grad
        assert not tensor.requires_grad
        assert torch.equal(tensor, original)


def test_lanes_apart_are_the_same_memory_and_join_to_the_whole() -> None:
    state = detach_state(some_state())
    first, second = some_lanes(state, slice(0, 1)), some_lanes(state, slice(1, 2))
    joined = all_lanes([first, second])
    assert [type(layer) for layer in joined.layers] == [LstmState, NoState, GatedState]
    assert all(torch.equal(tensor, original) for tensor, original in zip(flat(joined), flat(state), strict=True))
    flat(second)[0].zero_()
    assert not flat(state)[0][1].any() and flat(joined)[0][1].any(), (
        "the parts are the state's own memory, the whole is new"
    )


def test_the_memory_of_one_group_is_copied_too() -> None:
    state = detach_state(some_state())
    flat(all_lanes([state]))[0].zero_()
    assert flat(state)[0].any()


def test_tensors_are_named_by_layer_and_field() -> None:
    tensors = state_to_tensors(some_state(), "lanes.")
    assert list(tensors) == ["lanes.0.hidden", "lanes.0.cell", "lanes.2.memory", "lanes.2.recent"]
    assert all(tensor.is_contiguous() and not tensor.requires_grad for tensor in tensors.values())


def test_a_state_survives_being_named_tensors() -> None:
    state = some_state()
    tensors = {**state_to_tensors(state, "lanes."), "elsewhere": torch.zeros(1)}
    restored = state_from_tensors(Stack(), tensors, "lanes.")
    assert [type(layer) for layer in restored.layers] == [LstmState, NoState, GatedState]
    assert all(torch.equal(a, b) for a, b in zip(flat(restored), flat(state), strict=True))


def test_what_holds_no_numbers_may_be_missing() -> None:
    state = LstmState(torch.ones(2, 5), torch.ones(2, 0))
    stack = Mock(initial_state=lambda size: ModelState((LstmState(torch.zeros(size, 5), torch.zeros(size, 0)),)))
    tensors = state_to_tensors(ModelState((state,)), "s.")
    del tensors["s.0.cell"]
    (restored,) = state_from_tensors(stack, tensors, "s.").layers
    assert torch.equal(restored[0], state[0]) and restored[1].shape == (2, 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"s.2.recent": None}, r"lacks 's\.2\.recent'\. It belongs to another model: start without it\."),
        ({"s.1.cell": torch.zeros(2, 5)}, r"holds, beyond this model's memory, 's\.1\.cell'"),
        ({"s.0.cell": torch.zeros(2, 6)}, r"'s\.0\.cell' is torch.float32 \(2, 6\); this model needs \S+ \(2, 5\)\."),
        ({"s.0.cell": torch.zeros(2, 5).double()}, r"'s\.0\.cell' is torch.float64 .* needs torch.float32 \(2, 5\)\."),
        (
            {"s.2.memory": torch.zeros(3, 4)},
            r"'s\.2\.memory' is torch.float32 \(3, 4\); this model needs \S+ \(2, 4\)\.",
        ),
        ({"s.0.hidden": torch.zeros(0, 5)}, r"'s\.0\.hidden' is torch.float32 \(0, 5\); this model needs"),
        ({"s.0.hidden": torch.tensor(0.0)}, r"'s\.0\.hidden' is torch.float32 \(\); this model needs"),
        (
            {"s.2.recent": torch.zeros(2, 6)},
            r"'s\.2\.recent' is torch.float32 \(2, 6\); this model needs \S+ \(2, 3, 2\)",
        ),
        (
            {"s.0.cell": torch.full((2, 5), math.nan)},
            r"'s\.0\.cell' holds values that are not finite\. Start without it",
        ),
    ],
    ids=["missing", "left over", "width", "type", "lanes", "no lanes", "number", "dimensions", "not finite"],
)
def test_a_state_of_another_model_is_refused_with_a_sentence(changes: dict[str, Tensor | None], sentence: str) -> None:
    tensors = {**state_to_tensors(some_state(), "s."), **changes}
    with pytest.raises(CheckpointError, match=sentence):
        state_from_tensors(Stack(), {name: value for name, value in tensors.items() if value is not None}, "s.")
