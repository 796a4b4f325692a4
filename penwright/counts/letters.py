"""Say which symbols of an alphabet words are made of."""

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet import FIRST_CHARACTER_ID, FIRST_HALF_BYTE_ID, Alphabet

_JOINING = ("'", "\u2019", "_")  # a word goes on across these


def letters_of(alphabet: Alphabet) -> NDArray[np.bool_]:
    """Return for every symbol whether it belongs to a word: bool (V,).

    Letters, digits, apostrophes and the underscore do, and so does whatever is spelled in half-bytes. Of a piece its
    last character decides.
    """
    is_letter = _half_bytes(alphabet)
    for symbol, text in enumerate(alphabet.texts):
        is_letter[symbol] |= _is_letter(text[-1:])
    return is_letter


def continues_word(alphabet: Alphabet) -> NDArray[np.bool_]:
    """Return for every symbol whether it continues the word before it: bool (V,).

    It does if each of its characters belongs to a word, so no blank leads it; half-bytes do too. Where symbols are
    characters, these are the same as `letters_of` finds.
    """
    continues = _half_bytes(alphabet)
    for symbol, text in enumerate(alphabet.texts):
        continues[symbol] |= bool(text) and all(map(_is_letter, text))
    return continues


def _half_bytes(alphabet: Alphabet) -> NDArray[np.bool_]:
    is_half_byte = np.zeros(alphabet.vocab_size, dtype=np.bool_)
    if alphabet.is_lossless:
        is_half_byte[FIRST_HALF_BYTE_ID:FIRST_CHARACTER_ID] = True
    return is_half_byte


def _is_letter(character: str) -> bool:
    return character.isalnum() or character in _JOINING
