"""Pruning: scores of successors, and the choice of those that stay in the tables.

Without a successor, its share falls to the shorter context's prediction: instead of the probability p it would have

    p' = (share + backoff) * p_shorter

and all other symbols the rest. The cost to a text like the one counted, in nats, is at least

    n * (p log(p / p') + (1 - p) log((1 - p) / (1 - p')))

for a context of count n. This is the relative entropy of two predictions, whether the successor comes or not, by which
Stolcke 1998 prunes ("Entropy-based pruning of backoff language models", section 2). Over all symbols it would keep
tables that predict equally well. Counts are no substitute, since a frequent successor may be no surprise: of 30 million
successors (55 million characters of novels, 2026-11), in 7 million bytes, those of the highest score need 1.83 bits per
character and those of the highest count 1.94 (no network, all kinds mixed).

A context takes room too, for which its successors pay together. No score is higher than the best average of the m
highest, w_1 to w_m, for any m: (w_1 + ... + w_m) / (m + cost).

Shapes: C = contexts of all kinds, E = their successors.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.kernels import running
from penwright.kernels.pruning import MAX_PROB, NONE, score
from penwright.ngrams.discounting import Discounted

_STRETCH = 1 << 20
"""Number of scores looked at together."""
CONTEXT_COST = 1.5
"""Cost of a context, in successors. Its seven bytes are the room of three and a half, but a network also learns from it
how well founded a prediction is: in 7.3 million bytes, after four million characters of novels (96x2),
0 gave 1.708 bits per character, 1.5 1.703, and 3.5 1.707 (2026-11)."""


def scores_of(listed: Discounted, links: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the score of each successor, in nats, (E,).

    Args:
        listed: All contexts and successors.
        links: (C,), the index of the shorter context that each backs off to, of an earlier kind; NONE for none.
    """
    backoffs = listed.backoffs()
    num_asked = int(listed.starts[links.max(initial=NONE) + 1])  # successors of contexts that others back off to
    probs, scores = np.empty(num_asked, dtype=np.float32), np.empty_like(listed.shares)
    given = (listed.starts, listed.symbols, listed.shares, listed.totals, backoffs, links, listed.unigrams)
    tensors = list(map(torch.from_numpy, given))
    for kind in range(len(listed.kinds) - 1):
        own = listed.of_kind(kind)
        size = own.stop - own.start
        if running.can_run(size):
            found = map(torch.from_numpy, (probs, scores))
            num_successors = int(listed.starts[own.stop] - listed.starts[own.start])
            running.run(score, size, own.start, *tensors, CONTEXT_COST, *found, work=num_successors)
        elif size:
            _score(own, listed, backoffs, links, probs, scores)
    return scores


def _score(
    own: slice,
    listed: Discounted,
    backoffs: NDArray[np.float32],
    links: NDArray[np.int32],
    probs: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> None:
    """Do the same as the kernel, for all successors of a kind side by side. The last bits may differ."""
    here = slice(int(listed.starts[own.start]), int(listed.starts[own.stop]))
    owners = np.repeat(np.arange(own.stop, dtype=np.int64), np.diff(listed.starts[: own.stop + 1]))
    keys = owners << 16 | listed.symbols[: here.stop]  # rising, those of this kind and of shorter ones
    rows, symbols, shares = owners[here], listed.symbols[here], listed.shares[here].astype(np.float64)
    shorter, weights, expected = links[rows].astype(np.int64), np.ones(len(rows)), np.zeros(len(rows))
    left = np.arange(len(rows))  # those without an expected probability yet
    while len(left):
        is_last = shorter[left] == NONE
        last = left[is_last]
        expected[last] = weights[last] * listed.unigrams[symbols[last]]
        left = left[~is_last]
        wanted = shorter[left] << 16 | symbols[left]
        indices = np.searchsorted(keys, wanted)  # below the length: shorter kinds come first
        is_found = keys[indices] == wanted
        found = left[is_found]
        expected[found] = weights[found] * probs[indices[is_found]]
        left = left[~is_found]
        weights[left] *= backoffs[shorter[left]]
        shorter[left] = links[shorter[left]]
    prob = shares + backoffs[rows] * expected
    asked = probs[here]
    asked[:] = prob[: len(asked)]
    prob = np.minimum(prob, MAX_PROB)
    without = np.minimum((shares + backoffs[rows]) * expected, prob)
    surprise = prob * np.log(prob / without) + (1.0 - prob) * np.log((1.0 - prob) / (1.0 - without))
    alone = listed.totals[rows] * surprise

    starts, sizes = listed.starts[own] - here.start, listed.sizes[own]
    largest = alone[np.lexsort((-alone, rows))]  # the largest of each context first
    sums = np.cumsum(largest)
    sums -= np.repeat(sums[starts] - largest[starts], sizes)
    numbers = np.arange(1, len(rows) + 1) - np.repeat(starts, sizes)
    most = np.maximum.reduceat(sums / (numbers + CONTEXT_COST), starts)
    scores[here] = np.minimum(alone, np.repeat(most, sizes))


def highest_scores(scores: NDArray[np.float32], *, max_entries: int) -> NDArray[np.bool_]:
    """Return True for the successors to keep, those of the highest scores and at most so many of them, (E,)."""
    num_left_out = len(scores) - max_entries
    if num_left_out <= 0:
        return np.ones(len(scores), dtype=np.bool_)
    is_kept: NDArray[np.bool_] = scores > _of_rank(scores, num_left_out - 1)
    return is_kept


def _of_rank(scores: NDArray[np.float32], rank: int) -> np.float32:
    """Return the score of some rank, 0 for the lowest, without a copy of all.

    The bits of numbers rise with them, if those of negative ones are inverted. Their upper half is found first, and
    then the lower half among the numbers that share it.
    """
    bits, found = scores.view(np.uint32), 0
    for shift in (16, 0):
        sums = np.zeros(1 << 16, dtype=np.int64)
        for start in range(0, len(bits), _STRETCH):
            part = bits[start : start + _STRETCH]
            part = part ^ np.where(part >> 31, np.uint32(0xFFFFFFFF), np.uint32(1 << 31))
            if not shift:
                part = part[part >> 16 == found >> 16]
            sums += np.bincount(part >> shift & 0xFFFF, minlength=1 << 16)
        ends = np.cumsum(sums)
        half = int(np.searchsorted(ends, rank, side="right"))
        rank -= int(ends[half - 1]) if half else 0
        found |= half << shift
    found ^= 1 << 31 if found >> 31 else 0xFFFFFFFF
    return np.uint32(found).view(np.float32)
