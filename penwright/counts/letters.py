"""Say which symbols of an alphabet words are made of."""

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet import FIRST_CHARACTER_ID, FIRST_HALF_BYTE_ID, Alphabet

_JOINING = "'\u2019_"  # a word goes on across these


def letters_of(alphabet: Alphabet) -> NDArray[np.bool_]:
    """Return for every symbol whether it belongs to a word: bool (V,).

    Letters, digits, apostrophes and the underscore do, and so does whatever is spelled in half-bytes.
    """
    is_letter = np.zeros(alphabet.vocab_size, dtype=np.bool_)
    for symbol in range(alphabet.vocab_size):
        if alphabet.is_lossless and symbol < FIRST_CHARACTER_ID:
            is_letter[symbol] = symbol >= FIRST_HALF_BYTE_ID
        else:
            character = alphabet.decode([symbol])
            is_letter[symbol] = character.isalnum() or character in _JOINING
    return is_letter
