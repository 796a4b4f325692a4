"""Reduce a file's text to the book: cut the licence, join wrapped lines, normalise punctuation, report every cut.

Cleaning is careful rather than thorough. A licence is cut only between a publisher's own marks, and lines are joined
only if a full line caused the break. Anything unusual stays and is reported in a warning. Cleaning a clean text changes
nothing. This module knows nothing of files, encodings or the corpus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from penwright.corpus.cleaning.aozora import find_aozora, without_marks
from penwright.corpus.cleaning.gutenberg import ALLOWED_CHARS, MAX_CUT_FRACTION, Boilerplate, find_boilerplate, refused
from penwright.corpus.cleaning.gutenberg_header import read_details
from penwright.corpus.cleaning.notices import find_notices, without_notices
from penwright.corpus.cleaning.spans import Span, without
from penwright.corpus.cleaning.unwrapping import unwrap
from penwright.corpus.cleaning.whitespace import Characters, characters_of, text_of_characters, tidy

CLEANING_VERSION = 4
"""Increased whenever some file would be read or cleaned differently. It is part of every key of the cache of texts."""
MAX_CUT_CHARS = 20_000
"""Most characters of a cut that the report keeps."""
CONTEXT_CHARS = 200
"""Most characters of the kept text on either side of a cut that the report keeps."""

# The ASCII form of each sign. Letters keep their accents, which are spelling and not typography.
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
    """The steps of cleaning."""

    licence: bool = True
    """Cut Project Gutenberg's header, licence, credits and transcriber's notes."""
    unwrap: bool = True
    """Join the lines of a hard-wrapped text into paragraphs."""
    normalize_punctuation: bool = False
    """Replace curly quotes, dashes, ellipses and ligatures by their ASCII forms. Lossy."""
    max_cut_fraction: float = MAX_CUT_FRACTION
    """Largest share of a text, beyond the characters that a licence may take, that is cut. More is not cut at all."""


class Cut(NamedTuple):
    """A run of lines that was cut out."""

    kind: str
    """"header", "credits", "note", "licence" (between two books in one file), "footer", or "notice" (in a program)."""
    first_line: int
    """Number of its first line in the original text, from 1."""
    num_lines: int
    num_chars: int
    text: str
    """The lines themselves, at most their first `MAX_CUT_CHARS` characters."""
    before: str = ""
    """The kept text before it, at most `CONTEXT_CHARS` characters; empty at the beginning."""
    after: str = ""
    """The kept text behind it, at most `CONTEXT_CHARS` characters; empty at the end."""


class Cleaned(NamedTuple):
    """A clean text and a report of its cleaning."""

    text: str
    cuts: tuple[Cut, ...]
    """In the order of the text."""
    details: dict[str, str]
    """Values of "Title", "Author", "Language" and "Release date", as far as the header has them."""
    is_hard_wrapped: bool
    """True if most of its lines were broken because they were full."""
    was_unwrapped: bool
    """True if these lines were joined."""
    warnings: tuple[str, ...]
    """Sentences that begin in lower case, to be put after the book's name."""
    num_cut: int = 0
    """Number of characters of the cuts, and of the marks taken out of a text of Aozora Bunko."""
    refusal: str = ""
    """What a warning says of cuts that would have been too large, so that nothing was cut; empty if they were not."""


