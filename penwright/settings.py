"""Declare beside a setting which values it may have, check them in one place, and understand settings' former names.

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Reader:
        num_lanes: Annotated[int, Between(1, 65_536)] = 16
        order: Literal["shuffled", "rolled"] = "shuffled"

        def __post_init__(self) -> None:
            check(self, section="reader.")

A string in the annotation says what the setting means. An annotation without a rule still checks the type: `bool`,
`int`, `float` (finite; a whole number is a number too) or `str`, each with `| None` where None is allowed. A bool is
never a number. `tuple[str, ...]` is a list of texts and `Mapping[str, float]` a table of numbers by text; rules hold
for each text and each number. Fields of other types are passed over.
This module knows nothing of what any setting means.
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, UnionType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from penwright.errors import ConfigError, did_you_mean

MAX_INT64 = 2**63 - 1
MAX_SHOWN_CHARS = 50
MAX_SHOWN_BITS = 64

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "corpus.fold": "corpus.normalize_punctuation",
        "corpus.num_pieces": "corpus.num_subwords",
        "corpus.unit=pairs": "corpus.unit=bpe",
        "model.count_entries": "model.ngram_entries",
        "model.recall_slots": "model.match_slots",
        "model.unit=pairs": "model.unit=bpe",
        "train.count_symbols": "train.ngram_symbols",
        "train.device=gpu": "train.device=cuda",
    }
)
"""The present name of each setting that was renamed, as "section.key", or of a value that was, or has another common
name, as "section.key=value"."""


class Between(NamedTuple):
    """A number from `low` to `high`, both included but for the one that is excluded."""

    low: float
    high: float
    excluding: float | None = None


class OneOf(NamedTuple):
    """One of several names."""

    names: tuple[str, ...]


class MaxChars(NamedTuple):
    """Text of bounded length."""

    limit: int


class Matching(NamedTuple):
    """Text that a pattern matches as a whole."""

    pattern: re.Pattern[str]
    description: str
    """What an error message says is needed, such as "64 hexadecimal digits"."""


Rule = Between | OneOf | MaxChars | Matching


class Setting(NamedTuple):
    """The declaration of one setting."""

    kind: type
    """bool, int, float, str, tuple (of texts) or dict (of numbers by text)."""
    rules: tuple[Rule, ...] = ()
    may_be_none: bool = False
    description: str = ""
    """The meaning, where the annotation gives one."""

    def check(self, name: str, value: object) -> None:
        """Check a value.

        Args:
            name: What the error message calls the setting.
            value: Anything.

        Raises:
            ConfigError: If the type is wrong or the value breaks a rule. The message shows a long value shortened.
        """
        if value is None and self.may_be_none:
            return
        if self._has_type(value) and all(_keeps(value, rule) for rule in self.rules):
            return
        for rule in self.rules:
            if isinstance(rule, OneOf):
                near = did_you_mean(value[:MAX_SHOWN_CHARS] if isinstance(value, str) else "", rule.names)
                raise ConfigError(f"{name}={shown(value)} is unknown.{near}")
        raise ConfigError(f"{name}={shown(value)} must be {self.needed}.")

    @property
    def needed(self) -> str:
        """The values allowed, in words such as "a whole number from 1 to 64"."""
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        names |= {tuple: "a list, each text", dict: "a table from text to numbers, each"}
        return names[self.kind] + "".join(_in_words(rule) for rule in self.rules)

    def _has_type(self, value: object) -> bool:
        if isinstance(value, bool):
            return self.kind is bool
        if self.kind is tuple:
            return isinstance(value, tuple | list) and all(isinstance(each, str) for each in value)
        if self.kind is dict:
            number = Setting(float)
            return isinstance(value, Mapping) and all(
                isinstance(text, str) and number._has_type(each) for text, each in value.items()
            )
        if self.kind is float:
            return isinstance(value, int | float) and -math.inf < value < math.inf
        return isinstance(value, self.kind)


@cache
def settings_of(cls: type) -> Mapping[str, Setting]:
    """Return the settings that a dataclass or a TypedDict declares, by name."""
    hints = get_type_hints(cls, include_extras=True)
    settings = {name: _setting_of(hint) for name, hint in hints.items() if get_origin(hint) is not ClassVar}
    return MappingProxyType({name: setting for name, setting in settings.items() if setting is not None})


def check(config: Any, *, section: str = "") -> None:
    """Check every setting of a dataclass against its declaration; meant for `__post_init__`.

    Args:
        config: An instance whose class declares settings.
        section: What an error message puts before a setting's name, such as "train.".

    Raises:
        ConfigError: Naming the first setting that does not fit.
    """
    for name, setting in settings_of(config.__class__).items():
        setting.check(f"{section}{name}", getattr(config, name))


def with_present_names(table: Mapping[str, Any], *, section: str) -> dict[str, Any]:
    """Return a table of settings from outside with former names and values replaced by those of `RENAMED`.

    Args:
        table: Settings by name, unchecked.
        section: The section that the table belongs to, such as "train".

    Raises:
        ConfigError: If a setting is given by its former and by its present name.
    """
    current: dict[str, Any] = {}
    for former, value in table.items():
        name = RENAMED.get(f"{section}.{former}", f"{section}.{former}").removeprefix(f"{section}.")
        if name in current:
            raise ConfigError(f"{section}.{name} was given twice, once by its former name; give it once.")
        if isinstance(value, str):
            setting = f"{section}.{name}="
            value = RENAMED.get(f"{setting}{value}", f"{setting}{value}").removeprefix(setting)
        current[name] = value
    return current


def shown(value: object) -> str:
    """Return a value as an error message may show it, however long it is."""
    if isinstance(value, int) and value.bit_length() > MAX_SHOWN_BITS:
        return f"a number of {value.bit_length():,} bits"
    return f"{value!r:.{MAX_SHOWN_CHARS}}"


def _setting_of(hint: Any) -> Setting | None:
    """Return the declaration that an annotation makes, None for a type that is no setting's."""
    rules: tuple[Rule, ...] = ()
    may_be_none, description = False, ""
    while True:
        if get_origin(hint) is Annotated:
            description = next((text for text in hint.__metadata__ if isinstance(text, str)), description)
            rules += tuple(
                rule for rule in hint.__metadata__ if isinstance(rule, Between | OneOf | MaxChars | Matching)
            )
            hint = hint.__origin__
        elif get_origin(hint) in (Union, UnionType) and type(None) in get_args(hint):
            may_be_none = True
            hint = Union[tuple(kind for kind in get_args(hint) if kind is not type(None))]  # noqa: UP007  # at run time
        else:
            break
    if get_origin(hint) is Literal:
        return Setting(str, (OneOf(get_args(hint)),), may_be_none, description)
    kind = {tuple[str, ...]: tuple, Mapping[str, float]: dict}.get(hint, hint)
    return Setting(kind, rules, may_be_none, description) if kind in (bool, int, float, str, tuple, dict) else None


def _keeps(value: Any, rule: Rule) -> bool:
    """Return whether a value of the right type keeps a rule."""
    if isinstance(value, tuple | list):
        return all(_keeps(each, rule) for each in value)
    if isinstance(value, Mapping):
        return all(_keeps(each, rule) for each in (value if isinstance(rule, MaxChars) else value.values()))
    match rule:
        case Between():
            return bool(rule.low <= value <= rule.high and value != rule.excluding)
        case OneOf():
            return value in rule.names
        case MaxChars():
            return len(value) <= rule.limit
        case Matching():
            return rule.pattern.fullmatch(value) is not None


def _in_words(rule: Rule) -> str:
    match rule:
        case Between():
            low, high = (_bound(value) for value in (rule.low, rule.high))
            limits = f" of at least {low}" if rule.high == math.inf else f" from {low} to {high}"
            return limits + ("" if rule.excluding is None else f", but not {_bound(rule.excluding)}")
        case OneOf():
            return f", one of {', '.join(rule.names)}"
        case MaxChars():
            return f" of at most {rule.limit:,} characters"
        case Matching():
            return f" of {rule.description}"


def _bound(value: float) -> str:
    if value == MAX_INT64:
        return "2^63 - 1"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"
