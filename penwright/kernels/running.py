"""Say whether kernels can take some tensors, and run them on several threads.

A kernel is called with the first of the rows it is to do, the one after the last, then its arrays, unless whoever
calls it divides the work in another way. Rows are divided evenly among as many threads as torch uses. A
kernel leaves Python's lock alone, so the threads do run side by side.

This module knows nothing of what a kernel computes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from penwright.kernels.compiling import numba
from penwright.kernels.threads import thread_pool

ROWS_TYPES = (torch.float32, torch.bfloat16)
"""Types of numbers that kernels read and write. They add up and carry along in float32."""
MIN_WORK = 60_000
"""Numbers gone over for which a thread is worth waking: handing a part over takes some 30 microseconds."""
MANY = 256
"""Rows from which on it pays to wait for a kernel that was never compiled. An author that writes asks for one at a
time, and is to begin at once."""
_is_allowed = True


def can_run(num_rows: int, *tensors: Tensor, exact: Sequence[Tensor] = ()) -> bool:
    """Return whether kernels are to be used for so many rows of some tensors.

    Args:
        num_rows: Characters, as a rule; see MANY.
        tensors: They must be on the processor, and float32 or bfloat16.
        exact: More of them, which must be float32: the kernel reads or writes them as they are.
    """
    is_possible = numba is not None and _is_allowed and num_rows >= MANY
    return (
        is_possible
        and all(tensor.device.type == "cpu" and tensor.dtype in ROWS_TYPES for tensor in tensors)
        and all(tensor.device.type == "cpu" and tensor.dtype == torch.float32 for tensor in exact)
    )


@contextmanager
def without_kernels() -> Iterator[None]:
    """Leave everything to torch while the context lasts, in all threads."""
    global _is_allowed
    before, _is_allowed = _is_allowed, False
    try:
        yield
    finally:
        _is_allowed = before


def array_of(tensor: Tensor) -> Any:
    """Return a tensor's own memory as a numpy array; it must be contiguous. bfloat16 appears as uint16, see
    `arithmetic`."""
    assert tensor.is_contiguous(), "a kernel is compiled for contiguous arrays only"
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def marks_of(resets: Tensor | None) -> Tensor:
    """Return resets as a kernel takes them: bool, of their own two dimensions, or (0, 0) for none."""
    return torch.zeros(0, 0, dtype=torch.bool) if resets is None else resets.contiguous()


def run(function: Callable[..., None], num_rows: int, *tensors: Tensor | float | int, work: int) -> None:
    """Run a kernel over all rows.

    Args:
        function: The kernel; called with a first row, the row after the last, and the arrays and numbers.
        num_rows: Rows that can be done independently of each other.
        tensors: Contiguous tensors, to read from and to write to, and plain numbers.
        work: Numbers gone over in all, which decides how many threads are woken.
    """
    arrays = [array_of(value) if isinstance(value, Tensor) else value for value in tensors]
    num_parts = max(1, min(torch.get_num_threads(), num_rows, work // MIN_WORK))
    edges = [num_rows * part // num_parts for part in range(num_parts + 1)]
    waiting = [
        thread_pool("kernels").submit(function, first, stop, *arrays)
        for first, stop in zip(edges[1:-1], edges[2:], strict=True)
    ]
    function(edges[0], edges[1], *arrays)
    for part in waiting:
        part.result()
