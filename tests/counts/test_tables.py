"""Tables: discounts, pruning and codes."""

import numpy as np
import pytest
import torch

from penwright.counts.contexts import NUM_KINDS
from penwright.counts.followers import Followers, count_followers
from penwright.counts.tables import CountTables, empty_tables, make_tables, share_of, total_of

VOCAB_SIZE = 8
IS_LETTER = np.array([False] * 3 + [True] * 5)


def counted() -> list[Followers]:
    text = np.random.default_rng(0).choice(8, 3_000, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02]).astype(np.uint8)
    return list(count_followers([text], is_letter=IS_LETTER))


def tables(max_entries: int = 10**9) -> CountTables:
    return make_tables(counted(), vocab_size=VOCAB_SIZE, max_entries=max_entries)


def test_symbol_shares_are_all_positive_and_make_a_whole() -> None:
    unigrams = tables().unigrams
    assert float(unigrams.sum()) == pytest.approx(1.0, abs=1e-6)
    assert (unigrams > 0).all()


def test_shares_and_what_is_left_never_exceed_a_whole() -> None:
    made = tables()
    owners = torch.arange(len(made.contexts)).repeat_interleave(made.sizes.long())
    sums = torch.zeros(len(made.contexts)).index_add_(0, owners, share_of(made.shares))
    assert (sums + share_of(made.backoffs) < 2.1).all()
    assert (sums < 1.1).all()


def test_totals_are_how_often_a_context_was_met() -> None:
    first, made = counted()[0], tables()
    row = int(torch.searchsorted(made.contexts, int(first.contexts[0])))
    needed = int(first.numbers[first.starts[0] : first.starts[1]].sum())
    assert float(total_of(made.totals[row : row + 1])) == pytest.approx(needed, rel=0.05)


@pytest.mark.parametrize("max_entries", [0, 1, 50, 400, 1_000])
def test_a_budget_is_kept(max_entries: int) -> None:
    made, whole = tables(max_entries), tables()
    assert len(made.symbols) <= max_entries < len(whole.symbols)
    assert int(made.sizes.long().sum()) == len(made.symbols)
    assert len(made.symbols) > 0.9 * max_entries - 1 or max_entries < 400


def test_contexts_are_distinct_and_in_order() -> None:
    assert (tables().contexts.long().diff() > 0).all()


def test_a_large_alphabet_keeps_the_most_frequent_followers_of_a_context() -> None:
    numbers, symbols = np.arange(1, 401), np.arange(400, dtype=np.uint16)
    one, zero = np.array([5], dtype=np.int32), np.array([0], dtype=np.int32)
    wide = Followers(one, np.array([0, 400]), zero, symbols, numbers)
    none = Followers(one[:0], np.array([0]), zero[:0], symbols[:0], numbers[:0])
    made = make_tables([wide] + [none] * (NUM_KINDS - 1), vocab_size=400, max_entries=1_000)
    assert 0 < int(made.sizes[0]) == len(made.symbols) <= 255
    assert int(made.symbols.min()) >= 400 - 255


def test_empty_tables_find_every_symbol_equally_likely() -> None:
    assert torch.equal(empty_tables(4).unigrams, torch.full((4,), 0.25))
    assert len(empty_tables(4).contexts) == 0
