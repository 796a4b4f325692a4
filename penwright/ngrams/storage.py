"""N-gram tables as the plain arrays of a file, read with suspicion. Without torch.

Shapes: V = vocab_size, C = contexts, E = successors.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def table_shapes(vocab_size: int, *, num_contexts: int, num_entries: int) -> dict[str, tuple[str, int]]:
    """Return the type (little-endian, in numpy's words) and length of each array, by name."""
    return {
        "backoffs": ("|u1", num_contexts),
        "contexts": ("<i4", num_contexts),
        "shares": ("|u1", num_entries),
        "sizes": ("|u1", num_contexts),
        "symbols": (symbol_type(vocab_size), num_entries),
        "totals": ("|u1", num_contexts),
        "unigrams": ("<f4", vocab_size),
    }


def symbol_type(vocab_size: int) -> str:
    """Return the type of symbols in a file, in numpy's words."""
    return "|u1" if vocab_size <= 1 << 8 else "<u2"


def held_type(vocab_size: int) -> np.dtype[Any]:
    """Return the type of symbols in memory: the smallest that holds them and that torch computes with."""
    return np.dtype(np.uint8 if vocab_size <= 1 << 8 else np.int16 if vocab_size <= 1 << 15 else np.int32)


def checked_tables(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays of tables as `NgramTables` holds them, from those of a file, of the right types and lengths.

    Raises:
        ValueError: A clause that says what is wrong with them.
    """
    vocab_size = len(arrays["unigrams"])
    contexts, sizes, symbols = arrays["contexts"], arrays["sizes"], arrays["symbols"]
    if not (contexts[1:] > contexts[:-1]).all():
        raise ValueError("the contexts of its n-grams are not in order")
    if (sizes == 0).any() or int(sizes.sum(dtype=np.int64)) != len(symbols):
        raise ValueError("the contexts of its n-grams do not have the successors they claim")
    if len(symbols) and int(symbols.max()) >= vocab_size:
        raise ValueError("the successors of its n-grams are not in its alphabet")
    rises = symbols[1:] > symbols[:-1]
    rises[np.cumsum(sizes, dtype=np.int64)[:-1] - 1] = True  # from one context to the next
    if not rises.all():
        raise ValueError("the successors of its n-grams are not in order")
    unigrams = arrays["unigrams"]
    if not (np.isfinite(unigrams).all() and (unigrams > 0).all() and (unigrams <= 1).all()):
        raise ValueError("the shares of its n-grams are not between 0 and 1")
    types = {"contexts": np.dtype(np.int32), "symbols": held_type(vocab_size), "unigrams": np.dtype(np.float32)}
    return {name: array.astype(types.get(name, np.dtype(np.uint8)), copy=False) for name, array in arrays.items()}
