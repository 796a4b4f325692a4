"""The dense layer over the last few inputs: how far it sees, and no further."""

import torch

from penwright.model.cells.window import Window

REACH = 3


def test_it_sees_exactly_the_last_inputs() -> None:
    layer = Window(2, 4, REACH, generator=torch.Generator().manual_seed(0)).double()
    inputs = torch.randn(8, 1, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    plain, _ = layer.sequence(inputs, layer.initial_state(1))
    changed = inputs.clone()
    changed[2] += 1.0
    outputs, _ = layer.sequence(changed, layer.initial_state(1))
    differs = (outputs != plain).any(dim=2)[:, 0].tolist()
    assert differs == [False, False, True, True, True, False, False, False]


def test_it_is_one_product_with_the_inputs_in_reading_order() -> None:
    layer = Window(2, 4, REACH, generator=torch.Generator().manual_seed(0))
    inputs = torch.arange(6.0).view(3, 1, 2)
    outputs, _ = layer.sequence(inputs, layer.initial_state(1))
    torch.testing.assert_close(outputs[2, 0], torch.tanh(layer.input_weight @ torch.arange(6.0) + layer.bias))


def test_a_window_of_one_carries_nothing() -> None:
    layer = Window(2, 4, 1)
    assert layer.initial_state(3).inputs.shape == (3, 0, 2)
    _, state = layer.step(torch.ones(3, 2), layer.initial_state(3))
    assert state.inputs.shape == (3, 0, 2)
