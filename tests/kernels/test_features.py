"""Features filled in by a kernel against the same done by torch."""

import pytest
import torch

from penwright.model.context_models.features import features_of, plain_features
from penwright.model.context_models.match import Match
from penwright.model.context_models.ngram_lookup import Predictions


@pytest.mark.parametrize("shape", [(1,), (2, 5), (30, 40)])
@pytest.mark.parametrize("is_lower", [False, True])
def test_a_kernel_fills_in_what_torch_does(shape: tuple[int, ...], is_lower: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    log_probs = torch.rand(*shape, 4, 127, generator=generator).mul_(-16)
    predictions = Predictions(log_probs, torch.rand(*shape, 12, generator=generator))
    latest, earlier = torch.randint(-1, 2, (2, *shape, 3), generator=generator)
    match = Match(latest, earlier, torch.randint(0, 50, (*shape, 3), generator=generator))
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_lower):
        found = features_of(predictions, match, [1, 3])
    needed = plain_features(predictions, match, [1, 3])
    assert found.dtype == (torch.bfloat16 if is_lower else torch.float32)
    torch.testing.assert_close(found, needed.to(found.dtype))
