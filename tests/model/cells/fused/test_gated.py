"""The gated recurrence's two forms against each other and against finite differences; its steps are in test_base."""

import pytest
import torch
from torch import Tensor

from penwright.model.cells.fused.gated import gated_by_doubling, gated_sequence

NUM_STEPS, NUM_LANES, SIZE = 7, 2, 3
RESETS = torch.zeros(NUM_STEPS, NUM_LANES, dtype=torch.bool)
RESETS[0, 1] = RESETS[2, 0] = RESETS[4, 1] = RESETS[6, 0] = True
EITHER = pytest.mark.parametrize("resets", [None, RESETS], ids=["one text", "texts that begin"])


def random_arguments(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Products and an initial memory, ready for gradients."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(NUM_STEPS, NUM_LANES, 3 * SIZE), (NUM_LANES, SIZE)]
    products, initial = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return products.to(dtype).requires_grad_(), initial.to(dtype).requires_grad_()


@EITHER
def test_both_forms_agree_in_values_and_gradients(resets: Tensor | None) -> None:
    arguments = random_arguments()
    one, other = gated_sequence(*arguments, resets), gated_by_doubling(*arguments, resets)
    torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    upstream = tuple(torch.cos(torch.arange(value.numel()).double()).view(value.shape) for value in one)
    found, needed = (torch.autograd.grad(values, arguments, upstream) for values in (one, other))
    torch.testing.assert_close(found, needed, rtol=1e-12, atol=1e-12)


@EITHER
def test_gradients_agree_with_finite_differences(resets: Tensor | None) -> None:
    assert torch.autograd.gradcheck(lambda *values: gated_sequence(*values, resets), random_arguments())


def test_rounded_products_leave_the_memory_in_full_precision() -> None:
    products, initial = random_arguments(torch.float32)
    rounded = products.detach().bfloat16().requires_grad_()
    outputs, memory = gated_sequence(rounded, initial, RESETS)
    needed, needed_memory = gated_sequence(rounded.float(), initial, RESETS)
    assert outputs.dtype == torch.bfloat16
    assert torch.equal(outputs, needed.bfloat16())
    assert torch.equal(memory, needed_memory)
    grad_products, grad_initial = torch.autograd.grad((outputs.float().sum() + memory.sum()), (rounded, initial))
    assert grad_products.dtype == torch.bfloat16
    assert grad_initial.dtype == torch.float32


def test_a_window_whose_outputs_nobody_uses_still_passes_the_memory_s_gradient_on() -> None:
    products, initial = random_arguments()
    (found,) = torch.autograd.grad(gated_sequence(products, initial, None)[1].sum(), initial)
    kept = (1.0 - torch.sigmoid(products.detach()[..., :SIZE])).prod(dim=0)
    torch.testing.assert_close(found, kept)


def test_what_it_is_given_stays_as_it_was() -> None:
    arguments = random_arguments()
    upstream = torch.ones(NUM_STEPS, NUM_LANES, SIZE, dtype=torch.float64)
    copies = [tensor.detach().clone() for tensor in (*arguments, upstream)]
    torch.autograd.grad(gated_sequence(*arguments, RESETS)[0], arguments, upstream)
    assert all(torch.equal(tensor, copy) for tensor, copy in zip((*arguments, upstream), copies, strict=True))
