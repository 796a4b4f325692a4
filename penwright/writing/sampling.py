"""Choose the next character from a model's logits: temperature, top-k, top-p and min-p in one sampler.

The order is fixed. First, banned ids are removed. Then top-k, top-p and min-p are each applied to the model's own
distribution, before any temperature, and an id stays if all three keep it. The temperature is applied last, to the
ids that stay. So a high temperature varies among plausible characters instead of reaching for misspellings, and
raising it can only spread the choice. The default chain of llama.cpp puts the temperature last for the same reason
(ggml-org/llama.cpp, pull request 3841). Departure: the three limits are measured on one distribution, so their order
does not matter.

One number decides each character: the id at which the running sum of the probabilities passes it. A rounding error
moves the limits between ids only slightly. So one seed gives one text whichever engine computes the logits, unless a
number falls exactly between their limits. The number depends on the seed, on which of several texts it is, and on how
many symbols were read before, and on nothing else. So a text can be continued from its middle.

The 2017 system's only knob was `top_k` ("top-n") at temperature 1; its advice was 10 for an author that is still
learning and 2 or 3 for a fully trained one.

This module knows nothing of models, alphabets or text.

Shapes: V = vocab_size.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.errors import NoNumbersError
from penwright.kernels.random import uniform
from penwright.kernels.sampling import NO_NUMBER, choose
from penwright.settings import MAX_INT64, Between, Setting
from penwright.writing.options import SamplingConfig

Logits = NDArray[np.float32]
MAX_SAMPLE = (1 << 32) - 1


class Draws(NamedTuple):
    """The random numbers of one text, each computed from its position."""

    seed: int
    """0 to 2^63 - 1."""
    sample: int = 0
    """Number of the text among those with this seed, 0 to 2^32 - 1."""

    def at(self, position: int, *, attempt: int = 0) -> float:
        """Return the number for a symbol, from 0 up to but not including 1.

        Args:
            position: Number of symbols read before it.
            attempt: 0, or how many times a symbol was drawn for this position and put back.
        """
        return float(uniform(self.seed, self.sample, position, attempt))


def draws_of(seed: int, *, sample: int = 0) -> Draws:
    """Return the random numbers of a text.

    Raises:
        ConfigError: If the seed or the sample is no whole number or out of bounds.
    """
    Setting(int, (Between(0, MAX_INT64),)).check("seed", seed)
    Setting(int, (Between(0, MAX_SAMPLE),)).check("sample", sample)
    return Draws(seed, sample)


def probabilities(logits: Logits, *, config: SamplingConfig, allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the probability of choosing each id.

    Args:
        logits: float32 (V,), infinities included.
        config: Sampling options.
        allowed: bool (V,), the ids that may be chosen; at least one.

    Returns:
        (V,), which sum to 1 but for rounding; the most probable allowed id, the lowest of equals, is never 0.

    Raises:
        AuthorError: If a logit is not a number.
    """
    chances = np.empty(len(logits))
    choose_next(logits, config=config, allowed=allowed, draw=0.0, chances=chances)
    return chances


def choose_next(
    logits: Logits,
    *,
    config: SamplingConfig,
    allowed: NDArray[np.bool_],
    draw: float,
    chances: NDArray[np.float64] | None = None,
) -> int:
    """Choose the next id.

    Args:
        logits: float32 (V,).
        config: Sampling options.
        allowed: bool (V,), the ids that may be chosen; at least one.
        draw: From `Draws.at`. It decides nothing at temperature 0.
        chances: (V,), to be filled with the probabilities, None if nobody needs them.

    Raises:
        AuthorError: If a logit is not a number.
    """
    if chances is None:
        chances = np.empty(len(logits))
    chosen = choose(
        logits,
        allowed,
        float(config.temperature),
        config.top_k,
        float(config.top_p),
        float(config.min_p),
        draw,
        chances,
    )
    if chosen == NO_NUMBER:
        raise NoNumbersError
    return int(chosen)
