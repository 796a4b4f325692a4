"""Muon: updates of weight matrices that are as large in every direction.

The mean of a matrix's gradients is mostly made of a few directions. Muon replaces it by the nearest matrix whose
singular values are all about one, so that the rare directions are learned as fast as the common ones. A few matrix
products find it, and matrices of one shape go through them together. A weight in which several gates are stacked is
taken gate by gate, since each is a map of its own.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"
(https://kellerjordan.github.io/posts/muon/), with its Nesterov momentum, five iterations of its quintic, and updates
scaled by max(1, rows / columns)^0.5. `torch.optim.Muon` (from torch 2.9 on) takes one weight after the other, gates
together, and always multiplies in bfloat16, which processors without products of that type do very slowly.

Shapes: N = matrices of one shape, R = rows, C = columns.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

ITERATIONS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the iteration x = a x + b x^3 + c x^5 on every singular value: it lifts small ones fast, and leaves all within
about 0.7 to 1.2, which serves as well as one exactly."""
_TINY = 1e-7


class Stacked(NamedTuple):
    """A weight, and how many matrices of the same number of rows are stacked in it."""

    weight: nn.Parameter
    num_matrices: int


class Muon(Optimizer):
    """The optimizer of some matrices; other weights need another. Its memory is "momentum", the mean of gradients."""

    def __init__(
        self, weights: Sequence[Stacked], *, lr: float, momentum: float, weight_decay: float, dtype: torch.dtype
    ) -> None:
        """Begin without memory.

        Args:
            weights: Matrices to update, each (R, C) or several of them stacked.
            lr: Rate: about the change of every singular value in one update.
            momentum: Decay of the mean of gradients, 0 to 1.
            weight_decay: Decoupled decay, from 0.
            dtype: That the products are done in. bfloat16 serves as well as float32.
        """
        super().__init__([stacked.weight for stacked in weights], {"lr": lr})
        self._weights = tuple(weights)
        self._momentum, self._weight_decay, self._dtype = momentum, weight_decay, dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]  # one signature of two
        """Make an update of every matrix that has a gradient."""
        assert closure is None, "a loss is never evaluated anew"
        rate = self.param_groups[0]["lr"]
        by_shape: defaultdict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for weight, num_matrices in self._weights:
            if weight.grad is None:
                continue
            state = self.state[weight]
            if not state:
                state["momentum"] = torch.zeros_like(weight)
            memory = state["momentum"]
            memory.lerp_(weight.grad, 1.0 - self._momentum)
            ahead = torch.lerp(weight.grad, memory, self._momentum)
            for matrix, direction in zip(weight.chunk(num_matrices), ahead.chunk(num_matrices), strict=True):
                by_shape[tuple(matrix.shape)].append((matrix, direction))
        for (num_rows, num_columns), pairs in by_shape.items():
            matrices = [matrix for matrix, _ in pairs]
            updates = orthogonalized(torch.stack([direction for _, direction in pairs]).to(self._dtype))
            scale = max(1.0, num_rows / num_columns) ** 0.5
            torch._foreach_mul_(matrices, 1.0 - rate * self._weight_decay)
            torch._foreach_add_(matrices, list(updates.to(matrices[0].dtype).unbind()), alpha=-rate * scale)


def orthogonalized(matrices: Tensor) -> Tensor:
    """Bring all singular values of some matrices (N, R, C) near one and leave their directions. Zeros stay zeros."""
    is_tall = matrices.shape[1] > matrices.shape[2]
    wide = matrices.transpose(1, 2) if is_tall else matrices  # products of the rows are the smaller ones
    values = wide / (torch.linalg.matrix_norm(wide.float(), keepdim=True).to(wide.dtype) + _TINY)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        squares = values @ values.transpose(1, 2)
        values = torch.baddbmm(values, torch.baddbmm(squares, squares, squares, beta=b, alpha=c), values, beta=a)
    orthogonal: Tensor = values.transpose(1, 2) if is_tall else values
    return orthogonal
