"""An author adapts to the text before it: a few biases of its logits are moved after each symbol that is read.

A bias is added to the logit of each symbol: one of the whole text, one of the last symbol, one of the last two, one of
the word so far (both hashed), and one of the place in the line, which tells where a wrapped text breaks its lines. One
factor multiplies all logits. After each symbol, each is moved by rate * (1 if it is the symbol that came, else 0, less
its probability): the gradient of the surprise. All are zero when a text begins, so the first symbol is predicted by the
author alone. What is learned is part of the state of the text; a text that does not adapt has no biases.

Nothing is learned from what the author writes itself: of eight texts of 15,000 characters, 62 % stood in spans of 40
written before, where it was 0.4 % (2026-11).

Bits per character by the author in the box before and after, 150,000 to 200,000 characters each (2026-11):

| text | before | after |
|---|---:|---:|
| Kipling, Kim; James, The Ambassadors; Lawrence, Women in Love | 1.667, 1.524, 1.439 | 1.639, 1.509, 1.424 |
| alice29, asyoulik, lcet10, plrabn12, hard-wrapped | 1.739, 2.282, 1.976, 2.312 | 1.530, 1.889, 1.656, 2.028 |

Rates falling with the number of visits gave less on every text; moving the weights of the n-grams gave less on most.

Sources: Krause, Kahembwe, Murray and Renals 2018, "Dynamic Evaluation of Neural Sequence Models", section 3, here for
the biases alone; contexts that choose among sets of adaptive weights, Mahoney 2005, "Adaptive weighing of context
models for lossless data compression", section 3.

Shapes: B = texts, T = symbols read at once, V = vocab_size, R = rows of biases.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.kernels.adaptation import (
    ADAPTS,
    COLUMN,
    IS_WAITING,
    NUM_PLACES,
    PREVIOUS,
    ROW_1,
    WORD,
    adapt,
)
from penwright.ngrams.letters import letters_of

RATES = np.array([0.01, 0.02, 0.02, 0.02, 0.01, 0.0003], np.float32)
"""Rates of the biases of the whole text, of the last symbol, of the last two, of the word and of the column, and of the
factor."""
MAX_BIASES = 300_000
"""Largest number of biases of a text, 1.2 megabytes. A large alphabet has fewer kinds of them."""
NUM_COLUMNS = 128
MAX_HASHED_ROWS = 1_024
"""Largest number of rows of the last two symbols, and of the word so far."""
MAX_WORD = (1 << 32) - 1
"""Highest hash of a word."""
_MIN_HASHED_ROWS = 32


class AdaptationState(NamedTuple):
    """What B texts have shown so far; R is 0 if none of them adapts."""

    biases: NDArray[np.float32]
    """(B, R, V)."""
    factors: NDArray[np.float32]
    """(B,), 1 less than the factor of all logits."""
    waiting: NDArray[np.float32]
    """(B, 2, V), the last prediction, which waits for its symbol."""
    places: NDArray[np.int64]
    """(B, NUM_PLACES), see `kernels.adaptation`."""

    def copy(self) -> "AdaptationState":
        """Return a copy that shares no memory with this state."""
        return AdaptationState(*[array.copy() for array in self])  # type: ignore[arg-type]  # in the same order


class Adaptation:
    """The biases of an alphabet, laid out."""

    def __init__(self, is_letter: NDArray[np.bool_], *, line_end: int | None) -> None:
        """Choose the rows.

        Args:
            is_letter: bool (V,), see `ngrams.letters.letters_of`.
            line_end: Id of the line feed, None if no single symbol stands for it.
        """
        self.vocab_size = len(is_letter)
        self._is_letter = np.ascontiguousarray(is_letter)
        left = max(1, MAX_BIASES // self.vocab_size) - 1
        columns = NUM_COLUMNS if line_end is not None and left >= 4 * NUM_COLUMNS else 0
        singles = self.vocab_size if self.vocab_size <= (left - columns) // 2 else 0
        hashed = min(MAX_HASHED_ROWS, (left - columns - singles) // 2)
        hashed = hashed if hashed >= _MIN_HASHED_ROWS else 0
        self.num_rows = 1 + singles + 2 * hashed + columns
        end = line_end if line_end is not None and columns else -1
        self._layout = np.array([singles, hashed, hashed, end], np.int64)

    def initial_state(self, num_texts: int) -> AdaptationState:
        """Return the state before the first symbol of some texts that adapt."""
        state = AdaptationState(
            np.zeros((num_texts, self.num_rows, self.vocab_size), np.float32),
            np.zeros(num_texts, np.float32),
            np.zeros((num_texts, 2, self.vocab_size), np.float32),
            np.zeros((num_texts, NUM_PLACES), np.int64),
        )
        state.places[:, ADAPTS] = 1
        return state

    def check(self, state: AdaptationState) -> None:
        """Check every number that the kernel counts on.

        Args:
            state: State of a file of unknown origin, of the right shapes.

        Raises:
            ValueError: A clause that says what cannot be.
        """
        if not all(np.isfinite(values).all() for values in state[:3]):
            raise ValueError("its numbers are not finite")
        lowest, highest = np.zeros(NUM_PLACES, np.int64), np.full(NUM_PLACES, self.num_rows - 1)
        highest[[IS_WAITING, COLUMN, PREVIOUS, WORD]] = 1, NUM_COLUMNS - 1, self.vocab_size - 1, MAX_WORD
        lowest[ADAPTS], highest[ADAPTS], lowest[COLUMN], lowest[ROW_1:] = 1, 1, -1, -1
        if (state.places < lowest).any() or (state.places > highest).any():
            raise ValueError("it learned what its author cannot have read")

    def move(
        self,
        first: int,
        stop: int,
        ids: NDArray[np.int64],
        state: AdaptationState,
        logits: NDArray[np.float32],
        *,
        learns: bool,
    ) -> None:
        """Learn from symbols as they come, in place, and move the logits of what follows each.

        Args:
            first, stop: Slice of the texts.
            ids: (B, T).
            state: State of B texts, to be replaced.
            logits: (B, T, V), of the author alone, to be changed.
            learns: False to use what was learned and learn nothing.
        """
        adapt(first, stop, ids, learns, self._is_letter, self._layout, RATES, *state, logits)


def no_adaptation(num_texts: int) -> AdaptationState:
    """Return the state of some texts that do not adapt."""
    return AdaptationState(
        np.zeros((num_texts, 0, 0), np.float32),
        np.zeros(num_texts, np.float32),
        np.zeros((num_texts, 2, 0), np.float32),
        np.zeros((num_texts, NUM_PLACES), np.int64),
    )


def adaptation_of(alphabet: Alphabet) -> Adaptation:
    """Return the biases of an alphabet."""
    return Adaptation(letters_of(alphabet), line_end=line_end_of(alphabet))


def line_end_of(alphabet: Alphabet) -> int | None:
    """Return the id of the line feed, None if no single symbol stands for it."""
    return alphabet.texts.index("\n") if "\n" in alphabet.texts else None
