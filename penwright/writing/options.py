"""The options of writing, each declared once: how a character is drawn, and where the text ends.

An option is a field of `Ending`, of `SamplingConfig` or of `Laws`, with its bounds, its meaning and its default, and a
line in `WriteOptions` for editors and type checkers. `Author.write`, the diary of a training and the command line read
it from here; `sampling`, `stopping`, `laws` and `best` hold what it does. This module knows nothing of models and does
not import torch.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from inspect import Parameter, cleandoc, signature
from typing import Annotated, Any, NamedTuple, TypedDict, TypeVar

from penwright.errors import UsageError, did_you_mean
from penwright.settings import MAX_INT64, Between, MaxChars, Setting, check, settings_of

MAX_COUNT = 10**12
MAX_PATTERN_CHARS = 1_000
MAX_BIASED_CHARS = 50
MAX_BIASES = 100
MAX_TRIES = 64
MAX_MATCH_LENGTH = 16
"""Maximum number of characters for which the match model may follow a repetition while a text is being written. An
author that matches its own words finds them more probable each time. Of twelve pages of 2,000 characters by an author
of five minutes, one went round in circles: 8 % of all characters stood in spans of 40 that had been written before.
With a limit of 32 it was 0.4 %, with 24 0.1 %, with 16 none (2026-11). There is no limit while reading. A page needs no
lower one; `author.works.settings` tells what a novel needs."""

Count = Annotated[int, Between(1, MAX_COUNT)] | None
Temperature = Annotated[
    float,
    Between(0, 10),
    "0 always takes the most probable character, 1 follows what the author believes, more is bolder.",
]
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingConfig:
    """How freely the next character is chosen. `sampling` says in which order the options act."""

    temperature: Temperature = 0.8
    top_k: Annotated[int, Between(0, MAX_INT64), "Keep the k most probable characters; 0 keeps all."] = 0
    """The 2017 system's "top-n"."""
    top_p: Annotated[
        float,
        Between(0, 1, excluding=0),
        "Keep the fewest most probable characters that together reach this probability; 1 keeps all.",
    ] = 1.0
    min_p: Annotated[
        float,
        Between(0, 1),
        "Keep characters at least this share as probable as the most probable one; 0 keeps all.",
    ] = 0.1
    """Prunes within a word, where one letter is nearly certain, and stays open where a word begins (Nguyen et al. 2024,
    "Turning Up the Heat: Min-p Sampling", section 3). Of the words that the author in the box writes, 0.17 % are in no
    training book; with 0.02 it was 0.37 % (22,000 words each, 2026-11)."""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: If a value is of the wrong type or out of bounds.
        """
        check(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """Where a text ends: at the first limit that holds; with no limit given, nowhere."""

    max_chars: Annotated[Count, "Characters to write, exactly."] = None
    max_words: Annotated[Count, "Words to write, then on to the end of the sentence."] = None
    """A Han or kana sign counts as a word."""
    max_paragraphs: Annotated[Count, "Paragraphs to write; a blank line ends one."] = None
    """Where no line is blank and one has 100 characters or more, every line is a paragraph."""
    until: Annotated[
        Annotated[str, MaxChars(MAX_PATTERN_CHARS)] | None,
        "Write until this regular expression matches, the match included.",
    ] = None
    """Searched after every character in the last 256 characters written. "^" stands for the beginning of the text and
    "$" for the end of what is written so far, so an optional ending is never waited for. A pattern with nested
    repetitions can take very long even so; it should come from the person at the keyboard, never from a stranger."""

    stop: Annotated[
        tuple[str, ...] | None,
        MaxChars(MAX_PATTERN_CHARS),
        "Write until this text begins, which is left out; several may be given, and the first to come ends the text.",
    ] = None

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            UsageError: If a value is of the wrong type or out of bounds, or `until` is no regular expression or matches
                the empty text.
        """
        if isinstance(self.stop, str):
            object.__setattr__(self, "stop", (self.stop,))
        check(self)
        if self.stop is not None and "" in self.stop:
            raise UsageError("stop='' would end every text at once; give at least one character.")
        if self.pattern is not None and self.pattern.search(""):
            raise UsageError(f"the pattern {self.until!r:.100} matches no text at all: nothing would be written.")

    @property
    def is_endless(self) -> bool:
        """True if no limit is given."""
        return all(getattr(self, field.name) is None for field in fields(self))

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """`until` compiled."""
        if self.until is None:
            return None
        try:
            return re.compile(self.until)
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(
                f"{self.until!r:.100} is no regular expression: {error}. Put a \\ before literal signs."
            ) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Laws:
    """Laws that a text keeps, each by a guide. Without any, the author writes as it would."""

    word_temperature: Annotated[
        float | None, Between(0, 10), "Temperature where a word begins; the usual one holds inside words."
    ] = None
    no_repeat_ngram: Annotated[
        int | None,
        Between(2, 20),
        "Write no run of N words twice, nor one that the prompt has; 5 ends most loops.",
    ] = None
    sentence_length: Annotated[
        float, Between(0.25, 4), "Length of sentences, as a multiple of what the author would write."
    ] = 1.0
    paragraph_length: Annotated[
        float, Between(0.25, 4), "Length of paragraphs, as a multiple of what the author would write."
    ] = 1.0
    close_quotes: Annotated[
        bool, "Close quotations and brackets by the end of each paragraph, and close none that is not open."
    ] = False
    logit_bias: Annotated[
        Mapping[str, float] | None,
        Between(-100, 100),
        MaxChars(MAX_BIASED_CHARS),
        "Number added to the logit of a character or of a longer text; -100 never writes it.",
    ] = None
    best_of: Annotated[int, Between(1, MAX_TRIES), "Write each sentence so many times and keep the best."] = 1
    max_match_length: Annotated[
        int, Between(0, 1_000_000), "Follow what stands in the text before for at most N characters; 0 never does."
    ] = MAX_MATCH_LENGTH

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            UsageError: If a value is of the wrong type or out of bounds.
        """
        check(self)
        if self.logit_bias and "" in self.logit_bias:
            raise UsageError("logit_bias needs texts of at least one character.")
        if self.logit_bias and len(self.logit_bias) > MAX_BIASES:
            raise UsageError(f"logit_bias takes at most {MAX_BIASES} texts; {len(self.logit_bias):,} were given.")


class WriteOptions(TypedDict, total=False):
    """The names of all options, for editors and type checkers."""

    max_chars: int | None
    max_words: int | None
    max_paragraphs: int | None
    until: str | None
    stop: Sequence[str] | str | None
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    word_temperature: float | None
    no_repeat_ngram: int | None
    sentence_length: float
    paragraph_length: float
    close_quotes: bool
    logit_bias: Mapping[str, float] | None
    best_of: int
    max_match_length: int
    seed: int | None


class ParsedOptions(NamedTuple):
    """The options of one text, checked."""

    ending: Ending
    sampling: SamplingConfig
    laws: Laws
    seed: int | None
    """Seed of the draws, None to take a new one."""


SEED = Setting(int, (Between(0, MAX_INT64),), True, "The same seed gives the same text; None takes a new one.")


def parse_options(options: Mapping[str, Any]) -> ParsedOptions:
    """Check options by name and sort them.

    Raises:
        UsageError: If an option does not exist, with the nearest that does, or a value is out of bounds.
    """
    for name in options:
        if name not in WriteOptions.__annotations__:
            near = did_you_mean(name[:50], WriteOptions.__annotations__)
            raise UsageError(f"writing has no option '{name:.50}'.{near}")
    seed = options.get("seed")
    SEED.check("seed", seed)
    return ParsedOptions(
        Ending(**_of(Ending, options)), SamplingConfig(**_of(SamplingConfig, options)), Laws(**_of(Laws, options)), seed
    )


def new_seed() -> int:
    """Return a seed that nobody chose, 0 to 2^32 - 1. Keep it to write the same text again."""
    return secrets.randbits(32)


def shows_options(function: Function) -> Function:
    """Spell out the options of a function with `**options: Unpack[WriteOptions]` in its signature and its docstring.

    `help` and editors that ask the running program then show every option with its default and its bounds.
    """
    shown = signature(function)
    own = [each for each in shown.parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
    lines = ["Options:"]
    for name, setting in {
        **settings_of(Ending),
        **settings_of(SamplingConfig),
        **settings_of(Laws),
        "seed": SEED,
    }.items():
        default = getattr(SamplingConfig(), name, getattr(Laws(), name, None))
        hint = WriteOptions.__annotations__[name]
        own.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=hint))
        shown_default = "" if default is None or default is False else f" Default {default:g}."
        lines.append(f"    {name}: {setting.description} {setting.needed.capitalize()}.{shown_default}")
    function.__signature__ = shown.replace(parameters=own)  # type: ignore[attr-defined]  # `inspect` looks for it
    function.__doc__ = "\n".join([cleandoc(function.__doc__ or ""), "", *lines])
    return function


def _of(cls: type, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are fields of a class."""
    return {name: options[name] for name in settings_of(cls) if name in options}
