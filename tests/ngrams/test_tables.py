"""Tables: pruning to a budget, order and codes."""

import numpy as np
import pytest
import torch

from penwright.alphabet.units import CHARACTERS
from penwright.ngrams import tables as ngram_tables
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.counting import count_successors
from penwright.ngrams.discounting import discounted
from penwright.ngrams.tables import MIN_COUNT, NgramTables, empty_tables, make_tables, share_of, total_of

VOCAB_SIZE = 8
KINDS = kinds_of(CHARACTERS)
IS_LETTER = np.array([False] * 3 + [True] * 5)
SHARES = [0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02]


def a_text() -> np.ndarray:
    return np.random.default_rng(0).choice(VOCAB_SIZE, 3_000, p=SHARES).astype(np.uint8)


def tables(max_entries: int = 10**9, *, num_threads: int = 1) -> NgramTables:
    return make_tables([a_text()], kinds=KINDS, marks=IS_LETTER, max_entries=max_entries, num_threads=num_threads)


def test_codes_stand_for_shares_and_totals() -> None:
    made = tables()
    counted = count_successors([a_text()], kinds=KINDS, marks=IS_LETTER)
    listed = discounted(counted, vocab_size=VOCAB_SIZE, min_count=MIN_COUNT)
    assert len(made.contexts) == len(listed.contexts) == len(set(listed.contexts.tolist()))
    order = np.argsort(listed.contexts)
    assert (made.contexts.numpy() == listed.contexts[order]).all()
    assert (made.sizes.numpy() == listed.sizes[order]).all()
    assert total_of(made.totals).numpy() == pytest.approx(listed.totals[order], rel=0.05)
    assert share_of(made.backoffs).numpy() == pytest.approx(listed.backoffs()[order], rel=0.05)
    starts = np.concatenate([[0], np.cumsum(made.sizes.numpy(), dtype=np.int64)])
    for place, row in list(enumerate(order))[::37]:
        own = slice(int(listed.starts[row]), int(listed.starts[row + 1]))
        there = slice(starts[place], starts[place + 1])
        assert (made.symbols[there].numpy() == listed.symbols[own]).all()
        assert share_of(made.shares[there]).numpy() == pytest.approx(listed.shares[own], rel=0.05)


def test_shares_and_what_is_left_make_a_whole() -> None:
    for max_entries in (300, 10**9):
        made = tables(max_entries)
        starts = torch.cat((torch.zeros(1, dtype=torch.int64), made.sizes.long().cumsum(0)))
        sums = torch.zeros(len(made.contexts)).index_add_(
            0, torch.arange(len(made.contexts)).repeat_interleave(starts.diff()), share_of(made.shares)
        )
        torch.testing.assert_close(sums + share_of(made.backoffs), torch.ones_like(sums), rtol=0.05, atol=0.0)
        assert float(made.unigrams.sum()) == pytest.approx(1.0, abs=1e-6)
        assert (made.unigrams > 0).all()


@pytest.mark.parametrize("max_entries", [0, 1, 50, 400, 2_000])
def test_a_budget_is_kept_and_used(max_entries: int) -> None:
    made, whole = tables(max_entries), tables()
    assert 0.9 * max_entries - 1 <= len(made.symbols) <= max_entries < len(whole.symbols)
    assert int(made.sizes.long().sum()) == len(made.symbols)
    assert set(made.contexts.tolist()) <= set(whole.contexts.tolist())


def test_what_finds_room_is_kept_whatever_it_is_worth() -> None:
    whole = tables()
    assert all(torch.equal(one, other) for one, other in zip(tables(len(whole.symbols)), whole, strict=True))
    assert float(total_of(whole.totals).min()) == pytest.approx(MIN_COUNT, rel=0.05)


def test_threads_change_nothing() -> None:
    assert all(torch.equal(one, other) for one, other in zip(tables(400), tables(400, num_threads=3), strict=True))


@pytest.mark.parametrize("max_entries", [400, 10**9])
def test_tables_counted_on_the_disk_are_the_same(monkeypatch: pytest.MonkeyPatch, max_entries: int) -> None:
    in_memory = tables(max_entries)
    monkeypatch.setattr(ngram_tables, "MAX_IN_MEMORY", 0)
    monkeypatch.setattr(ngram_tables, "_STRETCH", 50)
    on_disk = tables(max_entries, num_threads=2)
    assert all(torch.equal(one, other) for one, other in zip(on_disk, in_memory, strict=True))


def test_of_a_large_shelf_only_the_frequent_contexts_are_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngram_tables, "MAX_IN_MEMORY", 0)
    monkeypatch.setattr(ngram_tables, "MAX_SCORED", 600)
    made = tables(300)
    assert 0.9 * 300 <= len(made.symbols) <= 300
    assert float(total_of(made.totals).min()) > MIN_COUNT + 1


def test_contexts_are_distinct_and_in_order() -> None:
    assert (tables().contexts.long().diff() > 0).all()


def test_of_no_texts_come_tables_that_know_nothing() -> None:
    made = make_tables([], kinds=KINDS, marks=IS_LETTER, max_entries=100)
    assert all(torch.equal(one, other) for one, other in zip(made, empty_tables(VOCAB_SIZE), strict=True))


def test_empty_tables_find_every_symbol_equally_likely() -> None:
    assert torch.equal(empty_tables(4).unigrams, torch.full((4,), 0.25))
    assert len(empty_tables(4).contexts) == 0
