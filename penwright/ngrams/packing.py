"""N-gram tables in few bytes, without loss: what a file holds of them. Without torch.

A context says much about its successors: one that has been met five times and has two of them leaves few values for
its backoff and for their shares. So contexts are grouped by their number of successors, their total and their backoff,
in that order, and each array is deflated in an order that keeps equal neighbours together:

    contexts   the gaps between them, less one, byte by byte: all lowest bytes first
    sizes      in the order of the contexts
    totals     in the order of the sizes
    backoffs   in the order of sizes and totals
    symbols    in the order of sizes, totals and backoffs, those of one context side by side, byte by byte
    shares     in the same order

Of each array, the order is known once those above it have been read. The plain arrays of 2.7 million contexts and 7.7
million successors, 34.4 MB, take 14.0 MB (2026-11). Nothing is believed of what is read: the caller says how much there
must be.

Shapes: V = vocab_size, C = contexts, E = successors.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from penwright.ngrams.storage import Array, symbol_type, table_shapes

PACKED = ("backoffs", "contexts", "shares", "sizes", "symbols", "totals")
"""Names of the arrays that are packed; `unigrams` are not."""
MAX_RATIO = 32
"""Largest ratio of plain bytes to packed ones that is read, so that a small file cannot ask for much memory. Tables of
books have 2 to 3."""
_LEVEL = 4
"""Level of compression of symbols and shares. Level 6 is 1 % smaller and takes twice the time."""
_LOWEST = -(1 << 31)
_STRETCH = 1 << 20
"""Number of successors moved at a time, about."""


def packed_tables(tables: Mapping[str, Array]) -> dict[str, NDArray[np.uint8]]:
    """Return the packed form of some arrays, by name.

    Args:
        tables: The arrays that `table_shapes` names, in its types.
    """
    sizes, totals, backoffs = tables["sizes"], tables["totals"], tables["backoffs"]
    packed = {  # one after the other, since an order takes eight bytes a context
        "backoffs": _deflated(backoffs[_rising(_pairs(sizes, totals))], zlib.Z_RLE),
        "contexts": _deflated(_planes(_gaps(tables["contexts"])), zlib.Z_RLE),
        "sizes": _deflated(sizes, zlib.Z_RLE),
        "totals": _deflated(totals[_rising(sizes)], zlib.Z_RLE),
    }
    order = _ordered(sizes, totals, backoffs)
    for name in ("shares", "symbols"):
        packed[name] = _deflated(_planes(_grouped(tables[name], sizes, order)), zlib.Z_DEFAULT_STRATEGY)
    return packed


def _gaps(contexts: Array) -> NDArray[np.uint32]:
    """Return how many numbers lie between each context and the one before."""
    unsigned = contexts.astype(np.int32, copy=False).view(np.uint32)
    gaps = unsigned ^ np.uint32(1 << 31)  # from the lowest number on
    gaps[1:] -= gaps[:-1].copy()  # a difference of rising numbers finds room in their 32 bits
    gaps[1:] -= 1
    return gaps.astype("<u4", copy=False)


def is_packable(num_bytes: int, plain: Mapping[str, tuple[str, int]]) -> bool:
    """Return True if so many bytes are enough for arrays that are packed.

    Args:
        num_bytes: Number of bytes of all packed arrays.
        plain: Type and length of each plain array, from `table_shapes`.
    """
    needed = sum(np.dtype(kind).itemsize * length for name, (kind, length) in plain.items() if name in PACKED)
    return needed <= MAX_RATIO * num_bytes


def packed_shapes(plain: Mapping[str, tuple[str, int]], num_bytes: Sequence[int]) -> dict[str, tuple[str, int]]:
    """Return the type and length of each array in a file of packed tables, by name.

    Args:
        plain: Type and length of each plain array, from `table_shapes`.
        num_bytes: Number of bytes of each packed array, in the order of `PACKED`.
    """
    return {**plain, **{name: ("|u1", length) for name, length in zip(PACKED, num_bytes, strict=True)}}


def unpacked_tables(
    packed: Mapping[str, NDArray[np.uint8]], *, vocab_size: int, num_contexts: int, num_entries: int
) -> dict[str, Array]:
    """Return the arrays that some packed ones hold, of the types and lengths that `table_shapes` names.

    Args:
        packed: Result of `packed_tables`, from a file of unknown origin.
        vocab_size, num_contexts, num_entries: V, C and E, of which the caller knows that there may be so many.

    Raises:
        ValueError: A clause that says what is wrong with them. What the arrays mean is left to `checked_tables`.
    """
    shapes = table_shapes(vocab_size, num_contexts=num_contexts, num_entries=num_entries)

    def inflated(name: str) -> NDArray[np.uint8]:
        kind, length = shapes[name]
        return _inflated(packed[name], length * np.dtype(kind).itemsize)

    sizes = inflated("sizes").copy()  # so that it can be written, as all others can
    if (sizes == 0).any() or int(sizes.sum(dtype=np.int64)) != num_entries:
        raise ValueError("the contexts of its n-grams do not have the successors they claim")
    contexts = np.cumsum(_from_planes(inflated("contexts"), "<u4"), dtype=np.int64)
    contexts += np.arange(_LOWEST, _LOWEST + num_contexts)
    if num_contexts and int(contexts[-1]) > np.iinfo(np.int32).max:
        raise ValueError("the contexts of its n-grams are too large")
    totals, backoffs = np.empty_like(sizes), np.empty_like(sizes)
    totals[_rising(sizes)] = inflated("totals")
    backoffs[_rising(_pairs(sizes, totals))] = inflated("backoffs")
    order = _ordered(sizes, totals, backoffs)
    symbols = _from_planes(inflated("symbols"), symbol_type(vocab_size))
    return {
        "backoffs": backoffs,
        "contexts": contexts.astype("<i4"),
        "shares": _ungrouped(inflated("shares"), sizes, order),
        "sizes": sizes,
        "symbols": _ungrouped(symbols, sizes, order),
        "totals": totals,
    }


def _pairs(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return high.astype(np.uint16) << np.uint16(8) | low


def _rising(keys: Array) -> NDArray[np.int64]:
    """Return the indices of some keys of at most 16 bits in rising order, equal ones as they are."""
    return np.argsort(keys, kind="stable")


def _ordered(sizes: NDArray[np.uint8], totals: NDArray[np.uint8], backoffs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the indices of contexts in the order of sizes, totals and backoffs."""
    order = _rising(backoffs)
    return order[_rising(_pairs(sizes, totals)[order])]


