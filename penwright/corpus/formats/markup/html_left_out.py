"""Tell what of a page no reader sees: hidden text, and the numbers of pages and notes.

This module knows nothing of how a page is parsed.
"""

import re
from collections.abc import Iterable, Mapping

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_NUMBERED_CLASS = re.compile(r"(?<!no-)\b(?:pagenum\w*|pageno|page-?number|pagebreak)\b", re.IGNORECASE)
# [Pg 12], Seite 12, p. 12-13, xiv, or nothing. "I did." is none, though both its words are made of Roman digits.
_PAGE_NUMBER = re.compile(
    r"""(?:[\s\[({|*–—-]*
      (?:(?:pp?|pg|page|s|seite|side|sida|sivu|blz|bladzijde|pagina|str|strana|strona|oldal|стр|с|p[aá]g(?:ina)?)
        (?:\b|(?=[0-9]))[\s.]*)?
      (?:[0-9]{1,5}[a-z]?|(?=[ivxlcdm])m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3}))\b
    [\s\])}|*.,–—-]*)*""",
    re.VERBOSE | re.IGNORECASE,
)
_PAGE_NUMBER_CHARS = 20
_NOTE_MARK = re.compile(r"[\s\[({*]*(?:[0-9]{1,5}|[a-z]|[ivxl]{1,6}|[*†‡§¶#]{1,4})?[\s\])}.*]*", re.IGNORECASE)
_NOTE_CLASS = re.compile(r"\b(?:fn-?anchor|note-?ref|footnote-?(?:ref|anchor)|fn-?ref|note-?anchor)\b", re.IGNORECASE)
_NOTE_TARGET = re.compile(r"#[^#]*(?:foot|end)?note|#_?(?:fn|ftn|edn)", re.IGNORECASE)
# Where a page has none of these, no element of it need be asked whether it is left out.
SIGN = re.compile(r"hidden|display\s*:|page-?n|pageb|note|fn|ftn|edn", re.IGNORECASE)
_PAGE_BREAKS = frozenset({"pagebreak", "doc-pagebreak"})
_NOTE_REFERENCES = frozenset({"noteref", "doc-noteref"})


def is_left_out(name: str, attributes: Mapping[str, str | None], content: Iterable[tuple[str, str]]) -> bool:
    """Return whether an element is hidden, a page number or the number of a note.

    A class such as "pagebreak" may as well stand for a new page before a whole chapter, so what is shown must be a
    number, or nothing.
    """
    if not attributes:
        return False
    if "hidden" in attributes or _HIDDEN_STYLE.search(attributes.get("style") or ""):
        return True
    classes = attributes.get("class") or ""
    kinds = {*(attributes.get("epub:type") or attributes.get("type") or "").split(), attributes.get("role") or ""}
    if kinds & _PAGE_BREAKS or (classes and _NUMBERED_CLASS.search(classes)):
        shown = _short_text(name, content)
        return shown is not None and _PAGE_NUMBER.fullmatch(shown) is not None
    is_note = bool(kinds & _NOTE_REFERENCES or (classes and _NOTE_CLASS.search(classes)))
    if not is_note and name in ("a", "x-a"):
        is_note = _NOTE_TARGET.search(attributes.get("href") or "") is not None
    if is_note:
        shown = _short_text(name, content)
        return shown is not None and _NOTE_MARK.fullmatch(shown) is not None
    return False


def _short_text(name: str, content: Iterable[tuple[str, str]]) -> str | None:
    """Return an element's text, or None where it is long or holds a heading."""
    if name in _HEADINGS:
        return None
    shown = ""
    for number, (inner, text) in enumerate(content):
        shown += text
        if inner in _HEADINGS or len(shown.strip()) > _PAGE_NUMBER_CHARS or number > 4 * _PAGE_NUMBER_CHARS:
            return None
    return shown.strip()
