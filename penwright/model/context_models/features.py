"""The inputs that the context models give to the bottom of a network, one row of numbers a character.

A product follows, so they are of the type it wants: under autocast that of lower precision.

Shapes: M = n-gram distributions, V = vocab_size, W = distributions that are inputs, F = confidences, R = contexts
of the match model.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from penwright.kernels import running
from penwright.kernels.features import fill_features
from penwright.model.cells.fused.operands import product_type
from penwright.model.context_models.match import Match, agreement, log_length
from penwright.model.context_models.ngram_lookup import Predictions

_LOG_CENTRE, _LOG_SCALE = 4.0, 0.5  # brings the logarithms of usual probabilities to about -1 to 1


def features_of(ngrams: Predictions | None, match: Match | None, inputs: Sequence[int]) -> Tensor:
    """Return the features of both, or of the one that there is.

    Args:
        ngrams: log_probs (..., M, V) and confidences (..., F).
        match: Each (..., R).
        inputs: The numbers of the W distributions.

    Returns:
        (..., W * V + F + 2 * R): logarithms and confidences; 1 where the two latest successors agree, logarithms of the
        match lengths.
    """
    if ngrams is None or match is None:
        return plain_features(ngrams, match, inputs)
    *shape, _, vocab_size = ngrams.log_probs.shape
    dtype = product_type(ngrams.log_probs)
    if not (running.can_run(prod(shape), exact=(ngrams.log_probs,)) and dtype in running.ROWS_TYPES):
        return plain_features(ngrams, match, inputs)
    confidences, *matches = (part.flatten(0, -2).contiguous() for part in (ngrams.confidences, *match))
    features = torch.empty(
        len(confidences), len(inputs) * vocab_size + confidences.shape[1] + 2 * matches[0].shape[1], dtype=dtype
    )
    running.run(
        fill_features,
        len(confidences),
        torch.tensor(inputs),
        _LOG_CENTRE,
        _LOG_SCALE,
        ngrams.log_probs.flatten(0, -3).contiguous(),
        confidences,
        *matches,
        features,
        work=features.numel(),
    )
    return features.view(*shape, -1)


def plain_features(ngrams: Predictions | None, match: Match | None, inputs: Sequence[int]) -> Tensor:
    """Do the same as `features_of`, left to torch."""
    parts = []
    if ngrams is not None:
        log_probs = ngrams.log_probs[..., inputs, :].add(_LOG_CENTRE).mul_(_LOG_SCALE)  # (..., W, V)
        parts += [log_probs.flatten(-2), ngrams.confidences]
    if match is not None:
        parts += [agreement(match), log_length(match)]
    return torch.cat(parts, dim=-1)
