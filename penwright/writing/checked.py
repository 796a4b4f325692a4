"""Code that is checked while it is written: a unit that a check refuses is written again from where it began.

Each unit is written by a copy of the pen, so the text, its random numbers and the memory of the author go on from the
state before it. A unit that is refused as often as may be tried stands as it was written last, and is counted. Units
without code, such as blank lines and comments, are not checked; one that ends in a long run of blanks is refused.

This module knows nothing of what a check does.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from penwright.alphabet.characters import Alphabet
from penwright.errors import UsageError
from penwright.settings import Between, OneOf, Setting
from penwright.writing.code_units import UnitRule, ends_in_blanks, scanner_of
from penwright.writing.engines.base import Engine
from penwright.writing.generation import Bookmark, open_pen
from penwright.writing.options import MAX_MATCH_LENGTH, MAX_TRIES, Ending, SamplingConfig
from penwright.writing.pen import Guide, Pen
from penwright.writing.sampling import Draws
from penwright.writing.stopping import PARAGRAPH_CHARS, WORD_CHARS

PROMPT_CHARS = 16_000
"""Characters at the end of the prompt in which the unit is sought that the text goes on with."""
_COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
TRIES = Setting(int, (Between(1, MAX_TRIES),), description="Times that a unit is written before it stands unaccepted.")
UNITS = Setting(str, (OneOf(("auto", "braces", "indents", "paragraphs")),), description="Where a unit ends.")


@dataclass(kw_only=True, slots=True)
class Checking:
    """A check of what is written, and what it has found so far."""

    accepts: Callable[[str], bool]
    """Called with each unit, from the beginning of the first one in the prompt if it was open there."""
    unit: UnitRule = "auto"
    num_tries: int = 8
    """Times that a unit is written, 1 to 64, before it stands though it was refused."""
    num_units: int = field(default=0, init=False)
    """Number of units that were checked and stand."""
    num_refused: int = field(default=0, init=False)
    """Number of tries that were refused."""
    num_unaccepted: int = field(default=0, init=False)
    """Number of units that stand though they were refused each time."""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: If a value is of the wrong type or out of bounds.
            UsageError: If `accepts` is no function.
        """
        TRIES.check("check_tries", self.num_tries)
        UNITS.check("check_unit", self.unit)
        if not callable(self.accepts):
            raise UsageError(f"check={self.accepts!r:.100} must be a function of a text that returns True or False.")

    def facts(self) -> dict[str, int]:
        """Return what was found, as plain data."""
        return {"units": self.num_units, "refused": self.num_refused, "unaccepted": self.num_unaccepted}

    def sentence(self) -> str:
        """Return a sentence on what was found."""
        units = "1 unit was" if self.num_units == 1 else f"{self.num_units:,} units were"
        refused = "1 try was" if self.num_refused == 1 else f"{self.num_refused:,} tries were"
        told = f"Check: {units} written; {refused} refused and written again."
        if self.num_unaccepted:
            number = "1 unit stands" if self.num_unaccepted == 1 else f"{self.num_unaccepted:,} units stand"
            told = told[:-1] + f", and {number} though refused {self.num_tries} times."
        return told


def iter_checked(
    engine: Engine,
    alphabet: Alphabet,
    prompt: str = "",
    *,
    checking: Checking,
    sampling: SamplingConfig,
    draws: Draws,
    after: Bookmark | None = None,
    guides: Sequence[Guide] = (),
    max_match_length: int | None = MAX_MATCH_LENGTH,
) -> Iterator[str]:
    """Write on after a prompt, for ever, as `generation.iter_text` does, but each unit until a check accepts it.

    Yields:
        Each unit, as soon as it stands. The first goes on with the one that the prompt left open.
    """
    pen, begun = open_pen(
        engine,
        alphabet,
        prompt,
        sampling=sampling,
        draws=draws,
        after=after,
        guides=guides,
        max_match_length=max_match_length,
    )
    context, opened = _open_end(prompt[-PROMPT_CHARS:] + begun, checking.unit)
    before, attempt = prompt[-PROMPT_CHARS:] + begun, 0
    if begun:
        yield begun
    while True:
        unit = _checked(pen, checking=checking, before=before, context=context, opened=opened, attempt=attempt)
        yield unit.text
        # What was seen of the next unit is written again by the same draws.
        pen, attempt = unit.pen, unit.attempt
        before = (before + unit.text)[-PROMPT_CHARS:]
        context = "" if unit.begins_anew else (context + opened + unit.text[: unit.end])[-PROMPT_CHARS:]
        opened = unit.text[unit.end :]


