"""Embeddings added up, and their gradients: one pass over memory in each direction.

Shapes: N = sums, R = tables, P = vectors in each, E = width.
"""

from typing import Any

from penwright.kernels.arithmetic import wide
from penwright.kernels.compiling import kernel


@kernel
def add_embeddings(first: int, stop: int, onto: Any, indices: Any, tables: Any, sums: Any) -> None:
    """Fill some rows of the sums.

    Args:
        first, stop: Slice of the rows.
        onto: (N, E), vectors to add to.
        indices: int64 (N, R). Indices outside a table are passed over: a kernel must not leave its arrays.
        tables: float32 (R, P, E).
        sums: float32 (N, E).
    """
    for row in range(first, stop):
        _begin(row, onto, sums)
        for table in range(len(tables)):
            if 0 <= indices[row, table] < tables.shape[1]:
                _add_vector(row, table, indices[row, table], tables, sums)


@kernel
def _begin(row: int, onto: Any, sums: Any) -> None:
    for i in range(sums.shape[1]):
        sums[row, i] = wide(onto[row, i])


@kernel
def _add_vector(row: int, table: int, index: int, tables: Any, sums: Any) -> None:
    for i in range(sums.shape[1]):
        sums[row, i] += tables[table, index, i]


@kernel
def add_gradients(first: int, stop: int, indices: Any, grad_sums: Any, grad_tables: Any) -> None:
    """Add the gradients of the sums, (N, E), to those of some of the tables, float32 (R, P, E)."""
    for row in range(len(indices)):
        for table in range(first, stop):
            if 0 <= indices[row, table] < grad_tables.shape[1]:
                _add_gradient(row, table, indices[row, table], grad_sums, grad_tables)


@kernel
def _add_gradient(row: int, table: int, index: int, grad_sums: Any, grad_tables: Any) -> None:
    for i in range(grad_sums.shape[1]):
        grad_tables[table, index, i] += wide(grad_sums[row, i])
