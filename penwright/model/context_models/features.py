"""What the bottom of a network sees of the evidence, as one row of numbers a character.

They are made for a product that follows, so they are of the type it wants: under autocast that of lower precision.

Shapes: M = counted distributions, V = vocab_size, W = distributions shown, F = facts, R = orders recalled.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from penwright.kernels import running
from penwright.kernels.features import fill_features
from penwright.model.cells.fused.operands import product_type
from penwright.model.context_models.match import Recalled, agreement, endurance
from penwright.model.context_models.ngram_lookup import Predictions

_LOG_CENTRE, _LOG_SCALE = 4.0, 0.5  # brings the logarithms of usual probabilities to about -1 to 1


def features_of(predictions: Predictions | None, recalled: Recalled | None, shown: Sequence[int]) -> Tensor:
    """Return the features of both, or of the one that there is.

    Args:
        predictions: log_probs (..., M, V) and facts (..., F).
        recalled: Each (..., R).
        shown: Which W of the distributions.

    Returns:
        (..., W * V + F + 2 * R): logarithms and facts; whether the two latest followers are one symbol, how long the
        recalls have been right.
    """
    if predictions is None or recalled is None:
        return plain_features(predictions, recalled, shown)
    *shape, _, vocab_size = predictions.log_probs.shape
    dtype = product_type(predictions.log_probs)
    if not (running.can_run(prod(shape), exact=(predictions.log_probs,)) and dtype in running.ROWS_TYPES):
        return plain_features(predictions, recalled, shown)
    facts, *recalls = (part.flatten(0, -2).contiguous() for part in (predictions.facts, *recalled))
    features = torch.empty(len(facts), len(shown) * vocab_size + facts.shape[1] + 2 * recalls[0].shape[1], dtype=dtype)
    running.run(
        fill_features,
        len(facts),
        torch.tensor(shown),
        _LOG_CENTRE,
        _LOG_SCALE,
        predictions.log_probs.flatten(0, -3).contiguous(),
        facts,
        *recalls,
        features,
        work=features.numel(),
    )
    return features.view(*shape, -1)


def plain_features(predictions: Predictions | None, recalled: Recalled | None, shown: Sequence[int]) -> Tensor:
    """Do what `features_of` does, left to torch."""
    parts = []
    if predictions is not None:
        log_probs = predictions.log_probs[..., shown, :].add(_LOG_CENTRE).mul_(_LOG_SCALE)  # (..., W, V)
        parts += [log_probs.flatten(-2), predictions.facts]
    if recalled is not None:
        parts += [agreement(recalled), endurance(recalled)]
    return torch.cat(parts, dim=-1)
