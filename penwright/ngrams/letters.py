"""Say which symbols of an alphabet words are made of."""

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_HALF_BYTE_ID, Alphabet

_JOINING = ("'", "\u2019", "_")  # a word goes on across these


def letters_of(alphabet: Alphabet) -> NDArray[np.bool_]:
    """Return for every symbol whether it belongs to a word or, where symbols are pieces, goes on with one: bool (V,).

    Letters, digits, apostrophes and the underscore do, and so does whatever is spelled in half-bytes. A piece does if
    each of its characters does, so no blank leads it.
    """
    is_letter = _half_bytes(alphabet)
    for symbol, text in enumerate(alphabet.texts):
        is_letter[symbol] |= bool(text) and all(map(_is_letter, text))
    return is_letter


def _half_bytes(alphabet: Alphabet) -> NDArray[np.bool_]:
    is_half_byte = np.zeros(alphabet.vocab_size, dtype=np.bool_)
    if alphabet.is_lossless:
        is_half_byte[FIRST_HALF_BYTE_ID:FIRST_CHARACTER_ID] = True
    return is_half_byte


def _is_letter(character: str) -> bool:
    return character.isalnum() or character in _JOINING
