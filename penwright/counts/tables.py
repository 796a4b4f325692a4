"""Tables of what follows each context: counted on a shelf, pruned to a budget, kept in a byte a number.

This module knows nothing of models or training.

Letters: V = vocab_size, K = number of kinds of context, C = contexts kept, E = followers kept.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.counts.contexts import NUM_KINDS, SHORTER
from penwright.counts.followers import Followers
from penwright.counts.shares import Lookup, Said, say, sums_of, worth_more

SHARE_STEPS = 16
"""Steps of a share's or backoff's code to a factor of two: code c stands for 2^(-c / 16)."""
TOTAL_STEPS = 8
"""Steps of a total's code to a factor of two: code c stands for 2^(c / 8)."""


class CountTables(NamedTuple):
    """All kinds of context in one list."""

    contexts: Tensor
    """int32 (C,), distinct, in rising order."""
    sizes: Tensor
    """uint8 (C,), followers of each, from 1; they lie side by side in this order."""
    backoffs: Tensor
    """uint8 (C,), code of what is left to the shorter context."""
    totals: Tensor
    """uint8 (C,), code of how often the context was met."""
    symbols: Tensor
    """int32 (E,), the followers."""
    shares: Tensor
    """uint8 (E,), code of each follower's discounted share."""
    unigrams: Tensor
    """float32 (V,), the shares of all symbols; they sum to 1."""


def make_tables(counted: Iterable[Followers], *, vocab_size: int, max_entries: int) -> CountTables:
    """Choose what is worth keeping of what was counted.

    Args:
        counted: K kinds, from `count_followers`.
        vocab_size: V.
        max_entries: Followers kept at most, over all kinds; those worth least go first.
    """
    kept: list[Said] = []
    looked_up: dict[int, Lookup] = {}
    least = 0.0
    for kind, followers in enumerate(counted):
        if kind == 0:
            unigrams = _unigrams(followers, vocab_size)
        shorter = SHORTER[kind]
        is_thrifty = len(followers.numbers) > max_entries
        said = say(followers, None if shorter is None else looked_up[shorter], unigrams, is_thrifty=is_thrifty)
        if kind in SHORTER:
            looked_up[kind] = Lookup(said.followers, said.probabilities)
        kept.append(said)
        worth = np.concatenate([one.worth for one in kept])
        if (surplus := len(worth) - max_entries) > 0:
            least = max(least, float(np.partition(worth, surplus - 1)[surplus - 1]))
        kept = [worth_more(one, least) for one in kept]  # at once, so that little is held that will not be kept
    assert len(kept) == NUM_KINDS, len(kept)
    parts = [_shared(one) for one in kept]
    contexts, sizes, backoffs, totals = (np.concatenate([part[field] for part in parts]) for field in range(4))
    symbols, shares = (np.concatenate([part[field] for part in parts]) for field in (4, 5))
    order = np.argsort(contexts, kind="stable")
    order = order[np.concatenate([[True], contexts[order][1:] != contexts[order][:-1]])[: len(order)]]
    starts = np.cumsum(sizes) - sizes
    entries = np.repeat(starts[order] - (np.cumsum(sizes[order]) - sizes[order]), sizes[order])
    entries += np.arange(len(entries))
    return CountTables(
        contexts=torch.from_numpy(contexts[order]),
        sizes=torch.from_numpy(sizes[order].astype(np.uint8)),
        backoffs=torch.from_numpy(_code(backoffs[order], -SHARE_STEPS)),
        totals=torch.from_numpy(_code(totals[order], TOTAL_STEPS)),
        symbols=torch.from_numpy(symbols[entries].astype(np.int32)),
        shares=torch.from_numpy(_code(shares[entries], -SHARE_STEPS)),
        unigrams=torch.from_numpy(unigrams.astype(np.float32)),
    )


def empty_tables(vocab_size: int) -> CountTables:
    """Return tables that know nothing: every symbol is as likely as any other."""
    nothing = torch.zeros(0, dtype=torch.uint8)
    return CountTables(
        contexts=nothing.int(),
        sizes=nothing,
        backoffs=nothing,
        totals=nothing,
        symbols=nothing.int(),
        shares=nothing,
        unigrams=torch.full((vocab_size,), 1.0 / vocab_size),
    )


def share_of(codes: Tensor) -> Tensor:
    """Return the shares that codes stand for, float32."""
    return torch.exp2(codes.float() * (-1.0 / SHARE_STEPS))


def total_of(codes: Tensor) -> Tensor:
    """Return the totals that codes stand for, float32."""
    return torch.exp2(codes.float() * (1.0 / TOTAL_STEPS))


def _code(values: NDArray[np.float64], steps: int) -> NDArray[np.uint8]:
    """Return the codes nearest to some values: `steps` to a factor of two, negative for values up to 1."""
    logarithms = np.log2(np.maximum(values, 1e-30))
    codes: NDArray[np.uint8] = np.clip(np.rint(logarithms * steps), 0, 255).astype(np.uint8)
    return codes


def _unigrams(followers: Followers, vocab_size: int) -> NDArray[np.float64]:
    """Return the share of each symbol, (V,); nothing is impossible."""
    numbers = np.bincount(followers.symbols, weights=followers.numbers, minlength=vocab_size) + 0.1
    shares: NDArray[np.float64] = numbers / numbers.sum()
    return shares


def _shared(said: Said) -> tuple[NDArray[np.generic], ...]:
    """Return contexts, sizes, backoffs, totals, symbols and shares of one kind.

    Followers that are kept keep their probability; all others have what the shorter context says of them, scaled so
    that the whole is one. A share is what a kept follower has beyond that.
    """
    followers = said.followers
    sizes = np.diff(followers.starts)
    left = 1.0 - sums_of(said.probabilities, followers.starts)
    backoffs = np.clip(left / np.maximum(1.0 - sums_of(said.shorter, followers.starts), 1e-6), 1e-4, 1.0)
    shares = said.probabilities - np.repeat(backoffs, sizes) * said.shorter
    return followers.contexts, sizes, backoffs, said.totals, followers.symbols, shares
