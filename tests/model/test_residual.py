"""A block of a residual stack: what it adds to the stream, and that a new one adds nothing."""

import torch
from torch import Tensor

from penwright.model.cells.elman import Elman
from penwright.model.ops import plain_rms_norm
from penwright.model.residual import ResidualBlock


def make(mlp_size: int) -> ResidualBlock:
    """A block around a layer of another width than the stream's, in double precision, its output weights not zero."""
    generator = torch.Generator().manual_seed(0)
    block = ResidualBlock(Elman(5, 3, generator=generator), 5, mlp_size, generator=generator).double()
    with torch.no_grad():
        for weight in block.parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=generator, dtype=torch.float64)
    return block


def random_stream() -> Tensor:
    """The stream of two lanes over four characters."""
    return torch.randn(4, 2, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_a_new_block_changes_nothing() -> None:
    block = ResidualBlock(Elman(5, 3), 5, 7).double()
    outputs, _ = block.sequence(random_stream(), block.initial_state(2))
    assert torch.equal(outputs, random_stream())


def test_the_layer_and_then_the_perceptron_add_to_the_stream() -> None:
    block, stream = make(7), random_stream()
    outputs, _ = block.sequence(stream, block.initial_state(2))
    recurrent, _ = block.layer.sequence(plain_rms_norm(stream), block.initial_state(2))
    after_layer = stream + recurrent @ block.projection_weight.t()
    hidden = (plain_rms_norm(after_layer) @ block.mlp_input_weight.t()).clamp_min(0) ** 2
    torch.testing.assert_close(outputs, after_layer + hidden @ block.mlp_output_weight.t())


def test_a_block_without_a_perceptron_has_only_the_layer() -> None:
    block, stream = make(0), random_stream()
    outputs, _ = block.sequence(stream, block.initial_state(2))
    recurrent, _ = block.layer.sequence(plain_rms_norm(stream), block.initial_state(2))
    torch.testing.assert_close(outputs, stream + recurrent @ block.projection_weight.t())
    assert {name for name, _ in block.named_parameters() if "mlp" in name} == set()


def test_dropping_acts_on_what_is_added_and_never_on_the_stream() -> None:
    block = make(7)
    outputs, _ = block.sequence(random_stream(), block.initial_state(2), drop=torch.zeros_like)
    assert torch.equal(outputs, random_stream())
