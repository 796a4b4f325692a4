"""N-gram tables as the arrays that are looked up: all about a context, or a successor, in one number. Without torch.

In tables of millions the time goes into fetching from memory, not into taking numbers apart.

Shapes: V = vocab_size, C = contexts, E = successors.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.ngram_lookup import pack_entry, pack_row
from penwright.kernels.searching import LOWEST

SHARE_STEPS = 16
"""Steps of a share's or backoff's code to a factor of two: code c means 2^(-c / 16)."""
TOTAL_STEPS = 8
"""Steps of a total's code to a factor of two: code c means 2^(c / 8)."""
_TOTAL_SCALE = 0.2  # brings the logarithms of usual counts to about 0 to 4
_STRETCH = 1 << 18
"""Number of contexts or successors packed together, since numbers of 64 bits take several times the room of all."""


class LookupArrays(NamedTuple):
    """Tables, ready to look contexts up."""

    contexts: NDArray[np.int32]
    """(C,), rising."""
    begins: NDArray[np.int32]
    """Index of the first context with each sequence of leading bits, see `sorted_search`."""
    rows: NDArray[np.int64]
    """(C,), see `kernels.ngram_lookup.pack_row`."""
    entries: NDArray[np.int32]
    """(E,), see `kernels.ngram_lookup.pack_entry`."""
    share_values: NDArray[np.float32]
    """(256,), values of the codes of shares and backoffs."""
    total_values: NDArray[np.float32]
    """(256,), the confidence that each code of a total becomes."""
    unigrams: NDArray[np.float32]
    """(V,)."""


def lookup_arrays(tables: Mapping[str, NDArray[Any]]) -> LookupArrays:
    """Pack tables.

    Args:
        tables: The arrays of `NgramTables` by name.
    """
    contexts = tables["contexts"].astype(np.int32, copy=False)
    codes = np.arange(256)
    return LookupArrays(
        contexts=contexts,
        begins=bucket_begins(contexts),
        rows=_rows(tables["sizes"], tables["backoffs"], tables["totals"]),
        entries=_entries(tables["symbols"], tables["shares"]),
        share_values=np.exp2(codes * (-1.0 / SHARE_STEPS)).astype(np.float32),
        total_values=(np.log1p(np.exp2(codes * (1.0 / TOTAL_STEPS))) * _TOTAL_SCALE).astype(np.float32),
        unigrams=tables["unigrams"].astype(np.float32, copy=False),
    )


def _stretches(length: int) -> Iterator[slice]:
    """Yield slices that cover an array of some length."""
    for first in range(0, length, _STRETCH):
        yield slice(first, min(first + _STRETCH, length))


def _rows(sizes: NDArray[Any], backoffs: NDArray[Any], totals: NDArray[Any]) -> NDArray[np.int64]:
    """Return the row of each context, (C,)."""
    rows, start = np.empty(len(sizes), dtype=np.int64), 0
    for here in _stretches(len(sizes)):
        size = sizes[here].astype(np.int64)
        ends = start + np.cumsum(size)
        rows[here] = pack_row(ends - size, size, backoffs[here].astype(np.int64), totals[here].astype(np.int64))
        start = int(ends[-1])
    return rows


def _entries(symbols: NDArray[Any], shares: NDArray[Any]) -> NDArray[np.int32]:
    """Return the entry of each successor, (E,)."""
    entries = np.empty(len(symbols), dtype=np.int32)
    for here in _stretches(len(symbols)):
        entries[here] = pack_entry(symbols[here].astype(np.int32), shares[here].astype(np.int32))
    return entries


def bucket_begins(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the index of the first number with each sequence of leading bits, and the end of the last.

    Args:
        numbers: (C,), rising.

    Returns:
        (2^b + 1,), with about one number to each sequence of b bits.
    """
    bits = max(0, len(numbers).bit_length() - 1)
    begins = np.zeros((1 << bits) + 1, dtype=np.int32)
    for here in _stretches(len(numbers)):  # of neighbouring sequences
        buckets = (numbers[here].astype(np.int64) - LOWEST) >> (32 - bits)
        first = int(buckets[0])
        begins[first + 1 : int(buckets[-1]) + 2] += np.bincount(buckets - first).astype(np.int32)
    np.cumsum(begins, out=begins)
    return begins
