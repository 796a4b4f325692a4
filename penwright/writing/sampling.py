"""Choose the next character from a model's logits: temperature, top-k, top-p and min-p in one sampler.

The order is fixed. First, banned ids are removed. Then top-k, top-p and min-p are each applied to the model's own
distribution, before any temperature, and an id stays if all three keep it. The temperature is applied last, to the
ids that stay. So a high temperature varies among plausible characters instead of reaching for misspellings, and
raising it can only spread the choice. The default chain of llama.cpp puts the temperature last for the same reason
(ggml-org/llama.cpp, pull request 3841). Departure: the three limits are measured on one distribution, so their order
does not matter.

The 2017 system's only knob was `top_k` ("top-n") at temperature 1; its advice was 10 for an author that is still
learning and 2 or 3 for a fully trained one.

This module knows nothing of models, alphabets or text.

Shapes: B = texts written side by side, V = vocab_size.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from penwright.errors import NoNumbersError
from penwright.settings import MAX_INT64, Between, Setting
from penwright.writing.options import SamplingConfig

_FLOAT32 = torch.finfo(torch.float32)


def probabilities(logits: Tensor, *, config: SamplingConfig, banned_ids: Sequence[int] | Tensor = ()) -> Tensor:
    """Return the probability of choosing each id.

    Args:
        logits: Any real values, infinities included, shape (B, V), on any device.
        config: Sampling options.
        banned_ids: Ids that must not be chosen: a sequence, or an int64 tensor on the CPU, which saves a conversion.
            At least one id must be left.

    Returns:
        float32 on the CPU, shape (B, V). Each row sums to 1; the most probable allowed id, the lowest of equals, is
        never 0.

    Raises:
        AuthorError: If a logit is not a number.
    """
    assert logits.ndim == 2, logits.shape
    scores = logits.detach().to("cpu", torch.float32)
    if torch.isnan(scores).any():
        raise NoNumbersError
    scores = scores.clamp(min=_FLOAT32.min, max=_FLOAT32.max)  # a difference of infinities would not be a number
    banned = torch.as_tensor(banned_ids, dtype=torch.int64)
    if len(banned):
        scores = scores.index_fill(1, banned, -math.inf)
    best, best_ids = scores.max(dim=1, keepdim=True)  # (B, 1)
    assert torch.isfinite(best).all(), "every id is banned"
    if config.temperature == 0:
        return torch.zeros_like(scores).scatter_(1, best_ids, 1.0)
    scores = scores - best  # 0 for the best, below for the others
    kept = _kept(scores, config)
    # Below the smallest normal number a division by the temperature could be 0 / 0.
    scores = scores / max(config.temperature, _FLOAT32.tiny)
    return torch.softmax(scores if kept is None else scores.masked_fill(~kept, -math.inf), dim=1)


def sample_next(
    logits: Tensor, *, config: SamplingConfig, generator: torch.Generator, banned_ids: Sequence[int] | Tensor = ()
) -> Tensor:
    """Draw the next id of each text.

    Args:
        logits: Shape (B, V), on any device.
        config: Sampling options.
        generator: Generator on the CPU, whatever the device of the logits, so that a seed means the same everywhere.
            One number is drawn from it for each row, none at temperature 0.
        banned_ids: Ids that must not be chosen.

    Returns:
        Ids, int64 on the CPU, shape (B,).

    Raises:
        AuthorError: If a logit is not a number.
    """
    chances = probabilities(logits, config=config, banned_ids=banned_ids)
    if config.temperature == 0:
        return chances.argmax(dim=1)
    draws = torch.rand(len(chances), generator=generator, dtype=torch.float64)
    return invert(chances, draws)


def invert(chances: Tensor, draws: Tensor) -> Tensor:
    """Find the id at which the running sum of the probabilities passes a draw.

    One draw decides each character, and a rounding error moves the limits between ids only slightly. So the same seed
    gives the same text on machines that differ in the last digit, unless a draw falls exactly between their limits.

    Args:
        chances: Probabilities, shape (B, V); a row need not sum to exactly 1.
        draws: float64 from 0 up to but not including 1, shape (B,).

    Returns:
        Ids, int64, shape (B,), never one whose probability is 0.
    """
    sums = chances.double().cumsum(dim=1)  # (B, V)
    # No product reaches the total: even 1 - 2^-53 takes more than half of its last digit away.
    return torch.searchsorted(sums, draws[:, None] * sums[:, -1:], right=True)[:, 0]


def generator_from(seed: int) -> torch.Generator:
    """Return a generator on the CPU that yields the same numbers for the same seed.

    Args:
        seed: 0 to 2^63 - 1. torch reads 32 bits of it, so the upper half is folded into the lower. Otherwise seeds
            that differ only there would give one text.

    Raises:
        ConfigError: If the seed is no whole number or out of bounds.
    """
    Setting(int, (Between(0, MAX_INT64),)).check("seed", seed)
    return torch.Generator().manual_seed((seed ^ seed >> 32) & 0xFFFF_FFFF)


def _kept(scores: Tensor, config: SamplingConfig) -> Tensor | None:
    """Return which ids all limits keep, bool (B, V), or None if none of them is set.

    Args:
        scores: Logits less the best one, shape (B, V).
        config: The limits.
    """
    kept = None
    if config.min_p > 0:
        kept = scores >= math.log(config.min_p)
    if config.top_p < 1 or 0 < config.top_k < scores.shape[1]:
        ordered, ids = scores.sort(dim=1, descending=True, stable=True)  # equals by id, so that top_k=1 is the best id
        chances = torch.softmax(ordered, dim=1)
        is_in = torch.ones_like(ids, dtype=torch.bool)
        if config.top_p < 1:
            is_in = chances.cumsum(dim=1) - chances < config.top_p  # what comes before an id falls short of top_p
            is_in[:, 0] = True  # even where top_p is too small for float32
        if config.top_k:
            is_in[:, config.top_k :] = False
        in_place = torch.zeros_like(is_in).scatter_(1, ids, is_in)
        kept = in_place if kept is None else kept & in_place
    return kept
