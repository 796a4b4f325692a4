"""Keep an author from copying more than some number of characters in a row from its training books.

A guide follows every run of the books that ends at the end of the text. Where such a run is as long as is allowed, the
symbols that would make it longer are banned. So nothing that is written holds a longer run, and where no run is near
the limit nothing changes: the text is the one that the author would have written anyway.

With symbols of one character a ban needs the characters that follow in the books. With subwords, a symbol is banned if
its text goes on as a book does for as many characters as are one too many. A character that the author spells counts
as one; where it could be one too many, spelling is banned altogether.

Shapes: V = symbols of the author, R = runs followed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.errors import AuthorError, UsageError
from penwright.kernels.originality import follow_runs
from penwright.originality.index import MIN_RUN, STRIDE, ShelfIndex
from penwright.originality.meter import runs_of

MAX_LIMIT = 1_000_000
SPELLED_SYMBOLS = 8
"""Most symbols of a character that is spelled."""
_ROOM = 1 << 8


class QuoteLimit:
    """A guide for one text, see `writing.generation.ReadingGuide`. A copy by `copy.copy` goes on by itself."""

    def __init__(self, index: ShelfIndex, alphabet: Alphabet, *, max_quote: int) -> None:
        """Begin before the first character.

        Args:
            index: Index of the books.
            alphabet: Alphabet of the author, which need not be that of the books.
            max_quote: Most characters of a run that the text may have in common with a book.

        Raises:
            UsageError: If `max_quote` is less than the index and the alphabet allow.
        """
        longest_symbol = max(map(len, alphabet.texts))
        least = MIN_RUN + longest_symbol - 1
        if not least <= max_quote <= MAX_LIMIT:
            raise UsageError(
                f"a limit of {max_quote:,} copied characters cannot be kept: it must lie between {least} and "
                f"{MAX_LIMIT:,} for this author."
            )
        self._index, self._max_quote = index, max_quote
        self._least = max_quote + 1 - longest_symbol
        """Characters of the shortest run that a symbol could make too long."""
        self._span = self._least - STRIDE + 1
        self._query = np.zeros(4 * SPELLED_SYMBOLS * max_quote, index.text.dtype)
        self._char_of = np.zeros(len(self._query), np.int64)
        """For each symbol, the first character that begins there or later."""
        self._size, self._num_chars = 0, 0
        self._runs, self._num_runs = np.zeros((_ROOM, 3), np.int64), 0
        self._is_spelling = False
        self._spelled = [symbol for symbol, text in enumerate(alphabet.texts) if not text]
        self._symbols_of_text = {text: symbol for symbol, text in enumerate(alphabet.texts) if text}
        self._texts_of_index, self._lookup = index.alphabet.texts, index.lookup
        self._symbols_of_char = dict[str, list[int]]()
        self._by_prefix = dict[str, NDArray[np.int64]]()

    def __copy__(self) -> "QuoteLimit":
        other = object.__new__(QuoteLimit)
        other.__dict__.update(self.__dict__)
        other._query, other._char_of, other._runs = self._query.copy(), self._char_of.copy(), self._runs.copy()
        return other

    @property
    def identity(self) -> str:
        """Text that differs between limits and between books."""
        return f"{self._max_quote} {self._index.corpus_digest}"

    def check(self, text: str) -> None:
        """Check a text that is to be read first.

        Raises:
            UsageError: If it copies more than is allowed.
        """
        longest = max((run.length for run in runs_of(text, self._index)), default=0)
        if longest > self._max_quote:
            raise UsageError(
                f"the prompt itself copies {longest:,} characters in a row from the books, and at most "
                f"{self._max_quote:,} are allowed. Change the prompt, or allow more."
            )

    def read(self, text: str) -> None:
        """Take text that stands before the first symbol. Runs may begin in it.

        Raises:
            UsageError: If it copies more than is allowed.
        """
        self.check(text)
        self._take(text[-2 * self._max_quote :])

    def adjust(self, logits: NDArray[np.float32], allowed: NDArray[np.bool_]) -> None:
        """Ban the symbols that would make a run too long.

        Args:
            logits: (V,), left as they are.
            allowed: bool (V,), changed in place.

        Raises:
            AuthorError: If none is left.
        """
        if not self._num_runs or self._is_spelling:
            return
        ends = self._ends()
        for end in ends:
            allowed[self._beginning_with(end)] = False
            if len(end) == 1 and end not in self._symbols_of_text:
                allowed[self._spelled] = False
        if ends and not allowed.any():
            raise AuthorError(
                f"every way to go on would copy more than {self._max_quote:,} characters. Allow more, or change the "
                "prompt."
            )

    def push(self, symbol: int, text: str) -> None:
        """Take the symbol that was drawn and the text that it completed."""
        self._is_spelling = not text
        self._take(text)

    def _ends(self) -> set[str]:
        """Return how the books go on after the runs, each up to the first character that is too many. Runs that end
        with their book before that, or that no symbol could make so long, are left out."""
        runs = self._runs[: self._num_runs]
        num_chars = self._num_chars - self._char_of[runs[:, 1]]  # (R,)
        near = np.flatnonzero(num_chars >= self._least)
        found = set[str]()
        for place, high, length in zip(*runs[near][:, (0, 2)].T.tolist(), num_chars[near].tolist(), strict=True):
            needed = self._max_quote + 1 - length
            end = self._text_at(place, min(high, place + needed * SPELLED_SYMBOLS), needed)
            if len(end) == needed:
                found.add(end)
        return found

    def _text_at(self, start: int, stop: int, num_chars: int) -> str:
        """Return the first characters of the books between two positions."""
        if num_chars == 1 and start < stop:
            text = self._texts_of_index[int(self._index.text[start])]
            if text:
                return text
        return self._index.alphabet.decode(self._index.text[start:stop])[:num_chars]

    def _beginning_with(self, text: str) -> NDArray[np.int64]:
        """Return the symbols whose texts begin with a text."""
        found = self._by_prefix.get(text)
        if found is None:
            if self._least == self._max_quote:
                symbols = [self._symbols_of_text[text]] if text in self._symbols_of_text else []
            else:
                symbols = [symbol for each, symbol in self._symbols_of_text.items() if each.startswith(text)]
            found = self._by_prefix[text] = np.array(symbols, np.int64)
        return found

    def _take(self, text: str) -> None:
        for character in text:
            symbols = self._symbols_of_char.get(character)
            if symbols is None:
                symbols = self._symbols_of_char[character] = self._index.encode(character).tolist()
            first = self._num_chars
            for symbol in symbols:
                self._push_symbol(symbol, first)
                first = self._num_chars + 1
            self._num_chars += 1

    def _push_symbol(self, symbol: int, char: int) -> None:
        if self._size == len(self._query):
            self._forget()
        self._query[self._size], self._char_of[self._size] = symbol, char
        self._size += 1
        kept, found = self._follow(is_new=True)
        if found > len(self._runs):
            more: Any = np.zeros((2 * found, 3), np.int64)
            more[:kept] = self._runs[:kept]
            self._runs, self._num_runs = more, kept
            _, found = self._follow(is_new=False)
        self._num_runs = found

    def _follow(self, *, is_new: bool) -> tuple[int, int]:
        kept, found = follow_runs(
            self._query, self._size, self._span, self._runs, self._num_runs, is_new, *self._lookup
        )
        return int(kept), int(found)

    def _forget(self) -> None:
        """Forget the first half of the text; no run reaches back so far."""
        half = len(self._query) // 2
        self._query[:half], self._char_of[:half] = self._query[half:].copy(), self._char_of[half:].copy()
        self._size -= half
        self._runs[: self._num_runs, 1] -= half
