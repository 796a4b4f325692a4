"""The sum of embeddings against its plain twin, with and without gradients."""

import pytest
import torch
from torch import Tensor

from penwright.model.embeddings import embedding_sum, plain_embedding_sum

NUM_TABLES, NUM_PLACES, WIDTH = 3, 5, 4


def places(*shape: int) -> Tensor:
    return torch.randint(0, NUM_PLACES, (*shape, NUM_TABLES), generator=torch.Generator().manual_seed(0))


def tables() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(NUM_TABLES, NUM_PLACES, WIDTH, generator=generator, dtype=torch.float64).requires_grad_()


@pytest.mark.parametrize("shape", [(1,), (7,), (2, 6)])
def test_it_equals_its_plain_twin_with_its_gradients(shape: tuple[int, ...]) -> None:
    asked, held = places(*shape), tables()
    begun = torch.randn(*shape, WIDTH, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    found, needed = embedding_sum(asked, held, onto=begun), plain_embedding_sum(asked, held, onto=begun)
    assert found.shape == (*shape, WIDTH)
    torch.testing.assert_close(found, needed)
    upstream = torch.randn(found.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    torch.testing.assert_close(*(torch.autograd.grad(values, held, upstream)[0] for values in (found, needed)))
    with torch.no_grad():
        torch.testing.assert_close(embedding_sum(asked, held, onto=begun), needed)


def test_gradients_arrive_in_any_layout() -> None:
    asked, held = places(6, 2), tables()
    upstream = torch.randn(2, 6, WIDTH, generator=torch.Generator().manual_seed(2), dtype=torch.float64).transpose(0, 1)
    sums = [form(asked, held, onto=torch.zeros(6, 2, WIDTH)) for form in (embedding_sum, plain_embedding_sum)]
    grads = [torch.autograd.grad(values, held, upstream)[0] for values in sums]
    torch.testing.assert_close(*grads)


def test_gradients_agree_with_finite_differences() -> None:
    asked = places(2, 3)
    begun = torch.zeros(2, 3, WIDTH, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda held, onto: embedding_sum(asked, held, onto=onto), (tables(), begun))
