"""What the fused loops do the same way in every precision."""

import pytest
import torch

from penwright.model.cells.fused.operands import (
    ROWS_PER_PRODUCT,
    add_product,
    passed_back,
    product_type,
    sigmoid_gradient,
    tanh_gradient,
    tanh_in_place,
    weight_gradient,
)

SUMS = torch.cat((torch.linspace(-90.0, 90.0, 181), torch.linspace(-1.0, 1.0, 101))).double()


def test_products_are_rounded_only_under_autocast() -> None:
    weight = torch.zeros(1)
    assert product_type(weight) == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert product_type(weight) == torch.bfloat16


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_the_tangent_is_exact_to_a_rounding_of_one(dtype: torch.dtype) -> None:
    values = SUMS.to(dtype)
    needed = torch.tanh(values)
    found = tanh_in_place(values)
    assert found is values
    torch.testing.assert_close(found, needed, rtol=0, atol=2 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_a_product_is_added_in_the_type_of_the_result(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    addend, operand, factor = (
        torch.randn(shape, generator=generator).to(dtype) for shape in ((10, 6), (10, 24), (24, 6))
    )
    out = torch.empty(10, 6, dtype=torch.promote_types(dtype, torch.float32))
    assert add_product(addend, operand, factor, out=out) is out
    product = operand @ factor
    torch.testing.assert_close(out, product.to(out.dtype) + addend.to(out.dtype))
    tolerance = 16 * torch.finfo(dtype).eps
    exact = operand.double() @ factor.double()
    torch.testing.assert_close(product.double(), exact, rtol=tolerance, atol=tolerance)


def test_gradients_are_those_of_the_functions() -> None:
    sums = SUMS.clone().requires_grad_()
    grad = torch.cos(SUMS)
    for function, gradient in ((torch.tanh, tanh_gradient), (torch.sigmoid, sigmoid_gradient)):
        outputs = function(sums)
        (needed,) = torch.autograd.grad(outputs, sums, grad)
        out = torch.empty_like(grad)
        assert gradient(grad, outputs.detach(), out=out) is out
        torch.testing.assert_close(out, needed)


def test_a_weight_s_gradient_is_one_product_over_the_window() -> None:
    generator = torch.Generator().manual_seed(0)
    grads, operands = (torch.randn(3, 2, width, generator=generator, dtype=torch.float64) for width in (5, 4))
    found = weight_gradient(grads, operands, dtype=torch.float64)
    torch.testing.assert_close(found, torch.einsum("tbp,tbh->ph", grads, operands))


def test_rounded_operands_are_summed_in_full_precision_over_a_long_window() -> None:
    """In bfloat16 alone a sum of ones stops growing at 256, and 3,001 itself is rounded to 3,008."""
    num_rows = 2 * ROWS_PER_PRODUCT + 601
    grads, operands = torch.ones(num_rows, 1, 3).bfloat16(), torch.ones(num_rows, 1, 2).bfloat16()
    found = weight_gradient(grads, operands, dtype=torch.float32)
    assert found.dtype == torch.float32
    assert ((found - num_rows).abs() <= 2).all()  # the last 601 rows alone round to 600


def test_nothing_passes_back_through_a_lane_that_begins_anew() -> None:
    arriving = torch.tensor([[[1.0], [2.0]], [[4.0], [8.0]]])  # (T, B, 1)
    kept, out = torch.tensor([[float("nan")], [0.5]]), torch.empty(2, 1)
    assert passed_back(kept, torch.tensor([[True], [False]]), arriving, time=1, out=out).tolist() == [[1.0], [2.5]]
    assert passed_back(kept, None, arriving, time=0, out=out).tolist() == [[0.0], [0.5]]
