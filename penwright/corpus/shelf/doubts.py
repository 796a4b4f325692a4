"""Say which books were guessed, patched or partly unread, in the order of harm, and refuse a text that is mostly harm.

This module knows nothing of files.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from penwright.corpus.shelf.facts import Facts, KeptFacts
from penwright.errors import counted

MAX_DOUBTFUL_FRACTION = 0.01
"""Largest share of replaced and improbable characters of a text that is read. One in a hundred is one in each line."""
MIN_DOUBTFUL_CHARS = 10
"""Number of such characters up to which a text is always read."""
REPLACEMENT = "\ufffd"
_SHOWN_NAMES = 6
_PATCHED = ("U+FFFD", "not UTF-8")
_GUESSED = "detected"
_USUAL_CONTROLS = frozenset("\t\n\f\r\x1b")
_IMPROBABLE = frozenset({"Cc", "Cn", "Co", "Cs"})


class _Doubt(NamedTuple):
    """Something that speaks against a book as it was read. The fields sort doubts by harm."""

    rank: int
    """0: partly unread. 1: replaced. 2: improbable. 3: guessed."""
    num_fewer: int
    """Number of characters concerned, negated."""
    name: str
    sentence: str


def num_replaced(facts: Facts | KeptFacts) -> int:
    """Return the number of replacement characters, U+FFFD, of a text."""
    index = facts.characters.find(REPLACEMENT)
    return int(facts.counts[index]) if index >= 0 else 0


def num_improbable(facts: Facts | KeptFacts) -> int:
    """Return the number of characters that no book holds: control, private, lone surrogate and unassigned ones."""
    indices = _improbable_in(facts.characters)
    return int(facts.counts[list(indices)].sum()) if indices else 0


@lru_cache(maxsize=256)
def _improbable_in(characters: str) -> tuple[int, ...]:
    """Return the indices of the improbable characters. Many books of a library have the same characters."""
    return tuple(
        index
        for index, character in enumerate(characters)
        if character not in _USUAL_CONTROLS and unicodedata.category(character) in _IMPROBABLE
    )


def reason_to_refuse(facts: Facts | KeptFacts) -> str:
    """Return the reason why a text is too doubtful to learn from, or an empty string."""
    replaced, improbable = num_replaced(facts), num_improbable(facts)
    num_doubtful = replaced + improbable
    if num_doubtful <= max(MIN_DOUBTFUL_CHARS, MAX_DOUBTFUL_FRACTION * facts.num_chars):
        return ""
    return (
        f"is doubtful as {facts.encoding}: {replaced:,} of its {facts.num_chars:,} characters are replacements "
        f"(U+FFFD) and {improbable:,} improbable, together {num_doubtful / facts.num_chars:.1%}. Save it as UTF-8, or "
        "read it all the same with --accept-doubtful"
    )


def doubt_sentences(books: Iterable[tuple[str, Facts | KeptFacts]]) -> list[str]:
    """Return sentences on the books that were guessed, patched or partly unread, the greatest harm first.

    Args:
        books: The name and the facts of each book.
    """
    found: list[_Doubt] = []
    guesses: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for name, facts in books:
        found += _doubts_of(name, facts)
        if not facts.reason.startswith(_GUESSED):
            continue
        num_guessed = int(sum(facts.counts[[not character.isascii() for character in facts.characters]]))
        if num_guessed:
            guesses.setdefault((facts.encoding, facts.reason), []).append((num_guessed, name))
    for (encoding, reason), members in guesses.items():
        num_chars = sum(number for number, _ in members)
        names = [name for _, name in sorted(members, key=lambda member: (-member[0], member[1]))]
        more = f" and {len(names) - _SHOWN_NAMES:,} more" if len(names) > _SHOWN_NAMES else ""
        shown = ", ".join(names[:_SHOWN_NAMES]) + more
        depend = counted(num_chars, "character depends", "characters depend")
        sentence = f"{shown}: encoding guessed, {encoding} ({reason}): {depend} on it"
        found.append(_Doubt(3, -num_chars, names[0], sentence))
    return [doubt.sentence for doubt in sorted(found)]


def _doubts_of(name: str, facts: Facts | KeptFacts) -> list[_Doubt]:
    """Return what speaks against one book, but for the guess of its encoding."""
    replaced, improbable = num_replaced(facts), num_improbable(facts)
    found = []
    for doubt in facts.doubts:
        is_patch = any(sign in doubt for sign in _PATCHED)
        rank, number = (1, replaced) if is_patch else (0, facts.num_chars)
        found.append(_Doubt(rank, -number, name, f"{name}: {doubt}"))
    if replaced and not any(doubt.rank == 1 for doubt in found):
        what = f"{counted(replaced, 'character is', 'characters are')} U+FFFD"
        found.append(_Doubt(1, -replaced, name, f"{name}: {what}, which stands for what could not be read"))
    if improbable:
        what = counted(improbable, "character is", "characters are")
        found.append(
            _Doubt(2, -improbable, name, f"{name}: {what} improbable in a book (control, private or unassigned)")
        )
    return found
