"""Map characters to ids and back without losing any.

A learnt alphabet holds the characters found in the books. A character it lacks is spelled as its UTF-8 bytes, each byte
as two nibble symbols, so every text round-trips with only sixteen extra symbols. The seed alphabet is the fixed set of
98 symbols of the 2017 system. It maps every other character to one unknown symbol and so loses it. Alphabets of
subwords (`subwords`) have the same interface.

This module knows nothing of books, files or models.

Shapes: N = characters or ids of a text; n = its characters that are spelled.

Ids of a learnt alphabet:
    0           the edge of a book: read before its first character, never part of a text
    1..16       nibbles 0x0..0xF
    17..        the learnt characters, in code point order
Ids of the seed alphabet: 0 unknown, 1 tab, 2..96 the printable ASCII characters, 97 line feed.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.code_points import code_points_of, decode_utf8, look_up, nibbles_of, text_of, utf8_lengths
from penwright.alphabet.units import CHARACTERS, Unit
from penwright.errors import AuthorError, ConfigError, did_you_mean

BOUNDARY_ID = 0
FIRST_NIBBLE_ID = 1
FIRST_CHARACTER_ID = 17
MAX_CHARACTERS = 60_000  # ids stay below 2^16
NUM_CODE_POINTS = 0x110000
ALPHABETS = ("learnt", "seed")

Ids = NDArray[np.uint8 | np.uint16]


class Alphabet:
    """An immutable set of characters with an id for each. Make one with `learn`, `seed` or `from_dict`."""

    kind: str
    """"learnt" or "seed"; for an alphabet of subwords, its unit."""
    characters: str
    """Characters with an id of their own, in the order of their ids."""
    texts: list[str]
    """Text of each id, V entries; empty for the edge of a book and for nibbles."""

    def __init__(self, characters: str, *, kind: str = "learnt") -> None:
        """Build from the characters in id order.

        Args:
            characters: Distinct characters. For a learnt alphabet, sorted by code point; for the seed, its 97.
            kind: "learnt" or "seed".

        Raises:
            ConfigError: If a character occurs twice, there are too many, or the kind is unknown.
        """
        if kind not in ALPHABETS:
            raise ConfigError(f"there is no alphabet '{kind}'.{did_you_mean(kind, ALPHABETS)}")
        if len(set(characters)) != len(characters):
            raise ConfigError("an alphabet needs distinct characters; at least one was given twice.")
        if len(characters) > MAX_CHARACTERS:
            found = f"{len(characters):,} were given"
            raise ConfigError(f"an alphabet holds at most {MAX_CHARACTERS:,} characters; {found}.")
        self.kind = kind
        self.characters = characters
        self._first_id = FIRST_CHARACTER_ID if kind == "learnt" else 1
        self.texts = [*([""] * FIRST_CHARACTER_ID if kind == "learnt" else ["\0"]), *characters]
        # Zero means "no id": it is the seed's unknown symbol, and the edge of a book never stands for a character.
        self._id_of_code_point: Ids = np.zeros(NUM_CODE_POINTS, dtype=self.dtype)
        code_points = code_points_of(characters)
        self._id_of_code_point[code_points] = np.arange(self._first_id, self.vocab_size)
        self._code_point_of_id = np.concatenate([np.zeros(self._first_id, dtype=np.uint32), code_points])

    @classmethod
    def learn(cls, counts: Mapping[str, int], *, max_characters: int = 4_000, min_count: int = 1) -> "Alphabet":
        """Choose the characters that get an id of their own.

        Args:
            counts: Number of occurrences of each character in the training books.
            max_characters: Keep at most this many characters, the most frequent ones, 1 to 60,000.
            min_count: Spell a rarer character in bytes, from 1.

        Returns:
            A learnt alphabet, equal for equal counts in any order.

        Raises:
            ConfigError: If a bound is out of range.
        """
        if not 1 <= max_characters <= MAX_CHARACTERS:
            raise ConfigError(f"max_characters={max_characters} must lie between 1 and {MAX_CHARACTERS:,}.")
        if min_count < 1:
            raise ConfigError(f"min_count={min_count} must be at least 1.")
        frequent = [character for character, count in counts.items() if count >= min_count]
        frequent.sort(key=lambda character: (-counts[character], character))
        return cls("".join(sorted(frequent[:max_characters])))

    @classmethod
    def seed(cls) -> "Alphabet":
        """Return the 98 symbols of the 2017 system: unknown, tab, the printable ASCII characters, line feed."""
        return cls("\t" + "".join(map(chr, range(32, 127))) + "\n", kind="seed")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Alphabet":
        """Rebuild an alphabet from `to_dict`; all of it is checked.

        Raises:
            AuthorError: If the data is not what `to_dict` writes.
        """
        kind, characters = data.get("kind"), data.get("characters")
        if not isinstance(kind, str) or not isinstance(characters, str) or set(data) != {"kind", "characters"}:
            raise AuthorError("the alphabet must hold exactly 'kind' and 'characters', both text.")
        try:
            alphabet = cls(characters, kind=kind)
        except ConfigError as error:
            raise AuthorError(f"the alphabet is damaged: {error}") from error
        if kind == "seed" and characters != cls.seed().characters:
            raise AuthorError("the seed alphabet is fixed, but this one holds other characters.")
        return alphabet

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; `from_dict` reads it back."""
        return {"kind": self.kind, "characters": self.characters}

    @property
    def vocab_size(self) -> int:
        """Number of ids, V: the characters and the special symbols before them."""
        return len(self.texts)

    @property
    def unit(self) -> Unit:
        """Unit of text that a symbol stands for: "characters"; for an alphabet of subwords, "bpe" or "words"."""
        return CHARACTERS

    @property
    def of_characters(self) -> "Alphabet":
        """The alphabet of the same characters without subwords; an alphabet without subwords returns itself."""
        return self

    @cached_property
    def num_chars_of_ids(self) -> NDArray[np.int64]:
        """Number of characters of each id, shape (V,): 0 for the edge of a book and for nibbles."""
        return np.array([len(text) for text in self.texts], dtype=np.int64)

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """The smallest unsigned type that holds every id."""
        return np.uint8 if self.vocab_size <= 256 else np.uint16

    @property
    def boundary_id(self) -> int | None:
        """The id read before a book's first character, or None for the seed, which joins its books."""
        return BOUNDARY_ID if self.is_lossless else None

    @property
    def start_id(self) -> int:
        """The id to read first when there is no prompt: the edge of a book, or the seed's letter L."""
        return BOUNDARY_ID if self.is_lossless else int(self._id_of_code_point[ord("L")])

    @property
    def digest(self) -> str:
        """SHA-256 of the alphabet's data, 64 hexadecimal digits."""
        data = json.dumps(self.to_dict(), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(data.encode("ascii")).hexdigest()

    @property
    def is_lossless(self) -> bool:
        """True if every text round-trips."""
        return self.kind != "seed"

    def encode(self, text: str) -> Ids:
        """Return the ids of a text.

        Args:
            text: Any string, lone surrogates included.

        Returns:
            Ids of `dtype`, shape (N,). N is the number of characters plus the ids added by spelling unknown ones.
        """
        ids = look_up(text, self._id_of_code_point)
        if self.is_lossless and not ids.all():
            return self._spell(ids, code_points_of(text))
        return ids

    def _spell(self, ids: Ids, code_points: NDArray[np.uint32]) -> Ids:
        """Replace each zero by the nibbles of the character's UTF-8 form."""
        unknown = np.flatnonzero(ids == 0)  # (n,)
        spelled = (nibbles_of(text_of(code_points[unknown])) + FIRST_NIBBLE_ID).astype(self.dtype)
        num_ids = 2 * utf8_lengths(code_points[unknown])
        first = np.cumsum(num_ids) - num_ids
        ids[unknown] = spelled[first]
        return np.insert(ids, np.repeat(unknown + 1, num_ids - 1), np.delete(spelled, first))

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids. Nibbles that form no character become U+FFFD."""
        symbols = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, dtype=np.int64)
        if self.kind == "seed":
            return text_of(self._code_point_of_id.take(symbols))
        is_nibble = (symbols >= FIRST_NIBBLE_ID) & (symbols < FIRST_CHARACTER_ID)
        edges = np.flatnonzero(np.diff(is_nibble, prepend=False, append=False))
        texts: list[str] = []
        done = 0
        for start, stop in edges.reshape(-1, 2).tolist():
            texts += [self._decode_characters(symbols[done:start]), self._decode_nibbles(symbols[start:stop])]
            done = stop
        return "".join([*texts, self._decode_characters(symbols[done:])])

    def _decode_characters(self, symbols: NDArray[np.integer]) -> str:
        """Return the text of ids without nibbles; the edge of a book has no text."""
        return text_of(self._code_point_of_id.take(symbols[symbols != BOUNDARY_ID]))

    def _decode_nibbles(self, symbols: NDArray[np.integer]) -> str:
        """Return the text of ids that are all nibbles."""
        values = symbols.astype(np.uint8) - np.uint8(FIRST_NIBBLE_ID)
        if len(values) % 2 == 0:
            with suppress(UnicodeDecodeError):
                return (values[0::2] << 4 | values[1::2]).tobytes().decode("utf-8", "surrogatepass")
        decoder = self.decoder()
        return "".join([*map(decoder.push, symbols.tolist()), decoder.finish()])

    def spell(self, ids: Ids) -> Ids:
        """Return ids of this alphabet as ids of its alphabet `of_characters`, shape (N,)."""
        return ids

    def num_stable_chars(self, text: str) -> int:
        """Return the length of the stable prefix of a text: it is encoded the same whatever text follows."""
        return len(text)

    def iter_stretches(self, text: str, *, size: int) -> Iterator[str]:
        """Cut a text so that the ids of its stretches, one after the other, are the ids of the text.

        Args:
            text: Any string.
            size: Largest number of characters of a stretch; at least 256 for an alphabet of subwords.
        """
        start = 0
        while len(text) - start > size:
            stop = start + self.num_stable_chars(text[start : start + size])
            yield text[start:stop]
            start = stop
        if start < len(text):
            yield text[start:]

    def decoder(self) -> "Decoder":
        """Return a new decoder for a stream of ids."""
        return Decoder(self)

    def __contains__(self, character: str) -> bool:
        return bool(self._id_of_code_point[ord(character)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alphabet) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.kind, self.characters))

    def __repr__(self) -> str:
        return f"Alphabet({self.kind}, {self.vocab_size} symbols)"


class Decoder:
    """Turn ids into text one by one, holding back nibbles until they make a character."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        self._nibbles: list[int] = []

    def push(self, symbol: int) -> str:
        """Take one id and return the text it completes: often one character, sometimes none, for a subword several."""
        alphabet = self._alphabet
        if alphabet.is_lossless and FIRST_NIBBLE_ID <= symbol < FIRST_CHARACTER_ID:
            self._nibbles.append(symbol - FIRST_NIBBLE_ID)
            return self._complete_characters()
        return self.finish() + alphabet.texts[symbol]

    def finish(self) -> str:
        """Return the text of the nibbles held back, with U+FFFD for those that form no character, and clear them."""
        if not self._nibbles:
            return ""
        whole = len(self._nibbles) // 2 * 2
        pairs = zip(self._nibbles[0:whole:2], self._nibbles[1:whole:2], strict=True)
        data = bytes(16 * high + low for high, low in pairs)
        is_odd = whole < len(self._nibbles)
        self._nibbles = []
        return decode_utf8(data) + ("\ufffd" if is_odd else "")

    def _complete_characters(self) -> str:
        """Return the character whose last nibble just arrived, else an empty string."""
        if len(self._nibbles) % 2:
            return ""
        lead = 16 * self._nibbles[0] + self._nibbles[1]
        needed = 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        return self.finish() if len(self._nibbles) >= 2 * needed else ""
