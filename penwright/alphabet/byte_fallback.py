"""Decide which symbols may follow, so that whatever an author spells in half-bytes is a character it had to spell.

A learnt alphabet spells a character it lacks as the half-bytes of its UTF-8 form. An author may choose any half-byte
at any time, and most sequences of them are no text at all. This state machine names the ids that keep a sequence
completable: to one character that is a Unicode scalar value, that the alphabet has no id for, and that is neither a
control character nor U+FFFD. So no damaged character is ever written, and reading a written text gives back the very
ids that were chosen.

This module knows nothing of models or probabilities.
"""

from bisect import bisect_left
from functools import lru_cache

from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_HALF_BYTE_ID, NUM_CODE_POINTS, Alphabet
from penwright.alphabet.code_points import code_points_of

SURROGATES = range(0xD800, 0xE000)
CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
REPLACEMENT = 0xFFFD
_HALF_BYTES = "0123456789abcdef"
_AFTER_HALF_BYTES = "g"  # sorts after all of them


class HalfByteGate:
    """Knows, while symbols are chosen one by one, which ids must not come next."""

    def __init__(self, alphabet: Alphabet) -> None:
        """Begin at the edge of a character.

        Args:
            alphabet: Of any kind. The seed's spells nothing; only its unknown symbol is banned, which stands for no
                character. A piece may follow wherever a character may.
        """
        self._is_spelling = alphabet.is_lossless
        known = code_points_of(alphabet.characters).tolist()
        self._never_spelled = sorted({*known, *SURROGATES, *CONTROLS, REPLACEMENT})
        self._spelled = ""
        self._characters = range(FIRST_CHARACTER_ID, alphabet.vocab_size)
        self._banned_at_edge = (0, *self._banned_half_bytes()) if self._is_spelling else (0,)

    @property
    def is_inside(self) -> bool:
        """Whether a character has been begun and not completed."""
        return bool(self._spelled)

    @property
    def banned_ids(self) -> tuple[int, ...]:
        """The ids that must not come next; at least one other always may."""
        if not self._spelled:
            return self._banned_at_edge
        return (0, *self._banned_half_bytes(), *self._characters)

    def push(self, symbol: int) -> None:
        """Take note of the id that was chosen, one that is not banned."""
        if not (self._is_spelling and FIRST_HALF_BYTE_ID <= symbol < FIRST_CHARACTER_ID):
            return
        self._spelled += _HALF_BYTES[symbol - FIRST_HALF_BYTE_ID]
        if spelling(reachable(self._spelled)[0]) == self._spelled:
            self._spelled = ""

    def _banned_half_bytes(self) -> tuple[int, ...]:
        spelled = [self._spelled + half for half in _HALF_BYTES]
        return tuple(FIRST_HALF_BYTE_ID + value for value in range(16) if not self._can_complete(spelled[value]))

    def _can_complete(self, spelled: str) -> bool:
        """Return whether a character that may be spelled begins with these half-bytes."""
        code_points = reachable(spelled)
        first = bisect_left(self._never_spelled, code_points.start)
        return bisect_left(self._never_spelled, code_points.stop) - first < len(code_points)


def spelling(code_point: int) -> str:
    """Return the half-bytes of a character's UTF-8 form as hexadecimal digits."""
    return chr(code_point).encode("utf-8", "surrogatepass").hex()


@lru_cache(maxsize=4096)
def reachable(spelled: str) -> range:
    """Return the code points whose UTF-8 form begins with some half-bytes, surrogates included.

    UTF-8 sorts as the code points do (RFC 3629, section 1), so they lie side by side and a bisection finds them;
    overlong forms are no character's spelling and are never met.

    Args:
        spelled: Hexadecimal digits, lower case.
    """
    if not spelled:
        return range(NUM_CODE_POINTS)
    within = reachable(spelled[:-1])
    first = bisect_left(within, spelled, key=spelling)
    return within[first : bisect_left(within, spelled + _AFTER_HALF_BYTES, lo=first, key=spelling)]
