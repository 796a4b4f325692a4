"""The fused GRU loops: gradients by finite differences. Equality with their plain twins is in test_base."""

import torch

from penwright.model.cells.fused.gru import gru_after_sequence, gru_before_sequence

RESETS = torch.tensor([[False, True], [False, False], [True, False]])  # (T, B)


def random_arguments(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
    """Tensors in double precision, ready for gradients."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]


def test_gradients_of_reset_before_agree_with_finite_differences() -> None:
    arguments = random_arguments((3, 2, 6), (6, 2), (2, 2))  # products, weight, initial
    assert torch.autograd.gradcheck(lambda *values: gru_before_sequence(*values, RESETS), arguments)
    assert torch.autograd.gradcheck(lambda *values: gru_before_sequence(*values, None), arguments)


def test_gradients_of_reset_after_agree_with_finite_differences() -> None:
    arguments = random_arguments((3, 2, 6), (6, 2), (2,), (2, 2))  # products, weight, candidate bias, initial
    assert torch.autograd.gradcheck(lambda *values: gru_after_sequence(*values, RESETS), arguments)
    assert torch.autograd.gradcheck(lambda *values: gru_after_sequence(*values, None), arguments)
