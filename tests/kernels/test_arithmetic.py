"""Functions within kernels against torch's."""

from typing import Any

import torch

from penwright.kernels.arithmetic import logarithm
from penwright.kernels.running import kernel, run


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
