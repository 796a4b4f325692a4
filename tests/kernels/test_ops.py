"""The norm, alone and after a sum, and the squared ReLU: kernels against torch."""

import pytest
import torch
from twins import assert_twins, random_tensors

from penwright.model.ops import add_norm, rms_norm, squared_relu

BOTH = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])


@BOTH
@pytest.mark.parametrize("shape", [(1, 1), (2, 3, 5), (4, 67)])
def test_the_norm(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    assert_twins(lambda inputs: rms_norm(inputs, dtype=dtype), random_tensors(shape))


@BOTH
@pytest.mark.parametrize("shape", [(1, 1), (2, 3, 5), (4, 67)])
def test_the_norm_of_a_sum(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    additions, inputs = random_tensors(shape, shape, dtype=dtype)
    assert_twins(lambda additions, inputs: add_norm(inputs, additions, dtype=dtype), (additions, inputs))


def test_rows_in_any_layout() -> None:
    (inputs,) = random_tensors((4, 3, 8))
    assert_twins(lambda inputs: rms_norm(inputs.transpose(0, 1)), (inputs,))
    assert_twins(lambda inputs: add_norm(inputs.transpose(0, 1), inputs.transpose(0, 1).bfloat16()), (inputs,))


def test_a_vector_of_zeros_stays_finite() -> None:
    zeros = torch.zeros(2, 8, requires_grad=True)
    sums, outputs = add_norm(zeros, zeros)
    (gradient,) = torch.autograd.grad(sums.sum() + outputs.sum(), zeros)
    assert not outputs.any()
    assert gradient.isfinite().all()


@BOTH
@pytest.mark.parametrize("shape", [(1, 1), (2, 3, 5), (4, 67)])
def test_the_squared_relu(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    assert_twins(squared_relu, random_tensors(shape, dtype=dtype))
    assert_twins(lambda inputs: squared_relu(inputs.transpose(0, 1)), random_tensors(shape, dtype=dtype))
