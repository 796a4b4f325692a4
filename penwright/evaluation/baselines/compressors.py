"""File compressors as predictors: bits of a compressed text. This module knows nothing of books or alphabets."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

XZ_DICTIONARY = 64 << 20  # bytes, in preset 9
XZ_MIN_DICTIONARY = 4096


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=9, mtime=0)


def _bzip2(data: bytes) -> bytes:
    return bz2.compress(data, compresslevel=9)


def _xz(data: bytes) -> bytes:
    # A dictionary larger than the data gives the same file, but takes ten times its size in memory.
    size = min(XZ_DICTIONARY, max(XZ_MIN_DICTIONARY, len(data)))
    strongest = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": size}
    return lzma.compress(data, filters=[strongest])


COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {"gzip -9": _gzip, "bzip2 -9": _bzip2, "xz -9e": _xz}
"""Compressors, by the command that does the same."""


def packed_bits(data: bytes, *, compressor: str) -> int:
    """Return the bits of a compressed file, its few bytes of header included.

    Args:
        data: Bytes to compress.
        compressor: A key of `COMPRESSORS`.
    """
    return 8 * len(COMPRESSORS[compressor](data))


def packed_bits_after(data: bytes, *, before: bytes) -> int:
    """Return the bits that `data` adds to a file compressed by xz if `before` precedes it in the file."""
    with ThreadPoolExecutor(2) as pool:  # compression releases the interpreter lock, so both take the time of one
        both, alone = pool.map(_xz, (before + data, before))
    return 8 * (len(both) - len(alone))
