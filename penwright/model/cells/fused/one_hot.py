"""Rows of a table by number: the product of one-hot vectors with it, without the vectors.

Shapes: V = rows of the table, P = their width, N = numbers looked up.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.model.cells.fused.operands import product_type, weight_gradient

MAX_ROWS_AS_PRODUCT = 512
"""Up to so many rows the gradient of rounded rows is a product with the one-hot vectors, whose cost grows with V. At 98
rows it was the faster way (AMD, AVX512-BF16, 2026-11)."""


def look_up_rows(table: Tensor, ids: Tensor) -> Tensor:
    """Return rows of a table, rounded under autocast as a product would be; gradients are summed in full precision.

    Args:
        table: (V, P).
        ids: int64 (...), each below V.

    Returns:
        (..., P).
    """
    dtype = product_type(table)
    if dtype == table.dtype:
        return F.embedding(ids, table)
    if len(table) > MAX_ROWS_AS_PRODUCT:
        return F.embedding(ids, table).to(dtype)
    result: Tensor = _Rounded.apply(table, ids, dtype)  # type: ignore[no-untyped-call]
    return result


class _Rounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, ids: Tensor, dtype: torch.dtype) -> Tensor:
        ctx.num_rows, ctx.dtype = len(table), table.dtype
        ctx.save_for_backward(ids)
        return F.embedding(ids, table.to(dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_rows: Tensor) -> tuple[Tensor, None, None]:
        (ids,) = ctx.saved_tensors
        flat = ids.reshape(-1, 1)  # (N, 1)
        one_hot = grad_rows.new_zeros(len(flat), ctx.num_rows).scatter_(1, flat, 1.0)  # (N, V)
        grad_rows = grad_rows.reshape(1, len(flat), -1)
        return weight_gradient(one_hot.unsqueeze(0), grad_rows, dtype=ctx.dtype), None, None
