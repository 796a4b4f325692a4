"""The layer without memory."""

import torch

from penwright.model.cells.base import NoState
from penwright.model.cells.perceptron import Perceptron


def test_it_separates_a_plane_by_hand() -> None:
    layer = Perceptron(2, 1)
    with torch.no_grad():
        layer.input_weight.copy_(torch.tensor([[1.0, -3.5]]))
    outputs, _ = layer.step(torch.tensor([[7.0, 1.0], [7.0, 2.0], [7.0, 4.0]]), NoState())
    needed = 1 / (1 + torch.exp(-torch.tensor([3.5, 0.0, -7.0])))
    torch.testing.assert_close(outputs.flatten(), needed)


def test_its_state_is_empty() -> None:
    assert Perceptron(2, 3).initial_state(4) == NoState() == ()
