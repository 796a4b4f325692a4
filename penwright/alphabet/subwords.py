"""Alphabets of subwords: ids for single characters, followed by ids for subwords of two or more characters.

A text is cut into tokens (`pretokenizer`) and each token is encoded by itself. The ids of a token are remembered, since
a few thousand tokens make up most of any text. A character without an id is spelled in nibbles, as in any learnt
alphabet, and is part of no subword, so every text round-trips.

Ids: those of a learnt alphabet (0 the edge of a book, 1..16 nibbles, 17.. characters), then the subwords.
`bpe` and `words` decide how a token is encoded. This module knows nothing of how subwords are learned.

Shapes: N = ids of a text, n = ids of the same text in characters.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet, Ids
from penwright.alphabet.pretokenizer import num_stable_chars, tokens_of
from penwright.alphabet.units import Unit
from penwright.errors import ConfigError

MAX_SYMBOLS = 1 << 16
MAX_SUBWORD_CHARS = 64
CHARS_AT_ONCE = 1 << 18
"""Number of characters cut into tokens at once, which bounds memory."""
TOKENS_REMEMBERED = 1 << 17


class SubwordAlphabet(Alphabet):
    """A learnt alphabet with subwords."""

    def __init__(self, characters: str, *, unit: Unit, subwords: Sequence[str]) -> None:
        """Build from the characters and the subwords in id order.

        Args:
            characters: Distinct characters, sorted by code point.
            unit: "bpe" or "words".
            subwords: Distinct texts of two or more of these characters.

        Raises:
            ConfigError: If a subword occurs twice, holds other characters or is too long, or there are too many.
        """
        super().__init__(characters)
        num_symbols = len(self.texts) + len(subwords)
        if num_symbols > MAX_SYMBOLS:
            raise ConfigError(f"an alphabet holds at most {MAX_SYMBOLS:,} symbols; {num_symbols:,} were given.")
        known = set(characters)
        for subword in subwords:
            if not 2 <= len(subword) <= MAX_SUBWORD_CHARS:
                raise ConfigError(f"a subword has 2 to {MAX_SUBWORD_CHARS} characters; one has {len(subword):,}.")
            if not known.issuperset(subword):
                raise ConfigError("a subword holds a character that the alphabet lacks.")
        if len(set(subwords)) != len(subwords):
            raise ConfigError("an alphabet needs distinct subwords; at least one was given twice.")
        self.kind = unit
        self.subwords = tuple(subwords)
        self._spelled_token = super().encode
        self.texts += subwords
        self.id_of_text = {text: symbol for symbol, text in enumerate(self.texts) if text}
        """The id of each character and each subword."""
        self._ids_of_tokens = _Remembered(self._bytes_of_token)

    @property
    def unit(self) -> Unit:
        return cast(Unit, self.kind)

    @cached_property
    def of_characters(self) -> Alphabet:
        return Alphabet(self.characters)

    @abstractmethod
    def take_apart(self, token: str) -> list[int]:
        """Return the ids of one token."""

    def spelled_out(self, token: str) -> list[int]:
        """Return the ids of one token in characters, with nibbles for characters that have no id."""
        try:
            return list(map(self.id_of_text.__getitem__, token))
        except KeyError:
            ids: list[int] = self._spelled_token(token).tolist()
            return ids

    def encode(self, text: str) -> Ids:
        """Return the ids of a text.

        Args:
            text: Any string, lone surrogates included.

        Returns:
            Ids of `dtype`, shape (N,).
        """
        remembered = self._ids_of_tokens.__getitem__
        found = [
            b"".join(map(remembered, tokens_of(stretch))) for stretch in self.iter_stretches(text, size=CHARS_AT_ONCE)
        ]
        ids: Ids = np.frombuffer(bytearray().join(found), dtype=self.dtype)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids. Nibbles that form no character become U+FFFD."""
        symbols = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, dtype=np.int64)
        return super().decode(self._expand(symbols))

    def spell(self, ids: Ids) -> Ids:
        return self._expand(ids).astype(self.of_characters.dtype, copy=False)

    def num_stable_chars(self, text: str) -> int:
        return num_stable_chars(text)

    def _bytes_of_token(self, token: str) -> bytes:
        return np.array(self.take_apart(token), dtype=self.dtype).tobytes()

    def _expand(self, symbols: NDArray[np.integer]) -> Ids:
        """Replace each subword by the ids of its characters, shape (n,)."""
        flat, starts, lengths = self._expansions
        num_ids = lengths.take(symbols)
        ends = np.cumsum(num_ids)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - num_ids, num_ids)
        expanded: Ids = flat[np.repeat(starts.take(symbols), num_ids) + within]
        return expanded

    @cached_property
    def _expansions(self) -> tuple[Ids, NDArray[np.int64], NDArray[np.int64]]:
        """All symbols written in characters: their ids end to end, and each symbol's offset and number of ids."""
        lengths = np.maximum(1, self.num_chars_of_ids)
        num_simple = len(self.texts) - len(self.subwords)
        of_subwords = [np.array(self.spelled_out(subword), dtype=self.dtype) for subword in self.subwords]
        flat: Ids = np.concatenate([np.arange(num_simple, dtype=self.dtype), *of_subwords])
        return flat, np.cumsum(lengths) - lengths, lengths


class _Remembered(dict[str, bytes]):
    """Ids of tokens, by token. A full dictionary is cleared; frequent tokens are soon found again."""

    def __init__(self, find: Callable[[str], bytes]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, token: str) -> bytes:
        if len(self) >= TOKENS_REMEMBERED:
            self.clear()
        found = self[token] = self._find(token)
        return found
