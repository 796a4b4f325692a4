"""A work as its pages show it: title page, chapters, and a colophon that says what wrote it.

This module knows nothing of files or of any format.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from penwright.author.card import Card
from penwright.author.works.settings import WorkSettings
from penwright.errors import counted

MAX_PROMPT_CHARS = 200
"""Length of a prompt that the colophon quotes."""


class ChapterText(NamedTuple):
    """A chapter that can be read when it is needed."""

    heading: str
    """Heading, empty for the only chapter of a work without one."""
    read: Callable[[], str]
    """Function that returns the text."""


class Manuscript(NamedTuple):
    """A work, whole or as far as it is written."""

    title: str
    by: str
    language: str
    identity: str
    """Text that differs between works: their author and all settings."""
    created: str
    """Time that a book may name, UTC in the form 2026-01-31T23:59:59Z; empty if none is known."""
    chapters: Sequence[ChapterText]
    colophon: Sequence[str]
    """Paragraphs."""


class Origin(NamedTuple):
    """What a work came from, beside its settings."""

    seed: int
    prompt: str
    has_read: bool
    """True if the author had read a text before, to which a bookmark led."""
    noted: Mapping[str, str | int]
    """Options of the caller's guides, by name."""


def colophon_of(
    card: Card, *, unit: str, settings: WorkSettings, origin: Origin, num_written: int, copied: str = ""
) -> list[str]:
    """Return the colophon of a work.

    Args:
        card: Card of its author.
        unit: What the author writes one after another: "characters", "bpe" or "words".
        settings: Settings of the work.
        origin: What it came from.
        num_written: Number of chapters that are written.
        copied: A sentence on what it copied; empty if nobody looked.
    """
    name = card.name or "an unnamed author"
    symbol = {"characters": "character", "words": "word"}.get(unit, "subword")
    raised = f", raised on {counted(card.num_learned, 'book')} with Penwright" if card.num_learned else ""
    who = f"This text was written by a program: {name}, a recurrent neural network{raised}, which wrote one {symbol} "
    who += "after another. No person wrote it or corrected it. What it says of people, places and events means nothing."
    given = ""
    if origin.has_read:
        given += "Before it began, the author had read another text. "
    if origin.prompt:
        shown = " ".join(origin.prompt.split())
        cut = f"{shown[:MAX_PROMPT_CHARS]}…" if len(shown) > MAX_PROMPT_CHARS else shown
        given += f"A person gave it its first words: “{cut}”"
    again = f"The same author writes the same text again with: {command_of(settings, origin)}"
    left = settings.num_chapters - num_written
    state = f"This work is unfinished: {num_written} of {counted(settings.num_chapters, 'chapter')} are written."
    return [each for each in (state if left else "", who, given.strip(), copied, again) if each]


def command_of(settings: WorkSettings, origin: Origin) -> str:
    """Return a command that writes the text again, with words in capitals in place of the names of files."""
    words = ["penwright", "write", "AUTHOR", "--out", "FILE.md"]
    words += ["--words", f"{settings.words}", "--chapters", f"{settings.num_chapters}"]
    if settings.layout.language != "en":
        words += ["--language", settings.layout.language]
    if settings.layout.heading is not None:
        words += ["--heading", settings.layout.heading]
    for name, value in {**settings.options, **origin.noted, "seed": origin.seed}.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            words += [word for text, number in value.items() for word in (flag, f"{text}={number:g}")]
        elif value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [flag, f"{value:g}" if isinstance(value, float) else f"{value}"]
    if origin.has_read:
        words += ["--from", "MARK"]
    if origin.prompt:
        is_long = len(origin.prompt) > MAX_PROMPT_CHARS or not origin.prompt.isprintable()
        words += ["--prompt-file", "FILE"] if is_long else ["--prompt", origin.prompt]
    return shlex.join(words)
