"""Count what followed each context of some texts, in bounded memory, as sorted arrays.

Texts are read in pieces. Each piece becomes a sorted list of (context, follower, number), one number of 64 bits each,
and the lists are merged in the end, kind by kind and a range of contexts at a time, which fits a processor's cache.
Most long contexts are met once or twice in millions of characters; who has no use for them need not hold them. This
module knows nothing of probabilities or models.

Shapes: N = characters of a piece, K = number of kinds of context, E = distinct (context, follower) pairs.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from mmap import mmap
from typing import NamedTuple

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

STRETCH = 1 << 15
"""Characters whose contexts are named at a time."""
PIECE = 1 << 21
"""Characters counted at a time, which bounds the memory."""
RANGE = 1 << 19
"""Entries merged at a time, about."""
_NUMBER_BITS = 16
_MAX_NUMBER = (1 << _NUMBER_BITS) - 1
_SYMBOL_MASK = (1 << 16) - 1

Packed = NDArray[np.int64]
"""(E,) in rising order: context (32 bits, signed), follower (16 bits), number (16 bits). A pair may stand there more
than once."""


class Followers(NamedTuple):
    """What followed the contexts of one kind."""

    contexts: NDArray[np.int32]
    """(C,) distinct, in rising order."""
    starts: NDArray[np.int32]
    """(C + 1,), where each context's followers begin, and the end of the last."""
    symbols: NDArray[np.uint16]
    """(E,), in rising order within a context."""
    numbers: NDArray[np.int32]
    """(E,), how often each followed, from 1."""
    met: NDArray[np.int64]
    """(5,), how many pairs were met never (0), once, twice, three and four times, those of contexts left out among
    them."""


def count_followers(
    texts: Sequence[Ids],
    *,
    kinds: ContextKinds,
    is_letter: NDArray[np.bool_],
    num_threads: int = 1,
    min_met: int = 1,
) -> Iterator[Followers]:
    """Count what followed each context.

    Args:
        texts: Each begins with its first symbol, before which nothing is known; the first symbol is only a context.
        kinds: The kinds of context.
        is_letter: (V,), the symbols that words are made of or, with joints, go on with.
        num_threads: Pieces and ranges counted side by side. It changes the time and the memory needed, not the result.
        min_met: Contexts that were met less often are left out, but for those of the first kind, whose followers are
            the symbols of all texts.

    Yields:
        K times, in the order of kinds.
    """
    letters = torch.from_numpy(is_letter)
    with ThreadPoolExecutor(num_threads) as pool:
        pieces = pieces_of(texts, num_threads=num_threads)
        parts = list(pool.map(lambda piece: _count_piece(piece, kinds, letters), pieces))
        for kind in range(kinds.num_kinds):
            packed = [part[kind] for part in parts]
            for part in parts:
                part[kind] = np.zeros(0, dtype=np.int64)  # so that no kind is held twice
            yield _merged(packed, pool, min_met=min_met if kind else 1)


