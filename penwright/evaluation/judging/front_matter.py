"""Find front matter in a page: title pages, tables of contents, prices, and notices of printers and publishers.

An author of characters learns these from its books like everything else. The forms are those of English books and, in
part, of French, German, Italian and Spanish ones. Capitals, years and dot leaders are the same in many languages. A
heading of a chapter is no front matter.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

MAX_LINE_CHARS = 300
"""A longer line is a paragraph of a story, whatever it mentions."""
MIN_TITLE_LINES = 2
MIN_CONTENTS_LINES = 3
_SPEECH = "\"'“‘„«»"

_NOTICES = (
    r"all rights reserved|copyright|entered according to act|\b(?:printed|published) (?:by|in|at|for)\b",
    r"^(?:first )?(?:published|printed|issued)\b.{0,40}\d{4}|\bprinters?\b.{0,60}\bstreet\b",
    r"by the same author|by the author of|\bauthor of [\"“'‘_]|\billustrat(?:ed|ions) by\b",
    r"with (?:\w+ ){0,3}illustrations",
    r"\[illustration|\blist of illustrations|table of contents|^contents\W*$|\bin (?:two|three|four) volumes\b",
    r"project gutenberg|\be-?text\b|transcriber\S{0,3} note|proofread|^produced by\b|https?:|www\.\w|\w@\w+\.\w",
    r"\b(?:new|second|third|fourth|popular|cheap) edition\b|\bedition \d|translated (?:from|by)\b.{0,80}$",
    r"tous droits|imprimerie\b|imprimé (?:par|en)\b|alle rechte|gedruckt (?:bei|von)|druck von\b|verlag von\b",
    r"tutti i diritti|tipografia\b|todos los derechos|imprenta de\b",
)
_NOTICE = re.compile("|".join(_NOTICES), re.IGNORECASE)
_PRICE = re.compile(
    r"\bprice\b.{0,20}\d|(?:\b\d+s\.(?: ?\d+d\.)?|[$£] ?\d+(?:\.\d\d)?) (?:net|each|per)\b|\bpost[- ]free\b|"
    r"\b(?:8vo|12mo|16mo|4to|foolscap|crown octavo)\b|\bcloth,? (?:extra|gilt|boards|\d)",
    re.IGNORECASE,
)
_LEADER = re.compile(r"(?:\.\ ?){4,}\ ?(?:\d+|[ivxlc]+)\.?$", re.IGNORECASE)
_ENTRY = re.compile(r"^(?:chapter |book |part )?(?:\d{1,3}[.): ]|[ivxlc]{1,8}[.):])\s*\S.{0,90}$", re.IGNORECASE)
_HEADING = re.compile(
    r"^(?:(?:chapter|chapitre|kapitel|capítulo|capitolo|book|part|volume|vol\.?|canto|act|scene|letter|section|stave)\b.*"
    r"|[ivxlcdm]{1,8}\W*|\d{1,3}\W*|the\ end\W*)$",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"^(?:[Bb]y|BY|von|par|di|por|de) [A-ZÀ-Ý][\w.'’-]*(?: [\w.'’-]+){0,5}$|^.{0,30}& (?:Co|CO)\b.{0,30}$"
    r"|^(?i:london|new york|boston|paris|leipzig|edinburgh|chicago|philadelphia|toronto)\b[^.!?]{0,60}$"
    r"|^\(?(?:1[5-9]|20)\d\d\)?\.?$|^M[DCLXVI]{3,}\.?$"
)


class FrontMatter(NamedTuple):
    """A line, or some lines in a row, of front matter."""

    start: int
    """Offset of the first character in the page."""
    stop: int
    kind: str
    """ "notice", "price", "contents" or "title page"."""


class _Line(NamedTuple):
    start: int
    text: str

    @property
    def stop(self) -> int:
        return self.start + len(self.text)


def front_matter_of(page: str) -> list[FrontMatter]:
    """Return the front matter of a page, in order. None of it overlaps."""
    found = []
    for kind, group in groupby(_lines(page), key=_kind):
        lines = list(group)
        least = {"title page": MIN_TITLE_LINES, "entry": MIN_CONTENTS_LINES}.get(kind, 1)
        if kind and len(lines) >= least:
            shown = "contents" if kind in ("entry", "leader") else kind
            found.append(FrontMatter(lines[0].start, lines[-1].stop, shown))
    return found


def _lines(page: str) -> Iterator[_Line]:
    """Yield the lines that are not blank."""
    for match in re.finditer(r"[^\n]*\S[^\n]*", page):
        text = match[0].strip()
        yield _Line(match.start() + match[0].index(text[0]), text)


def _kind(line: _Line) -> str:
    """Return the kind of front matter that a line may be; empty for none."""
    text = line.text
    if len(text) > MAX_LINE_CHARS:
        return ""
    if _LEADER.search(text):
        return "leader"
    if text[0] not in _SPEECH and _PRICE.search(text):
        return "price"
    if text[0] not in _SPEECH and _NOTICE.search(text):
        return "notice"
    if _HEADING.match(text):
        return ""
    if _TITLE.match(text) or (text == text.upper() != text.lower() and sum(map(str.isalpha, text)) > 2):
        return "title page"
    return "entry" if _ENTRY.match(text) else ""
