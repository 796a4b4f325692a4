"""Hold what kernels do against what torch does without them."""

from collections.abc import Callable, Sequence
from unittest import mock

import torch
from torch import Tensor

from penwright.kernels import running
from penwright.kernels.running import can_run, without_kernels

TOLERANCE = {torch.float32: 2e-5, torch.bfloat16: 2e-2}
"""Of a number of about one: a few roundings of its type."""


def random_tensors(*shapes: tuple[int, ...], dtype: torch.dtype = torch.float32, seed: int = 0) -> list[Tensor]:
    """Normal numbers, ready for gradients; the first tensor has the type given, the others float32."""
    generator = torch.Generator().manual_seed(seed)
    tensors = [torch.randn(shape, generator=generator) for shape in shapes]
    return [tensor.to(dtype if place == 0 else torch.float32).requires_grad_() for place, tensor in enumerate(tensors)]


def assert_twins(compute: Callable[..., Tensor | Sequence[Tensor]], arguments: Sequence[Tensor]) -> None:
    """Assert that values and all gradients agree with and without kernels, and are not nothing."""
    assert can_run(1, *arguments)
    with mock.patch.object(running, "array_of", wraps=running.array_of) as asked:
        found = _run(compute, arguments)
    assert asked.called, "no kernel has run"
    with without_kernels():
        needed = _run(compute, arguments)
    assert needed[0].any(), "nothing came of it"
    dtype = min((tensor.dtype for tensor in found), key=lambda dtype: torch.finfo(dtype).bits)
    for one, other in zip(found, needed, strict=True):
        assert one.dtype == other.dtype
        scale = max(1.0, float(other.abs().max()))
        torch.testing.assert_close(one, other, rtol=0, atol=scale * TOLERANCE[dtype])


def _run(compute: Callable[..., Tensor | Sequence[Tensor]], arguments: Sequence[Tensor]) -> list[Tensor]:
    """Return all values and the gradients of all arguments."""
    outputs = compute(*arguments)
    values = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    generator = torch.Generator().manual_seed(9)
    upstream = [torch.randn(value.shape, generator=generator).to(value.dtype) for value in values]
    return [value.detach() for value in values] + list(torch.autograd.grad(values, list(arguments), upstream))
