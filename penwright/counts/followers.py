"""Count what followed each context of some texts, in bounded memory, as sorted arrays.

Texts are read in pieces. Each piece becomes a sorted list of (context, follower, number), one number of 64 bits each,
and the lists are merged in the end, kind by kind. This module knows nothing of probabilities or models.

Letters: N = characters of a piece, K = number of kinds of context, E = distinct (context, follower) pairs.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from mmap import mmap
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.alphabet import Ids
from penwright.context_kinds import ContextKinds
from penwright.counts.contexts import context_sequence, initial_contexts

STRETCH = 1 << 15
"""Characters whose contexts are named at a time."""
PIECE = 1 << 21
"""Characters counted at a time, which bounds the memory."""
_MAX_NUMBER = (1 << 16) - 1
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


def count_followers(
    texts: Sequence[Ids], *, kinds: ContextKinds, is_letter: NDArray[np.bool_], num_threads: int = 1
) -> Iterator[Followers]:
    """Count what followed each context.

    Args:
        texts: Each begins with its first symbol, before which nothing is known; the first symbol is only a context.
        kinds: The kinds of context.
        is_letter: (V,), the symbols that words are made of or, with joints, go on with.
        num_threads: Pieces counted side by side. It changes the time and the memory needed, not the result.

    Yields:
        K times, in the order of kinds.
    """
    letters = torch.from_numpy(is_letter)
    with ThreadPoolExecutor(num_threads) as pool:
        parts = list(pool.map(lambda piece: _count_piece(piece, kinds, letters), _pieces(texts)))

        def merge(kind: int) -> Followers:
            packed = [part[kind] for part in parts]
            for part in parts:
                part[kind] = np.zeros(0, dtype=np.int64)  # so that no kind is held twice
            return _merged(packed)

        if num_threads == 1:
            yield from map(merge, range(kinds.num_kinds))
            return
        coming = pool.submit(merge, 0)
        for following in range(1, kinds.num_kinds + 1):
            merged = coming.result()
            if following < kinds.num_kinds:
                coming = pool.submit(merge, following)  # while whoever asked works on the one before
            yield merged


def _pieces(texts: Iterable[Ids]) -> Iterator[list[Ids]]:
    """Gather texts, or parts of long ones, until a piece is full. A part begins with an empty memory, as texts do."""
    piece: list[Ids] = []
    room = PIECE
    for text in texts:
        for start in range(0, len(text), PIECE):
            part = text[start : start + PIECE]
            if len(part) > room and piece:
                yield piece
                piece, room = [], PIECE
            piece.append(part)
            room -= len(part)
    if piece:
        yield piece


def _count_piece(texts: list[Ids], kinds: ContextKinds, is_letter: torch.Tensor) -> list[Packed]:
    """Return the followers of every kind of context in some texts."""
    num_pairs = sum(max(0, len(text) - 1) for text in texts)
    pairs = np.empty((kinds.num_kinds, num_pairs), dtype=np.int64)
    done = 0
    for text in texts:
        state = initial_contexts(1, kinds=kinds)
        for start in range(0, len(text) - 1, STRETCH):
            ids = torch.from_numpy(text[start : start + STRETCH + 1].astype(np.int64))[None]  # (1, N + 1)
            found, state = context_sequence(ids[:, :-1], state, kinds=kinds, is_letter=is_letter)  # (1, N, K)
            size = found.shape[1]
            keys = (found[0] << 32) | (ids[0, 1:, None] << 16)
            pairs[:, done : done + size] = keys.T.numpy()
            done += size
    return [_on_pages_of_its_own(_packed(keys)) for keys in pairs]


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
    keys.sort()
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


def _merged(packed: list[Packed]) -> Followers:
    """Add up what several pieces have counted."""
    keys = np.concatenate([*packed, np.zeros(0, dtype=np.int64)])
    packed.clear()
    keys.sort()
    parts = (keys & _MAX_NUMBER).astype(np.uint16)
    keys >>= 16
    first = _first_of_each(keys)
    numbers = np.add.reduceat(parts, first, dtype=np.int32) if len(first) else np.zeros(0, dtype=np.int32)
    keys = keys[first]
    del parts, first  # they are as long as the keys, and what follows needs the room
    symbols = (keys & _SYMBOL_MASK).astype(np.uint16)
    keys >>= 16
    starts = _first_of_each(keys)
    return Followers(keys[starts].astype(np.int32), np.append(starts, len(keys)).astype(np.int32), symbols, numbers)


def _first_of_each(keys: Packed) -> NDArray[np.int64]:
    """Return where each distinct key of a sorted array stands first."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
