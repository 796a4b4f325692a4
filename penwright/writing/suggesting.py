"""Suggest the next words of a text with their probabilities, by a small search over what the author may write next.

The search goes best first through the beginnings of words, most probable ones before others, and reads each once. A
word counts when a character follows that is no part of it, so "the" is not "there". A word's probability is the sum
over the ways that were found to write it: it is never more than what the author believes, and all probabilities sum to
at most 1. With subwords, the ways include other cuts of the same word.

Where the text ends within a word, or just behind one, that word is completed, and may be whole already. Otherwise the
next word is proposed; blanks and signs before it, such as an opening quotation mark, are part of what is to be added.

This module knows nothing of files, or of how an engine computes.

Shapes: V = vocab_size.
"""

import heapq
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet
from penwright.errors import NoNumbersError
from penwright.settings import Between, Setting
from penwright.writing.bookmark import Bookmark
from penwright.writing.branches import Branch, Branches
from penwright.writing.engines.base import Engine

COUNT = Setting(int, (Between(1, 100),), False, "Number of words.")
JOINTS = "'’"
"""Signs that belong to a word if a letter follows."""
MAX_WORD_CHARS = 60
"""Longest word, and longest run of other characters before it."""
ROWS = 8
"""Branches read at once."""
MAX_READS = 400
"""Largest number of branches read."""
MIN_SHARE = 1e-5
"""Least probability of a branch that is read."""


class Suggestion(NamedTuple):
    """A word that may come next."""

    word: str
    """The whole word, with what is there of it."""
    rest: str
    """What is to be added to the text, in the most probable way that was found."""
    probability: float
    """Probability of the word, never too high."""


class _Way(NamedTuple):
    """What may be written next, before its last symbol is read."""

    share: float
    """Probability of writing it."""
    text: str
    """The stem, see `_Search`, as far as it is written, and what follows it."""
    branch: Branch
    symbol: int
    spelled: tuple[int, ...] = ()
    """Symbols that must follow to complete the last character."""


def suggest_words(
    engine: Engine, alphabet: Alphabet, bookmark: Bookmark, text: str, *, count: int, max_reads: int = MAX_READS
) -> list[Suggestion]:
    """Suggest words.

    Args:
        engine: Engine of the author.
        alphabet: Alphabet of its model.
        bookmark: Where the author stands: at the end of the text.
        text: The end of the text: at least its last word, and all that the bookmark has not read.
        count: Largest number of words, from 1.
        max_reads: Largest number of branches read, about. With fewer, probabilities are lower and words may be missed.

    Returns:
        Words, the most probable first. Fewer than wanted if no others are probable.

    Raises:
        AuthorError: If the author's predictions are not numbers.
    """
    assert text.endswith(bookmark.unread), (text, bookmark.unread)
    return _Search(engine, alphabet, bookmark, begun=begun_word(text)).run(count, max_reads=max_reads)


def begun_word(text: str) -> str:
    """Return the word that a text ends with, empty if it ends with something else."""
    start = len(text)
    while start and len(text) - start < MAX_WORD_CHARS:
        is_joint = text[start - 1] in JOINTS and start > 1 and is_of_word(text[start - 2])
        if not (is_of_word(text[start - 1]) or is_joint):
            break
        start -= 1
    return text[start:]


@lru_cache(maxsize=1 << 12)
def is_of_word(character: str) -> bool:
    """Return True if words are made of this character: a letter, a digit or a mark on one."""
    return character.isalnum() or unicodedata.category(character).startswith("M")


class Span(NamedTuple):
    """The first word of a text."""

    start: int
    stop: int
    has_ended: bool
    """True if no longer word can come of it. A joint ends it only when something else than a letter follows."""


def first_word(text: str) -> Span:
    """Return where the first word of a text lies; an empty span at its end if there is none."""
    start = next((index for index, character in enumerate(text) if is_of_word(character)), len(text))
    stop = start
    while stop < len(text):
        if not is_of_word(text[stop]):
            behind = text[stop + 1 : stop + 2]
            if text[stop] not in JOINTS or (behind and not is_of_word(behind)):
                return Span(start, stop, True)
            if not behind:
                break
        stop += 1
    return Span(start, stop, False)


