"""Tables: discounts, pruning and codes."""

import numpy as np
import pytest
import torch

from penwright.context_kinds import CHARACTERS, kinds_of
from penwright.counts.followers import Followers, count_followers
from penwright.counts.tables import LEAST_MET, CountTables, empty_tables, make_tables, share_of, total_of

VOCAB_SIZE = 8
KINDS = kinds_of(CHARACTERS)
IS_LETTER = np.array([False] * 3 + [True] * 5)


def counted() -> list[Followers]:
    text = np.random.default_rng(0).choice(8, 3_000, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02]).astype(np.uint8)
    return list(count_followers([text], kinds=KINDS, is_letter=IS_LETTER))


def followers(contexts: np.ndarray, starts: np.ndarray, symbols: np.ndarray, numbers: np.ndarray) -> Followers:
    """What would have been counted."""
    return Followers(contexts, starts, symbols, numbers, np.bincount(np.minimum(numbers, 5), minlength=6)[:5])


def tables(max_entries: int = 10**9) -> CountTables:
    return make_tables(counted(), vocab_size=VOCAB_SIZE, max_entries=max_entries)


def test_shares_and_what_is_left_make_a_whole() -> None:
    made = tables()
    starts = torch.cat((torch.zeros(1, dtype=torch.int64), made.sizes.long().cumsum(0)))
    sums = torch.zeros(len(made.contexts)).index_add_(
        0, torch.arange(len(made.contexts)).repeat_interleave(starts.diff()), share_of(made.shares)
    )
    torch.testing.assert_close(sums + share_of(made.backoffs), torch.ones_like(sums), rtol=0.05, atol=0.0)
    assert float(made.unigrams.sum()) == pytest.approx(1.0, abs=1e-6)
    assert (made.unigrams > 0).all()


def test_what_is_left_of_a_large_table_is_as_exact() -> None:
    """Running sums over millions of shares need more digits than the shares have."""
    size = 2_000_000
    contexts, starts = np.arange(size, dtype=np.int32), np.arange(size + 1, dtype=np.int32) * 2
    symbols = np.tile(np.array([0, 1], dtype=np.uint16), size)
    numbers = np.tile(np.array([9, 8], dtype=np.int32), size)
    made = make_tables([followers(contexts, starts, symbols, numbers)], vocab_size=2, max_entries=10**9)
    assert len(made.contexts) == size and (made.backoffs == made.backoffs[0]).all()


def test_frequent_followers_have_the_larger_shares() -> None:
    first = counted()[0]
    made = tables()
    row = int(torch.searchsorted(made.contexts, int(first.contexts[0])))
    start = int(made.sizes[:row].sum())
    shares = share_of(made.shares[start : start + int(made.sizes[row])])
    numbers = first.numbers[first.starts[0] : first.starts[1]]
    assert shares.argmax() == numbers.argmax()
    assert float(total_of(made.totals[row : row + 1])) == pytest.approx(numbers.sum(), rel=0.05)


@pytest.mark.parametrize("max_entries", [0, 1, 50, 400, 2_000])
def test_a_budget_is_kept_and_the_rarest_contexts_go_first(max_entries: int) -> None:
    made, whole = tables(max_entries), tables()
    assert len(made.symbols) <= max_entries < len(whole.symbols)
    assert int(made.sizes.long().sum()) == len(made.symbols)
    if len(made.contexts):
        assert float(total_of(made.totals).min()) >= float(total_of(whole.totals).min())


@pytest.mark.parametrize("max_entries", [310, 480, 640])
def test_little_of_a_small_budget_is_left_unused(max_entries: int) -> None:
    """Of contexts that were met from 15 to 1,000 times, half as many twice as often, as on a large shelf."""
    totals = (1_000 * 16 / np.arange(16, 1_016)).astype(np.int64)
    contexts, starts = np.arange(1_000, dtype=np.int32), np.arange(1_001)
    each = followers(contexts, starts, np.ones(1_000, dtype=np.uint16), totals)
    none = followers(contexts[:0], starts[:1], np.zeros(0, dtype=np.uint16), totals[:0])
    made = make_tables([each] + [none] * (KINDS.num_kinds - 1), vocab_size=2, max_entries=max_entries)
    assert 0.85 * max_entries < len(made.symbols) <= max_entries


@pytest.mark.parametrize("max_entries", [50, 10**9])
def test_contexts_that_are_never_kept_need_not_be_counted(max_entries: int) -> None:
    text = np.random.default_rng(1).integers(0, 8, 3_000).astype(np.uint8)
    without = count_followers([text], kinds=KINDS, is_letter=IS_LETTER, min_met=LEAST_MET)
    made = make_tables(without, vocab_size=VOCAB_SIZE, max_entries=max_entries)
    counted_all = count_followers([text], kinds=KINDS, is_letter=IS_LETTER)
    needed = make_tables(counted_all, vocab_size=VOCAB_SIZE, max_entries=max_entries)
    assert all(torch.equal(one, other) for one, other in zip(made, needed, strict=True))


def test_contexts_are_distinct_and_in_order() -> None:
    assert (tables().contexts.long().diff() > 0).all()


def test_a_large_alphabet_keeps_the_most_frequent_followers_of_a_context() -> None:
    numbers = np.arange(1, 401)
    wide = followers(np.array([5], dtype=np.int32), np.array([0, 400]), np.arange(400, dtype=np.uint16), numbers)
    none = followers(
        np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint16), numbers[:0]
    )
    made = make_tables([wide] + [none] * (KINDS.num_kinds - 1), vocab_size=400, max_entries=1_000)
    assert int(made.sizes[0]) == len(made.symbols) == 255
    assert int(made.symbols.min()) == 400 - 255


def test_empty_tables_find_every_symbol_equally_likely() -> None:
    assert torch.equal(empty_tables(4).unigrams, torch.full((4,), 0.25))
    assert len(empty_tables(4).contexts) == 0
