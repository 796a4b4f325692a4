"""Compile kernels, say whether they can take some tensors, and run them on several threads.

A kernel is called with the first of the rows it is to do, the one after the last, then its arrays, unless whoever
calls it divides the work in another way. Rows are divided evenly among as many threads as torch uses. A
kernel leaves Python's lock alone, so the threads do run side by side.

This module knows nothing of what a kernel computes.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

try:
    import numba as numba
except ImportError:  # numba follows a new Python some months later
    numba = None  # type: ignore[assignment]

ROWS_TYPES = (torch.float32, torch.bfloat16)
"""Types of numbers that kernels read and write. They add up and carry along in float32."""
MIN_WORK = 60_000
"""Numbers gone over for which a thread is worth waking: handing a part over takes some 30 microseconds."""
MANY = 256
"""Rows from which on it pays to wait for a kernel that was never compiled. An author that writes asks for one at a
time, and is to begin at once."""
_Kernel = TypeVar("_Kernel", bound=Callable[..., None])
_is_allowed = True


def kernel(function: _Kernel) -> _Kernel:
    """Decorate a function that numba is to compile; without numba it stays as it is.

    What was compiled is kept beside the module, or where numba keeps such things for this user, for the next process.
    """
    return _compiled(function, {"contract"})  # a product and a sum in one


def summing_kernel(function: _Kernel) -> _Kernel:
    """Decorate a function as `kernel` does, one that adds up and may do so in whatever order is fastest: always the
    same on one machine."""
    return _compiled(function, {"contract", "reassoc", "nsz"})


def _compiled(function: _Kernel, liberties: set[str]) -> _Kernel:
    if numba is None:
        return function
    compiled: Any = numba.njit(nogil=True, fastmath=liberties, error_model="numpy")(function)
    try:
        compiled.enable_caching()
    except RuntimeError:  # neither folder can be written: it is compiled anew in every process
        return cast(_Kernel, compiled)
    # Kernels are compiled together with what they call from other modules, but numba looks at a kernel's own file to
    # tell whether what it kept is still good: after a change in `arithmetic`, every other kernel would stay as it was.
    kept = compiled._cache._cache_file
    kept._source_stamp = (kept._source_stamp, digest_of(Path(__file__).parent))
    return cast(_Kernel, compiled)


@lru_cache(maxsize=1)
def digest_of(folder: Path) -> str:
    """Return a digest of all modules in a folder."""
    sources = (path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(b"".join(hashlib.sha256(source).digest() for source in sources)).hexdigest()


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


def thread_pool(purpose: str) -> ThreadPoolExecutor:
    """Return the threads of this process for a purpose.

    Each purpose has threads of its own, so that work that waits for kernels never takes the threads that they need.
    """
    return _pool(os.getpid(), purpose)


@lru_cache(maxsize=4)
def _pool(_process: int, purpose: str) -> ThreadPoolExecutor:
    """Return the threads of a process: a forked one has none of its parent's."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix=purpose)
