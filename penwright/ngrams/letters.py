"""Mark the symbols that words are made of, and those that open or close a quotation or a bracket.

Shapes: V = vocab_size.
"""

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_NIBBLE_ID, Alphabet
from penwright.kernels.contexts import BRACKET, CLOSES, LETTER, QUOTATION, TOGGLES

Marks = NDArray[np.uint8] | NDArray[np.bool_]
"""Marks of symbols, uint8 (V,), see `marks_of`; or bool, only the symbols that words are made of."""
_JOINING = ("'", "\u2019", "_")  # a word goes on across these
_QUOTES = frozenset('"\u201c\u201d\u201e\u00ab\u00bb')  # which of them opens differs between languages
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


def marks_of(alphabet: Alphabet) -> NDArray[np.uint8]:
    """Return the marks of every symbol, uint8 (V,), by which contexts find words, quotations and brackets.

    A quotation mark opens a quotation or closes the open one. The end of a line closes all quotations and brackets.
    """
    marks = letters_of(alphabet).astype(np.uint8) * LETTER
    for symbol, text in enumerate(alphabet.texts):
        if text in _QUOTES:
            marks[symbol] |= QUOTATION << TOGGLES
        elif text in _OPENING:
            marks[symbol] |= BRACKET << CLOSES | BRACKET << TOGGLES
        elif text in _CLOSING:
            marks[symbol] |= BRACKET << CLOSES
        elif text == "\n":
            marks[symbol] |= (QUOTATION | BRACKET) << CLOSES
    return marks


def letters_of(alphabet: Alphabet) -> NDArray[np.bool_]:
    """Return for every symbol whether it belongs to a word or, where symbols are subwords, goes on with one: bool (V,).

    Letters, digits, apostrophes and the underscore do, and so does whatever is spelled in nibbles. A subword does
    if each of its characters does, so no blank leads it.
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
