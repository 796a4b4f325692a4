"""N-gram tables of a shelf: successors of each context, counted, discounted, pruned, and kept in a byte a number.

This module knows nothing of models or training.

Shapes: V = vocab_size, K = number of kinds of context, C = contexts kept, E = successors kept.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.alphabet.characters import Ids
from penwright.files.scratch import Scratch
from penwright.kernels.allocator import give_back_memory
from penwright.ngrams.backoff_links import backoff_links
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.counting import count_successors
from penwright.ngrams.discounting import Discounted, discounted, ends_of
from penwright.ngrams.external_counting import RisingCount, count_on_disk
from penwright.ngrams.letters import Marks
from penwright.ngrams.lookup_arrays import SHARE_STEPS, TOTAL_STEPS
from penwright.ngrams.pruning import highest_scores, scores_of
from penwright.ngrams.storage import held_type, table_shapes

_STRETCH = 1 << 17
"""Number of contexts whose successors are moved together."""
MIN_COUNT = 3
"""Smallest count of a context in the tables. With contexts of count two, a shelf of plays was learned worse, by 0.6 %
(1 million characters, 2026-11), and novels no better. A passage that occurs once has no business in the tables."""


MAX_IN_MEMORY = 4_000_000
"""Largest number of symbols that are counted in memory, which takes some 36 bytes for each."""
MAX_SCORED = 40_000_000
"""Number of successors from which on a higher count of their context is asked for before they are scored; 64 million
characters of novels have 34 million, and a fifth more with settings."""


class NgramTables(NamedTuple):
    """All kinds of context in one list."""

    contexts: Tensor
    """int32 (C,), distinct, in rising order."""
    sizes: Tensor
    """uint8 (C,), number of successors of each, from 1; all successors lie side by side in this order."""
    backoffs: Tensor
    """uint8 (C,), code of the share left to the shorter context."""
    totals: Tensor
    """uint8 (C,), code of the context's count."""
    symbols: Tensor
    """(E,), the successors, of the type that `storage.held_type` names."""
    shares: Tensor
    """uint8 (E,), code of each successor's discounted share."""
    unigrams: Tensor
    """float32 (V,), the shares of all symbols; they sum to 1."""


def make_tables(
    texts: Sequence[Ids],
    *,
    kinds: ContextKinds,
    marks: Marks,
    max_entries: int,
    num_threads: int = 1,
    open_scratch: Callable[[], Scratch] = Scratch,
) -> NgramTables:
    """Count, discount and prune.

    Args:
        texts: Each begins with its first symbol, before which nothing is known; the first symbol is only a context.
        kinds: The kinds of context, K of them.
        marks: (V,), see `letters.Marks`.
        max_entries: Largest number of successors over all kinds. Those of the lowest scores are pruned first.
        num_threads: Number of parts counted side by side. It changes time and memory, not the result.
        open_scratch: Opens a file for what is too much to hold.

    Raises:
        CorpusError: If the disk is full.
    """
    if sum(map(len, texts)) <= MAX_IN_MEMORY:
        counted = count_successors(texts, kinds=kinds, marks=marks, num_threads=num_threads, min_count=MIN_COUNT)
        listed = discounted(counted, vocab_size=len(marks), min_count=MIN_COUNT)
    else:
        min_count = RisingCount(MIN_COUNT, max_entries=max(MAX_SCORED, max_entries))
        counted = count_on_disk(
            texts,
            kinds=kinds,
            marks=marks,
            num_threads=num_threads,
            min_count=min_count,
            open_scratch=open_scratch,
        )
        listed = discounted(counted, vocab_size=len(marks), min_count=min_count)
    if len(listed.symbols) > max_entries:
        give_back_memory()
        links = backoff_links(texts, listed, kinds=kinds, marks=marks, num_threads=num_threads)
        is_kept = highest_scores(scores_of(listed, links), max_entries=max_entries)
        del links  # what is done with makes room
        listed = listed.pruned(is_kept)
        del is_kept
        give_back_memory()
    tables = _coded(listed)
    del listed
    give_back_memory()
    return tables


