"""Texts as arrays of code points, and the UTF-8 form of a text in bytes and in nibbles.

Lone surrogates, which a Python string may hold and UTF-8 forbids, are treated like any other character. This module
knows nothing of alphabets.

Shapes: N = characters of a text.
"""

import unicodedata
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

Characters = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]
"""Code points in the smallest type that holds them all."""


def code_points_of(text: str) -> NDArray[np.uint32]:
    """Return the Unicode code points of a text, uint32 of shape (N,), lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def text_of(code_points: NDArray[np.uint32]) -> str:
    """Return the text of Unicode code points of shape (N,), the inverse of `code_points_of`."""
    return code_points.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def characters_of(text: str) -> Characters:
    """Return the code points of a text in the smallest type that holds them all, shape (N,)."""
    with suppress(UnicodeEncodeError):
        return np.frombuffer(text.encode("latin-1"), dtype=np.uint8)
    with suppress(UnicodeEncodeError):  # lone surrogates: two in sequence would be read back as one character
        units = np.frombuffer(text.encode("utf-16-le"), dtype="<u2")
        if len(units) == len(text):
            return units
    return code_points_of(text)


def look_up(text: str, table: NDArray[np.uint8 | np.uint16]) -> NDArray[np.uint8 | np.uint16]:
    """Return the entry of each character of a text, shape (N,).

    Args:
        text: Any text.
        table: An entry for each code point.
    """
    characters = characters_of(text)
    if table.dtype != np.uint8 or characters.dtype.itemsize > 2:
        return table.take(characters)
    # Bytes are translated ten times as fast as an array is indexed, and most characters of most texts are bytes.
    low = characters.astype(np.uint8, copy=False).tobytes().translate(table[:256].tobytes())
    entries = np.frombuffer(bytearray(low), dtype=np.uint8)
    if characters.dtype.itemsize == 2:
        high = np.flatnonzero(characters > 255)
        entries[high] = table[characters[high]]
    return entries


def utf8_lengths(code_points: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return how many bytes each code point takes in UTF-8, 1 to 4, shape (N,)."""
    return np.searchsorted(np.array([0x80, 0x800, 0x10000]), code_points, side="right") + 1


def nibbles_of(text: str) -> NDArray[np.uint8]:
    """Return the UTF-8 form of a text as nibbles, 0 to 15, the high nibble of each byte first; shape (2 * bytes,)."""
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    return np.stack([data >> 4, data & 15], axis=1).reshape(-1)


def has_utf8_form(text: str) -> bool:
    """Return True if a text can be written as UTF-8, that is, holds no lone surrogate."""
    return not any("\ud800" <= character < "\ue000" for character in text)


def name_of(character: str) -> str:
    """Return a readable name such as "U+00E9 é LATIN SMALL LETTER E WITH ACUTE"."""
    shown = character if character.isprintable() and not character.isspace() else " "
    return f"U+{ord(character):04X} {shown} {unicodedata.name(character, 'unnamed')}"


def decode_utf8(data: bytes) -> str:
    """Decode UTF-8. Invalid bytes become U+FFFD; lone surrogates are kept if the rest is valid."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
