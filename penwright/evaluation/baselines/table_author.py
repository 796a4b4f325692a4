"""A table that writes: n-gram counts as an engine, and its score on held-out passages.

What counting alone can do, in the same terms as a network: bits per character, accuracy, and a page.

Shapes: B = texts, T = symbols read at once, S = symbols whose logits are returned, V = vocab_size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.evaluation.baselines.measuring import MAX_TRAIN_CHARS
from penwright.evaluation.baselines.ngram_tables import NgramCounts
from penwright.evaluation.passages import Passage, sample_passages

ROWS_AT_ONCE = 2_048
MIN_LOGIT = -1e30
"""Logit of a symbol that is never predicted: the edge of a book."""


class TableState(NamedTuple):
    """What a table remembers of a text."""

    position: NDArray[np.int64]
    """(1,), number of symbols read."""
    recent: NDArray[np.int64]
    """The last of them, as many as a context needs."""

    def copy(self) -> "TableState":
        """Return the same state: reading never changes one."""
        return self


class TableEngine:
    """An `Engine` whose state is the last symbols that were read, and whose logits are logarithms of n-gram chances."""

    symbols_at_once = 64

    def __init__(self, counts: NgramCounts) -> None:
        """Make an engine of counts of an alphabet of characters."""
        self._counts = counts
        self.vocab_size = counts.first_symbol + counts.num_symbols

    def initial_state(self, num_texts: int = 1, *, adapts: bool = False) -> TableState:
        """Return the state before the first symbol of one text, which is all that a table reads at once."""
        assert num_texts == 1 and not adapts
        return TableState(np.zeros(1, np.int64), np.empty(0, np.int64))

    def to_text_state(self, state: Any) -> NoReturn:
        """Refuse: only bookmarks need this form of a state."""
        raise AssertionError("a table keeps no bookmarks")

    def from_text_state(self, state: Any) -> NoReturn:
        """Refuse: only bookmarks need this form of a state."""
        raise AssertionError("a table keeps no bookmarks")

    def with_label(self, vector: NDArray[np.float32]) -> NoReturn:
        """Refuse: counts know no labels."""
        raise AssertionError("a table knows no labels")

    def relabelled(self, state: Any, vector: NDArray[np.float32]) -> NoReturn:
        """Refuse: counts know no labels."""
        raise AssertionError("a table knows no labels")

    def read(
        self,
        ids: NDArray[np.int64],
        state: TableState,
        *,
        max_match_length: int | None = None,
        num_shown: int = 1,
        consumes_state: bool = False,
        learns: bool = False,
    ) -> tuple[NDArray[np.float32], TableState]:
        """Read symbols of one text, see `Engine.read`. The options of matching and learning change nothing."""
        read = np.concatenate([state.recent, ids[0]])
        chances = self._counts.distributions(np.append(read, self._counts.first_symbol))[-num_shown:]
        logits = np.full((1, len(chances), self.vocab_size), MIN_LOGIT, np.float32)
        logits[0, :, self._counts.first_symbol :] = np.log(chances)
        recent = read[-self._counts.max_order - 1 :]
        return logits, TableState(state.position + ids.shape[1], recent)


@dataclass(frozen=True, kw_only=True, slots=True)
class TableScore:
    """Score of n-gram counts on held-out characters."""

    bits_per_char: float
    accuracy: float
    """Share of symbols predicted right, 0 to 1."""
    order_1_bits_per_char: float
    """Bits per character of the table that sees one character."""
    num_chars: int
    """Number of characters scored."""


def count_corpus(corpus: Corpus, *, order: int, max_chars: int = MAX_TRAIN_CHARS) -> tuple[NgramCounts, int]:
    """Count the training books of a corpus of characters.

    Args:
        corpus: The corpus.
        order: Length of the longest context, from 1.
        max_chars: Largest number of characters counted; of longer books the beginnings.

    Returns:
        The counts, and the number of characters counted.
    """
    passages = sample_passages(corpus, corpus.books_in("train"), max_chars=max_chars)
    first = _first_symbol(corpus.alphabet)
    counts = NgramCounts(
        [passage.ids for passage in passages],
        num_symbols=corpus.alphabet.vocab_size - first,
        first_symbol=first,
        max_order=order,
    )
    return counts, sum(passage.num_chars for passage in passages)


def score_counts(counts: NgramCounts, passages: Sequence[Passage]) -> TableScore:
    """Predict held-out passages.

    Raises:
        CorpusError: If there are none.
    """
    num_chars = sum(passage.num_chars for passage in passages)
    if num_chars == 0:
        raise CorpusError("there are no held-out characters to measure. Hold out at least one book that is not empty.")
    bits = order_1_bits = hits = num_symbols = 0.0
    for passage in passages:
        for start in range(0, len(passage.ids) - 1, ROWS_AT_ONCE):
            before = min(start, counts.max_order)
            ids = passage.ids[start - before : start + ROWS_AT_ONCE + 1]
            targets = ids[before + 1 :].astype(np.int64) - counts.first_symbol
            rows = np.arange(len(targets))
            chances = counts.distributions(ids)[before:]
            bits -= float(np.log2(chances[rows, targets]).sum())
            hits += float((chances.argmax(axis=1) == targets).sum())
            order_1_bits -= float(np.log2(counts.distributions(ids, max_order=1)[before:][rows, targets]).sum())
            num_symbols += len(targets)
    return TableScore(
        bits_per_char=bits / num_chars,
        accuracy=hits / num_symbols,
        order_1_bits_per_char=order_1_bits / num_chars,
        num_chars=num_chars,
    )


def _first_symbol(alphabet: Alphabet) -> int:
    return 0 if alphabet.boundary_id is None else alphabet.boundary_id + 1
