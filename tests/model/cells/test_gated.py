"""The modern recurrence against its equations written out, and how long a new layer remembers."""

import math

import pytest
import torch

from penwright.model.cells import conv, gated
from penwright.model.cells.gated import LONGEST_HALF_LIFE, SHORTEST_HALF_LIFE, Gated, GatedState


def test_a_step_is_the_equations_written_out() -> None:
    layer = Gated(3, 2, generator=torch.Generator().manual_seed(0)).double()
    generator = torch.Generator().manual_seed(1)
    x, memory, recent = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((1, 3), (1, 2), (1, 3, 3))
    )
    outputs, state = layer.step(x, GatedState(memory, recent))
    seen = torch.cat((recent[0], x))  # (4, D), oldest first
    u = sum(layer.conv_weight[tap] * seen[tap] for tap in range(4))
    z, v, g = (layer.input_weight @ u + layer.bias).view(3, 2)
    z = 1 / (1 + torch.exp(-z))
    needed = (1 - z) * memory[0] + z * v
    torch.testing.assert_close(state.memory[0], needed)
    torch.testing.assert_close(outputs[0], needed * g / (1 + torch.exp(-g)))
    torch.testing.assert_close(state.recent[0], seen[1:])


@pytest.mark.parametrize("hidden_size", [1, 2, 64])
def test_half_lives_of_a_new_layer_are_spaced_evenly_on_a_logarithmic_scale(hidden_size: int) -> None:
    layer = Gated(4, hidden_size)
    write = torch.sigmoid(layer.bias[:hidden_size].double())
    half_lives = -math.log(2) / torch.log1p(-write)
    ends = (math.log(SHORTEST_HALF_LIFE), math.log(LONGEST_HALF_LIFE))
    torch.testing.assert_close(half_lives.log(), torch.linspace(*ends, hidden_size).double(), rtol=1e-4, atol=1e-4)


def test_what_is_not_written_fades_by_half_in_a_half_life() -> None:
    layer = Gated(1, 1).double()
    with torch.no_grad():
        layer.input_weight.zero_()
    state = GatedState(torch.ones(1, 1, dtype=torch.float64), layer.initial_state(1).recent)
    inputs = torch.zeros(int(SHORTEST_HALF_LIFE), 1, 1, dtype=torch.float64)
    _, state = layer.sequence(inputs, state)
    assert state.memory.item() == pytest.approx(0.5)


def test_an_accelerator_reads_a_window_without_a_loop_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the device "meta", which has shapes and no numbers; that both forms agree is shown beside them."""
    monkeypatch.delattr(gated, "gated_sequence")
    monkeypatch.setattr(conv, "product_type", lambda weight: weight.dtype)  # there is no autocast there
    layer = Gated(3, 2).to("meta")
    outputs, state = layer.sequence(torch.empty(9, 4, 3, device="meta"), layer.initial_state(4))
    assert outputs.shape == (9, 4, 2)
    assert state.memory.shape == (4, 2)
