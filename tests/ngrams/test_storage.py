"""Tables come back from their arrays as they were, and arrays that are none are refused."""

from typing import Any

import numpy as np
import pytest
import torch

from penwright.alphabet.units import CHARACTERS
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.joining import joined_tables, with_symbols
from penwright.ngrams.storage import checked_tables, table_shapes
from penwright.ngrams.tables import NgramTables, arrays_of, empty_tables, make_tables, tables_of


@pytest.fixture(scope="module")
def tables() -> NgramTables:
    text = np.random.default_rng(0).integers(0, 6, 500).astype(np.uint8)
    is_letter = np.array([False, True] * 3)
    return make_tables([text], kinds=kinds_of(CHARACTERS), marks=is_letter, max_entries=10**6)


def test_tables_survive_the_round_trip(tables: NgramTables) -> None:
    again = tables_of(checked_tables(arrays_of(tables)))
    assert all(torch.equal(one, other) for one, other in zip(tables, again, strict=True))


def test_arrays_have_the_shapes_that_are_announced(tables: NgramTables) -> None:
    shapes = table_shapes(6, num_contexts=len(tables.contexts), num_entries=len(tables.symbols))
    arrays = arrays_of(tables)
    assert {name: (array.dtype.str, len(array)) for name, array in arrays.items()} == shapes


def test_tables_of_nothing_survive_the_round_trip() -> None:
    assert not len(tables_of(checked_tables(arrays_of(empty_tables(6)))).symbols)


def test_a_large_alphabet_takes_two_bytes_a_successor() -> None:
    assert table_shapes(257, num_contexts=1, num_entries=2)["symbols"] == ("<u2", 2)


@pytest.mark.parametrize(("vocab_size", "kind"), [(256, torch.uint8), (257, torch.int16), (40_000, torch.int32)])
def test_symbols_take_no_more_room_in_memory_than_their_alphabet_needs(vocab_size: int, kind: torch.dtype) -> None:
    text = np.random.default_rng(0).integers(vocab_size - 3, vocab_size, 500).astype(np.uint16)
    kinds, marks = kinds_of(CHARACTERS), np.zeros(vocab_size, dtype=np.bool_)
    made = make_tables([text], kinds=kinds, marks=marks, max_entries=10**6)
    assert int(made.symbols.max()) == vocab_size - 1
    arrays = arrays_of(made)
    for held in (made, tables_of(checked_tables(arrays)), joined_tables(made, made, weight=1.0)):
        assert held.symbols.dtype == kind and torch.equal(held.symbols, made.symbols)
    assert empty_tables(vocab_size).symbols.dtype == with_symbols(made, num_symbols=vocab_size).symbols.dtype == kind
    assert np.shares_memory(arrays["shares"], made.shares.numpy()), "tables are not copied to be saved"


def test_symbols_of_a_small_alphabet_have_the_type_of_the_larger_one_that_they_join(tables: NgramTables) -> None:
    larger = with_symbols(tables, num_symbols=300)
    assert larger.symbols.dtype == empty_tables(300).symbols.dtype
    assert larger.symbols.tolist() == tables.symbols.tolist()


@pytest.mark.parametrize(
    ("name", "place", "value", "reason"),
    [
        ("contexts", 1, -(2**31), "not in order"),
        ("sizes", 0, 0, "successors they claim"),
        ("sizes", 0, 255, "successors they claim"),
        ("symbols", 0, 6, "not in its alphabet"),
        ("symbols", 1, 0, "successors of its n-grams are not in order"),  # the first context has 0, 1, 2, ...
        ("unigrams", 0, np.nan, "between 0 and 1"),
        ("unigrams", 0, 0.0, "between 0 and 1"),
        ("unigrams", 0, 2.0, "between 0 and 1"),
    ],
)
def test_arrays_that_are_no_tables_are_refused(
    tables: NgramTables, name: str, place: int, value: Any, reason: str
) -> None:
    arrays = {one: array.copy() for one, array in arrays_of(tables).items()}
    assert arrays["sizes"][0] > 1
    arrays[name][place] = value
    with pytest.raises(ValueError, match=reason):
        checked_tables(arrays)
