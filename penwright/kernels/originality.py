"""Find where a text stands in a shelf of books, by looking its windows up among sampled windows of the shelf.

The shelf's windows are sampled at every `stride`-th position, and the text's windows are all looked up, so a run that
both share is found if it is at least window + stride - 1 long. Hashes only propose positions. Symbols are compared, so
what is found is exact.

This module knows nothing of files or alphabets.

Shapes: N = symbols of the shelf, M = symbols of a text, K = books, S = samples, C = buckets of samples, R = records.
"""

from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel

HASH_BITS = 31
_PRIME = (1 << HASH_BITS) - 1
_FACTOR = 433_494_437  # a prime below 2^29: no product below exceeds 2^62


@kernel
def window_hash(text: Any, at: int, window: int) -> Any:
    """Return a polynomial of the symbols text[at : at + window] modulo 2^31 - 1."""
    value = 0
    for offset in range(window):
        value = value * _FACTOR + int(text[at + offset]) + 1
        value = (value & _PRIME) + (value >> HASH_BITS)
    return value % _PRIME


@kernel
def make_records(
    text: Any, first: int, stop: int, window: int, stride: int, boundary: int, bits: int, width: int, out: Any
) -> Any:
    """Fill `out` with bucket << width | number for samples first to stop, but for windows that hold a book's edge.

    Args:
        text: The shelf from the first of these samples on.
        first, stop: Range of samples. Sample i is the window at i * stride of the shelf.
        window, stride: Symbols of a window, and from one sample to the next.
        boundary: Symbol at the edge of a book, -1 if there is none.
        bits: Bits of a bucket's number.
        width: Bits of a sample's number.
        out: int64, at least stop - first.

    Returns:
        Number of records.
    """
    count = 0
    for sample in range(first, stop):
        at = (sample - first) * stride
        is_whole = True
        for offset in range(window):
            if int(text[at + offset]) == boundary:
                is_whole = False
        if is_whole:
            bucket = window_hash(text, at, window) >> (HASH_BITS - bits)
            out[count] = (bucket << width) | sample
            count += 1
    return count


@kernel
def deal_records(records: Any, shift: int, bounds: Any, out: Any) -> None:
    """Put records in the order of their bits from `shift` on.

    Args:
        records: int64 (R,).
        shift: Number of lower bits that are not looked at.
        bounds: int64 (parts + 1,), to be filled with the first record of each part and the end.
        out: int64 (R,), to be filled.
    """
    bounds[:] = 0
    for at in range(len(records)):
        bounds[(records[at] >> shift) + 1] += 1
    for part in range(len(bounds) - 1):
        bounds[part + 1] += bounds[part]
    ends = bounds.copy()
    for at in range(len(records)):
        part = records[at] >> shift
        out[ends[part]] = records[at]
        ends[part] += 1


@kernel
def count_buckets(records: Any, width: int, first_bucket: int, done: int, begins: Any) -> None:
    """Fill `begins` (buckets of this part,) with the number of the first entry of each bucket of sorted records."""
    at = 0
    for bucket in range(len(begins)):
        while at < len(records) and (records[at] >> width) < first_bucket + bucket:
            at += 1
        begins[bucket] = done + at


@kernel
def pack_entries(records: Any, width: int, first_bit: int, out: Any) -> None:
    """Write the lowest `width` bits of each record into bytes, one after the other, from a bit on.

    Args:
        records: int64 (R,).
        width: 1 to 40.
        first_bit: Offset of the first record.
        out: uint8, zero from that bit on, with 8 bytes to spare.
    """
    mask = (1 << width) - 1
    for index in range(len(records)):
        bit = first_bit + index * width
        value = (records[index] & mask) << (bit & 7)
        at = bit >> 3
        while value != 0:
            out[at] |= np.uint8(value & 255)
            value >>= 8
            at += 1


@kernel
def entry_at(entries: Any, index: int, width: int) -> Any:
    """Return an entry that `pack_entries` wrote."""
    bit = index * width
    at = bit >> 3
    value = 0
    for byte in range((width + 14) >> 3):
        value |= int(entries[at + byte]) << (8 * byte)
    return (value >> (bit & 7)) & ((1 << width) - 1)


@kernel
def book_of(starts: Any, place: int) -> Any:
    """Return the number of the book that holds a position: the last one that starts at or before it."""
    low, high = 0, len(starts) - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if starts[middle] <= place:
            low = middle
        else:
            high = middle
    return low


