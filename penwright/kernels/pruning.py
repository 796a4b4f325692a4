"""What the pruning of counted tables goes over one by one: contexts met in a text, and followers to be weighed.

What the numbers mean stands in `ngrams.backoff_links` and `ngrams.pruning`.

Shapes: N = symbols of a stretch of text, K = kinds of context, C = contexts of all kinds, E = their followers.
"""

from typing import Any

import numpy as np

from penwright.kernels.running import kernel
from penwright.kernels.searching import first_not_less

MAX_FOLLOWERS = 255
"""Followers of one context that are kept at most, the most frequent ones."""
NONE = -1
"""Instead of a context, where a context extends none that was counted."""
MAX_PROB = 1.0 - 1e-6
"""Largest probability of whose complement a logarithm is taken."""


@kernel
def note(pairs: Any, contexts: Any, extended: Any) -> None:
    """Note beside every context that is met which shorter one it extends, of several the one that it extends most often
    in one of the calls.

    Args:
        pairs: int64 (N,), a context of one kind (32 bits, signed) and the shorter one (32 bits), equal ones together
            and rising by the first.
        contexts: int32 (C,), those of that kind, rising.
        extended: int64 (C,), what is noted: how often (32 bits) and the shorter one (32 bits), -1 for nothing yet.
    """
    place, begin = 0, 0
    while begin < len(pairs) and place < len(contexts):
        pair, end = pairs[begin], begin
        while end < len(pairs) and pairs[end] == pair:
            end += 1
        context = pair >> 32
        while place < len(contexts) and contexts[place] < context:
            place += 1
        if place < len(contexts) and contexts[place] == context:
            extended[place] = max(extended[place], ((end - begin) << 32) | (pair & 0xFFFFFFFF))
        begin = end


@kernel
def weigh(
    first: int,
    stop: int,
    start: int,
    starts: Any,
    symbols: Any,
    shares: Any,
    totals: Any,
    backoffs: Any,
    links: Any,
    unigrams: Any,
    cost: float,
    probs: Any,
    worth: Any,
) -> None:
    """Fill the probabilities and the worth of the followers of some contexts, whose shorter contexts are done.

    Args:
        first, stop: Which contexts, counted from `start`.
        start: The first context of the kind.
        starts: int64 (C + 1,), where each context's followers begin, and the end of the last.
        symbols: uint16 (E,), rising within a context.
        shares: float32 (E,).
        totals: int32 (C,).
        backoffs: float32 (C,).
        links: int64 (C,), the shorter context that each extends, NONE for none.
        unigrams: float32 (V,).
        cost: Followers that a context costs as much as.
        probs, worth: float32 (E,), to be filled.
    """
    largest = np.empty(MAX_FOLLOWERS, np.float64)
    for row in range(start + first, start + stop):
        for at in range(starts[row], starts[row + 1]):
            symbol, weight, shorter = symbols[at], 1.0, links[row]
            expected = -1.0
            while expected < 0.0 and shorter != NONE:
                place = first_not_less(symbols, starts[shorter], starts[shorter + 1], symbol)
                if place < starts[shorter + 1] and symbols[place] == symbol:
                    expected = weight * probs[place]
                else:
                    weight *= backoffs[shorter]
                    shorter = links[shorter]
            if expected < 0.0:
                expected = weight * unigrams[symbol]
            prob = shares[at] + backoffs[row] * expected
            probs[at] = prob
            prob = min(prob, MAX_PROB)
            without = min((shares[at] + backoffs[row]) * expected, prob)
            surprise = prob * np.log(prob / without) + (1.0 - prob) * np.log((1.0 - prob) / (1.0 - without))
            worth[at] = totals[row] * surprise
        begin, size = starts[row], starts[row + 1] - starts[row]
        for number in range(size):  # sorted, the largest first
            value, place = worth[begin + number], number
            while place > 0 and largest[place - 1] < value:
                largest[place] = largest[place - 1]
                place -= 1
            largest[place] = value
        most, total = 0.0, 0.0
        for number in range(size):
            total += largest[number]
            most = max(most, total / (number + 1 + cost))
        for at in range(begin, begin + size):
            worth[at] = min(worth[at], most)
