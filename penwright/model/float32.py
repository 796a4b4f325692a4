"""Let products of float32 matrices run through the faster of torch's two libraries, where that costs no precision.

On x86 torch multiplies float32 matrices with MKL. On processors of other makers MKL leaves their widest vectors unused:
oneDNN, which torch brings too, takes less than half its time (226 against 105 billion operations a second and thread
for 200 x 512 by 512 x 1024, AMD with AVX-512, 2026-11). torch hands a product to oneDNN only if it is *allowed* to
round the operands to bfloat16. Where a processor has no matrix unit that would gain by it, oneDNN does not round, and
the product is as exact as MKL's. Whether that is so is tried on the processor itself, once.

Shapes: M, K, N = sizes of a product tried, (M, K) by (K, N).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch

_TRIED = ((200, 512, 1024), (512, 2_000, 256), (64, 64, 64))  # (M, K, N)
_MAX_ROUNDING = 1e-4  # products of float32 stay a hundred times below it, with bfloat16 operands twenty times above


@contextmanager
def faster_float32() -> Iterator[None]:
    """Multiply float32 matrices on the processor by the faster library while the context lasts, if it is as exact.

    It can also decorate a function. The permission is one of the whole process: products of other threads take the same
    way meanwhile, and are as exact.
    """
    if not _stays_exact():
        yield
        return
    settings = _settings()
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        yield
    finally:
        settings.fp32_precision = before


@lru_cache(maxsize=1)
def _stays_exact() -> bool:
    """Return whether the permission to round leaves float32 products unrounded here."""
    settings = _settings()
    if settings is None:
        return False
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        return all(_rounding(*shape) < _MAX_ROUNDING for shape in _TRIED)
    finally:
        settings.fp32_precision = before


def _settings() -> Any:
    """Return torch's settings of oneDNN's products, None in versions without any."""
    settings = getattr(torch.backends.mkldnn, "matmul", None)
    return settings if hasattr(settings, "fp32_precision") else None


def _rounding(rows: int, inner: int, columns: int) -> float:
    """Return the largest error of a product (M, K) by (K, N) of normal numbers, as a share of the largest result."""
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(shape, generator=generator) for shape in ((rows, inner), (inner, columns)))
    exact = left.double() @ right.double()
    return ((left @ right - exact).abs().max() / exact.abs().max()).item()
