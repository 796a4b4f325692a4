"""Tables packed a stretch at a time are the tables packed at once."""

import numpy as np
import pytest

from penwright.kernels.ngram_lookup import unpack_entry, unpack_row
from penwright.kernels.searching import LOWEST
from penwright.ngrams import lookup_arrays as module
from penwright.ngrams.lookup_arrays import bucket_begins, lookup_arrays

HIGHEST = (1 << 31) - 1


def some_tables(num_contexts: int) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(num_contexts)
    sizes = numbers.integers(1, 6, num_contexts).astype(np.uint8)
    contexts = np.unique(numbers.integers(LOWEST, HIGHEST, 2 * num_contexts))[:num_contexts].astype(np.int32)
    bytes_of = {"backoffs": num_contexts, "totals": num_contexts, "symbols": sizes.sum(), "shares": sizes.sum()}
    columns = {name: numbers.integers(0, 256, length).astype(np.uint8) for name, length in bytes_of.items()}
    return {"contexts": contexts, "sizes": sizes, **columns, "unigrams": np.full(256, 1 / 256, dtype=np.float32)}


@pytest.mark.parametrize("stretch", [1, 7, 1_000])
@pytest.mark.parametrize("num_contexts", [0, 1, 2, 100])
def test_all_is_found_in_the_packed_numbers(monkeypatch: pytest.MonkeyPatch, num_contexts: int, stretch: int) -> None:
    monkeypatch.setattr(module, "_STRETCH", stretch)
    tables = some_tables(num_contexts)
    packed = lookup_arrays(tables)
    starts, *columns = unpack_row(packed.rows)
    assert (starts == np.cumsum(tables["sizes"], dtype=np.int64) - tables["sizes"]).all()
    for column, name in zip(columns, ("sizes", "backoffs", "totals"), strict=True):
        assert (column == tables[name]).all()
    for column, name in zip(unpack_entry(packed.entries), ("symbols", "shares"), strict=True):
        assert (column == tables[name]).all()
    assert (packed.rows.dtype, packed.entries.dtype, packed.begins.dtype) == (np.int64, np.int32, np.int32)


@pytest.mark.parametrize("stretch", [1, 7, 1_000])
@pytest.mark.parametrize("numbers", [[], [LOWEST], [HIGHEST], [LOWEST, LOWEST + 1, -1, 0, HIGHEST], list(range(70))])
def test_buckets_begin_where_their_first_number_lies(
    monkeypatch: pytest.MonkeyPatch, numbers: list[int], stretch: int
) -> None:
    monkeypatch.setattr(module, "_STRETCH", stretch)
    begins = bucket_begins(np.array(numbers, dtype=np.int32))
    edges = np.linspace(LOWEST, HIGHEST + 1, len(begins)).astype(np.int64)
    assert begins.tolist() == np.searchsorted(np.array(numbers, dtype=np.int64), edges).tolist()
    assert begins.dtype == np.int32
