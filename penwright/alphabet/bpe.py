"""Byte pairs: an alphabet whose pieces are learned by joining, again and again, the two symbols that most often meet.

Encoding begins with the characters of a token and joins pairs in the order in which they were learned. Here a text is a
row of characters, not of bytes, and pairs are joined within the tokens of `cutting` only.

Source: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with Subword Units"
(arXiv 1508.07909), section 3.2. Departures: no sign for the end of a word, as a token carries the blank before it;
equal counts are settled by the lower ids; pairs that meet only once are not joined.
"""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from penwright.alphabet.characters import FIRST_CHARACTER_ID, Alphabet
from penwright.alphabet.subwords import MAX_PIECE_CHARS, MAX_SYMBOLS, PieceAlphabet
from penwright.errors import AuthorError, ConfigError

KIND = "pairs"
Pair = tuple[int, int]
_KEYS = {"kind", "characters", "pieces"}


class PairAlphabet(PieceAlphabet):
    """Characters, and pieces joined of two symbols each."""

    def __init__(self, characters: str, *, joins: Sequence[Pair]) -> None:
        """Build from the characters and the pairs to be joined, in order.

        Args:
            characters: Distinct ones, sorted by code point.
            joins: The ids of two symbols each that are joined to one. A pair whose text another pair has made already
                is joined to that one's symbol and makes no new one.

        Raises:
            ConfigError: If a pair joins what is not there yet, is given twice, or makes too long a piece.
        """
        if len(joins) > MAX_SYMBOLS:
            raise ConfigError(f"an alphabet joins at most {MAX_SYMBOLS:,} pairs; {len(joins):,} were given.")
        texts = [*[""] * FIRST_CHARACTER_ID, *characters]
        id_of: dict[str, int] = {}
        self.joins = tuple(joins)
        self._ranks: dict[Pair, int] = {}
        self._joined: dict[Pair, int] = {}
        for rank, (left, right) in enumerate(joins):
            if not (FIRST_CHARACTER_ID <= left < len(texts) and FIRST_CHARACTER_ID <= right < len(texts)):
                raise ConfigError(f"the pair ({left}, {right}) joins symbols that are not there.")
            if (left, right) in self._ranks:
                raise ConfigError(f"the pair ({left}, {right}) is given twice.")
            text = texts[left] + texts[right]
            if len(text) > MAX_PIECE_CHARS:
                raise ConfigError(f"a piece has at most {MAX_PIECE_CHARS} characters; one has {len(text)}.")
            if text not in id_of:
                id_of[text] = len(texts)
                texts.append(text)
            self._ranks[left, right] = rank
            self._joined[left, right] = id_of[text]
        super().__init__(characters, kind=KIND, pieces=texts[FIRST_CHARACTER_ID + len(characters) :])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "PairAlphabet":
        characters, joins = data.get("characters"), data.get("pieces")
        if set(data) != _KEYS or not isinstance(characters, str) or not isinstance(joins, list):
            raise AuthorError("an alphabet of pairs must hold exactly 'kind', 'characters' and 'pieces'.")
        if data["kind"] != KIND or not all(map(_is_pair, joins)):
            raise AuthorError(f"the pieces of an alphabet of kind '{KIND}' must be pairs of ids.")
        try:
            return cls(characters, joins=[(left, right) for left, right in joins])
        except ConfigError as error:
            raise AuthorError(f"the alphabet is damaged: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        return {"kind": KIND, "characters": self.characters, "pieces": [list(pair) for pair in self.joins]}

    def take_apart(self, token: str) -> list[int]:
        symbols, never = self.spelled_out(token), len(self._ranks)
        while len(symbols) > 1:
            first = min(pairwise(symbols), key=lambda pair: self._ranks.get(pair, never))
            if first not in self._ranks:
                break
            symbols = _join(symbols, first, self._joined[first])
        return symbols


def learn_pairs(alphabet: Alphabet, counts: Mapping[str, int], *, num_symbols: int) -> PairAlphabet:
    """Join the two symbols that most often meet within a token, until there are enough symbols.

    Args:
        alphabet: A learnt one, in characters.
        counts: How often each token occurs.
        num_symbols: Symbols wanted in all; fewer are made where no pair meets twice.

    Returns:
        The same for the same counts, whatever their order.
    """
    tokens = sorted(counts)
    return PairAlphabet(alphabet.characters, joins=_learn(alphabet, tokens, counts, num_symbols=num_symbols))


def _learn(alphabet: Alphabet, tokens: Sequence[str], counts: Mapping[str, int], *, num_symbols: int) -> list[Pair]:
    """Return the pairs to be joined; the counts of all pairs are kept up to date, join by join."""
    rows: list[list[int]] = [alphabet.encode(token).tolist() for token in tokens]
    numbers = [counts[token] for token in tokens]
    met: Counter[Pair] = Counter()
    places: dict[Pair, set[int]] = {}  # rows that hold a pair, or did
    for place, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        for pair in pairwise(row):
            if min(pair) >= FIRST_CHARACTER_ID:
                met[pair] += number
                places.setdefault(pair, set()).add(place)
    texts, id_of, joins = list(alphabet.texts), {text: symbol for symbol, text in enumerate(alphabet.texts)}, []
    # Each pair stands in the heap with every count it rose to; one that has fallen meanwhile is put back lower.
    heap = [(-count, pair) for pair, count in met.items()]
    heapq.heapify(heap)
    while heap and len(texts) < num_symbols:
        count, pair = heapq.heappop(heap)
        if met[pair] != -count:
            if 0 < met[pair] < -count:
                heapq.heappush(heap, (-met[pair], pair))
            continue
        if -count < 2:
            break
        text = texts[pair[0]] + texts[pair[1]]
        symbol = id_of.setdefault(text, len(texts))
        if symbol == len(texts):
            texts.append(text)
        joins.append(pair)
        rose = set()
        for place in places.pop(pair):
            row = rows[place]
            for old in pairwise(row):
                if min(old) >= FIRST_CHARACTER_ID:
                    met[old] -= numbers[place]
            rows[place] = row = _join(row, pair, symbol)
            for new in pairwise(row):
                if min(new) >= FIRST_CHARACTER_ID:
                    met[new] += numbers[place]
                    if symbol in new:
                        places.setdefault(new, set()).add(place)
                        rose.add(new)
        for new in rose:
            heapq.heappush(heap, (-met[new], new))
    return joins


def _join(symbols: Sequence[int], pair: Pair, joined: int) -> list[int]:
    """Return symbols with each occurrence of a pair joined, from the left."""
    left, right = pair
    row: list[int] = []
    place, last = 0, len(symbols) - 1
    while place <= last:
        if symbols[place] == left and place < last and symbols[place + 1] == right:
            row.append(joined)
            place += 2
        else:
            row.append(symbols[place])
            place += 1
    return row


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(symbol) is int for symbol in value)
