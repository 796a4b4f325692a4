"""Mark the symbols that count as word characters."""

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_NIBBLE_ID, Alphabet

_JOINING = ("'", "\u2019", "_")  # a word goes on across these


def letters_of(alphabet: Alphabet) -> NDArray[np.bool_]:
    """Return for every symbol whether it belongs to a word or, where symbols are pieces, goes on with one: bool (V,).

    Letters, digits, apostrophes and the underscore do, and so does whatever is spelled in nibbles. A piece does if
    each of its characters does, so no blank leads it.
    """
    is_letter = _nibbles(alphabet)
    for symbol, text in enumerate(alphabet.texts):
        is_letter[symbol] |= bool(text) and all(map(_is_letter, text))
    return is_letter


def _nibbles(alphabet: Alphabet) -> NDArray[np.bool_]:
    is_nibble = np.zeros(alphabet.vocab_size, dtype=np.bool_)
    if alphabet.is_lossless:
        is_nibble[FIRST_NIBBLE_ID:FIRST_CHARACTER_ID] = True
    return is_nibble


def _is_letter(character: str) -> bool:
    return character.isalnum() or character in _JOINING
