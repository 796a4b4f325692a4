"""Distributions mixed by kernels against the same done by torch."""

import pytest
import torch
from torch import Tensor

from penwright.kernels.running import without_kernels
from penwright.model.context_models.match import Match
from penwright.model.context_models.mixing import mixed

TOLD, ORDERS = 3, 4


def some_matches(*shape: int, vocab_size: int, generator: torch.Generator) -> Match:
    """Matches in which successors are often one symbol, and often none."""
    latest, other = torch.randint(-1, vocab_size, (2, *shape, ORDERS), generator=generator)
    is_same = torch.rand(*shape, ORDERS, generator=generator) < 0.4
    length = torch.randint(0, 300, (*shape, ORDERS), generator=generator)
    return Match(latest, torch.where(is_same, latest, other), length.where(is_same, 0))


@pytest.mark.parametrize("shape", [(1,), (2, 5), (40, 50)])
@pytest.mark.parametrize("vocab_size", [2, 64, 127, 300])
def test_a_kernel_mixes_as_torch_does_with_its_gradients(shape: tuple[int, ...], vocab_size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(*shape, TOLD, generator=generator).requires_grad_()
    bonuses = torch.randn(*shape, 5 * ORDERS, generator=generator).requires_grad_()
    log_probs = torch.rand(*shape, TOLD, vocab_size, generator=generator).mul_(-16)
    match = some_matches(*shape, vocab_size=vocab_size, generator=generator)
    upstream = torch.randn(vocab_size, *shape, generator=generator).movedim(0, -1)

    def outcome() -> tuple[Tensor, ...]:
        logits = mixed(weights, log_probs, bonuses, match)
        return logits, *torch.autograd.grad(logits, (weights, bonuses), upstream)

    found = outcome()
    with without_kernels():
        needed = outcome()
    for one, other in zip(found, needed, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=2e-4)


def test_without_gradients_the_logits_are_the_same() -> None:
    generator = torch.Generator().manual_seed(0)
    match = some_matches(6, vocab_size=9, generator=generator)
    arguments = (torch.randn(6, TOLD), torch.randn(6, TOLD, 9), torch.randn(6, 5 * ORDERS), match)
    needed = mixed(*arguments)
    with torch.no_grad():
        assert torch.equal(mixed(*arguments), needed)
