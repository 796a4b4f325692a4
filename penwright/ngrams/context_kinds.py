"""Which contexts are told apart where symbols are characters, and where they are pieces of several. Data only.

A context is made of the last few symbols, or of the word so far and the words before it. Every kind but the first
extends a shorter one, to which it leaves what it has not met.
"""

from typing import NamedTuple

from penwright.alphabet.units import CHARACTERS

NUM_WORD_KINDS = 4
"""Kinds made of words, which stand behind those made of so many symbols."""
NUM_SHOWN = 2
"""Kinds whose prediction the bottom of a network sees."""


class ContextKinds(NamedTuple):
    """The kinds of context of one unit, K of them: one for each order; then the word so far with the word before it,
    with the two before it, and with the three; then the word so far with the word before the last, which is skipped."""

    orders: tuple[int, ...]
    """Symbols of the kinds that are made of so many, the present one included, in rising order from 1."""
    shorter: tuple[int | None, ...]
    """The kind that each of the K kinds extends, by its number; None for the first."""
    first_told: int
    """The first of the kinds whose prediction is told; all behind it are told too."""
    shown: tuple[int, int]
    """The two of them that the bottom of a network sees."""
    recalled: tuple[int, ...]
    """The kinds by which the text being read is remembered."""
    has_joints: bool
    """How words are found. True: symbols that go on with a word are marked, and every other begins one. False: symbols
    that words are made of are marked, and between two words the symbols since the last take the place of a word."""

    @property
    def num_kinds(self) -> int:
        """K."""
        return len(self.orders) + NUM_WORD_KINDS

    @property
    def num_told(self) -> int:
        """M, kinds whose prediction is told."""
        return self.num_kinds - self.first_told

    @property
    def num_facts(self) -> int:
        """Numbers that say how well founded the predictions told are."""
        return 3 * self.num_told

    @property
    def num_recalled(self) -> int:
        """R, kinds by which the text being read is remembered."""
        return len(self.recalled)

    @property
    def num_bonuses(self) -> int:
        """Weights that recalls can have, five for each kind."""
        return 5 * self.num_recalled

    @property
    def reach(self) -> int:
        """Symbols before the present one that a context looks at."""
        return self.orders[-1] - 1


_OF_CHARACTERS = ContextKinds(
    orders=(1, 2, 3, 4, 5, 6, 8),
    shorter=(None, 0, 1, 2, 3, 4, 5, 4, 7, 8, 4),
    first_told=3,  # four characters
    shown=(5, 8),  # six characters, two words
    recalled=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    has_joints=False,
)
_OF_PIECES = ContextKinds(
    orders=(1, 2, 3, 4),
    shorter=(None, 0, 1, 2, 1, 4, 5, 1),
    first_told=1,
    shown=(2, 5),
    recalled=(0, 1, 2, 3, 4, 5, 6, 7),
    has_joints=True,
)


def kinds_of(unit: str) -> ContextKinds:
    """Return the kinds of context of a unit."""
    return _OF_CHARACTERS if unit == CHARACTERS else _OF_PIECES
