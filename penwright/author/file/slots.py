"""The slots of a match model in few bytes: which are full, and what they hold, byte by byte of all entries, deflated.

A new text leaves almost all slots empty. After a novel most are full, and half of what they hold are check bits, which
are as good as random. Nothing is believed of what is read: the caller says how many slots there must be.

Shapes: N = slots of all contexts, n = those that are full.
"""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 6
"""Level of compression. LZMA made the slots after a novel 4 % smaller in 6 times the time (2026-11)."""


def deflated(slots: NDArray[Any]) -> NDArray[np.uint8]:
    """Return slots (N,) of int32 or int64 as bytes."""
    is_full = slots != 0
    entries = slots[is_full].astype(slots.dtype.newbyteorder("<"), copy=False)
    planes = np.ascontiguousarray(entries.view(np.uint8).reshape(-1, slots.itemsize).T)
    return np.frombuffer(zlib.compress(np.packbits(is_full).tobytes() + planes.tobytes(), LEVEL), np.uint8)


def max_bytes(num_slots: int, dtype: np.dtype[Any]) -> int:
    """Return the largest number of bytes that slots can take, deflated."""
    size = _raw_bytes(num_slots, dtype)
    return size + size // 1_000 + 64  # deflate adds 5 bytes to each block that it cannot compress


def inflated(data: NDArray[np.uint8], *, num_slots: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the slots that some bytes hold, in bounded memory whatever they are.

    Args:
        data: Result of `deflated`, from a file of unknown origin.
        num_slots: N.
        dtype: Type of a slot.

    Raises:
        ValueError: If they hold anything else than N slots.
    """
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(data.tobytes(), _raw_bytes(num_slots, dtype) + 1)
    except zlib.error as error:
        raise ValueError("its matches cannot be unpacked") from error
    mask_bytes = -(-num_slots // 8)
    if not inflater.eof or inflater.unused_data or len(raw) < mask_bytes:
        raise ValueError("its matches are not as many as its author remembers")
    is_full = np.unpackbits(np.frombuffer(raw, np.uint8, mask_bytes))[:num_slots].astype(np.bool_)
    num_full = int(is_full.sum())
    if len(raw) != mask_bytes + num_full * dtype.itemsize:
        raise ValueError("its matches are not as many as its author remembers")
    planes = np.frombuffer(raw, np.uint8, offset=mask_bytes).reshape(dtype.itemsize, num_full)
    slots = np.zeros(num_slots, dtype)
    slots[is_full] = np.ascontiguousarray(planes.T).view(dtype.newbyteorder("<")).reshape(-1)
    return slots


def _raw_bytes(num_slots: int, dtype: np.dtype[Any]) -> int:
    return -(-num_slots // 8) + num_slots * dtype.itemsize
