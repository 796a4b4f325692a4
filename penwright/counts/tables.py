"""Tables of what follows each context: counted on a shelf, pruned to a budget, kept in a byte a number.

The prediction of a context discounts what was counted and leaves the rest to a shorter context's:

    p(s) = max(n_s - D(n_s), 0) / n + backoff * p_shorter(s),   backoff = 1 - sum of the shares kept

with the three discounts of modified Kneser-Ney smoothing, estimated for each kind of context (Chen and Goodman 1999,
"An empirical study of smoothing techniques for language modeling", eq. 17; here every order counts occurrences, as in
their absolute discounting, since lower orders serve contexts that were pruned as well as those that were never met).

This module knows nothing of models or training.

Letters: V = vocab_size, K = number of kinds of context, C = contexts kept, E = followers kept.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.counts.followers import Followers

SHARE_STEPS = 16
"""Steps of a share's or backoff's code to a factor of two: code c stands for 2^(-c / 16)."""
TOTAL_STEPS = 8
"""Steps of a total's code to a factor of two: code c stands for 2^(c / 8)."""
MAX_FOLLOWERS = 255
"""Followers of one context that are kept at most, the most frequent ones."""
_THRESHOLDS = np.array(
    [3, 4, 6, 8, 12, *range(16, 64, 4), *range(64, 128, 16), 128, 192, 256, 512, 1 << 10, 1 << 14, 1 << 20]
)
"""A context must have been met so often to be kept, and each of its followers a quarter as often. The steps are small
where a budget of one or two million followers of a large shelf lies. Contexts that were met twice or once are never
kept: with those met twice a shelf of plays was learned worse, by 0.6 % (1 million characters, 2026-11), and novels no
better; and what stands at a single place of a shelf has no business in the tables."""

LEAST_MET = int(_THRESHOLDS[0])
"""Times that a context must have been met to be kept in any table."""
_STRETCH = 1 << 20
"""Numbers looked at together, where the result of looking takes eight times their room."""


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


class _Kind(NamedTuple):
    """One kind of context, discounted, with the followers that are not yet pruned."""

    followers: Followers
    totals: NDArray[np.int32]  # (C,)
    shares: NDArray[np.float32]  # (E,)
    levels: NDArray[np.uint8]  # (E,), how many of the thresholds each follower passes


def make_tables(counted: Iterable[Followers], *, vocab_size: int, max_entries: int) -> CountTables:
    """Discount and prune what was counted.

    Args:
        counted: K kinds, from `count_followers`.
        vocab_size: V.
        max_entries: Followers kept at most, over all kinds. The rarest contexts go first.
    """
    kinds: list[_Kind] = []
    numbers = np.zeros(len(_THRESHOLDS) + 1, dtype=np.int64)  # followers by how many thresholds they pass
    unigrams = np.full(vocab_size, 0.1)  # (V,), nothing is impossible
    for followers in counted:
        if not kinds:
            unigrams += np.bincount(followers.symbols, weights=followers.numbers, minlength=vocab_size)
        kinds.append(_discounted(followers))
        numbers += np.bincount(kinds[-1].levels, minlength=len(numbers))
        kept = numbers[::-1].cumsum()[::-1]  # followers that pass at least so many
        level = next((level for level in range(1, len(numbers)) if kept[level] <= max_entries), len(numbers))
        kinds = [_thinned(kind, level) for kind in kinds]  # what is too rare already never comes back
    parts = [_arrays(kind) for kind in kinds]
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
        unigrams=torch.from_numpy((unigrams / unigrams.sum()).astype(np.float32)),
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


def _discounted(followers: Followers) -> _Kind:
    """Return the shares of one kind's followers, and how much pruning each withstands."""
    numbers, sizes = followers.numbers, np.diff(followers.starts)
    totals = np.add.reduceat(numbers, followers.starts[:-1]) if len(numbers) else numbers
    discounts = _discounts(followers.met).astype(np.float32)
    shares = numbers.astype(np.float32)
    for start in range(0, len(shares), _STRETCH):
        stretch = slice(start, start + _STRETCH)
        shares[stretch] -= discounts[np.minimum(numbers[stretch], 3)]
    shares /= np.repeat(totals, sizes)
    levels = np.minimum(
        np.repeat(_levels(totals, _THRESHOLDS), sizes), _levels(numbers, np.maximum(1, _THRESHOLDS // 4))
    )
    if len(sizes) and sizes.max() > MAX_FOLLOWERS:  # a large alphabet: only the most frequent of each context
        owners = np.repeat(np.arange(len(sizes)), sizes)
        order = np.lexsort((-numbers, owners))
        levels[order[np.arange(len(order)) - followers.starts[owners] >= MAX_FOLLOWERS]] = 0
    return _Kind(followers, totals, shares, levels)


def _levels(numbers: NDArray[np.int32], thresholds: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return how many of some rising thresholds each number passes."""
    levels = np.empty(len(numbers), dtype=np.uint8)
    for start in range(0, len(numbers), _STRETCH):
        stretch = slice(start, start + _STRETCH)
        levels[stretch] = np.searchsorted(thresholds, numbers[stretch], side="right")
    return levels


def _discounts(met: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return D(0) to D(3 and more), estimated from how many pairs were met once, twice, thrice and four times."""
    _, once, twice, thrice, four = met.tolist()
    if not (once and twice and thrice and four):  # too little text to tell
        return np.array([0.0, 0.5, 1.0, 1.4])
    ratio = once / (once + 2 * twice)
    found = [1 - 2 * ratio * twice / once, 2 - 3 * ratio * thrice / twice, 3 - 4 * ratio * four / thrice]
    bounded = [min(max(value, 0.05 * number), 0.95 * number) for number, value in enumerate(found, start=1)]
    return np.array([0.0, *bounded])


def _thinned(kind: _Kind, level: int) -> _Kind:
    """Return what is left of one kind when followers that pass fewer than `level` thresholds are dropped."""
    is_kept = kind.levels >= level
    if is_kept.all():
        return kind
    starts = kind.followers.starts
    sums = np.concatenate([[0], np.cumsum(is_kept, dtype=np.int32)])
    has_any = sums[starts[1:]] > sums[starts[:-1]]
    followers = Followers(
        kind.followers.contexts[has_any],
        np.append(sums[starts[:-1]][has_any], sums[-1]).astype(np.int32),
        kind.followers.symbols[is_kept],
        kind.followers.numbers[is_kept],
        kind.followers.met,
    )
    return _Kind(followers, kind.totals[has_any], kind.shares[is_kept], kind.levels[is_kept])


def _arrays(kind: _Kind) -> tuple[NDArray[np.generic], ...]:
    """Return contexts, sizes, backoffs, totals, symbols and shares of one kind."""
    contexts, starts, symbols, *_ = kind.followers
    masses = np.concatenate([[0.0], np.cumsum(kind.shares, dtype=np.float64)])
    backoffs = np.clip(1.0 - (masses[starts[1:]] - masses[starts[:-1]]), 1e-4, 1.0)
    return contexts, np.diff(starts), backoffs, kind.totals, symbols, kind.shares
