"""Cut passages from the end of a book, for a shelf that is too small to hold out whole books.

A passage begins with a chapter if one begins in the last tenth of the book, so that no chapter is on two sides of the
split. Otherwise it begins with a section, a paragraph, a line or a sentence, whichever is found first in this order.
This module knows nothing of files.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from penwright.corpus.config import SplitName
from penwright.corpus.shelf.facts import BriefFacts, Facts, KeptFacts

MIN_PASSAGE_CHARS = 1_000
"""Smallest intended length of a passage. A book that is too short for it is learned from whole."""
_CHAPTER = (
    r"chapter|chapitre|kapitel|cap[ií]tulo|capitolo|hoofdstuk|kapitola|rozdzia[łl]|fejezet|luku|глава|розділ|"
    r"κεφ[άα]λαιο[νn]?|capitulum|letter|canto|scene|акт|act|book|part|buch|teil|livre|partie|parte|часть|частина"
)
_BOUNDARIES = tuple(
    re.compile(form, re.MULTILINE)
    for form in (
        # A heading: CHAPTER XII, Chapter the Last, or a number alone.
        rf"^(?=[ \t*_#]*(?:(?i:{_CHAPTER})(?:[ \t.]+[^\n]{{0,60}}[^\n,;])?|[IVXLC]{{1,8}}|\d{{1,3}})\.?[*_]*$)",
        r"\n\n\n+(?=.)",
        r"\n\n(?=.)",
        r"\n(?=.)",
        r"[.!?…。！？]['\"”’»]*[ \t]+(?=\S)",
        r"[ \t](?=\S)",
    )
)


class Part(NamedTuple):
    """A stretch of a book's clean text."""

    split: SplitName
    first_char: int
    """Offset of its first character in the text of the whole book."""
    num_chars: int
    counts: Mapping[str, int]
    """Count of each of its characters."""
    num_feeds_before: int = 0
    """Number of line feeds before it that belong to no part, because a book ends in a single one."""


Ending = Sequence[Part]
"""Passages from the end of a book, one after another, the last one to the end."""


def passage_starts(text: str, *, num_chars: int, val_fraction: float, test_fraction: float) -> tuple[int, int] | None:
    """Return the offsets in a text at which the passages for validation and test begin.

    Args:
        text: The text of a book, or its last stretch.
        num_chars: Number of characters of the whole book.
        val_fraction: Share of the book for validation, which is at most exceeded by what the test lacks.
        test_fraction: Share of the book for the test, which comes last.

    Returns:
        Offsets of the first characters. Both passages together have at most their share of the book and at least half
        of it. None if the book is too short.
    """
    shares = [share for share in (val_fraction, test_fraction) if share > 0]
    if not shares or num_chars * min(shares) < MIN_PASSAGE_CHARS:
        return None
    budget = min(int(num_chars * sum(shares)), len(text) - 1)
    first = len(text) - budget
    val = _boundary(text, first, near=first, last=len(text) - budget // 2)
    if test_fraction == 0:
        return val, len(text)
    if val_fraction == 0:
        return val, val
    held_out = len(text) - val
    middle = val + int(held_out * val_fraction / sum(shares))
    test = _boundary(text, val + held_out // 4, near=middle, last=len(text) - held_out // 4)
    return val, test


def num_surplus_feeds(text: str, stop: int) -> int:
    """Return the number of line feeds before an offset in a text beyond the one that ends a line."""
    return max(0, stop - len(text[:stop].rstrip("\n")) - 1)


def _boundary(text: str, first: int, *, near: int, last: int) -> int:
    """Return the offset in a range, nearest to one of its offsets, at which something begins: a chapter if possible."""
    for pattern in _BOUNDARIES:
        found = [offset for offset in _ends(pattern, text, first, last) if first <= offset <= last]
        if found:
            return min(found, key=lambda offset: abs(offset - near))
    return near


def _ends(pattern: re.Pattern[str], text: str, first: int, last: int) -> Iterator[int]:
    """Yield the ends of all matches in a range, which begin a little before it."""
    start = max(0, first - 3)
    return (match.end() for match in pattern.finditer(text, start) if match.end() <= last)


def parts_of(facts: Facts | KeptFacts, ending: Ending) -> list[tuple[Part, Facts]]:
    """Return the parts of a book with the facts of each: what is learned from, then the passages.

    Args:
        facts: The facts of the whole book.
        ending: Its passages.
    """
    rest = dict(zip(facts.characters, facts.counts.tolist(), strict=True))
    for part in ending:
        for character, count in part.counts.items():
            rest[character] -= count
        if part.num_feeds_before:
            rest["\n"] -= part.num_feeds_before
    num_chars = ending[0].first_char - ending[0].num_feeds_before
    start = Part("train", 0, num_chars, {character: count for character, count in rest.items() if count})
    return [(part, _facts_of(facts, part)) for part in (start, *ending)]


def _facts_of(facts: Facts | KeptFacts, part: Part) -> Facts:
    brief = {field.name: getattr(facts, field.name) for field in fields(BriefFacts)}
    characters = "".join(sorted(part.counts))
    return Facts(
        **{**brief, "num_chars": part.num_chars},
        characters=characters,
        counts=np.array([part.counts[character] for character in characters], dtype=np.int64),
        fingerprint=np.zeros(0, dtype=np.uint64),
    )
