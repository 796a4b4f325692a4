"""Read a text closely with an author: the bits of every word, what was expected instead, and likely slips of the pen.

The text is read twice. The first reading scores it. The second stops before its most surprising words, and tries others
there on copies of the author's state.

Shapes: N = characters of the text, V = vocab_size.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.author.author import Author
from penwright.evaluation.passages import chars_begun
from penwright.evaluation.texts import TextScore, character_bits, score_bits
from penwright.writing.bookmark import Bookmark
from penwright.writing.costs import log_softmax
from penwright.writing.engines.base import Engine
from penwright.writing.suggesting import Suggestion, suggest_words
from penwright.writing.typos import WORD, Typo, TypoSearch

MAX_STOPS = 2_000
"""Largest number of words at which the second reading stops, the most surprising ones of the text."""
MIN_BITS = 6.0
"""Bits from which on a word is looked at."""
NUM_EXPECTED = 3
"""Largest number of words told that the author expected."""
MIN_EXPECTED = 0.002
"""Probability of the least probable one."""
EXPECTED_READS = 32
"""Branches read to find them: some milliseconds. Fewer miss words whose beginning is improbable."""
READ_AT_ONCE = 256
_TOKEN = re.compile(rf"{WORD.pattern}|\d+|[^\w\s]+|_+|\s+")


class Word(NamedTuple):
    """A word, a number, some signs or some white space."""

    start: int
    """Index of its first character."""
    text: str
    bits: float


class CloseReading(NamedTuple):
    """What an author says of a text, word by word."""

    score: TextScore
    words: list[Word]
    """All of the text, in order."""
    expected: dict[int, list[Suggestion]]
    """Words that the author expected instead, by the index of the first character."""
    typos: list[Typo]
    """Likely slips, those that save most first."""


def read_closely(
    author: Author, text: str, *, max_stops: int = MAX_STOPS, tell: Callable[[str], None] = lambda doing: None
) -> CloseReading:
    """Read a text.

    Args:
        author: The author.
        text: Any text.
        max_stops: Largest number of words that are looked at more closely, from 0.
        tell: Called now and then with what is being done.

    Raises:
        UsageError: If the text has no character that can be scored.
        AuthorError: If the author's predictions are not numbers.
    """
    tell("Reading the text")
    alphabet, engine = author.alphabet, author.engine
    bits = character_bits(author.costs(), alphabet, text)
    score = score_bits(bits, alphabet, text)
    words = list(split_words(text, bits))
    chosen = _most_surprising(words, max_stops)
    typos = TypoSearch(engine, alphabet, text)
    expected: dict[int, list[Suggestion]] = {}
    found: list[Typo] = []
    for number, stop in enumerate(_stops(engine, alphabet, text, chosen)):
        if number % 50 == 0:
            tell(f"Looking at surprising words: {number:,} of {len(chosen):,}")
        expected[stop.word.start] = _expected_at(stop, engine, alphabet)
        if typos.may_be(stop.word.text):
            typo = typos.run(
                stop.word.start, stop.word.text, lead=stop.lead, log_probs=stop.log_probs, state=stop.state
            )
            found += [typo] if typo is not None else []
    return CloseReading(score, words, expected, sorted(found, key=lambda typo: -typo.gain))


def split_words(text: str, bits: NDArray[np.float64]) -> Iterator[Word]:
    """Cut a text into words, numbers, signs and white space, each with the sum of its bits (N,)."""
    sums = np.concatenate([[0.0], np.cumsum(bits)])
    for match in _TOKEN.finditer(text):
        yield Word(match.start(), match.group(), float(sums[match.end()] - sums[match.start()]))


def _most_surprising(words: list[Word], count: int) -> list[Word]:
    """Return the words that are looked at, in order. The bits of signs and blanks behind a word count as its own: what
    follows "woul" shows the slip."""
    surprise: list[tuple[float, Word]] = []
    for word, after in zip(words, [*words[1:], None], strict=True):
        bits = word.bits + (after.bits if after is not None and not after.text[0].isalnum() else 0.0)
        if word.text[0].isalnum() and bits >= MIN_BITS:
            surprise.append((bits, word))
    surprise.sort(key=lambda each: -each[0])
    return sorted(word for _, word in surprise[:count])


class _Stop(NamedTuple):
    """A point before the first symbol of a word."""

    word: Word
    lead: str
    """Characters before the word that belong to its first symbol."""
    log_probs: NDArray[np.float32]
    """(V,)."""
    state: Any


def _expected_at(stop: _Stop, engine: Engine, alphabet: Alphabet) -> list[Suggestion]:
    """Return the words that were expected at a point, the most probable first."""
    bookmark = Bookmark(stop.log_probs, stop.state, stop.lead)
    words = suggest_words(engine, alphabet, bookmark, stop.lead, count=NUM_EXPECTED, max_reads=EXPECTED_READS)
    return [word for word in words if word.probability >= MIN_EXPECTED]


def _stops(engine: Engine, alphabet: Alphabet, text: str, words: list[Word]) -> Iterator[_Stop]:
    """Read a text and stop before some of its words, which are in order. A word within a symbol is passed over."""
    if alphabet.boundary_id is None:
        ids = alphabet.encode(text).astype(np.int64)
        first_ids = np.arange(len(text)) - 1  # number of symbols read before the last that precedes a character
        first_chars = np.arange(len(text))
    else:
        own = alphabet.encode(text)
        ids = np.concatenate([[alphabet.boundary_id], own]).astype(np.int64)
        counts = chars_begun(own, alphabet=alphabet)
        begins = np.flatnonzero(counts)
        first_ids = np.repeat(begins, counts[begins])
        first_chars = np.repeat(np.cumsum(counts[begins]) - counts[begins], counts[begins])
    state, position, logits = engine.initial_state(), 0, None
    for word in words:
        goal, first_char = int(first_ids[word.start]) + 1, int(first_chars[word.start])
        lead = text[first_char : word.start]
        if goal < 1 or lead.strip() or goal <= position:
            continue
        while position < goal:
            part = ids[None, position : min(goal, position + READ_AT_ONCE)]
            logits, state = engine.read(part, state, consumes_state=True)
            position += part.shape[1]
        assert logits is not None
        yield _Stop(word, lead, log_softmax(logits[0, 0]), state)
