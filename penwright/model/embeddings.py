"""The sum of several embeddings, one from each of several tables, in one pass over memory.

Kernels do it where they can. Torch sums embeddings fast forward but not backward, and single ones the other way round:
for ten tables of 128 vectors, 96 wide, and 2,048 sums, one core took 0.3 and 4.3 milliseconds, and 0.9 and 1.9
(2026-11). So each goes where it is good. The plain twin stands beside it.

Shapes: R = tables, P = vectors in each, E = width.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from penwright.kernels import running
from penwright.kernels.embeddings import add_embeddings, add_gradients


def embedding_sum(indices: Tensor, tables: Tensor, *, onto: Tensor) -> Tensor:
    """Return the sum over tables of one vector from each, added onto another vector.

    Args:
        indices: int64 (..., R), 0 to P - 1.
        tables: (R, P, E).
        onto: (..., E), maybe of lower precision.

    Returns:
        (..., E), of the type of the tables.
    """
    if not torch.is_grad_enabled():
        return _sum(indices, tables, onto)
    result: Tensor = _EmbeddingSum.apply(indices, tables, onto)  # type: ignore[no-untyped-call]
    return result


def plain_embedding_sum(indices: Tensor, tables: Tensor, *, onto: Tensor) -> Tensor:
    """Do the same as `embedding_sum`, left to autograd."""
    vectors = torch.stack([table[index] for index, table in zip(indices.unbind(-1), tables, strict=True)])
    return onto.to(tables.dtype) + vectors.sum(dim=0)


def _sum(indices: Tensor, tables: Tensor, onto: Tensor) -> Tensor:
    num_tables, num_vectors, width = tables.shape
    rows = indices.reshape(-1, num_tables)
    if running.can_run(len(rows), onto, exact=(tables,)):
        sums = tables.new_empty(len(rows), width)
        held = (onto.reshape(-1, width).contiguous(), rows.contiguous(), tables.contiguous())
        running.run(add_embeddings, len(rows), *held, sums, work=rows.numel() * width)
        return sums.view(onto.shape)
    begins = torch.arange(0, num_tables * num_vectors, num_vectors, device=indices.device)
    sums = F.embedding_bag(rows + begins, tables.flatten(0, 1), mode="sum")
    return onto.to(tables.dtype) + sums.view(onto.shape)


class _EmbeddingSum(torch.autograd.Function):
    """Every table's gradient is the incoming one, added up by index."""

    @staticmethod
    def forward(ctx: Any, indices: Tensor, tables: Tensor, onto: Tensor) -> Tensor:
        ctx.save_for_backward(indices)
        ctx.shape, ctx.lower_type = tables.shape, onto.dtype
        return _sum(indices, tables, onto)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[None, Tensor, Tensor]:
        (indices,) = ctx.saved_tensors
        num_tables, num_vectors, width = ctx.shape
        if running.can_run(indices.numel() // num_tables, exact=(grad_outputs,)):
            grads = grad_outputs.new_zeros(ctx.shape)
            rows = (indices.reshape(-1, num_tables).contiguous(), grad_outputs.reshape(-1, width).contiguous())
            running.run(add_gradients, num_tables, *rows, grads, work=indices.numel() * width)
        else:
            parts = (
                torch.ops.aten.embedding_dense_backward(grad_outputs, index.contiguous(), num_vectors, -1, False)
                for index in indices.unbind(-1)
            )
            grads = torch.stack(tuple(parts))
        return None, grads, grad_outputs.to(ctx.lower_type)
