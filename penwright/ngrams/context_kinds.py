"""The kinds of context: one list where symbols are characters, another where they are subwords. Data only.

A context is made of the last few symbols, or of the word so far and what stands before or around it. Every kind but the
first backs off to a shorter one. A list never changes, since the n-gram tables and the weights of authors are made for
one of them: a better one gets the next number.
"""

from typing import NamedTuple

from penwright.alphabet.units import CHARACTERS

FIRST_LIST, LATEST_LIST = 1, 2
"""Numbers of the first and the latest list, see `kinds_of`."""
NUM_WORDS, NUM_EXTRAS = 4, 3
"""Numbers that the memory of a text holds about its words, and more for kinds with settings."""
NUM_INPUTS = 2
"""Number of kinds whose distributions are inputs of a network's bottom."""


class ContextKinds(NamedTuple):
    """The kinds of context of one unit, K of them: one for each order; then the word so far with the word before it,
    with the two before it, and with the three; then the word so far with the word before the last, which is skipped.
    With settings, two follow: the word so far with the last content word, and with what is open around it."""

    orders: tuple[int, ...]
    """Numbers of symbols of the kinds made of symbols, the present one included, in rising order from 1."""
    shorter: tuple[int | None, ...]
    """The kind that each of the K kinds backs off to, None for the first."""
    first_output: int
    """The first kind whose distribution enters the logits. All later kinds are outputs too."""
    inputs: tuple[int, int]
    """The two outputs whose distributions are also inputs of a network's bottom."""
    match: tuple[int, ...]
    """The R kinds of the match model."""
    has_joints: bool
    """How words are found. True: symbols that go on with a word are marked, and every other begins one. False: symbols
    that words are made of are marked, and between two words the symbols since the last take the place of a word."""
    has_settings: bool = False
    """True if two kinds look at the last content word, and at what is open: a quotation, a bracket, both or neither."""

    @property
    def num_kinds(self) -> int:
        """K."""
        return len(self.shorter)

    @property
    def num_extras(self) -> int:
        """Number of values that the memory of a text holds for kinds with settings, 0 without them."""
        return NUM_EXTRAS if self.has_settings else 0

    @property
    def num_words(self) -> int:
        """Number of values that the memory of a text holds about words, those for settings included."""
        return NUM_WORDS + self.num_extras

    @property
    def num_outputs(self) -> int:
        """M, number of distributions that enter the logits."""
        return self.num_kinds - self.first_output

    @property
    def num_confidences(self) -> int:
        """F, number of values that say how well founded the outputs are, three for each."""
        return 3 * self.num_outputs

    @property
    def num_bonuses(self) -> int:
        """Number of the match model's bonuses, five for each of its kinds."""
        return 5 * len(self.match)

    def num_consensus(self, *, has_ngrams: bool, has_match: bool) -> int:
        """Return the number of values that say how far a model's n-grams and matches agree and how sure each is."""
        num_asked = len(self.inputs) if has_ngrams else 0
        return (len(self.match) * (1 + num_asked) if has_match else 0) + (2 * self.num_outputs if has_ngrams else 0)

    @property
    def reach(self) -> int:
        """Number of symbols before the present one that a context looks at."""
        return self.orders[-1] - 1


_OF_CHARACTERS = ContextKinds(
    orders=(1, 2, 3, 4, 5, 6, 8),
    shorter=(None, 0, 1, 2, 3, 4, 5, 4, 7, 8, 4),
    first_output=3,  # four characters
    inputs=(5, 8),  # six characters, two words
    match=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    has_joints=False,
)
_OF_CHARACTERS_WITH_SETTINGS = _OF_CHARACTERS._replace(
    shorter=(*_OF_CHARACTERS.shorter, 5, 5),
    match=(*_OF_CHARACTERS.match, 11, 12),
    has_settings=True,
)
_LISTS_OF_CHARACTERS = {FIRST_LIST: _OF_CHARACTERS, LATEST_LIST: _OF_CHARACTERS_WITH_SETTINGS}
_OF_SUBWORDS = ContextKinds(
    orders=(1, 2, 3, 4),
    shorter=(None, 0, 1, 2, 1, 4, 5, 1),
    first_output=1,
    inputs=(2, 5),
    match=(0, 1, 2, 3, 4, 5, 6, 7),
    has_joints=True,
)


def kinds_of(unit: str, number: int = FIRST_LIST) -> ContextKinds:
    """Return the kinds of context of a unit from the list with a number. Subwords have the same in every list."""
    of_characters = _LISTS_OF_CHARACTERS[number]
    return of_characters if unit == CHARACTERS else _OF_SUBWORDS
