"""Which followers of which contexts are worth their bytes.

Without a follower, its share falls to the shorter context's prediction: what had the probability p would have

    p' = (share + backoff) * p_shorter

and all other symbols the rest. How much that costs a text like the one that was counted, in nats, is at least

    n * (p log(p / p') + (1 - p) log((1 - p) / (1 - p')))

for a context that was met n times: the relative entropy of the two predictions, by which Stolcke 1998 prunes
("Entropy-based pruning of backoff language models", section 2), of whether the follower comes or not. That of all
symbols agrees with it so well that what is kept predicts the same. A follower may be frequent and no surprise, so how
often it was met does not tell: of 30 million followers (55 million characters of novels, 2026-11), in 7 million bytes,
those worth most need 1.83 bits per character and those met most often 1.94 (no network, all kinds mixed).

A context takes room too, for which its followers pay together. They are worth no more than the most that some of them,
m that are worth w_1 to w_m, bring for each room: (w_1 + ... + w_m) / (m + cost).

Shapes: C = contexts of all kinds, E = their followers.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.kernels import running
from penwright.kernels.pruning import MAX_PROB, NONE, weigh
from penwright.ngrams.discounting import Discounted

CONTEXT_COST = 1.5
"""Followers that a context costs as much as. Its seven bytes are the room of three and a half, but a network also
learns from it how well founded a prediction is: in 7.3 million bytes, after four million characters of novels (96x2),
0 gave 1.708 bits per character, 1.5 1.703, and 3.5 1.707 (2026-11)."""


def worth_of(listed: Discounted, links: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return what each follower is worth, in nats, (E,).

    Args:
        listed: All contexts and followers.
        links: (C,), the place of the shorter context that each extends, NONE for none; that of a kind before its own.
    """
    backoffs = listed.backoffs()
    probs, worth = np.empty_like(listed.shares), np.empty_like(listed.shares)
    given = (listed.starts, listed.symbols, listed.shares, listed.totals, backoffs, links, listed.unigrams)
    tensors = list(map(torch.from_numpy, given))
    for kind in range(len(listed.kinds) - 1):
        own = listed.of_kind(kind)
        size = own.stop - own.start
        if running.can_run(size):
            found = map(torch.from_numpy, (probs, worth))
            num_followers = int(listed.starts[own.stop] - listed.starts[own.start])
            running.run(weigh, size, own.start, *tensors, CONTEXT_COST, *found, work=num_followers)
        elif size:
            _weigh(own, listed, backoffs, links, probs, worth)
    return worth


def _weigh(
    own: slice,
    listed: Discounted,
    backoffs: NDArray[np.float32],
    links: NDArray[np.int64],
    probs: NDArray[np.float32],
    worth: NDArray[np.float32],
) -> None:
    """Do what the kernel does, for all followers of a kind side by side. The last bits may differ."""
    owners = np.repeat(np.arange(len(listed.contexts), dtype=np.int64), listed.sizes)
    keys = owners << 16 | listed.symbols  # rising
    here = slice(int(listed.starts[own.start]), int(listed.starts[own.stop]))
    rows, symbols, shares = owners[here], listed.symbols[here], listed.shares[here].astype(np.float64)
    shorter, weights, expected = links[rows], np.ones(len(rows)), np.zeros(len(rows))
    left = np.arange(len(rows))  # those of which nothing is known yet
    while len(left):
        is_last = shorter[left] == NONE
        last = left[is_last]
        expected[last] = weights[last] * listed.unigrams[symbols[last]]
        left = left[~is_last]
        wanted = shorter[left] << 16 | symbols[left]
        places = np.searchsorted(keys, wanted)  # what is wanted stands before the end: shorter kinds do
        is_met = keys[places] == wanted
        met = left[is_met]
        expected[met] = weights[met] * probs[places[is_met]]
        left = left[~is_met]
        weights[left] *= backoffs[shorter[left]]
        shorter[left] = links[shorter[left]]
    prob = shares + backoffs[rows] * expected
    probs[here] = prob
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
    worth[here] = np.minimum(alone, np.repeat(most, sizes))


def worthy(worth: NDArray[np.float32], *, max_entries: int) -> NDArray[np.bool_]:
    """Return which followers are kept, those worth most, at most so many of them, (E,)."""
    num_left_out = len(worth) - max_entries
    if num_left_out <= 0:
        return np.ones(len(worth), dtype=np.bool_)
    is_kept: NDArray[np.bool_] = worth > np.partition(worth, num_left_out - 1)[num_left_out - 1]
    return is_kept
