"""The short convolution against torch's own, its plain twin, and the texts it must not look into."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.model.cells.conv import causal_conv, plain_causal_conv, recent_after


def random_arguments(seq_len: int, *, taps: int = 4, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs (T, 2, 3), a weight (K, 3) and the values before the window, in double precision, ready for gradients."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(seq_len, 2, 3), (taps, 3), (taps - 1, 2, 3)]
    inputs, weight, recent = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return inputs.requires_grad_(), weight.requires_grad_(), recent.requires_grad_()


def test_it_is_the_depthwise_convolution_of_torch() -> None:
    inputs, weight, recent = random_arguments(6)
    seen = torch.cat((recent, inputs)).permute(1, 2, 0)  # (B, D, K - 1 + T)
    needed = torch.nn.functional.conv1d(seen, weight.t().unsqueeze(1), groups=3).permute(2, 0, 1)
    torch.testing.assert_close(causal_conv(inputs, weight, recent, None), needed)


def test_a_text_that_begins_sees_nothing_before_it() -> None:
    inputs, weight, recent = random_arguments(6)
    resets = torch.zeros(6, 2, dtype=torch.bool)
    resets[2] = True
    outputs = causal_conv(inputs, weight, recent, resets)
    torch.testing.assert_close(outputs[2:], causal_conv(inputs[2:], weight, torch.zeros_like(recent), None))
    torch.testing.assert_close(outputs[:2], causal_conv(inputs[:2], weight, recent, None))


@settings(max_examples=25)
@given(
    seq_len=st.integers(1, 6),
    taps=st.integers(2, 5),
    resets=st.none() | st.lists(st.booleans(), min_size=12, max_size=12),
    seed=st.integers(0, 2**31),
)
def test_the_fast_form_equals_its_plain_twin_in_values_and_gradients(
    seq_len: int, taps: int, resets: list[bool] | None, seed: int
) -> None:
    arguments = random_arguments(seq_len, taps=taps, seed=seed)
    marks = None if resets is None else torch.tensor(resets).view(6, 2)[:seq_len]
    fast, plain = causal_conv(*arguments, marks), plain_causal_conv(*arguments, marks)
    torch.testing.assert_close(fast, plain, rtol=1e-12, atol=1e-12)
    upstream = torch.randn(plain.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found, needed = (torch.autograd.grad(values, arguments, upstream) for values in (fast, plain))
    torch.testing.assert_close(found, needed, rtol=1e-12, atol=1e-12)


def test_gradients_agree_with_finite_differences() -> None:
    resets = torch.tensor([[False, True], [False, False], [True, False], [False, False], [False, True]])
    assert torch.autograd.gradcheck(lambda *arguments: causal_conv(*arguments, resets), random_arguments(5))


def test_the_next_window_still_sees_the_last_inputs_of_its_own_text() -> None:
    inputs, _, recent = random_arguments(2)
    torch.testing.assert_close(recent_after(inputs, recent, None), torch.cat((recent[2:], inputs)))
    resets = torch.tensor([[False, False], [True, False]])  # the first lane begins anew with the last character
    kept = recent_after(inputs, recent, resets)
    assert not kept[:2, 0].any()
    torch.testing.assert_close(kept[2], inputs[1])
    torch.testing.assert_close(kept[:, 1], torch.cat((recent[2:], inputs))[:, 1])


def test_under_autocast_it_is_rounded_as_an_operand_and_its_gradients_are_not() -> None:
    arguments = [tensor.detach().float().requires_grad_() for tensor in random_arguments(6)]
    plain = plain_causal_conv(*arguments, None)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        fast = causal_conv(*arguments, None)
    assert torch.equal(fast, plain.bfloat16())
    upstream = torch.ones_like(fast)
    found = torch.autograd.grad(fast, arguments, upstream)
    needed = torch.autograd.grad(plain, arguments, upstream.float())
    torch.testing.assert_close(found, needed)
