"""Make a file's text the book's own: cut the licence, join wrapped lines, fold typographic signs; report every cut.

Cleaning is careful rather than thorough. What it takes for a licence is delimited by a publisher's own marks; what it
joins was provably broken by a full line; whatever is unusual stays and is told in a warning. Cleaning a clean text
changes nothing. This module knows nothing of files, encodings or the corpus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from penwright.corpus.cleaning.gutenberg import find_boilerplate
from penwright.corpus.cleaning.gutenberg_header import read_details
from penwright.corpus.cleaning.spans import Span, without
from penwright.corpus.cleaning.unwrapping import unwrap
from penwright.corpus.cleaning.whitespace import Characters, characters_of, text_of_characters, tidy

CLEANING_VERSION = 2
"""Raised whenever some file comes out otherwise, cleaned in another way or read in another way; part of every key under
which a clean text is kept."""
MAX_CUT_CHARS = 20_000
"""How much of a cut's own text the report keeps."""

# What a typewriter has for each sign. Letters keep their accents: they are spelling, not typography.
_ASCII_FORMS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‹›", "'"),
        **dict.fromkeys("‐‑‒–−", "-"),
        **dict.fromkeys("—―", "--"),
        **dict.fromkeys("\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000", " "),
        **dict.fromkeys("\xad\u200b\u200c\u200d\u2060\ufeff", ""),
        "…": "...", "•": "*", "·": ".", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class CleaningConfig:
    """What to do to a text."""

    licence: bool = True
    """Cut Project Gutenberg's header, licence, credits and transcriber's notes."""
    unwrap: bool = True
    """Join the lines of a hard-wrapped text into paragraphs."""
    normalize_punctuation: bool = False
    """Write curly quotes, dashes, ellipses and ligatures as ASCII does; this loses them."""


class Cut(NamedTuple):
    """A run of lines that was taken out."""

    kind: str
    """"header", "credits", "note", "licence" (between two books in one file) or "footer"."""
    first_line: int
    """Number of its first line in the text given, from 1."""
    num_lines: int
    num_chars: int
    text: str
    """The lines themselves, at most the first `MAX_CUT_CHARS` characters of them."""


class Cleaned(NamedTuple):
    """A clean text and what was done to get it."""

    text: str
    cuts: tuple[Cut, ...]
    """In the order of the text."""
    details: dict[str, str]
    """Any of "Title", "Author", "Language" and "Release date", as the header tells them."""
    is_hard_wrapped: bool
    """Whether most lines broke off because they were full."""
    was_unwrapped: bool
    warnings: tuple[str, ...]
    """Sentences that begin in lower case, to follow the book's name."""


def clean(
    text: str, *, config: CleaningConfig, is_first: bool = True, is_last: bool = True, is_code: bool = False
) -> Cleaned:
    """Return a text without what is not its own.

    Args:
        text: The text of a file, or a chunk of a large one cut at a line's end; lines ended by line feeds.
        config: What to do.
        is_first: Whether the chunk begins the file. A header is looked for only there.
        is_last: Whether it ends the file. A footer is looked for only there, so the last chunk should hold 100,000
            characters.
        is_code: Whether it is a program, which is returned as it is.

    Returns:
        The clean text, and what was cut. Beside what `config` asks for, lines lose their trailing blanks, more than two
        blank lines in a row become two, and the file's first and last blank lines go.
    """
    if is_code:
        return Cleaned(text, (), {}, False, False, ())
    cuts: tuple[Cut, ...] = ()
    boilerplate = find_boilerplate(text, is_first=is_first, is_last=is_last)
    details = read_details(boilerplate.header)
    if config.licence:
        cuts = _report(text, boilerplate.spans)
        text = without(text, boilerplate.spans)
    if config.normalize_punctuation and not text.isascii():  # before the lines are tidied: it may add blanks to them
        text = text.translate(_ASCII_FORMS)
    given = [characters_of(text)]
    del text  # a book is long, and this is one of several copies: each goes before the next is made
    text, is_hard_wrapped, was_unwrapped = _laid_out(given.pop(), unwrapping=config.unwrap)
    text = _without_outer_blank_lines(text, is_first=is_first, is_last=is_last)
    return Cleaned(text, cuts, details, is_hard_wrapped, was_unwrapped, boilerplate.warnings)


def _laid_out(given: Characters, *, unwrapping: bool) -> tuple[str, bool, bool]:
    """Return a text with its lines tidied and, if that is wanted, joined; whether it was wrapped; and whether joined.

    A function of its own, so that its arrays, each as long as the text, are gone before the next step.
    """
    tidied = tidy(given)
    del given
    unwrapped = unwrap(tidied)
    was_unwrapped = unwrapping and unwrapped.is_hard_wrapped
    if was_unwrapped:
        tidied = unwrapped.characters
    return text_of_characters(tidied), unwrapped.is_hard_wrapped, was_unwrapped


def _report(text: str, spans: Sequence[Span]) -> tuple[Cut, ...]:
    """Return what the spans cut, with line numbers."""
    cuts = []
    line, counted = 1, 0
    for span in spans:
        lines = text[span.start : span.end]
        line += text.count("\n", counted, span.start)
        counted = span.start
        num_lines = lines.count("\n") + (not lines.endswith("\n"))
        cuts.append(Cut(span.kind, line, num_lines, len(lines), lines[:MAX_CUT_CHARS]))
    return tuple(cuts)


def _without_outer_blank_lines(text: str, *, is_first: bool, is_last: bool) -> str:
    """Let a file neither begin nor end with a blank line, and end in a line feed."""
    if is_first:
        text = text.lstrip("\n")
    if is_last:
        end = len(text)
        while end and text[end - 1] == "\n":
            end -= 1
        text = text[: end and end + 1] if end < len(text) else text + "\n" * bool(text)
    return text
