"""Backoff links: the shorter context that each context backs off to.

A context is known by its hash alone, which does not tell the hash of the shorter one. So the texts are read once more:
wherever a context occurs, the shorter one occurs too. As in counting, pairs of both are sorted, which is faster than
looking each context up where it occurs.

Shapes: N = symbols of a batch, K = number of kinds of context, C = contexts of all kinds.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.alphabet.characters import Ids
from penwright.kernels import running
from penwright.kernels.pruning import NONE, note
from penwright.kernels.sorting import sort
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.counting import batches_of, keyed
from penwright.ngrams.discounting import Discounted
from penwright.ngrams.letters import Marks
from penwright.ngrams.sorted_search import bucket_begins, search

_STRETCH = 1 << 18
"""Number of contexts looked up together, since a search takes ten times their room."""
_HASH_BITS = 32
_HASH = (1 << _HASH_BITS) - 1


def backoff_links(
    texts: Sequence[Ids],
    listed: Discounted,
    *,
    kinds: ContextKinds,
    marks: Marks,
    num_threads: int = 1,
) -> NDArray[np.int32]:
    """Return the index of the shorter context that each one backs off to, or NONE, (C,).

    A context made of words may have several shorter ones, since it does not contain the signs between the words. The
    most frequent one in any batch is taken.

    Args:
        texts: The texts that were counted.
        listed: Their contexts.
        kinds: The kinds of context.
        marks: (V,), see `letters.Marks`.
        num_threads: Number of texts and kinds read side by side. It changes time and memory, not the result.
    """
    marks_tensor = torch.from_numpy(marks)
    beside = torch.tensor([0 if kind is None else kind for kind in kinds.shorter])
    batches = batches_of(texts, num_threads=1)  # always the same

    def key(named: Tensor, _following: Tensor) -> Tensor:
        return named << _HASH_BITS | named.index_select(1, beside) & _HASH

    noted = np.full(len(listed.contexts), NONE, dtype=np.int64)

    def read(kind: int, pairs: NDArray[np.int64]) -> None:
        own, shorter = listed.of_kind(kind), kinds.shorter[kind]
        if shorter is not None:
            has_one_shorter = (kind < len(kinds.orders)) == (shorter < len(kinds.orders))
            sort(pairs, lowest=_HASH_BITS if has_one_shorter else 0)
            _note(pairs, listed.contexts[own], noted[own])

    with ThreadPoolExecutor(num_threads) as pool:
        for batch in batches:
            keys = keyed(batch, key, kinds=kinds, marks=marks_tensor, pool=pool)
            for _ in pool.map(read, range(len(keys)), keys):
                pass
            del keys  # before those of the next batch
    # Look up the index of each note among the contexts of the shorter kind.
    links = np.full(len(noted), NONE, dtype=np.int32)
    for kind, shorter in enumerate(kinds.shorter):
        if shorter is not None and len(contexts := listed.contexts[listed.of_kind(shorter)]):
            own, numbers = listed.of_kind(kind), torch.from_numpy(contexts)
            begins = bucket_begins(numbers)
            for first in range(own.start, own.stop, _STRETCH):
                here = slice(first, min(first + _STRETCH, own.stop))
                wanted = noted[here].astype(np.int32)  # the lower bits
                indices = search(numbers, begins, torch.from_numpy(wanted)).numpy()
                is_found = (noted[here] != NONE) & (contexts[indices] == wanted)
                links[here] = np.where(is_found, indices + listed.kinds[shorter], NONE)
    return links


def _note(pairs: NDArray[np.int64], contexts: NDArray[np.int32], noted: NDArray[np.int64]) -> None:
    """Note beside every context the shorter one it backs off to, of several the most frequent."""
    if running.can_run(len(pairs)):
        note(pairs, contexts, noted)
    elif len(contexts):
        pairs, counts = np.unique(pairs, return_counts=True)
        longer = pairs >> _HASH_BITS
        indices = np.minimum(np.searchsorted(contexts, longer), len(contexts) - 1)
        is_listed = contexts[indices] == longer
        np.maximum.at(noted, indices[is_listed], (counts << _HASH_BITS | (pairs & _HASH))[is_listed])
