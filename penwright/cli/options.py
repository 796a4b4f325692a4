"""Options that several commands share, and the conversion of their text to values.

A value of the wrong kind is a usage error with a sentence. Nothing is rounded or guessed.
Only `app.py` and this module know the parsing library.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypedDict

from cyclopts import Group, Parameter, Token

from penwright.cli.display.durations import parse_duration
from penwright.errors import UsageError
from penwright.settings import settings_of

Settings = dict[str, dict[str, Any]]

LENGTH = Group("Length", sort_key=1)
DRAWING = Group("How each character is drawn", sort_key=2)
LAWS = Group("Laws that the text keeps", sort_key=3)
WORKS = Group("Long works, of which --chapters makes one", sort_key=4)
CONFIGURATION = Group("Configuration", sort_key=4)
SELECTION = Group("Which books", sort_key=1)
OUTPUT = Group("Output", sort_key=5)
BOX_OPTION = "--box"
FOR_OPTION = "--for"
OPTION_OF = MappingProxyType({"seconds": FOR_OPTION})
"""Options of settings whose option has another name."""

# Thousands may be grouped as in 10,000. 1,5 is a fraction in half of Europe, not a whole number.
_WHOLE_NUMBER = re.compile(r"-?(?:\d{1,3}(?:[,_]\d{3})+|\d{1,30})", re.ASCII)


def _language_codes(_: object, tokens: Sequence[Token]) -> str:
    """Read the codes of languages."""
    from penwright.corpus.language.function_words import NAMES

    token = tokens[0]
    codes = token.value.replace(" ", "").lower()
    for code in codes.split(","):
        if code not in NAMES:
            raise UsageError(
                f"{token.keyword} '{token.value:.100}' is no language that can be told. Write codes such as en, or "
                f"en,fr. Known are: {', '.join(NAMES)}."
            )
    return codes


def _whole_number(_: object, tokens: Sequence[Token]) -> int:
    """Read a whole number; the parsing library alone would round 1.5 to 2."""
    text = tokens[0].value
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is not a whole number")
    return int(re.sub("[,_]", "", text))


def _numbers_by_text(_: object, tokens: Sequence[Token]) -> Mapping[str, float]:
    """Read a table written as TEXT=NUMBER, one pair for each token. The text may hold "=" itself."""
    table: dict[str, float] = {}
    for token in tokens:
        text, equals, number = token.value.rpartition("=")
        try:
            table[text] = float(number)
        except ValueError:
            equals = ""
        if not (equals and text):
            raise UsageError(
                f"{token.keyword} '{token.value:.100}' is not a text and a number. Write TEXT=NUMBER, for example "
                f"{token.keyword} 'whale=-100'."
            )
    return table


def _duration(_: object, tokens: Sequence[Token]) -> float:
    """Read a duration, in seconds."""
    return parse_duration(tokens[0].value, option=tokens[0].keyword or FOR_OPTION)


def _existing(
    kind: Callable[[str], str | Path] = Path,
    *,
    hint: Callable[[Path], str] = lambda _: " Check the path.",
    others: Sequence[str] = (),
) -> Any:
    """Return a converter for an option that names an existing path. An argument is left to the command."""

    def convert(_: object, tokens: Sequence[Token]) -> str | Path:
        token = tokens[0]  # any text, such as one with a null character
        if token.keyword and token.value not in others and not os.path.exists(token.value):  # noqa: PTH110
            raise UsageError(
                f"{token.keyword} {token.value}: there is no such file or folder.{hint(Path(token.value))}"
            )
        return kind(token.value)

    return convert


def _existing_authors(_: object, tokens: Sequence[Token]) -> tuple[Path, ...]:
    """Read the paths of several authors."""
    convert = _existing(hint=_authors_near)
    return tuple(convert(None, [token]) for token in tokens)


def _authors_near(path: Path) -> str:
    from penwright.author.file.naming import authors_near

    if path == Path("box"):
        return f" The author that comes with Penwright is taken with {BOX_OPTION}."
    return authors_near(path)


def _runs_near(path: Path) -> str:
    from penwright.training.runs.newest import runs_near

    return runs_near(path)


def _new_file(_: object, tokens: Sequence[Token]) -> Path:
    """Read the path of a file to write, in a folder that exists."""
    path, typed = Path(tokens[0].value), f"{tokens[0].keyword} {tokens[0].value}"
    if os.path.isdir(path):  # noqa: PTH112  # may be any text
        raise UsageError(f"{typed} is a folder. Give the name of a file.")
    if not os.path.isdir(path.parent):  # noqa: PTH112
        raise UsageError(f"{typed}: there is no folder {path.parent}. Make it first, or give another path.")
    return path


def _new_folder(_: object, tokens: Sequence[Token]) -> Path:
    """Read the path of a folder to make."""
    path = Path(tokens[0].value)
    if os.path.isfile(path):  # noqa: PTH113  # may be any text
        raise UsageError(f"{tokens[0].keyword} {tokens[0].value} is a file. Give the name of a new folder.")
    return path


option = Parameter
"""Annotation of a command's argument: name of the option, group, and the word that help shows for its value."""
Whole = Annotated[int | None, option(converter=_whole_number, metavar="N")]
"""Whole number, also written 10_000 or 10,000."""
Text = Annotated[str | None, option(allow_leading_hyphen=True, metavar="TEXT")]
"""Any text, even if it begins with a hyphen."""
Languages = Annotated[str | None, option(group=CONFIGURATION, converter=_language_codes, metavar="CODE")]
"""Codes of languages, as `corpus.language` has them."""
Texts = Annotated[tuple[str, ...] | None, option(allow_leading_hyphen=True, metavar="TEXT", negative_iterable=())]
"""Any text, each time that the option is given."""
Biases = Annotated[
    tuple[str, ...] | None,
    option(converter=_numbers_by_text, allow_leading_hyphen=True, metavar="TEXT=X", negative_iterable=()),
]
"""Table of numbers by text; each time that the option is given adds one."""
Number = Annotated[float | None, option(metavar="X")]
"""A number."""
Duration = Annotated[
    float | None, option(name=(FOR_OPTION, "--time"), group=LENGTH, converter=_duration, metavar="TIME")
]
"""Length of a training, in seconds."""
AuthorPath = Annotated[
    Path | None,
    option(
        name="--author",
        converter=_existing(hint=_authors_near),
        metavar="AUTHOR",
    ),
]
"""Author file or run folder, as an argument or as the option of that name."""
RunPath = Annotated[Path | None, option(name="--run", converter=_existing(hint=_runs_near), metavar="RUN")]
"""Run folder, as an argument or as the option of that name."""
Existing = option(converter=_existing())
"""Annotation of an option that names a file or folder which must exist."""
ExistingAuthor = option(converter=_existing(str, hint=_authors_near, others=("box",)))
"""The same for an author file, or "box"."""
AuthorPaths = Annotated[
    tuple[Path, ...],
    option(converter=_existing_authors, consume_multiple=True, metavar="AUTHOR...", negative_iterable=()),
]
"""Author files or run folders, after one option."""
ExistingRun = option(converter=_existing(hint=_runs_near))
"""The same for the folder of a run."""
ExistingText = option(converter=_existing(str, others=("-",)))
"""The same for a path kept as it was typed; "-" is understood by the command."""
NewFile = option(converter=_new_file, metavar="FILE")
"""Annotation of an option that names a file to write."""
NewFolder = option(converter=_new_folder, metavar="DIR")
"""Annotation of an option that names a folder to make."""
SettingTexts = Annotated[
    tuple[str, ...], option(name="--set", group=CONFIGURATION, metavar="SETTING", negative_iterable=())
]
"""Settings written as section.key=value."""
Box = Annotated[bool, option(name=BOX_OPTION, help="Take the author in the box, which comes with Penwright.")]
"""True to use the author in the box."""
Json = Annotated[bool, option(name="--json", group=OUTPUT, help="Print one JSON object on standard output.")]


