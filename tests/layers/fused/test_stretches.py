"""Stretches cover a window once, in order, and are as long as they may be."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from penwright.layers.fused.stretches import NUMBERS, stretches

CPU = torch.device("cpu")


@given(num_steps=st.integers(0, 300), step_numbers=st.integers(1, 2 * NUMBERS))
def test_they_cover_every_step_once_in_order(num_steps: int, step_numbers: int) -> None:
    found = list(stretches(num_steps, step_numbers, device=CPU))
    assert [step for stretch in found for step in range(num_steps)[stretch]] == list(range(num_steps))
    lengths = [stretch.stop - stretch.start for stretch in found]
    assert all(length == 1 or length * step_numbers <= NUMBERS for length in lengths)
    assert all((length + 1) * step_numbers > NUMBERS for length in lengths[:-1])


@pytest.mark.parametrize("device", ["cuda", "mps", "meta"])
def test_an_accelerator_has_the_whole_window_at_once(device: str) -> None:
    assert list(stretches(128, NUMBERS, device=torch.device(device))) == [slice(0, 128)]
