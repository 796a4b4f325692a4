"""Alphabets with pieces: ids for single characters, and beyond them ids for pieces of two or more.

A text is cut into tokens (`cutting`), each token is taken apart by itself, and what was found for it is remembered,
since a few thousand tokens make up most of any text. A character without an id is spelled in half-bytes as in any
learnt alphabet and is part of no piece, so every text round-trips.

Ids: those of a learnt alphabet (0 the edge of a book, 1..16 half-bytes, 17.. characters), then the pieces.
How a token is taken apart is for `pairs` and `words` to say. This module knows nothing of how pieces are learned.

Shapes: N = ids of a text, n = the same in characters.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet, Ids
from penwright.alphabet.pretokenizer import settled_chars, tokens_of
from penwright.alphabet.units import Unit
from penwright.errors import ConfigError

MAX_SYMBOLS = 1 << 16
MAX_PIECE_CHARS = 64
CHARS_AT_ONCE = 1 << 18
"""Characters that are cut into tokens at once, which bounds memory."""
TOKENS_REMEMBERED = 1 << 17


class PieceAlphabet(Alphabet):
    """A learnt alphabet with pieces; its kind is its unit."""

    def __init__(self, characters: str, *, kind: str, pieces: Sequence[str]) -> None:
        """Build from the characters and the pieces in id order.

        Args:
            characters: Distinct ones, sorted by code point.
            kind: "pairs" or "words".
            pieces: Distinct texts of two or more of these characters.

        Raises:
            ConfigError: If they are not, or are too many or too long.
        """
        super().__init__(characters)
        num_symbols = len(self.texts) + len(pieces)
        if num_symbols > MAX_SYMBOLS:
            raise ConfigError(f"an alphabet holds at most {MAX_SYMBOLS:,} symbols; {num_symbols:,} were given.")
        known = set(characters)
        for piece in pieces:
            if not 2 <= len(piece) <= MAX_PIECE_CHARS:
                raise ConfigError(f"a piece has 2 to {MAX_PIECE_CHARS} characters; one has {len(piece):,}.")
            if not known.issuperset(piece):
                raise ConfigError("a piece holds a character that the alphabet lacks.")
        if len(set(pieces)) != len(pieces):
            raise ConfigError("an alphabet needs distinct pieces; at least one was given twice.")
        self.kind = kind
        self.pieces = tuple(pieces)
        self._spelled_token = super().encode
        self.texts += pieces
        self.id_of_text = {text: symbol for symbol, text in enumerate(self.texts) if text}
        """The id of each character and each piece."""
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
        """Return the ids of one token in characters, half-bytes for those that have no id."""
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
        """Return the text of some ids; half-bytes that form no character become U+FFFD."""
        symbols = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, dtype=np.int64)
        return super().decode(self._expand(symbols))

    def spell(self, ids: Ids) -> Ids:
        return self._expand(ids).astype(self.of_characters.dtype, copy=False)

    def settled(self, text: str) -> int:
        return settled_chars(text)

    def _bytes_of_token(self, token: str) -> bytes:
        return np.array(self.take_apart(token), dtype=self.dtype).tobytes()

    def _expand(self, symbols: NDArray[np.integer]) -> Ids:
        """Return ids with the ids of its characters in the place of each piece, shape (n,)."""
        flat, starts, lengths = self._expansions
        num_ids = lengths.take(symbols)
        ends = np.cumsum(num_ids)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - num_ids, num_ids)
        expanded: Ids = flat[np.repeat(starts.take(symbols), num_ids) + within]
        return expanded

    @cached_property
    def _expansions(self) -> tuple[Ids, NDArray[np.int64], NDArray[np.int64]]:
        """The ids in characters of all symbols end to end, where each symbol's begin, and how many they are."""
        lengths = np.maximum(1, self.num_chars_of_ids)
        num_simple = len(self.texts) - len(self.pieces)
        of_pieces = [np.array(self.spelled_out(piece), dtype=self.dtype) for piece in self.pieces]
        flat: Ids = np.concatenate([np.arange(num_simple, dtype=self.dtype), *of_pieces])
        return flat, np.cumsum(lengths) - lengths, lengths


class _Remembered(dict[str, bytes]):
    """What was found for each token; all is forgotten when it is too much, which frequent tokens hardly notice."""

    def __init__(self, find: Callable[[str], bytes]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, token: str) -> bytes:
        if len(self) >= TOKENS_REMEMBERED:
            self.clear()
        found = self[token] = self._find(token)
        return found
