"""Long short-term memory against torch's, with a mapping between the two orders of gates."""

import torch
from torch import Tensor

from penwright.model.cells.lstm import Lstm, LstmState

INPUT_SIZE, HIDDEN_SIZE = 5, 4


def in_our_order(rows: Tensor) -> Tensor:
    """Rows of a weight or bias of torch's, i f g o, in our order: o i f g."""
    entry, forget, content, output = rows.chunk(4)
    return torch.cat((output, entry, forget, content))


def test_it_equals_torch_in_outputs_state_and_gradients() -> None:
    torch.manual_seed(0)
    reference = torch.nn.LSTM(INPUT_SIZE, HIDDEN_SIZE).double()
    layer = Lstm(INPUT_SIZE, HIDDEN_SIZE).double()
    with torch.no_grad():
        layer.input_weight.copy_(in_our_order(reference.weight_ih_l0))
        layer.recurrent_weight.copy_(in_our_order(reference.weight_hh_l0))
        layer.bias.copy_(in_our_order(reference.bias_ih_l0 + reference.bias_hh_l0))
    inputs = torch.randn(7, 3, INPUT_SIZE, dtype=torch.float64, requires_grad=True)
    hidden, cell = (torch.randn(3, HIDDEN_SIZE, dtype=torch.float64, requires_grad=True) for _ in range(2))
    outputs, state = layer.sequence(inputs, LstmState(hidden, cell))
    needed_outputs, needed_state = reference(inputs, (hidden.unsqueeze(0), cell.unsqueeze(0)))
    torch.testing.assert_close(outputs, needed_outputs, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(tuple(state), tuple(part[0] for part in needed_state), rtol=1e-12, atol=1e-12)

    upstream = [torch.randn(part.shape, dtype=torch.float64) for part in (outputs, *state)]
    ours = [inputs, hidden, cell, layer.input_weight, layer.recurrent_weight, layer.bias]
    found = torch.autograd.grad((outputs, *state), ours, upstream)
    theirs = [inputs, hidden, cell, reference.weight_ih_l0, reference.weight_hh_l0, reference.bias_ih_l0]
    needed = torch.autograd.grad((needed_outputs, *(part[0] for part in needed_state)), theirs, upstream)
    torch.testing.assert_close(found[:3], needed[:3], rtol=1e-10, atol=1e-12)
    for ours_gradient, their_gradient in zip(found[3:], needed[3:], strict=True):
        torch.testing.assert_close(ours_gradient, in_our_order(their_gradient), rtol=1e-10, atol=1e-12)


def test_a_new_layer_is_biased_to_remember() -> None:
    layer = Lstm(3, 8)
    assert layer.bias.view(4, 8).tolist() == [[0.0] * 8, [0.0] * 8, [1.0] * 8, [0.0] * 8]
