"""Embeddings added up, and their gradients: one pass over memory in each direction.

Shapes: N = sums, R = tables, P = vectors in each, E = width.
"""

from typing import Any

from penwright.kernels.arithmetic import wide
from penwright.kernels.running import kernel


@kernel
def add_embeddings(first: int, stop: int, begun: Any, places: Any, tables: Any, sums: Any) -> None:
    """Fill some rows of the sums.

    Args:
        first, stop: Which rows.
        begun: (N, E), what is added to.
        places: int64 (N, R). What is no place in a table is passed over: a kernel must not leave its arrays.
        tables: float32 (R, P, E).
        sums: float32 (N, E).
    """
    for row in range(first, stop):
        _begin(row, begun, sums)
        for table in range(len(tables)):
            if 0 <= places[row, table] < tables.shape[1]:
                _add_vector(row, table, places[row, table], tables, sums)


@kernel
def _begin(row: int, begun: Any, sums: Any) -> None:
    for i in range(sums.shape[1]):
        sums[row, i] = wide(begun[row, i])


@kernel
def _add_vector(row: int, table: int, place: int, tables: Any, sums: Any) -> None:
    for i in range(sums.shape[1]):
        sums[row, i] += tables[table, place, i]


@kernel
def add_gradients(first: int, stop: int, places: Any, grad_sums: Any, grad_tables: Any) -> None:
    """Add the gradients of the sums, (N, E), to those of some of the tables, float32 (R, P, E)."""
    for row in range(len(places)):
        for table in range(first, stop):
            if 0 <= places[row, table] < grad_tables.shape[1]:
                _add_gradient(row, table, places[row, table], grad_sums, grad_tables)


@kernel
def _add_gradient(row: int, table: int, place: int, grad_sums: Any, grad_tables: Any) -> None:
    for i in range(grad_sums.shape[1]):
        grad_tables[table, place, i] += wide(grad_sums[row, i])
