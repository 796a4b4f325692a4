"""Words: the subwords are the most frequent tokens of the books; any other token is spelled in characters."""

from collections.abc import Mapping, Sequence
from typing import Any

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.pretokenizer import is_token
from penwright.alphabet.subwords import SubwordAlphabet
from penwright.alphabet.units import Unit
from penwright.errors import AuthorError, ConfigError

KIND: Unit = "words"
_KEYS = {"kind", "characters", "pieces"}


class WordAlphabet(SubwordAlphabet):
    """Characters and whole tokens: words and runs of signs, each with the blank before it, and runs of white space."""

    def __init__(self, characters: str, *, words: Sequence[str]) -> None:
        """Build from the characters and the tokens in id order.

        Args:
            characters: Distinct characters, sorted by code point.
            words: Distinct tokens of two or more of these characters.

        Raises:
            ConfigError: If a token is none, occurs twice or holds other characters, or there are too many.
        """
        super().__init__(characters, unit=KIND, subwords=words)
        for word in words:
            if not is_token(word):
                raise ConfigError(f"{word!r} is not one word, and no text would be encoded with it.")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "WordAlphabet":
        characters, words = data.get("characters"), data.get("pieces")
        if set(data) != _KEYS or not isinstance(characters, str) or not isinstance(words, list):
            raise AuthorError("an alphabet of words must hold exactly 'kind', 'characters' and 'pieces'.")
        if data["kind"] != KIND or not all(isinstance(word, str) for word in words):
            raise AuthorError(f"the pieces of an alphabet of kind '{KIND}' must be texts.")
        try:
            return cls(characters, words=words)
        except ConfigError as error:
            raise AuthorError(f"the alphabet is damaged: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        return {"kind": KIND, "characters": self.characters, "pieces": list(self.subwords)}

    def take_apart(self, token: str) -> list[int]:
        symbol = self.id_of_text.get(token)
        return self.spelled_out(token) if symbol is None else [symbol]


def learn_words(alphabet: Alphabet, counts: Mapping[str, int], *, num_symbols: int) -> WordAlphabet:
    """Take the most frequent tokens of two or more characters.

    Args:
        alphabet: A learnt alphabet of characters.
        counts: Number of occurrences of each token.
        num_symbols: Symbols wanted in all. The result has fewer if fewer tokens occur twice.

    Returns:
        An alphabet of subwords, equal for equal counts in any order.
    """
    known = set(alphabet.characters)
    frequent = [token for token, count in counts.items() if count > 1 and len(token) > 1 and known.issuperset(token)]
    frequent.sort(key=lambda token: (-counts[token], token))
    return WordAlphabet(alphabet.characters, words=frequent[: max(0, num_symbols - alphabet.vocab_size)])
