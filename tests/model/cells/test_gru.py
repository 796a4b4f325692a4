"""The gated recurrent unit against torch's, against the published equations, and at birth against TensorFlow's."""

import numpy as np
import pytest
import torch

from penwright.model.cells.gru import Gru, GruState

INPUT_SIZE, HIDDEN_SIZE = 5, 4


def from_torch(reference: torch.nn.GRU) -> Gru:
    """Our layer with the weights of torch's, whose rows are also r, z, n; of a gate's two biases ours is the sum."""
    layer = Gru(INPUT_SIZE, HIDDEN_SIZE, reset="after").double()
    bias, recurrent_bias = reference.bias_ih_l0.detach(), reference.bias_hh_l0.detach()
    with torch.no_grad():
        layer.input_weight.copy_(reference.weight_ih_l0)
        layer.recurrent_weight.copy_(reference.weight_hh_l0)
        layer.bias.copy_(bias)
        layer.bias[: 2 * HIDDEN_SIZE] += recurrent_bias[: 2 * HIDDEN_SIZE]
        layer.candidate_bias.copy_(recurrent_bias[2 * HIDDEN_SIZE :])
    return layer


def test_reset_after_equals_torch_in_outputs_state_and_gradients() -> None:
    torch.manual_seed(0)
    reference = torch.nn.GRU(INPUT_SIZE, HIDDEN_SIZE).double()
    layer = from_torch(reference)
    inputs = torch.randn(7, 3, INPUT_SIZE, dtype=torch.float64, requires_grad=True)
    hidden = torch.randn(3, HIDDEN_SIZE, dtype=torch.float64, requires_grad=True)
    outputs, state = layer.sequence(inputs, GruState(hidden))
    needed_outputs, needed_hidden = reference(inputs, hidden.unsqueeze(0))
    torch.testing.assert_close(outputs, needed_outputs, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(state.hidden, needed_hidden[0], rtol=1e-12, atol=1e-12)

    upstream = torch.randn(outputs.shape, dtype=torch.float64)
    ours = [inputs, hidden, layer.input_weight, layer.recurrent_weight, layer.bias, layer.candidate_bias]
    found = torch.autograd.grad((outputs, state.hidden), ours, (upstream, torch.ones_like(state.hidden)))
    theirs = [
        inputs,
        hidden,
        reference.weight_ih_l0,
        reference.weight_hh_l0,
        reference.bias_ih_l0,
        reference.bias_hh_l0,
    ]
    needed = torch.autograd.grad((needed_outputs, needed_hidden), theirs, (upstream, torch.ones_like(needed_hidden)))
    torch.testing.assert_close(found[:5], needed[:5], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(found[5], needed[5][2 * HIDDEN_SIZE :], rtol=1e-10, atol=1e-12)


def test_reset_before_is_the_published_cell() -> None:
    layer = Gru(INPUT_SIZE, HIDDEN_SIZE, reset="before", generator=torch.Generator().manual_seed(1)).double()
    inputs = np.random.default_rng(2).standard_normal(INPUT_SIZE)
    hidden = np.random.default_rng(3).standard_normal(HIDDEN_SIZE)
    weights = [layer.input_weight, layer.recurrent_weight, layer.bias]
    w, u, b = (weight.detach().numpy().reshape(3, HIDDEN_SIZE, -1).squeeze() for weight in weights)

    def sigmoid(values: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-values))

    r = sigmoid(w[0] @ inputs + u[0] @ hidden + b[0])
    z = sigmoid(w[1] @ inputs + u[1] @ hidden + b[1])
    n = np.tanh(w[2] @ inputs + u[2] @ (r * hidden) + b[2])
    state = GruState(torch.from_numpy(hidden).unsqueeze(0))
    outputs, _ = layer.step(torch.from_numpy(inputs).unsqueeze(0), state)
    np.testing.assert_allclose(outputs[0].detach().numpy(), z * hidden + (1 - z) * n, rtol=1e-12)


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_new_layer_begins_as_tensorflow_begins(reset: str) -> None:
    layer = Gru(98, 64, reset=reset, generator=torch.Generator().manual_seed(0))
    assert layer.bias[:128].eq(1).all()
    assert layer.bias[128:].eq(0).all()
    joint = torch.cat((layer.input_weight, layer.recurrent_weight), dim=1)  # (3H, D + H)
    for kernel, num_outputs in ((joint[:128], 128), (joint[128:], 64)):
        limit = (6 / (98 + 64 + num_outputs)) ** 0.5
        assert 0.99 * limit < kernel.abs().max() <= limit
        assert kernel.std().item() == pytest.approx(limit / 3**0.5, rel=0.02)


def test_only_the_after_form_has_a_second_bias() -> None:
    count = {
        reset: sum(parameter.numel() for parameter in Gru(6, 4, reset=reset).parameters())
        for reset in ("before", "after")
    }
    assert count == {"before": 3 * 4 * (6 + 4 + 1), "after": 3 * 4 * (6 + 4 + 1) + 4}
