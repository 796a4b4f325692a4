"""The gated recurrence's kernels against torch."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from twins import assert_twins, random_tensors

from penwright.model.cells.fused.gated import gated_by_doubling, gated_sequence

SHAPES = [(1, 1, 1), (4, 2, 3), (5, 3, 40)]  # T, B, H


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("resets", [False, True])
def test_values_and_gradients_agree(dtype: torch.dtype, shape: tuple[int, int, int], resets: bool) -> None:
    num_steps, num_lanes, size = shape
    generator = torch.Generator().manual_seed(3)
    marks = torch.rand(num_steps, num_lanes, generator=generator) < 0.4 if resets else None
    arguments = random_tensors((num_steps, num_lanes, 3 * size), (num_lanes, size), dtype=dtype)
    assert_twins(lambda products, initial: gated_sequence(products, initial, marks), arguments)


def test_memory_of_another_width_is_refused() -> None:
    products, initial = random_tensors((4, 1, 9), (1, 6))
    with pytest.raises(AssertionError, match="where an array ends"):
        gated_sequence(products, initial, None)


@pytest.mark.parametrize("sequence", [gated_sequence, gated_by_doubling])
def test_a_text_that_begins_owes_nothing_to_what_is_not_a_number(
    sequence: Callable[..., tuple[Tensor, Tensor]],
) -> None:
    products, initial = random_tensors((3, 1, 6), (1, 2))
    marks = torch.tensor([[True], [False], [False]])
    outputs, memory = sequence(products, torch.full_like(initial, torch.inf), marks)
    assert outputs.isfinite().all() and memory.isfinite().all()
