"""A consensus filled in by a kernel against the same done by torch, and by hand."""

import math

import numpy as np
import pytest
import torch

from penwright.kernels.arithmetic import exponential
from penwright.kernels.compiling import kernel
from penwright.model.context_models.consensus import consensus_of, plain_consensus
from penwright.model.context_models.match import Match
from penwright.model.context_models.ngram_lookup import Predictions


@pytest.mark.parametrize("shape", [(1,), (2, 5), (30, 40)])
def test_a_kernel_fills_in_what_torch_does(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    log_probs = torch.randn(*shape, 4, 127, generator=generator).mul_(3).log_softmax(dim=-1)
    latest, earlier = torch.randint(-1, 3, (2, *shape, 5), generator=generator)
    match = Match(latest, earlier, torch.zeros_like(latest))
    predictions = Predictions(log_probs, torch.zeros(*shape, 12))
    found, needed = (each(predictions, match, [1, 3]) for each in (consensus_of, plain_consensus))
    torch.testing.assert_close(found, needed, rtol=1e-5, atol=1e-5)


def test_it_says_who_agrees_and_how_sure_each_is() -> None:
    log_probs = torch.tensor([[0.5, 0.25, 0.25], [0.8, 0.1, 0.1]]).log().unsqueeze(0)  # two distributions of three
    latest = torch.tensor([[1, 1, -1, 2]])
    match = Match(latest, latest, latest)
    found = consensus_of(Predictions(log_probs, torch.zeros(1, 6)), match, [1])[0].tolist()
    votes, chance = [1 / 4, 1 / 4, 0, -1 / 4], (math.log(0.1) + 2) / 2
    entropies = [1.5 * math.log(2), -0.8 * math.log(0.8) - 0.2 * math.log(0.1)]
    sharpest = [math.log(0.5) + 1, math.log(0.8) + 1]
    needed = [*votes, chance, chance, 0, chance, *(entropy - 1 for entropy in entropies), *sharpest]
    assert found == pytest.approx(needed, abs=1e-6)


def test_exponentials_are_close() -> None:
    @kernel
    def fill(values: np.ndarray, out: np.ndarray) -> None:
        for i in range(len(values)):
            out[i] = exponential(values[i])

    values = np.linspace(-87, 88, 200_001, dtype=np.float32)
    found = np.empty_like(values)
    fill(values, found)
    np.testing.assert_allclose(found, np.exp(values.astype(np.float64)), rtol=3e-7)