def _rows(sizes: NDArray[np.uint8], order: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield where the successors of some contexts begin in the grouped order, and the index of each, (n, size): a
    stretch of contexts of one size at a time."""
    ends = np.cumsum(sizes, dtype=np.int64)
    edges = np.concatenate([[0], np.cumsum(np.bincount(sizes, minlength=256))])
    begin = 0
    for size in range(1, 256):
        step = max(1, _STRETCH // size)
        for start in range(int(edges[size]), int(edges[size + 1]), step):
            owners = order[start : min(start + step, int(edges[size + 1]))]
            yield begin, (ends[owners] - size)[:, None] + np.arange(size)
            begin += len(owners) * size


def _grouped(values: Array, sizes: NDArray[np.uint8], order: NDArray[np.int64]) -> Array:
    """Return values of successors in the order of their contexts."""
    grouped = np.empty_like(values)
    for begin, indices in _rows(sizes, order):
        grouped[begin : begin + indices.size] = values[indices].reshape(-1)
    return grouped


def _ungrouped(grouped: Array, sizes: NDArray[np.uint8], order: NDArray[np.int64]) -> Array:
    """Do the opposite of `_grouped`."""
    values = np.empty_like(grouped)
    for begin, indices in _rows(sizes, order):
        values[indices] = grouped[begin : begin + indices.size].reshape(indices.shape)
    return values


def _planes(values: Array) -> NDArray[np.uint8]:
    """Return the lowest bytes of all numbers, then the next ones."""
    return np.ascontiguousarray(np.ascontiguousarray(values).view(np.uint8).reshape(-1, values.itemsize).T).reshape(-1)


def _from_planes(planes: NDArray[np.uint8], kind: str) -> Array:
    """Do the opposite of `_planes`, for little-endian numbers of some type."""
    return np.ascontiguousarray(planes.reshape(np.dtype(kind).itemsize, -1).T).view(kind).reshape(-1)


def _deflated(values: Array, strategy: int) -> NDArray[np.uint8]:
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    data = np.ascontiguousarray(values).view(np.uint8).data
    return np.frombuffer(deflater.compress(data) + deflater.flush(), np.uint8)


def _inflated(data: NDArray[np.uint8], num_bytes: int) -> NDArray[np.uint8]:
    """Return so many bytes that are deflated in others, in bounded memory whatever they are.

    Raises:
        ValueError: If they hold anything else.
    """
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(np.ascontiguousarray(data).data, num_bytes + 1)
    except zlib.error as error:
        raise ValueError("its n-grams cannot be unpacked") from error
    if len(raw) != num_bytes or not inflater.eof or inflater.unused_data:
        raise ValueError("its n-grams are not as many as its header says")
    return np.frombuffer(raw, np.uint8)
