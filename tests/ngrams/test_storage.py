"""Tables come back from their arrays as they were, and arrays that are none are refused."""

from typing import Any

import numpy as np
import pytest
import torch

from penwright.alphabet.units import CHARACTERS
from penwright.ngrams.context_kinds import kinds_of
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
    arrays = arrays_of(tables)
    assert arrays["sizes"][0] > 1
    arrays[name][place] = value
    with pytest.raises(ValueError, match=reason):
        checked_tables(arrays)
