"""Count what followed each context of some texts, kind by kind, as sorted arrays.

Every place of a text becomes one number of 64 bits: its context, the symbol that followed, and a part of the shorter
context that the context extends. Sorting these numbers brings equal ones together, and their runs are the counts. One
kind of context is counted at a time, so the memory needed is 8 bytes a character for each thread, and 24 for the names
of contexts. This module knows nothing of probabilities or models.

Letters: N = places counted, K = number of kinds of context, C = distinct contexts, E = distinct (context, follower)
pairs.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.alphabet import Ids
from penwright.counts.contexts import NUM_KINDS, SHORTER, context_sequence, initial_contexts

STRETCH = 1 << 15
"""Characters whose contexts are named at a time: few enough for the processor's cache."""
PARENT_BITS = 24
"""Bits of the shorter context that are kept with a context."""
BLOCK = 1 << 20
"""Places worked on at a time where whole arrays would need much memory on the way."""
_SYMBOL_BITS = 8
_GROUPS = (range(6), range(6, NUM_KINDS))  # kinds whose contexts are held at the same time

Places = NDArray[np.int64]


class Followers(NamedTuple):
    """What followed the contexts of one kind."""

    contexts: NDArray[np.int32]
    """(C,) distinct, in rising order."""
    starts: NDArray[np.int64]
    """(C + 1,), where each context's followers begin, and the end of the last."""
    parents: NDArray[np.int32]
    """(C,), the upper `PARENT_BITS` of the shorter context that each extends, as a number from 0. All zero where there
    is none, and for alphabets of more than 256 symbols."""
    symbols: NDArray[np.uint16]
    """(E,), in rising order within a context."""
    numbers: NDArray[np.int64]
    """(E,), how often each followed, from 1."""


def count_followers(texts: Sequence[Ids], *, is_letter: NDArray[np.bool_], num_threads: int = 1) -> Iterator[Followers]:
    """Count what followed each context.

    Args:
        texts: Each begins with its first symbol, before which nothing is known; the first symbol is only a context.
        is_letter: bool (V,), the symbols that words are made of.
        num_threads: Threads used. They change the time and the memory needed, not the result.

    Yields:
        K times, in the order of kinds.
    """
    texts = [text for text in texts if len(text) > 1]
    has_parents = len(is_letter) <= 1 << _SYMBOL_BITS
    symbols = np.concatenate([*(text[1:] for text in texts), np.zeros(0, dtype=np.uint8)])  # (N,)
    with ThreadPoolExecutor(num_threads) as pool:
        for group in _GROUPS:
            wanted = sorted({*group, *(shorter for kind in group if (shorter := SHORTER[kind]) is not None)})
            named = dict(zip(wanted, _name(texts, wanted, is_letter, pool), strict=True))

            for kind in group:
                shorter = SHORTER[kind]
                yield _count(named[kind], None if shorter is None or not has_parents else named[shorter], symbols)


def _name(
    texts: Sequence[Ids], kinds: Sequence[int], is_letter: NDArray[np.bool_], pool: ThreadPoolExecutor
) -> NDArray[np.int32]:
    """Return the contexts of some kinds at every place but the last of each text, (kinds, N)."""
    letters = torch.from_numpy(is_letter)
    ends = np.cumsum([len(text) - 1 for text in texts], dtype=np.int64)
    named = np.empty((len(kinds), int(ends[-1]) if len(ends) else 0), dtype=np.int32)

    def name(text: Ids, end: int) -> None:
        state, begin = initial_contexts(1), end - len(text) + 1
        for start in range(0, len(text) - 1, STRETCH):
            ids = torch.from_numpy(text[start : min(start + STRETCH, len(text) - 1)].astype(np.int64))[None]  # (1, n)
            found, state = context_sequence(ids, state, is_letter=letters)  # (1, n, K)
            named[:, begin + start : begin + start + ids.shape[1]] = found[0, :, kinds].T.numpy()

    list(pool.map(name, texts, ends.tolist()))
    return named


def _count(contexts: NDArray[np.int32], shorter: NDArray[np.int32] | None, symbols: Ids) -> Followers:
    """Count equal pairs of context and follower.

    Args:
        contexts: (N,).
        shorter: (N,), the shorter context at each place, if it is to be kept.
        symbols: (N,), what followed.
    """
    low_bits = 0 if shorter is None else PARENT_BITS
    keys = contexts.astype(np.int64)
    for block in _blocks(len(keys)):
        keys[block] <<= 32
        keys[block] |= symbols[block].astype(np.int64) << low_bits
        if shorter is not None:
            keys[block] |= parent_numbers(shorter[block])
    keys.sort()
    first = _first_of_each(keys, low_bits=low_bits)
    numbers = np.diff(np.append(first, len(keys)))
    keys = keys[first]
    starts = _first_of_each(keys, low_bits=32)
    return Followers(
        contexts=(keys[starts] >> 32).astype(np.int32),
        starts=np.append(starts, len(keys)),
        parents=(keys[starts] & ((1 << low_bits) - 1)).astype(np.int32),
        symbols=((keys >> low_bits) & ((1 << (32 - low_bits)) - 1)).astype(np.uint16),
        numbers=numbers,
    )


def parent_numbers(contexts: NDArray[np.int32]) -> Places:
    """Return the upper bits of contexts by which they are known as parents, from 0."""
    return (contexts.astype(np.int64) >> (32 - PARENT_BITS)) + (1 << (PARENT_BITS - 1))


def _first_of_each(keys: Places, *, low_bits: int) -> Places:
    """Return where each distinct value of sorted keys stands first, their low bits left aside."""
    found = [np.zeros(min(1, len(keys)), dtype=np.int64)]
    for block in _blocks(len(keys) - 1):
        differences = keys[block.start + 1 : block.stop + 1] ^ keys[block]
        found.append(np.flatnonzero(differences >> low_bits) + (block.start + 1))
    return np.concatenate(found)


def _blocks(count: int) -> Iterator[slice]:
    """Yield slices that cover `count` places, few enough at a time that what is computed on the way stays small."""
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))
