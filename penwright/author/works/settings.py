"""The settings of a long work: how long it is, how it is divided, and what its title page says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

from penwright.errors import UsageError
from penwright.settings import Between, Matching, MaxChars, Setting, check
from penwright.writing.options import Ending, ParsedOptions, WriteOptions, parse_options

MIN_CHAPTER_WORDS = 50
MAX_WORDS = 10_000_000
MAX_CHAPTERS = 1_000
MAX_TITLE_CHARS = 200
WORDS_PER_CHAPTER = 4_000
"""Words for each chapter of a work whose length is not given."""
_WORDS = Setting(int, (Between(MIN_CHAPTER_WORDS, MAX_WORDS),))
_LINE = re.compile(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]+")
Line = Annotated[str, MaxChars(MAX_TITLE_CHARS), Matching(_LINE, "one line with at least one sign")]
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)

LONG_WORK_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"temperature": 1.0, "no_repeat_ngram": 5, "max_match_length": 0}
)
"""Options of a work where none are given, which differ from those of a page. The match model finds what the author
has written more probable each time, and a limit of 16 characters, which a page needs, does not end that. Of 50,000
words by the author in the box, 53 % of all runs of three words had stood there before; it is 8 to 10 % in novels, and
15 % with these options. The last quarter had 805 different words, with these options 2,294, in novels as many.
`benchmarks/long_works.py` measures it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkLayout:
    """How a work is divided, and what its title page says."""

    chapters: Annotated[
        int | None, Between(1, MAX_CHAPTERS), "Write a long work of so many chapters, into the file of --out."
    ] = None
    """None for one chapter."""
    title: Annotated[Line | None, "Title of the work; by default the name of its file."] = None
    by: Annotated[Line | None, "Name on its title page; by default that of the author."] = None
    language: Annotated[
        str,
        Matching(_TAG, "the form of a language tag, such as en or pt-BR"),
        "Language of the work, such as de; English by default.",
    ] = "en"
    heading: Annotated[
        Line | None,
        'Heading of each chapter, such as "Part {n}"; {roman} stands for a Roman number.',
    ] = None

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            UsageError: If a value is of the wrong type or out of bounds.
        """
        check(self)


class WorkSettings(NamedTuple):
    """The settings of a work, checked."""

    words: int
    num_chapters: int
    layout: WorkLayout
    options: Mapping[str, Any]
    """Options of writing that differ from those of a page, without the seed."""
    parsed: ParsedOptions


class WorkOptions(WriteOptions, total=False):
    """The names of all options of a work, for editors and type checkers."""

    words: int | None
    chapters: int | None
    title: str | None
    by: str | None
    language: str
    heading: str | None


def parse_work_options(options: Mapping[str, Any]) -> WorkSettings:
    """Check the options of a work by name and sort them.

    Raises:
        UsageError: If an option does not exist or has no place in a work, or a value is out of bounds.
    """
    own = {field.name for field in fields(WorkLayout)}
    layout = WorkLayout(**{name: value for name, value in options.items() if name in own})
    num_chapters = layout.chapters or 1
    others = {name: value for name, value in options.items() if name not in own and name != "words"}
    for field in fields(Ending):
        if others.pop(field.name, None) is not None:
            raise UsageError(f"a work ends by its words and chapters; leave {field.name} out.")
    chosen = {**LONG_WORK_DEFAULTS, **{name: value for name, value in others.items() if value is not None}}
    words = options.get("words")
    words = num_chapters * WORDS_PER_CHAPTER if words is None else words
    _WORDS.check("words", words)
    if words < num_chapters * MIN_CHAPTER_WORDS:
        raise UsageError(
            f"{words:,} words in {num_chapters:,} chapters leave less than {MIN_CHAPTER_WORDS} for each. Give at least "
            f"{num_chapters * MIN_CHAPTER_WORDS:,} words, or fewer chapters."
        )
    parsed = parse_options(chosen)
    chosen.pop("seed", None)
    return WorkSettings(words, num_chapters, layout, chosen, parsed)