@kernel
def are_equal(query: Any, at: int, text: Any, place: int, length: int) -> Any:
    """Return True if query[at : at + length] is text[place : place + length], which must lie within both."""
    for offset in range(length):
        if query[at + offset] != text[place + offset]:
            return False
    return True


@kernel
def num_equal_before(query: Any, at: int, text: Any, place: int, low: int, limit: int) -> Any:
    """Return how many symbols before two positions agree, at most `limit`, none of them before text[low]."""
    limit = min(limit, at, place - low)
    count = 0
    while count < limit and query[at - count - 1] == text[place - count - 1]:
        count += 1
    return count


@kernel
def run_around(query: Any, at: int, text: Any, place: int, length: int, starts: Any, stride: int) -> Any:
    """Return how far a run of at least `length` symbols begins before a sample, and the end of its book.

    A run that is not there, or that the sample before this one has found already, begins `stride` before.
    """
    if place + length > len(text) or not are_equal(query, at, text, place, length):
        return stride, place
    book = book_of(starts, place)
    high = int(starts[book + 1])
    if place + length > high:
        return stride, place
    return num_equal_before(query, at, text, place, starts[book], stride), high


@kernel
def find_runs(
    query: Any,
    ends: Any,
    sources: Any,
    text: Any,
    starts: Any,
    begins: Any,
    entries: Any,
    bits: int,
    width: int,
    window: int,
    stride: int,
) -> None:
    """Find the longest run of the shelf that starts at each position of a text.

    Args:
        query: The text, (M,).
        ends: int64 (M,), zeros; filled with where the run that starts there ends. A run is noted where it cannot be
            extended to the left. Runs shorter than window + stride - 1 are noted by chance only.
        sources: int64 (M,), filled with the position in the shelf of a noted run.
        text: The shelf, (N,).
        starts: int64 (K + 1,), position of each book and the end of the last.
        begins: (C + 1,), first entry of each bucket.
        entries: uint8, see `pack_entries`.
        bits, width, window, stride: As for `make_records`.
    """
    for at in range(len(query) - window + 1):
        bucket = window_hash(query, at, window) >> (HASH_BITS - bits)
        for index in range(int(begins[bucket]), int(begins[bucket + 1])):
            place = entry_at(entries, index, width) * stride
            before, high = run_around(query, at, text, place, window, starts, stride)
            if before == stride:
                continue
            end, follows = at + window, place + window
            while end < len(query) and follows < high and query[end] == text[follows]:
                end += 1
                follows += 1
            if end > ends[at - before]:
                ends[at - before] = end
                sources[at - before] = place - before


@kernel
def follow_runs(
    query: Any,
    size: int,
    span: int,
    runs: Any,
    count: int,
    is_new: bool,
    text: Any,
    starts: Any,
    begins: Any,
    entries: Any,
    bits: int,
    width: int,
    window: int,
    stride: int,
) -> Any:
    """Follow the runs of the shelf that end at the end of a growing text, by one symbol.

    Args:
        query: The text; its first `size` symbols count.
        size: Number of its symbols, the last one being new.
        span: Symbols of a run after which it is followed, from `window` on. All runs of at least span + stride - 1
            symbols are followed, others by chance.
        runs: int64 (any, 3): for each run the position in the shelf after it, its start in the text, and the end of
            its book. Rewritten.
        count: Number of runs followed.
        is_new: False to only look for runs to begin with, because there was no room before.
        text, starts, begins, entries, bits, width, window, stride: As for `find_runs`.

    Returns:
        Number of runs that went on, and number of all runs; those beyond the room in `runs` were not noted.
    """
    kept = count
    if is_new:
        kept = 0
        for run in range(count):
            place = runs[run, 0]
            if place < runs[run, 2] and text[place] == query[size - 1]:
                runs[kept, 0], runs[kept, 1], runs[kept, 2] = place + 1, runs[run, 1], runs[run, 2]
                kept += 1
    found, at = kept, size - span
    if at >= 0:
        bucket = window_hash(query, at, window) >> (HASH_BITS - bits)
        for index in range(int(begins[bucket]), int(begins[bucket + 1])):
            place = entry_at(entries, index, width) * stride
            before, high = run_around(query, at, text, place, span, starts, stride)
            if before < stride:
                if found < len(runs):
                    runs[found, 0], runs[found, 1], runs[found, 2] = place + span, at - before, high
                found += 1
    return kept, found