def _coded(listed: Discounted) -> NgramTables:
    """Return all kinds in one list. Of contexts that share a hash, the first kind's is kept."""
    order = np.argsort(listed.contexts, kind="stable").astype(np.int32)
    contexts = listed.contexts[order]
    is_first = np.concatenate([[True], contexts[1:] != contexts[:-1]])[: len(order)]
    order, contexts = order[is_first], contexts[is_first]
    starts, sizes = listed.starts[order], listed.sizes.astype(np.uint8)[order]
    ends = ends_of(sizes, dtype=np.int32)
    symbols = np.empty(ends[-1], dtype=held_type(len(listed.unigrams)))
    shares = np.empty(ends[-1], dtype=np.uint8)
    for first in range(0, len(order), _STRETCH):  # of contexts, since the indices take much room
        last = min(first + _STRETCH, len(order))
        here = slice(ends[first], ends[last])
        entries = np.repeat(starts[first:last] - ends[first:last], sizes[first:last]) + np.arange(here.start, here.stop)
        symbols[here] = listed.symbols[entries]
        shares[here] = code_of_shares(listed.shares[entries])
    del starts, ends, is_first
    return NgramTables(
        contexts=torch.from_numpy(contexts),
        sizes=torch.from_numpy(sizes),
        backoffs=torch.from_numpy(code_of_shares(listed.backoffs()[order])),
        totals=torch.from_numpy(code_of_totals(listed.totals[order])),
        symbols=torch.from_numpy(symbols),
        shares=torch.from_numpy(shares),
        unigrams=torch.from_numpy(listed.unigrams),
    )


def empty_tables(vocab_size: int) -> NgramTables:
    """Return empty tables, with which every symbol is as likely as any other."""
    nothing = torch.zeros(0, dtype=torch.uint8)
    return NgramTables(
        contexts=nothing.int(),
        sizes=nothing,
        backoffs=nothing,
        totals=nothing,
        symbols=torch.from_numpy(np.zeros(0, held_type(vocab_size))),
        shares=nothing,
        unigrams=torch.full((vocab_size,), 1.0 / vocab_size),
    )


def arrays_of(tables: NgramTables) -> dict[str, NDArray[Any]]:
    """Return the arrays of some tables, in the types that `table_shapes` names; those of the same type are views."""
    return {
        name: getattr(tables, name).cpu().numpy().astype(kind, copy=False)
        for name, (kind, _) in shapes_of_tables(tables).items()
    }


def shapes_of_tables(tables: NgramTables) -> dict[str, tuple[str, int]]:
    """Return the type and length of each array of some tables."""
    return table_shapes(len(tables.unigrams), num_contexts=len(tables.contexts), num_entries=len(tables.symbols))


def tables_of(arrays: Mapping[str, NDArray[Any]]) -> NgramTables:
    """Return the tables that some arrays hold, which share their memory; see `storage.checked_tables`."""
    return NgramTables(**{name: torch.from_numpy(arrays[name]) for name in NgramTables._fields})


def share_of(codes: Tensor) -> Tensor:
    """Return the shares of some codes, float32."""
    return torch.exp2(codes.float() * (-1.0 / SHARE_STEPS))


def total_of(codes: Tensor) -> Tensor:
    """Return the totals of some codes, float32."""
    return torch.exp2(codes.float() * (1.0 / TOTAL_STEPS))


def code_of_shares(shares: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return the codes nearest to some shares, uint8 of the same shape."""
    return _code(shares, -SHARE_STEPS)


def code_of_totals(totals: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return the codes nearest to some totals, uint8 of the same shape."""
    return _code(totals, TOTAL_STEPS)


def _code(values: NDArray[np.generic], steps: int) -> NDArray[np.uint8]:
    """Return the codes nearest to some values: `steps` to a factor of two, negative for values up to 1."""
    codes = np.empty(len(values), dtype=np.uint8)
    for first in range(0, len(values), _STRETCH):  # since logarithms take eight times the room
        logarithms = np.log2(np.maximum(values[first : first + _STRETCH], 1e-30))
        codes[first : first + _STRETCH] = np.clip(np.rint(logarithms * steps), 0, 255)
    return codes
