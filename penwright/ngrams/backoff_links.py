"""Find which shorter context each counted context extends.

A context is known by a hash alone, and a hash does not tell what the shorter one's is. So the texts are read once more:
where a context stands, the shorter one stands too. As in counting, pairs of both are sorted, which is faster than to
look for each context where it stands.

Shapes: N = symbols of a piece, K = number of kinds of context, C = contexts of all kinds.
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
from penwright.ngrams.counting import keyed, pieces_of
from penwright.ngrams.discounting import Discounted
from penwright.ngrams.sorted_search import bucket_begins, search

_HASH_BITS = 32
_HASH = (1 << _HASH_BITS) - 1


def extended_contexts(
    texts: Sequence[Ids],
    listed: Discounted,
    *,
    kinds: ContextKinds,
    is_letter: NDArray[np.bool_],
    num_threads: int = 1,
) -> NDArray[np.int64]:
    """Return the place of the shorter context that each one extends, or NONE, (C,).

    One that is made of words may extend several, for it does not say which signs stand between them. The one that it
    extends most often in some piece is taken.

    Args:
        texts: What was counted.
        listed: What came of it.
        kinds: The kinds of context.
        is_letter: (V,), the symbols that words are made of or, with joints, go on with.
        num_threads: Pieces read side by side. It changes the time and the memory needed, not the result.
    """
    letters = torch.from_numpy(is_letter)
    beside = torch.tensor([0 if kind is None else kind for kind in kinds.shorter])
    pieces = pieces_of(texts, num_threads=1)  # always the same

    def key(named: Tensor, _following: Tensor) -> Tensor:
        return named << _HASH_BITS | named.index_select(1, beside) & _HASH

    def read(pieces: Sequence[Sequence[Ids]]) -> NDArray[np.int64]:
        extended = np.full(len(listed.contexts), NONE, dtype=np.int64)
        for piece in pieces:
            for kind, pairs in enumerate(keyed(piece, key, kinds=kinds, is_letter=letters)):
                own, extends = listed.of_kind(kind), kinds.shorter[kind]
                if extends is not None:
                    is_settled = (kind < len(kinds.orders)) == (extends < len(kinds.orders))
                    sort(pairs, lowest=_HASH_BITS if is_settled else 0)
                    _note(pairs, listed.contexts[own], extended[own])
        return extended

    with ThreadPoolExecutor(num_threads) as pool:
        found = list(pool.map(read, [pieces[place::num_threads] for place in range(num_threads)]))
    extended = np.maximum.reduce(found)
    links = np.full(len(extended), NONE, dtype=np.int64)
    for kind, shorter in enumerate(kinds.shorter):
        if shorter is not None and len(contexts := listed.contexts[listed.of_kind(shorter)]):
            own, numbers = listed.of_kind(kind), torch.from_numpy(contexts)
            wanted = extended[own].astype(np.int32)  # the lower bits
            places = search(numbers, bucket_begins(numbers), torch.from_numpy(wanted)).numpy()
            is_found = (extended[own] != NONE) & (contexts[places] == wanted)
            links[own] = np.where(is_found, places + listed.kinds[shorter], NONE)
    return links


def _note(pairs: NDArray[np.int64], contexts: NDArray[np.int32], extended: NDArray[np.int64]) -> None:
    """Note beside every context that is met which one it extends, of several the one it most often does."""
    if running.can_run(len(pairs)):
        note(pairs, contexts, extended)
    elif len(contexts):
        pairs, numbers = np.unique(pairs, return_counts=True)
        met = pairs >> _HASH_BITS
        places = np.minimum(np.searchsorted(contexts, met), len(contexts) - 1)
        is_counted = contexts[places] == met
        noted = (numbers << _HASH_BITS | (pairs & _HASH))[is_counted]
        np.maximum.at(extended, places[is_counted], noted)
