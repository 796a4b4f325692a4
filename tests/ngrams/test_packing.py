"""Packed tables come back to the last bit, and bytes that are none are refused."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.ngrams.packing import PACKED, is_packable, packed_tables, unpacked_tables
from penwright.ngrams.storage import Array, table_shapes


def some_tables(seed: int, *, num_contexts: int, vocab_size: int) -> dict[str, Array]:
    generator = np.random.default_rng(seed)
    edges = [-(1 << 31), (1 << 31) - 1]  # the least and the largest context
    contexts = np.unique(np.concatenate([generator.integers(*edges, num_contexts), edges[:num_contexts]]))
    sizes = generator.integers(1, min(vocab_size, 255) + 1, len(contexts)).astype(np.uint8)
    symbols = [np.sort(generator.permutation(vocab_size)[:size]) for size in sizes]
    return {
        "backoffs": generator.integers(0, 256, len(contexts)).astype(np.uint8),
        "contexts": contexts.astype("<i4"),
        "shares": generator.integers(0, 256, int(sizes.sum())).astype(np.uint8),
        "sizes": sizes,
        "symbols": np.concatenate([*symbols, []]).astype("|u1" if vocab_size <= 256 else "<u2"),
        "totals": generator.integers(0, 256, len(contexts)).astype(np.uint8),
    }


@given(st.integers(0, 1_000), st.integers(0, 40), st.sampled_from([1, 2, 95, 256, 257, 4_096]))
def test_tables_come_back_to_the_last_bit(seed: int, num_contexts: int, vocab_size: int) -> None:
    tables = some_tables(seed, num_contexts=num_contexts, vocab_size=vocab_size)
    sizes = {"num_contexts": len(tables["contexts"]), "num_entries": len(tables["symbols"])}
    again = unpacked_tables(packed_tables(tables), vocab_size=vocab_size, **sizes)
    assert again.keys() == tables.keys() == set(PACKED)
    for name, array in tables.items():
        assert again[name].dtype == array.dtype
        assert np.array_equal(again[name], array), name


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("fault", ["cut", "longer", "other", "more"])
def test_bytes_that_are_no_tables_are_refused(name: str, fault: str) -> None:
    tables = some_tables(1, num_contexts=20, vocab_size=60)
    sizes = {"num_contexts": len(tables["contexts"]), "num_entries": len(tables["symbols"])}
    packed = packed_tables(tables)
    raw = zlib.decompress(packed[name].tobytes())
    data = packed[name].tobytes()
    data = {"cut": data[:-1], "longer": data + b"x", "other": b"x" * len(data), "more": zlib.compress(raw + b"x")}[
        fault
    ]
    packed[name] = np.frombuffer(data, np.uint8)
    with pytest.raises(ValueError, match="n-grams"):
        unpacked_tables(packed, vocab_size=60, **sizes)


def test_gaps_that_leave_32_bits_are_refused() -> None:
    tables = some_tables(1, num_contexts=2, vocab_size=2)
    packed = packed_tables(tables)
    sizes = {"num_contexts": len(tables["contexts"]), "num_entries": len(tables["symbols"])}
    raw = b"\xff" * (4 * len(tables["contexts"]))
    packed["contexts"] = np.frombuffer(zlib.compress(raw), np.uint8)
    with pytest.raises(ValueError, match="too large"):
        unpacked_tables(packed, vocab_size=2, **sizes)


def test_a_few_bytes_cannot_ask_for_much_memory() -> None:
    shapes = table_shapes(95, num_contexts=1 << 20, num_entries=1 << 28)
    assert not is_packable(10_000, shapes)
    assert is_packable(1 << 27, shapes)
