"""Muon: updates of weight matrices that are equally large in every direction.

A few directions dominate the mean of a matrix's gradients. Muon replaces it by the nearest matrix whose singular values
are all about one, so that rare directions are learned as fast as common ones. A few matrix products find it, for all
matrices of one shape together. A weight that stacks several gates is updated gate by gate, since each gate is a map of
its own.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"
(https://kellerjordan.github.io/posts/muon/), with its Nesterov momentum, five iterations of its quintic, and updates
scaled by max(1, rows / columns)^0.5. `torch.optim.Muon` (from torch 2.9 on) updates one weight after the other, gates
together, and always multiplies in bfloat16, which is very slow on processors without such instructions.

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
"""a, b and c of the iteration x = a x + b x^3 + c x^5 on every singular value. It raises small values fast and leaves
all within about 0.7 to 1.2, which works as well as exactly one."""
_TINY = 1e-7


class Stacked(NamedTuple):
    """A weight that stacks one or more matrices of the same number of rows."""

    weight: nn.Parameter
    num_matrices: int


class Muon(Optimizer):
    """Optimizer of weight matrices; other weights need another one. Its state is "momentum", the mean of gradients."""

    def __init__(
        self, weights: Sequence[Stacked], *, lr: float, momentum: float, weight_decay: float, dtype: torch.dtype
    ) -> None:
        """Begin with an empty state.

        Args:
            weights: Matrices to update, each (R, C) or several of them stacked.
            lr: Learning rate: about the change of every singular value in one update.
            momentum: Decay of the mean of gradients, 0 to 1.
            weight_decay: Decoupled weight decay, from 0.
            dtype: Type of the matrix products. bfloat16 works as well as float32.
        """
        super().__init__([stacked.weight for stacked in weights], {"lr": lr})
        self._weights = tuple(weights)
        self._momentum, self._weight_decay, self._dtype = momentum, weight_decay, dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]  # one signature of two
        """Update every matrix that has a gradient."""
        assert closure is None, "closures are not supported"
        rate = self.param_groups[0]["lr"]
        by_shape: defaultdict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for weight, num_matrices in self._weights:
            if weight.grad is None:
                continue
            state = self.state[weight]
            if not state:
                state["momentum"] = torch.zeros_like(weight)
            momentum = state["momentum"]
            momentum.lerp_(weight.grad, 1.0 - self._momentum)
            ahead = torch.lerp(weight.grad, momentum, self._momentum)
            for matrix, direction in zip(weight.chunk(num_matrices), ahead.chunk(num_matrices), strict=True):
                by_shape[tuple(matrix.shape)].append((matrix, direction))
        for (num_rows, num_columns), pairs in by_shape.items():
            matrices = [matrix for matrix, _ in pairs]
            updates = orthogonalized(torch.stack([direction for _, direction in pairs]).to(self._dtype))
            scale = max(1.0, num_rows / num_columns) ** 0.5
            torch._foreach_mul_(matrices, 1.0 - rate * self._weight_decay)
            torch._foreach_add_(matrices, list(updates.to(matrices[0].dtype).unbind()), alpha=-rate * scale)


def orthogonalized(matrices: Tensor) -> Tensor:
    """Return matrices (N, R, C) with all singular values near one and the same singular vectors. Zeros stay zeros."""
    is_tall = matrices.shape[1] > matrices.shape[2]
    wide = matrices.transpose(1, 2) if is_tall else matrices  # products of the rows are the smaller ones
    values = wide / (torch.linalg.matrix_norm(wide.float(), keepdim=True).to(wide.dtype) + _TINY)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        squares = values @ values.transpose(1, 2)
        values = torch.baddbmm(values, torch.baddbmm(squares, squares, squares, beta=b, alpha=c), values, beta=a)
    orthogonal: Tensor = values.transpose(1, 2) if is_tall else values
    return orthogonal