def clean(
    text: str,
    *,
    config: CleaningConfig,
    is_first: bool = True,
    is_last: bool = True,
    is_verbatim: bool = False,
    is_code: bool = False,
    has_own_lines: bool = False,
) -> Cleaned:
    """Clean a text.

    Args:
        text: The text of a file, or a chunk of a large file that ends with a line; lines end with line feeds.
        config: The steps to do.
        is_first: True if the chunk begins the file. Only there a header is sought.
        is_last: True if the chunk ends the file. Only there a footer is sought, so the last chunk should hold 100,000
            characters.
        is_verbatim: True for markup with meaning in its blanks, which is returned unchanged.
        is_code: True for a program. Only notices in the comments at its head are cut, with `licence`.
        has_own_lines: True if every line break has a meaning, as in the text of a web page, so that none is undone.

    Returns:
        The clean text and its cuts. In addition to the steps of `config`, trailing blanks are removed, more than two
        consecutive blank lines become two, and blank lines at the file's start and end are removed.
    """
    cuts: tuple[Cut, ...] = ()
    if is_code and is_first and config.licence:
        notices = find_notices(text)
        cuts = _report(text, notices)
        num_cut = sum(cut.num_chars for cut in cuts)
        return Cleaned(without_notices(text, notices), cuts, {}, False, False, (), num_cut)
    if is_verbatim or is_code:
        return Cleaned(text, cuts, {}, False, False, ())
    fraction = config.max_cut_fraction
    boilerplate = find_boilerplate(text, is_first=is_first, is_last=is_last, max_cut_fraction=fraction)
    details = read_details(boilerplate.header)
    aozora = find_aozora(text)
    if aozora is not None:
        boilerplate, details = Boilerplate(aozora.spans, "", ()), aozora.details
        num_spanned = sum(span.end - span.start for span in aozora.spans)
        if len(text) - num_spanned < (1 - fraction) * (len(text) - ALLOWED_CHARS):
            boilerplate = refused("a head and a foot", num_spanned / len(text))
    num_cut = 0
    if config.licence:
        cuts = _report(text, boilerplate.spans)
        num_cut = sum(cut.num_chars for cut in cuts)
        text = without(text, boilerplate.spans)
        if aozora is not None:
            num_cut += len(text)
            text = without_marks(text)
            num_cut -= len(text)
    if config.normalize_punctuation and not text.isascii():  # before the lines are tidied: it may add blanks to them
        text = text.translate(_ASCII_FORMS)
    given = [characters_of(text)]
    del text  # a book is long: each copy is released before the next one is made
    text, is_hard_wrapped, was_unwrapped = _laid_out(given.pop(), unwrapping=config.unwrap, has_own_lines=has_own_lines)
    text = _without_outer_blank_lines(text, is_first=is_first, is_last=is_last)
    warnings, refusal = boilerplate.warnings, boilerplate.refusal if config.licence else ""
    return Cleaned(text, cuts, details, is_hard_wrapped, was_unwrapped, warnings, num_cut, refusal)


def _laid_out(given: Characters, *, unwrapping: bool, has_own_lines: bool) -> tuple[str, bool, bool]:
    """Tidy the lines of a text and join them if wanted; return the text, whether it was wrapped, and whether joined.

    This is a separate function so that its arrays, each as long as the text, are released before the next step.
    """
    tidied = tidy(given)
    del given
    if has_own_lines:
        return text_of_characters(tidied), False, False
    unwrapped = unwrap(tidied)
    was_unwrapped = unwrapping and unwrapped.is_hard_wrapped
    if was_unwrapped:
        tidied = unwrapped.characters
    return text_of_characters(tidied), unwrapped.is_hard_wrapped, was_unwrapped


def _report(text: str, spans: Sequence[Span]) -> tuple[Cut, ...]:
    """Return the cuts of the spans, with line numbers."""
    cuts = []
    line, counted = 1, 0
    ends, starts = [0, *(span.end for span in spans)], [*(span.start for span in spans), len(text)]
    for index, span in enumerate(spans):
        lines = text[span.start : span.end]
        line += text.count("\n", counted, span.start)
        counted = span.start
        num_lines = lines.count("\n") + (not lines.endswith("\n"))
        before = text[max(ends[index], span.start - CONTEXT_CHARS) : span.start]
        after = text[span.end : min(starts[index + 1], span.end + CONTEXT_CHARS)]
        cuts.append(Cut(span.kind, line, num_lines, len(lines), lines[:MAX_CUT_CHARS], before, after))
    return tuple(cuts)


def _without_outer_blank_lines(text: str, *, is_first: bool, is_last: bool) -> str:
    """Remove blank lines at a file's start and end, and end the file with a line feed."""
    if is_first:
        text = text.lstrip("\n")
    if is_last:
        end = len(text)
        while end and text[end - 1] == "\n":
            end -= 1
        text = text[: end and end + 1] if end < len(text) else text + "\n" * bool(text)
    return text
