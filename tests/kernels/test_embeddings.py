"""Embeddings added up by kernels against the same done by torch."""

import pytest
import torch
from torch import Tensor

from penwright.kernels.running import without_kernels
from penwright.model.embeddings import embedding_sum


@pytest.mark.parametrize("shape", [(1,), (2, 6), (40, 30)])
@pytest.mark.parametrize("width", [4, 96])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_kernels_add_up_what_torch_does_with_its_gradients(
    shape: tuple[int, ...], width: int, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(0)
    places = torch.randint(0, 5, (*shape, 3), generator=generator)
    tables = torch.randn(3, 5, width, generator=generator).requires_grad_()
    begun = torch.randn(*shape, width, generator=generator).to(dtype).requires_grad_()
    upstream = torch.randn(width, *shape, generator=generator).movedim(0, -1)

    def outcome() -> tuple[Tensor, ...]:
        sums = embedding_sum(places, tables, onto=begun)
        return sums, *torch.autograd.grad(sums, (tables, begun), upstream)

    found = outcome()
    with without_kernels():
        needed = outcome()
    for one, other in zip(found, needed, strict=True):
        assert one.dtype == other.dtype
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)
