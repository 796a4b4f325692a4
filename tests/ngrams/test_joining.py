"""The tables of two shelves are joined as if their counts had been added up."""

import numpy as np
import pytest
import torch

from penwright.kernels.pruning import MAX_SUCCESSORS
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.joining import joined_tables, with_symbols
from penwright.ngrams.storage import checked_tables
from penwright.ngrams.tables import NgramTables, arrays_of, empty_tables, make_tables, share_of, tables_of, total_of


def tables_with(symbols: dict[int, dict[int, float]], *, totals: dict[int, int], vocab_size: int = 8) -> NgramTables:
    """Tables of some contexts, by number: the shares of their successors."""
    contexts = sorted(symbols)
    rests = [1.0 - sum(symbols[context].values()) for context in contexts]
    shares = [symbols[context][symbol] for context in contexts for symbol in sorted(symbols[context])]

    def codes(values: list[float], steps: int) -> torch.Tensor:
        return torch.tensor(values).log2().mul(steps).round().to(torch.uint8)

    return NgramTables(
        contexts=torch.tensor(contexts, dtype=torch.int32),
        sizes=torch.tensor([len(symbols[context]) for context in contexts], dtype=torch.uint8),
        backoffs=codes(rests, -16),
        totals=codes([float(totals[context]) for context in contexts], 8),
        symbols=torch.tensor([s for context in contexts for s in sorted(symbols[context])], dtype=torch.int32),
        shares=codes(shares, -16),
        unigrams=torch.full((vocab_size,), 1.0 / vocab_size),
    )


def test_counts_are_added_up_and_the_new_shelf_counts_several_times() -> None:
    old = tables_with({-5: {1: 0.5, 3: 0.25}, 2: {4: 0.5}}, totals={-5: 8, 2: 4})
    new = tables_with({-5: {1: 0.25, 2: 0.5}, 9: {6: 0.5}}, totals={-5: 4, 9: 16})
    joined = joined_tables(old, new, weight=2.0)
    assert joined.contexts.tolist() == [-5, 2, 9]
    assert joined.symbols.tolist() == [1, 2, 3, 4, 6]
    assert torch.allclose(share_of(joined.shares), torch.tensor([0.375, 0.25, 0.125, 0.5, 0.5]), rtol=0.03)
    assert torch.allclose(share_of(joined.backoffs), torch.tensor([0.25, 0.5, 0.5]), rtol=0.03)
    assert torch.allclose(total_of(joined.totals), torch.tensor([12.0, 4.0, 16.0]), rtol=0.05)


@pytest.mark.parametrize("vocab_size", [20, 600])
def test_real_tables_join_to_tables_that_a_file_may_hold(vocab_size: int) -> None:
    draw, is_letter = np.random.default_rng(0), np.ones(vocab_size, dtype=np.bool_)
    made = [
        make_tables(
            [draw.integers(1, vocab_size, size=20_000).astype(np.uint16)],
            kinds=kinds_of("characters"),
            marks=is_letter,
            max_entries=50_000,
        )
        for _ in range(2)
    ]
    joined = joined_tables(*made, weight=4.0)
    tables_of(checked_tables(arrays_of(joined)))
    assert int(joined.sizes.max()) <= MAX_SUCCESSORS
    starts = joined.sizes.long().cumsum(0) - joined.sizes.long()
    masses = np.add.reduceat(share_of(joined.shares).numpy(), starts.numpy()) + share_of(joined.backoffs).numpy()
    assert np.abs(masses - 1.0).max() < 0.06, "codes are rounded to a sixteenth of a factor of two"
    nothing = empty_tables(vocab_size)
    for same in (joined_tables(made[0], nothing, weight=4.0), joined_tables(nothing, made[0], weight=4.0)):
        assert all(torch.equal(getattr(same, name), getattr(made[0], name)) for name in same._fields[:-1])


def test_new_symbols_are_possible_and_rare() -> None:
    tables = with_symbols(empty_tables(4), num_symbols=6)
    assert torch.allclose(tables.unigrams, torch.full((6,), 1 / 6))