def pieces_of(texts: Sequence[Ids], *, num_threads: int) -> list[list[Ids]]:
    """Gather texts until a piece is full, which of a small shelf is early, so that every thread has something to do.

    Parts of texts longer than PIECE begin with an empty memory, as texts do.
    """
    size = min(PIECE, -(-sum(map(len, texts)) // num_threads))
    pieces: list[list[Ids]] = []
    piece: list[Ids] = []
    room = size
    for text in texts:
        for start in range(0, len(text), PIECE):
            part = text[start : start + PIECE]
            if len(part) > room and piece:
                pieces.append(piece)
                piece, room = [], size
            piece.append(part)
            room -= len(part)
    return [*pieces, piece] if piece else pieces


def keyed(
    texts: Sequence[Ids], key: Callable[[Tensor, Tensor], Tensor], *, kinds: ContextKinds, is_letter: Tensor
) -> NDArray[np.int64]:
    """Return a number for every symbol that follows a context of some texts, kind by kind, (K, N).

    Args:
        texts: Each begins with an empty memory.
        key: Makes the numbers of a stretch, int64 (n, K), of the contexts, int64 (n, K) of 32 bits each, and of what
            follows them, (n,).
        kinds: The kinds of context.
        is_letter: (V,), as of `count_followers`.
    """
    keys = np.empty((kinds.num_kinds, sum(max(0, len(text) - 1) for text in texts)), dtype=np.int64)
    done = 0
    for text in texts:
        state = initial_contexts(1, kinds=kinds)
        for start in range(0, len(text) - 1, STRETCH):
            ids = torch.from_numpy(text[start : start + STRETCH + 1].astype(np.int64))[None]  # (1, n + 1)
            named, state = context_sequence(ids[:, :-1], state, kinds=kinds, is_letter=is_letter)  # (1, n, K)
            size = named.shape[1]
            keys[:, done : done + size] = key(named[0], ids[0, 1:]).T.numpy()
            done += size
    return keys


def _count_piece(texts: Sequence[Ids], kinds: ContextKinds, is_letter: Tensor) -> list[Packed]:
    """Return the followers of every kind of context in some texts."""

    def key(named: Tensor, following: Tensor) -> Tensor:
        return (named << 32) | (following[:, None] << _NUMBER_BITS)

    return [_on_pages_of_its_own(_packed(keys)) for keys in keyed(texts, key, kinds=kinds, is_letter=is_letter)]


def _on_pages_of_its_own(keys: Packed) -> Packed:
    """Return a copy whose memory goes back to the system with it: small arrays share theirs, and the kinds of a piece
    are not given up together."""
    if not len(keys):
        return keys
    copy: Packed = np.frombuffer(mmap(-1, keys.nbytes), dtype=np.int64)
    copy[:] = keys
    return copy


def _packed(keys: Packed) -> Packed:
    """Count equal keys, whose numbers are still zero; their order is lost."""
    sort(keys, lowest=_NUMBER_BITS)
    if running.can_run(len(keys)):
        size = np.zeros(1, dtype=np.int64)
        count_equal(keys, _MAX_NUMBER, size)
        return keys[: size[0]]
    first = _first_of_each(keys)
    numbers = np.diff(np.append(first, len(keys)))
    keys = keys[first]
    if len(numbers) and numbers.max() > _MAX_NUMBER:  # spread over several entries
        times = -(-numbers // _MAX_NUMBER)
        last = np.cumsum(times) - 1
        rest = numbers - (times - 1) * _MAX_NUMBER
        keys, numbers = np.repeat(keys, times), np.full(int(times.sum()), _MAX_NUMBER)
        numbers[last] = rest
    return keys | numbers


def _merged(packed: list[Packed], pool: ThreadPoolExecutor, *, min_met: int) -> Followers:
    """Add up what several pieces have counted."""
    num_ranges = max(1, sum(map(len, packed)) // RANGE)
    edges = (np.arange(1, num_ranges) * (1 << 32) // num_ranges - (1 << 31)) << 32  # contexts are spread evenly
    cuts = [[0, *np.searchsorted(part, edges).tolist(), len(part)] for part in packed]

    def merge(place: int) -> tuple[NDArray[np.generic], ...]:
        pieces = [part[cut[place] : cut[place + 1]] for part, cut in zip(packed, cuts, strict=True)]
        return _merged_range(np.concatenate([*pieces, np.zeros(0, dtype=np.int64)]), min_met=min_met)

    found = list(pool.map(merge, range(num_ranges)))
    contexts, sizes, symbols, numbers = (np.concatenate([part[field] for part in found]) for field in range(4))
    starts = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(sizes, dtype=np.int32)])
    return Followers(contexts, starts, symbols, numbers, np.sum([part[4] for part in found], axis=0))


def _merged_range(keys: Packed, *, min_met: int) -> tuple[NDArray[np.generic], ...]:
    """Return contexts, how many followers each has, the followers, how often they followed, and `Followers.met`."""
    sort(keys, lowest=_NUMBER_BITS)
    if running.can_run(len(keys)):
        return _added_up(keys, min_met=min_met)
    parts = keys & _MAX_NUMBER
    keys >>= 16
    first = _first_of_each(keys)
    numbers = np.add.reduceat(parts, first) if len(first) else parts
    keys = keys[first]
    met = np.bincount(np.minimum(numbers, 5), minlength=6)[:5]
    owners = keys >> 16
    starts = _first_of_each(owners)
    sizes = np.diff(np.append(starts, len(keys)))
    if min_met > 1 and len(starts):
        is_kept = np.add.reduceat(numbers, starts) >= min_met
        is_of_kept = np.repeat(is_kept, sizes)
        keys, numbers, starts, sizes = keys[is_of_kept], numbers[is_of_kept], starts[is_kept], sizes[is_kept]
    contexts, symbols = owners[starts].astype(np.int32), (keys & _SYMBOL_MASK).astype(np.uint16)
    return contexts, sizes.astype(np.int32), symbols, numbers.astype(np.int32), met


def _added_up(keys: Packed, *, min_met: int) -> tuple[NDArray[np.generic], ...]:
    """Do what `_merged_range` does, to sorted keys and in one pass."""
    contexts, sizes, numbers = (np.empty(len(keys), dtype=np.int32) for _ in range(3))
    symbols = np.empty(len(keys), dtype=np.uint16)
    met, num_found = np.zeros(5, dtype=np.int64), np.zeros(2, dtype=np.int64)
    add_up(keys, min_met, contexts, sizes, symbols, numbers, met, num_found)
    num_contexts, num_followers = num_found
    found = contexts[:num_contexts], sizes[:num_contexts], symbols[:num_followers], numbers[:num_followers]
    return *(part.copy() for part in found), met


def _first_of_each(keys: Packed) -> NDArray[np.int64]:
    """Return where each distinct key of a sorted array stands first."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
