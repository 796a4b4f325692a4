"""The chunked forms of the candidates, held against one step after the other."""

import pytest
import torch
from candidate_cells import CHUNK_SIZE, HEAD_SIZE, GatedDelta, MatrixMemory, MatrixState
from torch import Tensor

from penwright.model.cells.base import unrolled

CELLS = [MatrixState, GatedDelta]
SIZE = 2 * HEAD_SIZE


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def made(cell: type[MatrixState]) -> MatrixState:
    return cell(SIZE, SIZE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("num_steps", [1, CHUNK_SIZE + 7])
@pytest.mark.parametrize("has_resets", [False, True])
def test_a_window_equals_its_steps_with_gradients(cell: type[MatrixState], num_steps: int, has_resets: bool) -> None:
    layer = made(cell)
    inputs = drawn(num_steps, 2, SIZE, seed=1).requires_grad_()
    state = MatrixMemory(drawn(2, 2, HEAD_SIZE, HEAD_SIZE, seed=2), drawn(2, 3, SIZE, seed=3))
    resets = torch.rand(num_steps, 2, generator=torch.Generator().manual_seed(4)) < 0.05 if has_resets else None
    results = []
    for form in (layer.sequence, lambda *args: unrolled(layer, *args)):
        outputs, after = form(inputs, state, resets)
        gradients = torch.autograd.grad((outputs * drawn(*outputs.shape, seed=5)).sum(), [inputs, *layer.parameters()])
        results.append((outputs, *after, *gradients))
    for fast, plain in zip(*results, strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-3, atol=1e-3)


def test_the_delta_rule_replaces_what_a_key_held() -> None:
    """A key written twice with all of each value: what is added holds the sum, what is replaced the last."""
    key = torch.zeros(1, 1, 2, HEAD_SIZE)
    key[..., 0] = 1.0
    value = drawn(1, 1, 2, HEAD_SIZE, seed=6)
    keep, write = torch.zeros(1, 1, 2), torch.ones(1, 1, 2)
    memory = torch.zeros(1, 1, HEAD_SIZE, HEAD_SIZE)
    _, added = made(MatrixState)._chunk(key, key, value, keep, write, memory)
    _, replaced = made(GatedDelta)._chunk(key, key, value, keep, write, memory)
    torch.testing.assert_close(added[0, 0, 0], value[0, 0].sum(dim=0))
    torch.testing.assert_close(replaced[0, 0, 0], value[0, 0, 1])
