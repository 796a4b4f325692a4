"""The faster library for float32 products: as exact, only where it is, and only while asked for."""

from collections.abc import Iterator

import pytest
import torch

from penwright.model import float32
from penwright.model.float32 import faster_float32


@pytest.fixture(autouse=True)
def _tried_afresh() -> Iterator[None]:
    float32._stays_exact.cache_clear()
    yield
    float32._stays_exact.cache_clear()


def permission() -> str:
    """What torch is allowed to round to in float32 products."""
    return str(torch.backends.mkldnn.matmul.fp32_precision) if hasattr(torch.backends.mkldnn, "matmul") else "none"


def test_products_are_as_exact_as_without() -> None:
    generator = torch.Generator().manual_seed(1)
    left = torch.randn(150, 300, generator=generator, requires_grad=True)
    right = torch.randn(300, 90, generator=generator)
    with faster_float32():
        found = left @ right
        (gradient,) = torch.autograd.grad(found.sum(), left)
    torch.testing.assert_close(found.double(), left.double() @ right.double(), rtol=0, atol=2e-4)
    torch.testing.assert_close(gradient.double(), right.double().sum(dim=1).expand(150, -1), rtol=0, atol=2e-4)


def test_the_permission_lasts_as_long_as_the_context_even_if_it_ends_in_an_error() -> None:
    before = permission()
    with pytest.raises(ZeroDivisionError), faster_float32():
        assert permission() == ("bf16" if float32._stays_exact() else before)
        1 / 0  # noqa: B018
    assert permission() == before


def test_where_the_permission_would_be_used_to_round_it_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    before = permission()
    monkeypatch.setattr(float32, "_rounding", lambda *shape: 2e-3)
    with faster_float32():
        assert permission() == before
    assert permission() == before


def test_rounded_operands_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    multiply = torch.Tensor.__matmul__

    def rounded(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return (
            multiply(left.bfloat16(), right.bfloat16()).to(left.dtype)
            if left.dtype == torch.float32
            else multiply(left, right)
        )

    assert float32._rounding(64, 64, 64) < float32._MAX_ROUNDING / 10
    monkeypatch.setattr(torch.Tensor, "__matmul__", rounded)
    assert float32._rounding(64, 64, 64) > float32._MAX_ROUNDING * 10
