"""Count the successors of each context of some texts, in bounded memory, as sorted arrays.

Texts are read in batches. Each batch becomes a sorted list of (context, successor, count), 64 bits each. In the end the
lists are merged, kind by kind and a range of contexts at a time, which fits a processor's cache. Most long contexts
occur once or twice in millions of characters; a smallest count leaves them out. This module knows nothing of
probabilities or models.

Shapes: N = characters of a batch, K = number of kinds of context, E = distinct (context, successor) pairs.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from mmap import mmap
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.alphabet.characters import Ids
from penwright.kernels import running
from penwright.kernels.counting import add_up, count_equal
from penwright.kernels.sorting import sort
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.contexts import context_sequence, initial_contexts
from penwright.ngrams.letters import Marks

STRETCH = 1 << 15
"""Number of characters whose contexts are hashed at a time."""
MAX_BATCH = 1 << 21
"""Number of characters in a batch, which bounds the memory."""
RANGE = 1 << 19
"""Number of entries merged at a time, about."""
_COUNT_BITS = 16
_MAX_COUNT = (1 << _COUNT_BITS) - 1
_SYMBOL_BITS = 16
_SYMBOL_MASK = (1 << _SYMBOL_BITS) - 1

Packed = NDArray[np.int64]
"""(E,) in rising order: context (32 bits, signed), successor (16 bits), count (16 bits). A pair may occur more than
once."""


Merged = tuple[NDArray[Any], ...]
"""Contexts in rising order, their numbers of successors, the successors, their counts, and counts of counts."""


class Successors(NamedTuple):
    """The successors of all contexts of one kind."""

    contexts: NDArray[np.int32]
    """(C,) distinct, in rising order."""
    starts: NDArray[np.int32]
    """(C + 1,), index of each context's first successor, and the end of the last."""
    symbols: NDArray[np.uint16]
    """(E,), in rising order within a context."""
    counts: NDArray[np.int32]
    """(E,), count of each, from 1."""
    counts_of_counts: NDArray[np.int64]
    """(5,), number of pairs with a count of zero (none), one, two, three and four, those of contexts left out
    included."""


def count_successors(
    texts: Sequence[Ids],
    *,
    kinds: ContextKinds,
    marks: Marks,
    num_threads: int = 1,
    min_count: int = 1,
) -> Iterator[Successors]:
    """Count the successors of each context.

    Args:
        texts: Each begins with its first symbol, before which nothing is known; the first symbol is only a context.
        kinds: The kinds of context.
        marks: (V,), see `letters.Marks`.
        num_threads: Number of batches and ranges counted side by side. It changes time and memory, not the result.
        min_count: Smallest count of a context that is not left out. Those of the first kind stay: their successors
            are the symbols of all texts.

    Yields:
        K times, in the order of kinds.
    """
    marks_tensor = torch.from_numpy(marks)
    with ThreadPoolExecutor(num_threads) as pool:
        batches = batches_of(texts, num_threads=num_threads)
        parts = list(pool.map(lambda batch: _count_batch(batch, kinds, marks_tensor), batches))
        for kind in range(kinds.num_kinds):
            packed = [part[kind] for part in parts]
            for part in parts:
                part[kind] = np.zeros(0, dtype=np.int64)  # so that no kind is held twice
            yield _merged(packed, pool, min_count=min_count if kind else 1)


