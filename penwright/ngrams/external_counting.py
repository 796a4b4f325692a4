"""Count the successors of each context on the disk, in memory that does not grow with the shelf.

The result is that of `counting.count_successors`. Each batch becomes a sorted run of every kind of context, which is
written to a file without a name. In the end the runs of a kind are merged, a range of contexts at a time. Where there
are many runs, `MAX_RUNS` of them are first merged to one, and those again, so that a range is never read in crumbs.

A large shelf has more contexts than can be scored in memory. So the smallest count of a context rises until their
successors find room, see `RisingCount`; on a shelf that fits it stays as it is.

Source: Knuth 1998, "The Art of Computer Programming", volume 3, section 5.4.1.

Shapes: C = contexts of a range, E = (context, successor) pairs.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.alphabet.characters import Ids
from penwright.files.scratch import Scratch
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.counting import (
    Merged,
    Packed,
    Successors,
    batches_of,
    count_keys,
    keyed,
    laid_out,
    merged_range,
    pair_keys,
    with_counts,
)
from penwright.ngrams.letters import Marks

MAX_RUNS = 64
"""Number of runs of a kind that are merged at a time."""
RANGE = 1 << 18
"""Number of entries merged at a time, about."""
BUCKET_BITS = 12
"""Number of leading bits of a context by which a run is cut."""
_EDGES = ((np.arange(1, 1 << BUCKET_BITS) << (32 - BUCKET_BITS)) - (1 << 31)) << 32
_CAP = 1 << 20
"""Counts of contexts from which on no difference is made."""
_KEY = np.dtype(np.int64)


class RisingCount:
    """The smallest count of a context, which rises until the successors of all contexts find room."""

    def __init__(self, least: int, *, max_entries: int) -> None:
        """Begin with no contexts.

        Args:
            least: The value while everything finds room.
            max_entries: Largest number of successors to hold.
        """
        self.value = least
        """The smallest count. In the end, it depends on what was added and not on the order."""
        self._max_entries = max_entries
        self._sizes = np.zeros(1, dtype=np.int64)  # number of successors of contexts of each count

    def add(self, totals: NDArray[np.int64], sizes: NDArray[np.int32]) -> None:
        """Add contexts of some counts and numbers of successors, both (C,)."""
        more = np.bincount(np.minimum(totals, _CAP), weights=sizes).astype(np.int64)
        if len(more) > len(self._sizes):
            self._sizes, more = more, self._sizes
        self._sizes[: len(more)] += more
        num_left = int(self._sizes[self.value :].sum())
        while num_left > self._max_entries and self.value < len(self._sizes):
            num_left -= int(self._sizes[self.value])
            self.value += 1


class _Run(NamedTuple):
    """A sorted list of keys on the disk."""

    offset: int
    bounds: NDArray[np.int64]
    """Index of the first key of each bucket, and the end of the last."""


class _Level:
    """Runs of all kinds that were merged as often as each other."""

    def __init__(self, scratch: Scratch, num_kinds: int) -> None:
        self.scratch = scratch
        self.runs: list[list[_Run]] = [[] for _ in range(num_kinds)]

    def write(self, kind: int, parts: Iterator[Packed]) -> None:
        """Write a run that comes in parts, of rising ranges of contexts."""
        bounds = np.zeros((1 << BUCKET_BITS) + 1, dtype=np.int64)
        offset: int | None = None
        for part in parts:
            written = self.scratch.write([part])
            offset = written if offset is None else offset
            bounds[1:-1] += np.searchsorted(part, _EDGES)
            bounds[-1] += len(part)
        self.runs[kind].append(_Run(offset or 0, bounds))

    def clear(self) -> None:
        """Forget all runs."""
        self.scratch.clear()
        self.runs = [[] for _ in self.runs]

    def read(self, kind: int, first: int, stop: int) -> Packed:
        """Return the keys of some buckets of a kind, of all runs one after the other."""
        parts = [np.zeros(0, dtype=np.int64)]
        for run in self.runs[kind]:
            begin, end = int(run.bounds[first]), int(run.bounds[stop])
            read = self.scratch.read(run.offset + begin * _KEY.itemsize, dtype=_KEY, count=end - begin)
            parts.append(read.view(np.int64))
        return np.concatenate(parts)

    def sizes(self, kind: int) -> NDArray[np.int64]:
        """Return the number of keys of a kind in each bucket."""
        none = np.zeros(1 << BUCKET_BITS, dtype=np.int64)
        return sum((np.diff(run.bounds) for run in self.runs[kind]), none)


def count_on_disk(
    texts: Sequence[Ids],
    *,
    kinds: ContextKinds,
    marks: Marks,
    min_count: RisingCount,
    num_threads: int = 1,
    open_scratch: Callable[[], Scratch] = Scratch,
) -> Iterator[Successors]:
    """Count the successors of each context.

    Args:
        texts: Each begins with its first symbol, before which nothing is known; the first symbol is only a context.
        kinds: The kinds of context.
        marks: (V,), see `letters.Marks`.
        min_count: Smallest count of a context that is not left out; those of the first kind stay. It rises: contexts
            of an earlier kind may be below it.
        num_threads: Number of texts, kinds and ranges read side by side. It changes time and memory, not the result.
        open_scratch: Opens a file for runs, some 36 bytes a symbol.

    Yields:
        K times, in the order of kinds.

    Raises:
        CorpusError: If the disk is full.
    """
    marks_tensor = torch.from_numpy(marks)
    with ThreadPoolExecutor(num_threads) as pool, ExitStack() as stack:
        levels: list[_Level] = []
        for batch in batches_of(texts, num_threads=1):
            keys = keyed(batch, pair_keys, kinds=kinds, marks=marks_tensor, pool=pool)
            runs = [iter([part]) for part in pool.map(count_keys, keys)]
            _add(levels, runs, lambda: _Level(stack.enter_context(open_scratch()), kinds.num_kinds), pool)
            del keys, runs
        for kind in range(kinds.num_kinds):
            yield _merged(levels, kind, pool, num_together=4 * num_threads, min_count=min_count)


def _add(
    levels: list[_Level], runs: Sequence[Iterator[Packed]], make: Callable[[], _Level], pool: ThreadPoolExecutor
) -> None:
    """Add a run of each kind to the first level; a level that is full becomes one run of the next."""
    for number in range(len(levels) + 1):
        if number == len(levels):
            levels.append(make())
        level = levels[number]
        for kind, run in enumerate(runs):
            level.write(kind, run)
        if number:
            levels[number - 1].clear()
        if len(level.runs[0]) < MAX_RUNS:
            return
        runs = [_compacted(level, kind) for kind in range(len(runs))]


def _compacted(level: _Level, kind: int) -> Iterator[Packed]:
    """Yield the keys of all runs of a kind, merged, a range at a time."""
    for first, stop in _ranges(level.sizes(kind)):
        contexts, sizes, symbols, counts, _ = merged_range(level.read(kind, first, stop), min_count=1)
        keys = np.repeat(contexts.astype(np.int64) << 32, sizes) | symbols.astype(np.int64) << 16
        yield with_counts(keys, counts.astype(np.int64))


def _merged(
    levels: Sequence[_Level], kind: int, pool: ThreadPoolExecutor, *, num_together: int, min_count: RisingCount
) -> Successors:
    """Add up the counts of all runs of a kind, some ranges together before the smallest count is looked at anew."""

    def merge(edges: tuple[int, int]) -> Merged:
        keys = np.concatenate([level.read(kind, *edges) for level in levels] or [np.zeros(0, dtype=np.int64)])
        return merged_range(keys, min_count=min_count.value if kind else 1)

    sizes = sum((level.sizes(kind) for level in levels), np.zeros(1 << BUCKET_BITS, dtype=np.int64))
    ranges = _ranges(sizes)
    found: list[Merged] = []
    counted = 1
    for start in range(0, len(ranges), num_together):
        for merged in pool.map(merge, ranges[start : start + num_together]):
            found.append(merged)
            if kind:
                min_count.add(_totals(merged), merged[1])
        if kind and min_count.value > counted:
            counted = min_count.value
            for number in range(len(found)):  # one after the other, so that only one is held twice
                found[number] = _of_count(found[number], counted)
    return laid_out(found)


def _ranges(sizes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return ranges of neighbouring buckets, each of about `RANGE` keys or of one bucket; at least one range."""
    ends = np.cumsum(sizes)
    numbers = np.maximum(ends - 1, 0) // RANGE
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(sizes)]
    return list(zip(edges[:-1], edges[1:], strict=True))


def _totals(merged: Merged) -> NDArray[np.int64]:
    """Return the count of each context, (C,)."""
    _, sizes, _, counts, _ = merged
    if not len(sizes):
        return np.zeros(0, dtype=np.int64)
    return np.add.reduceat(counts, np.cumsum(sizes, dtype=np.int64) - sizes, dtype=np.int64)


def _of_count(merged: Merged, least: int) -> Merged:
    """Return only the contexts of some count and more."""
    contexts, sizes, symbols, counts, counts_of_counts = merged
    is_kept = _totals(merged) >= least
    is_of_kept = np.repeat(is_kept, sizes)
    return contexts[is_kept], sizes[is_kept], symbols[is_of_kept], counts[is_of_kept], counts_of_counts
