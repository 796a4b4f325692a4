"""The configuration of a corpus: cleaning, alphabet and splits. Data only."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal, cast, get_args

from penwright.alphabet.characters import MAX_CHARACTERS
from penwright.alphabet.units import Unit
from penwright.corpus.language.function_words import NAMES
from penwright.errors import ConfigError, did_you_mean
from penwright.settings import MAX_INT64, Between, Matching, OneOf, Setting, check, with_present_names

AlphabetName = Literal["learnt", "seed"]
SplitRule = Literal["auto", "author", "passages", "seed"]
SplitName = Literal["train", "val", "test"]
CodeRule = Literal["auto", "all", "none"]

SPLITS: tuple[SplitName, ...] = get_args(SplitName)
MIN_SUBWORDS, MAX_SUBWORDS = 64, 32_768
_LANGUAGES = re.compile(rf"(?:(?:{'|'.join(NAMES)})(?:,(?:{'|'.join(NAMES)}))*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusConfig:
    """The configuration of a corpus. With the seed's alphabet and the seed's split, nothing is cleaned, as in 2017."""

    alphabet: AlphabetName = "learnt"
    """"learnt": the characters found in the books. "seed": the 98 symbols of the 2017 system; all other characters
    are lost."""
    max_characters: Annotated[int, Between(1, MAX_CHARACTERS)] = 4_000
    """Largest number of characters with an id of their own in a learnt alphabet; the most frequent ones have one."""
    unit: Unit = "characters"
    """Unit of text that a symbol stands for. "characters": one character. "bpe": byte-pair encoding, which joins
    characters that often stand side by side. "words": a frequent word; all other words are spelled in characters."""
    num_subwords: Annotated[int, Between(MIN_SUBWORDS, MAX_SUBWORDS)] = 512
    """Symbols in all if the unit is "bpe" or "words"; a small shelf may have fewer."""
    min_count: Annotated[int, Between(0, MAX_INT64)] = 0
    """Count in the training books below which a character is spelled in bytes. 0: once in a million characters, since
    a rarer one cannot be learned."""
    licence: bool = True
    """Cut the distributor's header, licence and transcriber's notes."""
    unwrap: bool = True
    """Join the lines of paragraphs that were broken at a fixed width."""
    normalize_punctuation: bool = False
    """Replace curly quotes, dashes, ellipses and ligatures by ASCII forms; letters keep their accents. Lossy."""
    max_cut_fraction: Annotated[float, Between(0, 1)] = 0.1
    """Largest share of a file that is cut without a word, and the largest that is cut at all beyond the 25,000
    characters that a distributor's licence may take. A file where cleaning would take more is kept whole, with a
    warning."""
    refuse_large_cuts: bool = False
    """Leave a file out, instead of keeping it whole, if cleaning would take more than that."""
    language: Annotated[str, Matching(_LANGUAGES, "codes of languages, such as en, or en,fr")] = ""
    """Keep only the books in these languages, told by their text: codes such as "en", or "en,fr". Empty: all books."""
    accept_doubtful: bool = False
    """Read a text too in which more than 1 % of the characters are replacements (U+FFFD) or improbable."""
    code: CodeRule = "auto"
    """Which files are source code: taken line by line, called by their paths and held out by folder. "auto": those
    with the name of a program. "all": every plain text. "none": no file; programs are read as books are."""
    generated: bool = False
    """Read source files too that say they are generated, or are minified, locked versions or tables of numbers."""
    drop_duplicates: bool = True
    """Keep only one of several equal texts. Other editions are kept, in the same split."""
    split: SplitRule = "auto"
    """"author": hold out all books of some writers, or whole titles if there are fewer than three writers. "passages":
    hold out passages from the ends of all books. "auto": passages if there are fewer than twelve books, else as
    "author". "seed": hold out the last files."""
    val_fraction: Annotated[float, Between(0, 0.4)] = 0.05
    """Share of the characters held out for validation; 0 for none."""
    test_fraction: Annotated[float, Between(0, 0.4)] = 0.05
    """Share of the characters held out for the test at the end; 0 for none."""
    split_seed: Annotated[int, Between(0, MAX_INT64)] = 0
    """Seed for the choice of held-out writers."""

    def __post_init__(self) -> None:
        check(self, section="corpus.")
        if self.alphabet == "seed" and self.unit != "characters":
            raise ConfigError(
                f"corpus.unit='{self.unit}' needs a learnt alphabet, and the seed's is fixed. "
                "Set corpus.alphabet to learnt, or corpus.unit to characters."
            )

    @property
    def languages(self) -> frozenset[str]:
        """The codes of the languages to keep; empty for all."""
        return frozenset(filter(None, self.language.split(",")))

    @property
    def is_raw(self) -> bool:
        """True if books are taken unchanged: with both the seed's alphabet and the seed's split."""
        return self.alphabet == "seed" and self.split == "seed"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "CorpusConfig":
        """Rebuild a configuration from `to_dict`; missing settings take their defaults.

        Raises:
            ConfigError: If a name is unknown or a value out of bounds.
        """
        data = with_present_names(data, section="corpus")
        names = [field.name for field in fields(cls)]
        for name in data:
            if name not in names:
                raise ConfigError(f"there is no setting corpus.{name}.{did_you_mean(name, names)}")
        return cls(**data)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON or TOML; `from_dict` reads it back."""
        return asdict(self)


def split_name(value: object) -> SplitName:
    """Return `value` as the name of a split.

    Raises:
        ConfigError: If there is no such split.
    """
    Setting(str, (OneOf(SPLITS),)).check("split", value)
    return cast(SplitName, value)
