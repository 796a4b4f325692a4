"""The linear recurrence: the scan by doubling against its plain twin, and against numbers worked out by hand."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.model.cells.scan import plain_scan, scan_by_doubling


def random_arguments(seq_len: int, batch_size: int, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Decays, inputs and an initial value in double precision, ready for gradients."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(seq_len, batch_size, 4), (seq_len, batch_size, 4), (batch_size, 4)]
    decay, inputs, initial = (torch.rand(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return decay.requires_grad_(), inputs.requires_grad_(), initial.requires_grad_()


def test_a_half_kept_each_step_by_hand() -> None:
    decay, inputs = torch.full((3, 1, 1), 0.5), torch.tensor([[[1.0]], [[0.0]], [[2.0]]])
    assert scan_by_doubling(decay, inputs, torch.tensor([[4.0]])).flatten().tolist() == [3.0, 1.5, 2.75]


def test_a_decay_of_zero_forgets_everything_before() -> None:
    decay, inputs, initial = random_arguments(5, 2, seed=0)
    kept = torch.ones(5, dtype=torch.float64)
    kept[3] = 0.0
    values = scan_by_doubling(decay * kept.view(-1, 1, 1), inputs, initial)
    afresh = scan_by_doubling(decay[3:], inputs[3:], torch.zeros_like(initial))
    torch.testing.assert_close(values[3:], afresh)


@settings(max_examples=25)
@given(batch_size=st.integers(1, 3), seq_len=st.integers(1, 19), seed=st.integers(0, 2**31))
def test_the_scan_equals_its_plain_twin_in_values_and_gradients(batch_size: int, seq_len: int, seed: int) -> None:
    arguments = random_arguments(seq_len, batch_size, seed=seed)
    fast, plain = scan_by_doubling(*arguments), plain_scan(*arguments)
    torch.testing.assert_close(fast, plain, rtol=1e-12, atol=1e-12)
    upstream = torch.randn(plain.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found, needed = (torch.autograd.grad(values, arguments, upstream) for values in (fast, plain))
    torch.testing.assert_close(found, needed, rtol=1e-12, atol=1e-12)


def test_gradients_agree_with_finite_differences() -> None:
    assert torch.autograd.gradcheck(scan_by_doubling, random_arguments(5, 2, seed=1))


def test_what_it_is_given_stays_as_it_was() -> None:
    arguments = random_arguments(6, 2, seed=2)
    copies = [tensor.detach().clone() for tensor in arguments]
    scan_by_doubling(*arguments).sum().backward()
    assert all(torch.equal(tensor, copy) for tensor, copy in zip(arguments, copies, strict=True))
