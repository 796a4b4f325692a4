"""Lanes that begin anew in the middle of a window, as the fused loops see them."""

import torch

from penwright.layers.fused.resets import carried, gradients_around, marked_steps, states_before

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


def test_each_step_starts_from_the_value_before_it() -> None:
    values, initial = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]]), torch.tensor([[8.0], [9.0]])
    assert states_before(values, initial, None).flatten(1).tolist() == [[8.0, 9.0], [1.0, 2.0], [3.0, 4.0]]
    assert states_before(values, initial, RESETS).flatten(1).tolist() == [[8.0, 9.0], [0.0, 2.0], [3.0, 4.0]]


def test_gradients_start_as_a_copy_with_nothing_yet_for_the_initial_state() -> None:
    arriving = torch.tensor([[[1.0]], [[2.0]]])
    around = gradients_around(arriving)
    assert around.flatten().tolist() == [0.0, 1.0, 2.0]
    around += 1.0
    assert arriving.flatten().tolist() == [1.0, 2.0]
