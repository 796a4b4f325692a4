"""Byte-pair encoding: subwords are learned by repeatedly joining the two symbols that most often stand side by side.

Encoding starts with the characters of a token and joins pairs in the order in which they were learned. Here a text is a
sequence of characters, not of bytes, and pairs are joined only within the tokens of `pretokenizer`.

Source: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with Subword Units"
(arXiv 1508.07909), section 3.2. Departures: there is no end-of-word symbol, because a token includes the blank before
it; among equally frequent pairs the one with the lower ids is joined first; pairs that occur only once are not joined.
"""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from penwright.alphabet.characters import FIRST_CHARACTER_ID, Alphabet
from penwright.alphabet.subwords import MAX_SUBWORD_CHARS, MAX_SYMBOLS, SubwordAlphabet
from penwright.errors import AuthorError, ConfigError

KIND_IN_FILES = "pairs"
"""The kind in `to_dict`. It is older than the unit's name, and digests of corpora depend on it."""
Pair = tuple[int, int]
_KEYS = {"kind", "characters", "pieces"}


class BpeAlphabet(SubwordAlphabet):
    """Characters, and subwords joined of two symbols each."""

    def __init__(self, characters: str, *, joins: Sequence[Pair]) -> None:
        """Build from the characters and the pairs to be joined, in order.

        Args:
            characters: Distinct characters, sorted by code point.
            joins: Pairs of ids; each pair is joined to one symbol. If an earlier pair has made the same text, the pair
                is joined to that symbol and makes no new one.

        Raises:
            ConfigError: If a pair names a symbol that does not exist yet, occurs twice, or makes too long a subword.
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
            if len(text) > MAX_SUBWORD_CHARS:
                raise ConfigError(f"a subword has at most {MAX_SUBWORD_CHARS} characters; one has {len(text)}.")
            if text not in id_of:
                id_of[text] = len(texts)
                texts.append(text)
            self._ranks[left, right] = rank
            self._joined[left, right] = id_of[text]
        super().__init__(characters, unit="bpe", subwords=texts[FIRST_CHARACTER_ID + len(characters) :])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "BpeAlphabet":
        characters, joins = data.get("characters"), data.get("pieces")
        if set(data) != _KEYS or not isinstance(characters, str) or not isinstance(joins, list):
            raise AuthorError("an alphabet of byte pairs must hold exactly 'kind', 'characters' and 'pieces'.")
        if data["kind"] != KIND_IN_FILES or not all(map(_is_pair, joins)):
            raise AuthorError(f"the pieces of an alphabet of kind '{KIND_IN_FILES}' must be pairs of ids.")
        try:
            return cls(characters, joins=[(left, right) for left, right in joins])
        except ConfigError as error:
            raise AuthorError(f"the alphabet is damaged: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        return {"kind": KIND_IN_FILES, "characters": self.characters, "pieces": [list(pair) for pair in self.joins]}

    def take_apart(self, token: str) -> list[int]:
        symbols, never = self.spelled_out(token), len(self._ranks)
        while len(symbols) > 1:
            first = min(pairwise(symbols), key=lambda pair: self._ranks.get(pair, never))
            if first not in self._ranks:
                break
            symbols = _join(symbols, first, self._joined[first])
        return symbols


def learn_bpe(alphabet: Alphabet, counts: Mapping[str, int], *, num_symbols: int) -> BpeAlphabet:
    """Join the two symbols that most often stand side by side within a token, until there are enough symbols.

    Args:
        alphabet: A learnt alphabet of characters.
        counts: Number of occurrences of each token.
        num_symbols: Symbols wanted in all. The result has fewer if no other pair occurs twice.

    Returns:
        An alphabet of subwords, equal for equal counts in any order.
    """
    tokens = sorted(counts)
    return BpeAlphabet(alphabet.characters, joins=_learn(alphabet, tokens, counts, num_symbols=num_symbols))


def _learn(alphabet: Alphabet, tokens: Sequence[str], counts: Mapping[str, int], *, num_symbols: int) -> list[Pair]:
    """Return the pairs to be joined, in order. The counts of all pairs are kept up to date after each join."""
    rows: list[list[int]] = [alphabet.encode(token).tolist() for token in tokens]
    num_tokens = [counts[token] for token in tokens]
    pair_counts: Counter[Pair] = Counter()
    rows_of: dict[Pair, set[int]] = {}  # indices of the rows that hold a pair, or did
    for index, (row, number) in enumerate(zip(rows, num_tokens, strict=True)):
        for pair in pairwise(row):
            if min(pair) >= FIRST_CHARACTER_ID:
                pair_counts[pair] += number
                rows_of.setdefault(pair, set()).add(index)
    texts, id_of, joins = list(alphabet.texts), {text: symbol for symbol, text in enumerate(alphabet.texts)}, []
    # The heap holds each pair with every count it rose to; a pair whose count has fallen since is put back lower.
    heap = [(-count, pair) for pair, count in pair_counts.items()]
    heapq.heapify(heap)
    while heap and len(texts) < num_symbols:
        count, pair = heapq.heappop(heap)
        if pair_counts[pair] != -count:
            if 0 < pair_counts[pair] < -count:
                heapq.heappush(heap, (-pair_counts[pair], pair))
            continue
        if -count < 2:
            break
        text = texts[pair[0]] + texts[pair[1]]
        symbol = id_of.setdefault(text, len(texts))
        if symbol == len(texts):
            texts.append(text)
        joins.append(pair)
        # Only rows that hold the pair change: their pairs are taken out of the counts and counted again once joined.
        risen = set()
        for index in rows_of.pop(pair):
            row = rows[index]
            for old in pairwise(row):
                if min(old) >= FIRST_CHARACTER_ID:
                    pair_counts[old] -= num_tokens[index]
            rows[index] = row = _join(row, pair, symbol)
            for new in pairwise(row):
                if min(new) >= FIRST_CHARACTER_ID:
                    pair_counts[new] += num_tokens[index]
                    if symbol in new:
                        rows_of.setdefault(new, set()).add(index)
                        risen.add(new)
        for new in risen:
            heapq.heappush(heap, (-pair_counts[new], new))
    return joins


def _join(symbols: Sequence[int], pair: Pair, joined: int) -> list[int]:
    """Return the symbols with each occurrence of a pair joined, from left to right."""
    left, right = pair
    row: list[int] = []
    index, last = 0, len(symbols) - 1
    while index <= last:
        if symbols[index] == left and index < last and symbols[index + 1] == right:
            row.append(joined)
            index += 2
        else:
            row.append(symbols[index])
            index += 1
    return row


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(symbol) is int for symbol in value)
