"""Lanes that begin anew in the middle of a window, as the fused loops see them."""

import torch

from penwright.model.cells.fused.resets import carried, marked_steps

RESETS = torch.tensor([[False, False], [True, False], [False, False]])  # (T, B)


def test_a_step_without_a_reset_is_not_marked() -> None:
    assert marked_steps(None, num_steps=2) == [None, None]
    first, second, third = marked_steps(RESETS, num_steps=3)
    assert first is None
    assert third is None
    assert second is not None
    assert second.tolist() == [[True], [False]]


def test_a_marked_lane_carries_zeros_even_where_it_is_not_finite() -> None:
    before = torch.tensor([[float("inf")], [2.0]])
    assert carried(before, None) is before
    assert carried(before, torch.tensor([[True], [False]])).tolist() == [[0.0], [2.0]]