class _Unit(NamedTuple):
    """A unit that was written."""

    text: str
    """Its characters behind what was open, to the end of the symbol that ended it."""
    end: int
    """Number of these characters that belong to it; the others begin the next one."""
    begins_anew: bool
    """See `Scanner.begins_anew`."""
    pen: Pen
    """Pen behind `text`."""
    attempt: int
    """Number of the draws that wrote it."""


def _checked(pen: Pen, *, checking: Checking, before: str, context: str, opened: str, attempt: int) -> _Unit:
    """Write a unit until it is accepted, or the tries are used up."""
    for number in range(attempt, attempt + checking.num_tries):
        unit = _write_unit(pen.copy(), rule=checking.unit, before=before, opened=opened, attempt=number)
        whole = opened + unit.text[: unit.end]
        has_stopped = ends_in_blanks(whole)
        if not has_stopped and not has_code(whole):
            return unit
        if not has_stopped and checking.accepts(context + whole):
            checking.num_units += 1
            return unit
        checking.num_refused += 1
    checking.num_units += 1
    checking.num_unaccepted += 1
    return unit


def _write_unit(pen: Pen, *, rule: UnitRule, before: str, opened: str, attempt: int) -> _Unit:
    """Write one unit, or the rest of one."""
    scanner = scanner_of(rule, before=before)
    for character in opened:
        scanner.push(character)
    written, last = "", _Unit("", 0, True, pen.copy(), attempt)
    while not scanner.ended:
        text, end = pen.write(attempt=attempt), -1
        for character in text:
            written += character
            if not scanner.ended:
                scanner.push(character)
                end = len(written) if scanner.may_end else end
        if end >= 0:
            last = _Unit(written, end, True, pen.copy(), attempt)
    return last._replace(begins_anew=scanner.begins_anew)


def until_unit(units: Iterator[str], *, ending: Ending) -> tuple[Iterator[str], Ending]:
    """Return the units up to the one in which the words or paragraphs suffice, and the limits that are left to count.

    Args:
        units: Units of code.
        ending: Limits of the text. Words and paragraphs are counted here, so that the text ends with a unit.
    """
    rest = replace(ending, max_words=None, max_paragraphs=None)
    return _first_units(units, max_words=ending.max_words, max_paragraphs=ending.max_paragraphs), rest


def _first_units(units: Iterator[str], *, max_words: int | None, max_paragraphs: int | None) -> Iterator[str]:
    num_words = num_paragraphs = num_chars = 0
    max_chars = min((max_words or math.inf) * WORD_CHARS, (max_paragraphs or math.inf) * PARAGRAPH_CHARS)
    for unit in units:
        yield unit
        num_words += len(unit.split())
        num_paragraphs += bool(unit.strip())
        num_chars += len(unit)
        if num_chars >= max_chars:  # an author that writes blanks alone is stopped all the same
            return
        if num_words >= (max_words or math.inf) or num_paragraphs >= (max_paragraphs or math.inf):
            return


def has_code(text: str) -> bool:
    """Return True if a unit holds more than blanks, comments and directives, which cannot be judged by themselves."""
    lines = _COMMENTS.sub("", text).replace("\\\n", "").split("\n")
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _open_end(text: str, rule: UnitRule) -> tuple[str, str]:
    """Return the units of a text that go on behind it in the same block, and its last unit, which is not complete."""
    context, start, end, index = "", 0, 0, 0
    scanner = scanner_of(rule, before=text)
    while index < len(text):
        scanner.push(text[index])
        index += 1
        end = index if scanner.may_end else end
        if scanner.ended:
            context = "" if scanner.begins_anew else context + text[start:end]
            start = index = end
            scanner = scanner_of(rule, before=text)
    return context, text[start:]
