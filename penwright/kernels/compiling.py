"""Compile kernels for the processor at hand and keep what was compiled. Without torch.

This module knows nothing of what a kernel computes.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

try:
    import numba as numba
except ImportError:  # numba follows a new Python some months later
    numba = None  # type: ignore[assignment]

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


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


def plain(function: _Kernel) -> _Kernel:
    """Return a kernel as Python runs it: for a small call, sooner done than what was compiled is loaded."""
    return cast(_Kernel, getattr(function, "py_func", function))


def is_compiled(function: Callable[..., Any]) -> bool:
    """Return True if a kernel was compiled before, in this process or an earlier one, for some types."""
    if numba is None:
        return True
    compiled: Any = function
    kept = getattr(compiled._cache, "_cache_file", None)  # there is none where nothing can be kept
    return bool(compiled.signatures) or (kept is not None and bool(kept._load_index()))


@lru_cache(maxsize=1)
def digest_of(folder: Path) -> str:
    """Return a digest of all modules in a folder."""
    sources = (path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(b"".join(hashlib.sha256(source).digest() for source in sources)).hexdigest()
