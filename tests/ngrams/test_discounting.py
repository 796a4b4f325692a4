"""Counts discounted: shares, what is left, and what of a large alphabet is kept."""

import numpy as np
import pytest

from penwright.alphabet.units import CHARACTERS
from penwright.kernels.pruning import MAX_SUCCESSORS
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.counting import Successors, count_successors
from penwright.ngrams.discounting import Discounted, discounted

VOCAB_SIZE = 8
KINDS = kinds_of(CHARACTERS)
IS_LETTER = np.array([False] * 3 + [True] * 5)


def a_text(seed: int = 0) -> np.ndarray:
    shares = [0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02]
    return np.random.default_rng(seed).choice(VOCAB_SIZE, 3_000, p=shares).astype(np.uint8)


def counted(min_count: int = 1) -> list[Successors]:
    return list(count_successors([a_text()], kinds=KINDS, marks=IS_LETTER, min_count=min_count))


def successors(contexts: np.ndarray, starts: np.ndarray, symbols: np.ndarray, counts: np.ndarray) -> Successors:
    """What would have been counted."""
    return Successors(contexts, starts, symbols, counts, np.bincount(np.minimum(counts, 5), minlength=6)[:5])


def sums_of(listed: Discounted) -> np.ndarray:
    """What the successors of each context have together."""
    return np.add.reduceat(listed.shares, listed.starts[:-1])


def test_all_kinds_stand_in_one_list() -> None:
    parts, listed = counted(), discounted(counted(), vocab_size=VOCAB_SIZE)
    assert len(listed.kinds) == KINDS.num_kinds + 1 and listed.kinds[-1] == len(listed.contexts)
    for kind, part in enumerate(parts):
        own = listed.of_kind(kind)
        assert (listed.contexts[own] == part.contexts).all()
        assert (listed.sizes[own] == np.diff(part.starts)).all()
    assert (listed.symbols == np.concatenate([part.symbols for part in parts])).all()
    assert listed.totals.sum() == sum(part.counts.sum() for part in parts)


def test_shares_are_discounted_and_what_is_left_makes_a_whole() -> None:
    listed = discounted(counted(), vocab_size=VOCAB_SIZE)
    counts = np.concatenate([part.counts for part in counted()])
    assert (listed.shares > 0).all() and (listed.shares < counts / np.repeat(listed.totals, listed.sizes)).all()
    assert sums_of(listed) + listed.backoffs() == pytest.approx(1.0, abs=1e-6)
    assert listed.unigrams.sum() == pytest.approx(1.0, abs=1e-6) and (listed.unigrams > 0).all()


def test_what_is_left_of_a_large_list_is_as_exact() -> None:
    """Running sums over millions of shares need more digits than the shares have."""
    size = 2_000_000
    contexts, starts = np.arange(size, dtype=np.int32), np.arange(size + 1, dtype=np.int32) * 2
    symbols = np.tile(np.array([0, 1], dtype=np.uint16), size)
    counts = np.tile(np.array([9, 8], dtype=np.int32), size)
    backoffs = discounted([successors(contexts, starts, symbols, counts)], vocab_size=2).backoffs()
    assert len(backoffs) == size and (backoffs == backoffs[0]).all()


@pytest.mark.parametrize("least", [2, 3, 10, 10_000])
def test_contexts_that_were_met_too_rarely_need_not_be_counted(least: int) -> None:
    listed = discounted(counted(), vocab_size=VOCAB_SIZE, min_count=least)
    needed = discounted(counted(min_count=least), vocab_size=VOCAB_SIZE, min_count=least)
    assert all((one == other).all() for one, other in zip(listed, needed, strict=True))
    assert (listed.totals >= least).all()
    everything = discounted(counted(), vocab_size=VOCAB_SIZE)
    assert (listed.unigrams == everything.unigrams).all()
    assert len(listed.contexts) == (everything.totals >= least).sum()


def test_a_large_alphabet_keeps_the_most_frequent_successors_of_a_context() -> None:
    counts = np.random.default_rng(0).permutation(np.arange(1, 401, dtype=np.int32))
    wide = successors(np.array([5], dtype=np.int32), np.array([0, 400]), np.arange(400, dtype=np.uint16), counts)
    listed = discounted([wide], vocab_size=400)
    assert listed.sizes.tolist() == [MAX_SUCCESSORS]
    assert sorted(listed.symbols) == sorted(np.flatnonzero(counts > 400 - MAX_SUCCESSORS))
    assert (np.diff(listed.symbols.astype(int)) > 0).all()
    assert listed.backoffs()[0] == pytest.approx(1.0 - sums_of(listed)[0], abs=1e-6)


def test_some_successors_only() -> None:
    listed = discounted(counted(), vocab_size=VOCAB_SIZE)
    is_kept = np.random.default_rng(3).random(len(listed.symbols)) < 0.3
    large = Discounted(*(array.copy() for array in listed))
    pruned = large.pruned(is_kept)
    assert np.shares_memory(pruned.shares, large.shares) and np.shares_memory(pruned.symbols, large.symbols)
    owners = np.repeat(np.arange(len(listed.contexts)), listed.sizes)[is_kept]
    assert (pruned.contexts == listed.contexts[np.unique(owners)]).all()
    assert (np.repeat(pruned.contexts, pruned.sizes) == listed.contexts[owners]).all()
    assert (pruned.symbols == listed.symbols[is_kept]).all() and (pruned.shares == listed.shares[is_kept]).all()
    for kind in range(KINDS.num_kinds):
        assert np.isin(pruned.contexts[pruned.of_kind(kind)], listed.contexts[listed.of_kind(kind)]).all()
    assert pruned.kinds[-1] == len(pruned.contexts) and (pruned.sizes > 0).all()


def test_of_nothing_comes_nothing() -> None:
    listed = discounted(count_successors([], kinds=KINDS, marks=IS_LETTER), vocab_size=VOCAB_SIZE)
    assert len(listed.contexts) == len(listed.backoffs()) == 0 and listed.starts.tolist() == [0]
    assert (listed.unigrams == np.float32(1 / VOCAB_SIZE)).all()
