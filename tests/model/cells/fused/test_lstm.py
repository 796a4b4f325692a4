"""The fused LSTM loop: gradients by finite differences. Equality with its plain twin is in test_base."""

import torch

from penwright.model.cells.fused.lstm import lstm_sequence

RESETS = torch.tensor([[False, True], [False, False], [True, False]])  # (T, B)


def test_gradients_agree_with_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, 2, 8), (8, 2), (2, 2), (2, 2)]  # products, weight, initial hidden and cell
    arguments = [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]
    assert torch.autograd.gradcheck(lambda *values: lstm_sequence(*values, RESETS), arguments)
    assert torch.autograd.gradcheck(lambda *values: lstm_sequence(*values, None), arguments)
