"""Decide which symbols may follow, so that nibbles only ever spell characters that have no id of their own.

A learnt alphabet spells a character it lacks as the nibbles of its UTF-8 form. An author may choose any nibble at any
time, and most sequences of nibbles are not text. This state machine bans the ids after which a sequence could no longer
be completed to an allowed character: a Unicode scalar value without an id, neither a control character nor U+FFFD.
Therefore no damaged character is ever written, and encoding a written text gives exactly the ids that were chosen.

This module knows nothing of models or probabilities.
"""

from bisect import bisect_left
from copy import copy
from functools import lru_cache

from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_NIBBLE_ID, NUM_CODE_POINTS, Alphabet
from penwright.alphabet.code_points import code_points_of

SURROGATES = range(0xD800, 0xE000)
CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
REPLACEMENT = 0xFFFD
_NIBBLES = "0123456789abcdef"
_AFTER_NIBBLES = "g"  # sorts after all of them


class ByteFallbackGate:
    """The ids that must not come next, while symbols are chosen one by one."""

    def __init__(self, alphabet: Alphabet) -> None:
        """Start between two characters.

        Args:
            alphabet: An alphabet of any kind. The seed's alphabet spells nothing; only its unknown symbol is banned,
                which stands for no character. A subword may follow wherever a character may.
        """
        self._is_spelling = alphabet.is_lossless
        known = code_points_of(alphabet.characters).tolist()
        self._never_spelled = sorted({*known, *SURROGATES, *CONTROLS, REPLACEMENT})
        self._spelled = ""
        self._characters = range(FIRST_CHARACTER_ID, alphabet.vocab_size)
        self._banned_at_edge = (0, *self._banned_nibbles()) if self._is_spelling else (0,)

    def fresh(self) -> "ByteFallbackGate":
        """Return another gate of the same alphabet, between two characters. It is made much faster than the first."""
        gate = copy(self)
        gate._spelled = ""
        return gate

    @property
    def is_inside(self) -> bool:
        """True if the nibbles so far are the start of a character."""
        return bool(self._spelled)

    @property
    def banned_ids(self) -> tuple[int, ...]:
        """The ids that must not come next. At least one id is always allowed."""
        if not self._spelled:
            return self._banned_at_edge
        return (0, *self._banned_nibbles(), *self._characters)

    def push(self, symbol: int) -> None:
        """Add the id that was chosen, which must not be a banned one."""
        if not (self._is_spelling and FIRST_NIBBLE_ID <= symbol < FIRST_CHARACTER_ID):
            return
        self._spelled += _NIBBLES[symbol - FIRST_NIBBLE_ID]
        if spelling(reachable(self._spelled)[0]) == self._spelled:
            self._spelled = ""

    def _banned_nibbles(self) -> tuple[int, ...]:
        spelled = [self._spelled + half for half in _NIBBLES]
        return tuple(FIRST_NIBBLE_ID + value for value in range(16) if not self._can_complete(spelled[value]))

    def _can_complete(self, spelled: str) -> bool:
        """Return True if a character that may be spelled begins with these nibbles."""
        code_points = reachable(spelled)
        first = bisect_left(self._never_spelled, code_points.start)
        return bisect_left(self._never_spelled, code_points.stop) - first < len(code_points)


def spelling(code_point: int) -> str:
    """Return the nibbles of a character's UTF-8 form as hexadecimal digits."""
    return chr(code_point).encode("utf-8", "surrogatepass").hex()


@lru_cache(maxsize=4096)
def reachable(spelled: str) -> range:
    """Return the code points whose UTF-8 form begins with some nibbles, surrogates included.

    UTF-8 sorts as the code points do (RFC 3629, section 1), so they are contiguous and bisection finds them. Overlong
    forms are no character's spelling and do not occur.

    Args:
        spelled: Hexadecimal digits, lower case.
    """
    if not spelled:
        return range(NUM_CODE_POINTS)
    within = reachable(spelled[:-1])
    first = bisect_left(within, spelled, key=spelling)
    return within[first : bisect_left(within, spelled + _AFTER_NIBBLES, lo=first, key=spelling)]
