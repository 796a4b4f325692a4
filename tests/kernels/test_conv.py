"""The convolution's kernels against torch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from twins import assert_twins, random_tensors

from penwright.model.cells.conv import causal_conv


@settings(max_examples=25, deadline=None)  # the first call compiles
@given(
    seq_len=st.integers(1, 6),
    taps=st.integers(2, 5),
    resets=st.none() | st.lists(st.booleans(), min_size=12, max_size=12),
    seed=st.integers(0, 2**31),
)
def test_values_and_gradients_agree(seq_len: int, taps: int, resets: list[bool] | None, seed: int) -> None:
    marks = None if resets is None else torch.tensor(resets).view(6, 2)[:seq_len]
    arguments = random_tensors((seq_len, 2, 17), (taps, 17), (taps - 1, 2, 17), seed=seed)
    assert_twins(lambda *tensors: causal_conv(*tensors, marks), arguments)


def test_inputs_that_are_rounded_are_read_as_numbers() -> None:
    """In a plain stack they come rounded from the layer below; their bits were taken for numbers."""
    arguments = random_tensors((3, 2, 5), (4, 5), (3, 2, 5), dtype=torch.bfloat16)
    assert_twins(lambda *tensors: causal_conv(*tensors, None), arguments)


def test_memory_of_another_width_is_refused() -> None:
    inputs, weight, recent = random_tensors((4, 1, 6), (4, 6), (3, 1, 3))
    with pytest.raises(AssertionError, match="where an array ends"):
        causal_conv(inputs, weight, recent, None)


@pytest.mark.parametrize("begins", [False, True])
def test_rounded_as_operands_are_under_autocast(begins: bool) -> None:
    marks = torch.tensor([[False, True], [False, False], [True, False]]) if begins else None

    def compute(inputs: Tensor, weight: Tensor, recent: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return causal_conv(inputs.transpose(0, 1), weight, recent, marks)

    assert_twins(compute, random_tensors((2, 3, 5), (4, 5), (3, 2, 5)))
