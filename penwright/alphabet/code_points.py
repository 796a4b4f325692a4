"""Texts as the numbers of their characters, and the UTF-8 form of a character, byte by byte and by halves of bytes.

Lone surrogates, which a text may hold and UTF-8 forbids, are taken like any other character. This module knows nothing
of alphabets.

Shapes: N = characters of a text.
"""

import unicodedata

import numpy as np
from numpy.typing import NDArray


def code_points_of(text: str) -> NDArray[np.uint32]:
    """Return the Unicode code points of a text, uint32 of shape (N,), lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def text_of(code_points: NDArray[np.uint32]) -> str:
    """Return the text of some Unicode code points, shape (N,): the inverse of `code_points_of`."""
    return code_points.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def utf8_lengths(code_points: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return how many bytes each code point takes in UTF-8, 1 to 4, shape (N,)."""
    return np.searchsorted(np.array([0x80, 0x800, 0x10000]), code_points, side="right") + 1


def half_bytes_of(text: str) -> NDArray[np.uint8]:
    """Return the UTF-8 form of a text as half-bytes, 0 to 15, high one first; shape (2 * bytes,)."""
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    return np.stack([data >> 4, data & 15], axis=1).reshape(-1)


def has_utf8_form(text: str) -> bool:
    """Return whether a text can be written as UTF-8: whether it holds no lone surrogate."""
    return not any("\ud800" <= character < "\ue000" for character in text)


def name_of(character: str) -> str:
    """Return a readable name such as "U+00E9 é LATIN SMALL LETTER E WITH ACUTE"."""
    shown = character if character.isprintable() and not character.isspace() else " "
    return f"U+{ord(character):04X} {shown} {unicodedata.name(character, 'unnamed')}"


def decode_utf8(data: bytes) -> str:
    """Decode with U+FFFD for what is not UTF-8, but keep lone surrogates, which a text may hold."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
