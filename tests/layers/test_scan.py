"""The linear recurrence: its fast form against its plain twin, and against numbers worked out by hand."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.layers.scan import linear_scan, plain_linear_scan


def random_arguments(batch_size: int, seq_len: int, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Decays, inputs and an initial value in double precision, ready for gradients."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(batch_size, seq_len, 4), (batch_size, seq_len, 4), (batch_size, 4)]
    decay, inputs, initial = (torch.rand(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return decay.requires_grad_(), inputs.requires_grad_(), initial.requires_grad_()


def test_a_half_kept_each_step_by_hand() -> None:
    decay, inputs = torch.full((1, 3, 1), 0.5), torch.tensor([[[1.0], [0.0], [2.0]]])
    assert linear_scan(decay, inputs, torch.tensor([[4.0]])).flatten().tolist() == [3.0, 1.5, 2.75]


def test_a_decay_of_zero_forgets_everything_before() -> None:
    decay, inputs, initial = random_arguments(2, 5, seed=0)
    kept = torch.ones(5, dtype=torch.float64)
    kept[3] = 0.0
    values = linear_scan(decay * kept.view(1, -1, 1), inputs, initial)
    afresh = linear_scan(decay[:, 3:], inputs[:, 3:], torch.zeros_like(initial))
    torch.testing.assert_close(values[:, 3:], afresh)


@settings(max_examples=25)
@given(batch_size=st.integers(1, 3), seq_len=st.integers(1, 7), seed=st.integers(0, 2**31))
def test_the_fast_scan_equals_its_plain_twin_in_values_and_gradients(batch_size: int, seq_len: int, seed: int) -> None:
    arguments = random_arguments(batch_size, seq_len, seed=seed)
    fast, plain = linear_scan(*arguments), plain_linear_scan(*arguments)
    torch.testing.assert_close(fast, plain, rtol=1e-12, atol=1e-12)
    upstream = torch.randn(plain.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found, needed = (torch.autograd.grad(values, arguments, upstream) for values in (fast, plain))
    torch.testing.assert_close(found, needed, rtol=1e-12, atol=1e-12)


def test_gradients_agree_with_finite_differences() -> None:
    assert torch.autograd.gradcheck(linear_scan, random_arguments(2, 4, seed=1))


def test_memory_layout_makes_no_difference() -> None:
    decay, inputs, initial = random_arguments(3, 5, seed=2)
    turned = [tensor.transpose(0, 1).contiguous().transpose(0, 1) for tensor in (decay, inputs)]
    assert torch.equal(linear_scan(decay, inputs, initial), linear_scan(*turned, initial))
