"""Kernels of pruning: backoff links noted from a text, and scores of successors.

The numbers are explained in `ngrams.backoff_links` and `ngrams.pruning`.

Shapes: N = symbols of a stretch of text, K = kinds of context, C = contexts of all kinds, E = their successors.
"""

from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel
from penwright.kernels.searching import first_not_less

MAX_SUCCESSORS = 255
"""Largest number of successors of one context. The most frequent ones are kept."""
NONE = -1
"""Index of a shorter context that is not in the tables."""
MAX_PROB = 1.0 - 1e-6
"""Upper clamp for p, so that log(1 - p) is finite."""


@kernel
def note(pairs: Any, contexts: Any, noted: Any) -> None:
    """Note beside every context the shorter one it backs off to, of several the most frequent in any one call.

    Args:
        pairs: int64 (N,), a context of one kind (32 bits, signed) and the shorter one (32 bits), equal ones together
            and rising by the first.
        contexts: int32 (C,), those of that kind, rising.
        noted: int64 (C,), a count (32 bits) and the shorter context (32 bits), -1 for nothing yet.
    """
    index, begin = 0, 0
    while begin < len(pairs) and index < len(contexts):
        pair, end = pairs[begin], begin
        while end < len(pairs) and pairs[end] == pair:
            end += 1
        context = pair >> 32
        while index < len(contexts) and contexts[index] < context:
            index += 1
        if index < len(contexts) and contexts[index] == context:
            noted[index] = max(noted[index], ((end - begin) << 32) | (pair & 0xFFFFFFFF))
        begin = end


@kernel
def score(
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
    scores: Any,
) -> None:
    """Fill the probabilities and the scores of the successors of some contexts, whose shorter contexts are done.

    Args:
        first, stop: Which contexts, counted from `start`.
        start: The first context of the kind.
        starts: int32 (C + 1,), where each context's successors begin, and the end of the last.
        symbols: uint16 (E,), rising within a context.
        shares: float32 (E,).
        totals: int64 (C,).
        backoffs: float32 (C,).
        links: int32 (C,), the shorter context that each backs off to, NONE for none.
        unigrams: float32 (V,).
        cost: Cost of a context, in successors.
        probs: float32, to be filled for the first successors: at least those of contexts that others back off to.
        scores: float32 (E,), to be filled.
    """
    largest = np.empty(MAX_SUCCESSORS, np.float64)
    for row in range(start + first, start + stop):
        for at in range(starts[row], starts[row + 1]):
            symbol, weight, shorter = symbols[at], 1.0, links[row]
            expected = -1.0
            while expected < 0.0 and shorter != NONE:
                found = first_not_less(symbols, starts[shorter], starts[shorter + 1], symbol)
                if found < starts[shorter + 1] and symbols[found] == symbol:
                    expected = weight * probs[found]
                else:
                    weight *= backoffs[shorter]
                    shorter = links[shorter]
            if expected < 0.0:
                expected = weight * unigrams[symbol]
            prob = shares[at] + backoffs[row] * expected
            if at < len(probs):
                probs[at] = prob
            prob = min(prob, MAX_PROB)
            without = min((shares[at] + backoffs[row]) * expected, prob)
            surprise = prob * np.log(prob / without) + (1.0 - prob) * np.log((1.0 - prob) / (1.0 - without))
            scores[at] = totals[row] * surprise
        begin, size = starts[row], starts[row + 1] - starts[row]
        for number in range(size):  # sorted, the largest first
            value, rank = scores[begin + number], number
            while rank > 0 and largest[rank - 1] < value:
                largest[rank] = largest[rank - 1]
                rank -= 1
            largest[rank] = value
        most, total = 0.0, 0.0
        for number in range(size):
            total += largest[number]
            most = max(most, total / (number + 1 + cost))
        for at in range(begin, begin + size):
            scores[at] = min(scores[at], most)
