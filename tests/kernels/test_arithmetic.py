"""Numbers within kernels against torch's: bfloat16 to the bit, and the functions of gates."""

from typing import Any

import numpy as np
import torch

from penwright.kernels.arithmetic import fitting, logarithm, sigmoid, tanh, wide
from penwright.kernels.compiling import kernel
from penwright.kernels.running import run


@kernel
def _copy(first: int, stop: int, values: Any, copies: Any) -> None:
    for i in range(first, stop):
        copies[i] = fitting(wide(values[i]), copies)


@kernel
def _functions(first: int, stop: int, values: Any, tangents: Any, sigmoids: Any) -> None:
    for i in range(first, stop):
        tangents[i] = tanh(values[i])
        sigmoids[i] = sigmoid(values[i])


def copied(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """What a kernel makes of some numbers that it reads and writes in another type."""
    copies = torch.empty(values.shape, dtype=dtype)
    run(_copy, len(values), values, copies, work=len(values))
    return copies


def test_every_finite_bfloat16_is_read_as_torch_reads_it() -> None:
    values = torch.from_numpy(np.arange(1 << 16, dtype=np.uint16)).view(torch.bfloat16)
    values = values[values.isfinite()].contiguous()
    assert torch.equal(copied(values, torch.float32), values.float())
    assert torch.equal(copied(values, torch.bfloat16), values)


def test_a_float32_is_rounded_as_torch_rounds_it() -> None:
    generator = torch.Generator().manual_seed(0)
    spread = torch.randn(20_000, generator=generator) * torch.logspace(-30, 30, 20_000)
    ties = (torch.randint(0, 1 << 15, (20_000,), generator=generator) << 16 | 0x8000).int().view(torch.float32)
    values = torch.cat((spread, ties[ties.isfinite()], torch.tensor([0.0, -0.0, float("inf"), -float("inf")])))
    assert torch.equal(copied(values, torch.bfloat16), values.bfloat16())
    assert torch.equal(copied(values, torch.float32), values)


def test_gates_are_within_a_millionth() -> None:
    values = torch.cat((torch.linspace(-30, 30, 100_001), torch.tensor([1e-20, -1e-20, 1e30, -1e30])))
    tangents, sigmoids = torch.empty_like(values), torch.empty_like(values)
    run(_functions, len(values), values, tangents, sigmoids, work=1)
    torch.testing.assert_close(tangents, torch.tanh(values.double()).float(), rtol=0, atol=1e-6)
    torch.testing.assert_close(sigmoids, torch.sigmoid(values.double()).float(), rtol=0, atol=1e-6)
    assert ((sigmoids >= 0) & (sigmoids <= 1)).all()


def test_what_is_not_a_number_stays_so() -> None:
    """So that a loss that explodes is noticed."""
    values = torch.tensor([float("nan")])
    tangents, sigmoids = torch.zeros(1), torch.zeros(1)
    run(_functions, 1, values, tangents, sigmoids, work=1)
    assert tangents.isnan().all() and sigmoids.isnan().all()
    assert copied(values, torch.bfloat16).isnan().all()


@kernel
def logarithms(first: int, stop: int, values: Any, out: Any) -> None:
    for i in range(first, stop):
        out[i] = logarithm(values[i])


def test_a_logarithm_is_right_to_its_last_bits() -> None:
    generator = torch.Generator().manual_seed(0)
    spread = torch.exp(torch.rand(20_000, generator=generator) * 60 - 40)
    near_one = 1 + torch.randn(20_000, generator=generator) * 1e-4
    values = torch.cat((spread, near_one, torch.tensor([1e-7, 0.5, 1.0, 2.0])))
    found = torch.empty_like(values)
    run(logarithms, len(values), values, found, work=len(values))
    torch.testing.assert_close(found, values.double().log().float(), rtol=2e-7, atol=0.0)
    assert found[values == 1].eq(0).all()
