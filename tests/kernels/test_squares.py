"""The squared ReLU's kernels against torch."""

import pytest
import torch
from twins import assert_twins, random_tensors

from penwright.layers.elementwise import squared_relu


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3, 5), (4, 67)])
def test_values_and_gradients_agree(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    assert_twins(squared_relu, random_tensors(shape, dtype=dtype))
    assert_twins(lambda inputs: squared_relu(inputs.transpose(0, 1)), random_tensors(shape, dtype=dtype))