class _Search:
    """One search.

    The stem is what every way begins with: the begun word, or what the author has not read, whichever begins earlier.
    """

    def __init__(self, engine: Engine, alphabet: Alphabet, bookmark: Bookmark, *, begun: str) -> None:
        self._alphabet, self._texts = alphabet, alphabet.texts
        self._stem = max(begun, bookmark.unread, key=len)
        self._offset = len(self._stem) - len(begun)  # where the word is looked for
        self._num_read = len(self._stem) - len(bookmark.unread)
        self._branches = Branches(engine, bookmark.logits, engine.to_text_state(bookmark.state), num_rows=ROWS)
        banned = {*ByteFallbackGate(alphabet).banned_ids}
        firsts = [text[:1] for text in self._texts]
        self._is_text = np.array([bool(first) and symbol not in banned for symbol, first in enumerate(firsts)])
        self._goes_on = np.array([bool(first) and is_of_word(first) for first in firsts])
        self._may_go_on = self._goes_on | np.array([bool(first) and first in JOINTS for first in firsts])
        self._frontier: list[tuple[float, int, _Way]] = []
        self._num_ways = 0
        self._past, self._within = (0.0, 1.0) if bookmark.unread else (1.0, 0.0)
        """Shares of all ways that lead past the stem, and of those that end within it as yet."""
        self._found: dict[str, float] = {}
        """Share of each word."""
        self._best: dict[str, tuple[float, str]] = {}
        """Most probable way to write each word: its share, and what it adds to the stem."""

    def run(self, count: int, *, max_reads: int) -> list[Suggestion]:
        """Return the most probable words."""
        self._expand(self._branches.root, 1.0, self._stem[: self._num_read])
        num_reads = 0
        while self._frontier and num_reads < max_reads and not self._is_decided(count):
            ways = [heapq.heappop(self._frontier)[2] for _ in range(min(ROWS, len(self._frontier)))]
            read = self._branches.read([way.branch for way in ways], [way.symbol for way in ways])
            num_reads += len(ways)
            for way, branch in zip(ways, read, strict=True):
                if way.spelled:
                    self._within -= way.share
                    share = way.share * float(_chances(branch.logits)[way.spelled[0]])
                    self._push(way._replace(share=share, branch=branch, symbol=way.spelled[0], spelled=way.spelled[1:]))
                else:
                    self._expand(branch, way.share, way.text)
        total = self._past + self._within
        ranked = heapq.nsmallest(count, self._found.items(), key=lambda item: (-item[1], item[0]))
        return [Suggestion(word, self._best[word][1], min(1.0, share / total)) for word, share in ranked]

    def _is_decided(self, count: int) -> bool:
        """Return True if no single way can lead to a word that is more probable than those found."""
        best = heapq.nlargest(count, self._found.values())
        return len(best) == count and best[-1] > -self._frontier[0][0]

    def _expand(self, branch: Branch, share: float, text: str) -> None:
        """Go on from a branch by each symbol."""
        chances = _chances(branch.logits)
        if len(text) < len(self._stem):
            self._within -= share
            self._follow_stem(branch, share * chances, text)
            return
        word = text[self._offset :]
        start, stop, _ = first_word(word)
        individual = self._is_text
        if start < stop:
            may_go_on = self._may_go_on if stop == len(word) else self._goes_on
            self._note(text, start, stop, share * float(chances[self._is_text & ~may_go_on].sum()))
            individual = self._is_text & may_go_on
        if len(word) > MAX_WORD_CHARS:
            return
        least = MIN_SHARE * (self._past + self._within)
        for symbol in np.flatnonzero(individual & (share * chances > least)).tolist():
            self._go_on(_Way(share * float(chances[symbol]), text + self._texts[symbol], branch, symbol))

    def _follow_stem(self, branch: Branch, shares: NDArray[np.float64], text: str) -> None:
        """Go on by the symbols that agree with the rest of the stem."""
        left = self._stem[len(text) :]
        if left[0] not in self._alphabet:
            symbol, *spelled = self._alphabet.encode(left[0]).tolist()
            self._push(_Way(float(shares[symbol]), text + left[0], branch, symbol, tuple(spelled)))
            return
        for symbol in np.flatnonzero(self._is_text).tolist():
            added = self._texts[symbol]
            if added.startswith(left):
                self._past += float(shares[symbol])
                self._go_on(_Way(float(shares[symbol]), text + added, branch, symbol))
            elif left.startswith(added):
                self._push(_Way(float(shares[symbol]), text + added, branch, symbol))

    def _go_on(self, way: _Way) -> None:
        """Note the word that a way past the stem completes, or keep the way."""
        start, stop, has_ended = first_word(way.text[self._offset :])
        if has_ended:
            self._note(way.text, start, stop, way.share)
        else:
            self._keep(way)

    def _push(self, way: _Way) -> None:
        """Keep a way that is within the stem, or reaches its end by a character that is spelled."""
        if len(way.text) < len(self._stem) or way.spelled:
            self._within += way.share
        else:
            self._past += way.share
        self._keep(way)

    def _keep(self, way: _Way) -> None:
        self._num_ways += 1
        heapq.heappush(self._frontier, (-way.share, self._num_ways, way))

    def _note(self, text: str, start: int, stop: int, share: float) -> None:
        """Add a share to a word."""
        word = text[self._offset + start : self._offset + stop]
        self._found[word] = self._found.get(word, 0.0) + share
        rest = text[len(self._stem) : self._offset + stop]
        self._best[word] = max(self._best.get(word, (0.0, rest)), (share, rest))


def _chances(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probability of each symbol, (V,)."""
    powers = np.exp(logits.astype(np.float64) - logits.max())
    total = powers.sum()
    if not np.isfinite(total):
        raise NoNumbersError
    return np.asarray(powers / total)