def options_from(cls: type, *, group: Group, flags: Mapping[str, str] = MappingProxyType({})) -> Any:
    """Return the settings of a dataclass as one argument of a command: a table of those that the user gave.

    Args:
        cls: Dataclass of settings. Each becomes an option, with its description and its default in the help.
        group: Heading under which the help lists the options.
        flags: Flags of the settings whose flag has another name.
    """
    defaults = {field.name: field.default for field in fields(cls)}
    table: dict[str, Any] = {}
    for name, setting in settings_of(cls).items():
        has_number = isinstance(defaults[name], int | float) and defaults[name] is not False
        text = setting.description + (f" Default {defaults[name]:g}." if has_number else "")
        kind = {bool: bool, int: Whole, float: Number, str: Text, tuple: Texts, dict: Biases}[setting.kind]
        table[name] = Annotated[kind, option(name=flags.get(name), group=group, help=text)]
    return Annotated[TypedDict(cls.__name__, table, total=False) | None, option(name="*")]  # type: ignore[operator]


def check_options(
    cls: type,
    values: Mapping[str, object],
    *,
    flags: Mapping[str, str] = MappingProxyType({}),
    allowed: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Check options against the settings that they stand for, so that an error names the option that was typed.

    Args:
        cls: Dataclass of the settings.
        values: Values by the setting's name. None means that the option was not given.
        flags: Flags of the settings whose flag has another name.
        allowed: A further value that an option may have, by the setting's name.

    Raises:
        ConfigError: If a value is out of bounds.
    """
    for name, value in values.items():
        if value is not None and (name not in allowed or value != allowed[name]):
            settings_of(cls)[name].check(option_of(name, flags), value)


def option_of(name: str, flags: Mapping[str, str] = OPTION_OF) -> str:
    """Return the option that stands for a setting, such as "--top-k"."""
    return flags.get(name, f"--{name.replace('_', '-')}")


def at_most_one(options: Mapping[str, object]) -> None:
    """Check that at most one of several options was given.

    Args:
        options: Values by name. None, False and an empty tuple mean that the option was not given.

    Raises:
        UsageError: If two or more were.
    """
    given = [name for name, value in options.items() if value is not None and value is not False and value != ()]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other; give one of them.")
