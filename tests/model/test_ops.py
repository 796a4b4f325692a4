"""The norm, the squared ReLU and the weighted sum against their plain twins, with and without gradients."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from penwright.model.ops import (
    plain_rms_norm,
    plain_squared_relu,
    plain_weighted_sum,
    rms_norm,
    squared_relu,
    weighted_sum,
)

CONSTANTS = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
PAIRS = [
    pytest.param(rms_norm, plain_rms_norm, id="rms_norm"),
    pytest.param(squared_relu, plain_squared_relu, id="squared_relu"),
    pytest.param(
        lambda weights: weighted_sum(weights, CONSTANTS),
        lambda weights: plain_weighted_sum(weights, CONSTANTS),
        id="weighted_sum",
    ),
]


def random_inputs() -> Tensor:
    """Vectors of eight numbers in double precision, some far from zero, ready for gradients."""
    generator = torch.Generator().manual_seed(0)
    return (3 * torch.randn(4, 3, 8, generator=generator, dtype=torch.float64)).requires_grad_()


@pytest.mark.parametrize(("fast", "plain"), PAIRS)
def test_the_fast_form_equals_its_plain_twin(
    fast: Callable[[Tensor], Tensor], plain: Callable[[Tensor], Tensor]
) -> None:
    inputs = random_inputs()
    torch.testing.assert_close(fast(inputs), plain(inputs))
    upstream = torch.randn(inputs.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found, needed = (torch.autograd.grad(form(inputs), inputs, upstream) for form in (fast, plain))
    torch.testing.assert_close(found, needed)
    with torch.no_grad():
        torch.testing.assert_close(fast(inputs), plain(inputs))


@pytest.mark.parametrize(("fast", "plain"), PAIRS)
def test_gradients_agree_with_finite_differences(
    fast: Callable[[Tensor], Tensor], plain: Callable[[Tensor], Tensor]
) -> None:
    assert torch.autograd.gradcheck(fast, random_inputs())


@pytest.mark.parametrize(("fast", "plain"), PAIRS)
def test_gradients_arrive_in_any_layout(fast: Callable[[Tensor], Tensor], plain: Callable[[Tensor], Tensor]) -> None:
    inputs = random_inputs()
    upstream = torch.randn(3, 4, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64).transpose(0, 1)
    found, needed = (torch.autograd.grad(form(inputs), inputs, upstream) for form in (fast, plain))
    torch.testing.assert_close(found, needed)


def test_a_normalised_vector_has_a_root_mean_square_of_one() -> None:
    mean_squares = rms_norm(random_inputs()).square().mean(-1)
    torch.testing.assert_close(mean_squares, torch.ones(4, 3, dtype=torch.float64), rtol=0, atol=1e-5)


def test_a_vector_of_zeros_stays_finite() -> None:
    zeros = torch.zeros(2, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(rms_norm(zeros).sum(), zeros)
    assert not rms_norm(zeros).any()
    assert gradient.isfinite().all()