def batches_of(texts: Sequence[Ids], *, num_threads: int) -> list[list[Ids]]:
    """Gather texts in batches, smaller ones of a small shelf, so that every thread has something to do.

    Parts of texts longer than MAX_BATCH begin with an empty memory, as texts do.
    """
    size = min(MAX_BATCH, -(-sum(map(len, texts)) // num_threads))
    batches: list[list[Ids]] = []
    batch: list[Ids] = []
    room = size
    for text in texts:
        for start in range(0, len(text), MAX_BATCH):
            part = text[start : start + MAX_BATCH]
            if len(part) > room and batch:
                batches.append(batch)
                batch, room = [], size
            batch.append(part)
            room -= len(part)
    return [*batches, batch] if batch else batches


def keyed(
    texts: Sequence[Ids],
    key: Callable[[Tensor, Tensor], Tensor],
    *,
    kinds: ContextKinds,
    marks: Tensor,
    pool: ThreadPoolExecutor | None = None,
) -> NDArray[np.int64]:
    """Return a key for every symbol that follows a context of some texts, kind by kind, (K, N).

    Args:
        texts: Each begins with an empty memory.
        key: Makes the keys of a stretch, int64 (n, K), from the contexts, int64 (n, K) of 32 bits each, and their
            successors, (n,).
        kinds: The kinds of context.
        marks: (V,), as of `count_successors`.
        pool: Threads that read texts side by side, if they are not to be read in turn.
    """
    ends = np.cumsum([max(0, len(text) - 1) for text in texts], dtype=np.int64)
    keys = np.empty((kinds.num_kinds, int(ends[-1]) if len(ends) else 0), dtype=np.int64)

    def read(text: Ids, end: int) -> None:
        state, done = initial_contexts(1, kinds=kinds), end - max(0, len(text) - 1)
        for start in range(0, len(text) - 1, STRETCH):
            ids = torch.from_numpy(text[start : start + STRETCH + 1].astype(np.int64))[None]  # (1, n + 1)
            named, state = context_sequence(ids[:, :-1], state, kinds=kinds, marks=marks)  # (1, n, K)
            size = named.shape[1]
            keys[:, done : done + size] = key(named[0], ids[0, 1:]).T.numpy()
            done += size

    for _ in (map if pool is None else pool.map)(read, texts, ends.tolist()):
        pass
    return keys


def pair_keys(named: Tensor, following: Tensor) -> Tensor:
    """Return the keys of a context and its successor, with a count of zero; see `keyed`."""
    return (named << 32) | (following[:, None] << _COUNT_BITS)


def _count_batch(texts: Sequence[Ids], kinds: ContextKinds, marks: Tensor) -> list[Packed]:
    """Return the successors of every kind of context in some texts."""
    return [_on_pages_of_its_own(count_keys(keys)) for keys in keyed(texts, pair_keys, kinds=kinds, marks=marks)]


def _on_pages_of_its_own(keys: Packed) -> Packed:
    """Return a copy whose memory is freed with it: small arrays share theirs, and the kinds of a batch are not freed
    together."""
    if not len(keys):
        return keys
    copy: Packed = np.frombuffer(mmap(-1, keys.nbytes), dtype=np.int64)
    copy[:] = keys
    return copy


def count_keys(keys: Packed) -> Packed:
    """Count equal keys, whose counts are still zero; their order is lost, and the result may share their memory."""
    sort(keys, lowest=_COUNT_BITS)
    if running.can_run(len(keys)):
        size = np.zeros(1, dtype=np.int64)
        count_equal(keys, _MAX_COUNT, size)
        return keys[: size[0]]
    first = _first_of_each(keys)
    counts = np.diff(np.append(first, len(keys)))
    return with_counts(keys[first], counts)


def with_counts(keys: Packed, counts: NDArray[np.int64]) -> Packed:
    """Return keys, whose counts are still zero, with their counts."""
    if len(counts) and counts.max() > _MAX_COUNT:  # spread over several entries
        times = -(-counts // _MAX_COUNT)
        last = np.cumsum(times) - 1
        rest = counts - (times - 1) * _MAX_COUNT
        keys, counts = np.repeat(keys, times), np.full(int(times.sum()), _MAX_COUNT)
        counts[last] = rest
    return keys | counts


def _merged(packed: list[Packed], pool: ThreadPoolExecutor, *, min_count: int) -> Successors:
    """Add up the counts of several batches."""
    # Divide the contexts, which are spread evenly over 32 bits, into ranges, and cut every list at their edges.
    num_ranges = max(1, sum(map(len, packed)) // RANGE)
    edges = (np.arange(1, num_ranges) * (1 << 32) // num_ranges - (1 << 31)) << 32
    cuts = [[0, *np.searchsorted(part, edges).tolist(), len(part)] for part in packed]

    def merge(index: int) -> Merged:
        parts = [part[cut[index] : cut[index + 1]] for part, cut in zip(packed, cuts, strict=True)]
        return merged_range(np.concatenate([*parts, np.zeros(0, dtype=np.int64)]), min_count=min_count)

    return laid_out(list(pool.map(merge, range(num_ranges))))


def laid_out(found: Sequence[Merged]) -> Successors:
    """Return the results of `merged_range`, of rising ranges, as one."""
    contexts, sizes, symbols, counts = (np.concatenate([part[field] for part in found]) for field in range(4))
    starts = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(sizes, dtype=np.int32)])
    return Successors(contexts, starts, symbols, counts, np.sum([part[4] for part in found], axis=0))


def merged_range(keys: Packed, *, min_count: int) -> Merged:
    """Add up the counts of some keys, whose order is lost."""
    sort(keys, lowest=_COUNT_BITS)
    if running.can_run(len(keys)):
        return _added_up(keys, min_count=min_count)
    # Add up the counts of equal pairs.
    parts = keys & _MAX_COUNT
    keys >>= _COUNT_BITS
    first = _first_of_each(keys)
    counts = np.add.reduceat(parts, first) if len(first) else parts
    keys = keys[first]
    counts_of_counts = np.bincount(np.minimum(counts, 5), minlength=6)[:5]
    # Gather the pairs of each context, and leave out contexts of a small total.
    owners = keys >> _SYMBOL_BITS
    starts = _first_of_each(owners)
    sizes = np.diff(np.append(starts, len(keys)))
    if min_count > 1 and len(starts):
        is_kept = np.add.reduceat(counts, starts) >= min_count
        is_of_kept = np.repeat(is_kept, sizes)
        keys, counts, starts, sizes = keys[is_of_kept], counts[is_of_kept], starts[is_kept], sizes[is_kept]
    contexts, symbols = owners[starts].astype(np.int32), (keys & _SYMBOL_MASK).astype(np.uint16)
    return contexts, sizes.astype(np.int32), symbols, counts.astype(np.int32), counts_of_counts


def _added_up(keys: Packed, *, min_count: int) -> Merged:
    """Do the same as `merged_range`, to sorted keys and in one pass."""
    contexts, sizes, counts = (np.empty(len(keys), dtype=np.int32) for _ in range(3))
    symbols = np.empty(len(keys), dtype=np.uint16)
    counts_of_counts, num_found = np.zeros(5, dtype=np.int64), np.zeros(2, dtype=np.int64)
    add_up(keys, min_count, contexts, sizes, symbols, counts, counts_of_counts, num_found)
    num_contexts, num_successors = num_found
    found = contexts[:num_contexts], sizes[:num_contexts], symbols[:num_successors], counts[:num_successors]
    return *(part.copy() for part in found), counts_of_counts


def _first_of_each(keys: Packed) -> NDArray[np.int64]:
    """Return the index of the first of each distinct key of a sorted array."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
