"""The simple recurrent layer against torch's."""

import torch

from penwright.model.cells.elman import Elman, ElmanState


def test_it_equals_torch_in_outputs_state_and_gradients() -> None:
    torch.manual_seed(0)
    reference = torch.nn.RNN(5, 4).double()
    layer = Elman(5, 4).double()
    with torch.no_grad():
        layer.input_weight.copy_(reference.weight_ih_l0)
        layer.recurrent_weight.copy_(reference.weight_hh_l0)
        layer.bias.copy_(reference.bias_ih_l0 + reference.bias_hh_l0)
    inputs = torch.randn(7, 3, 5, dtype=torch.float64, requires_grad=True)
    hidden = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    outputs, state = layer.sequence(inputs, ElmanState(hidden))
    needed_outputs, needed_hidden = reference(inputs, hidden.unsqueeze(0))
    torch.testing.assert_close(outputs, needed_outputs, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(state.hidden, needed_hidden[0], rtol=1e-12, atol=1e-12)

    upstream = torch.randn(outputs.shape, dtype=torch.float64)
    found = torch.autograd.grad(outputs, [inputs, hidden, *layer.parameters()], upstream)
    theirs = [inputs, hidden, reference.weight_ih_l0, reference.weight_hh_l0, reference.bias_ih_l0]
    needed = torch.autograd.grad(needed_outputs, theirs, upstream)
    torch.testing.assert_close(found, needed, rtol=1e-10, atol=1e-12)
