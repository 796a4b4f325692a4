"""Take the text out of an HTML page: paragraphs apart, everything a reader does not read gone.

One pass over tags and the text between them, whose cost grows with the page's length and with nothing it contains;
broken markup yields text, never an error. This module knows nothing of files, encodings or EPUB.
"""

import re
from html import unescape

# A tag is tried with its quotes first, for a ">" inside one; then plainly, for a quote that nobody closed. It breaks
# off at the next "<" either way, so an unclosed tag costs no more than its own length.
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*)(?P<rest>(?:[^<>"']|"[^"<]*"|'[^'<]*')*)>
    |<(?P<end_>/?)(?P<name_>[A-Za-z][A-Za-z0-9:-]*)(?P<rest_>[^<>]*)>
    |<[!?/][^<>]*>""",
    re.VERBOSE,
)
_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
_LONG_REFERENCE = re.compile(r"&#([0-9]{8,});?")
_NUMBERED = re.compile(
    r"""class\s*=\s*["']?[^"'>]{0,200}(?<!no-)\b(?:pagenum|pageno|page-?number|pagebreak)\b""", re.IGNORECASE
)
# [Pg 12], Seite 12, p. 12-13, xiv, or nothing. "I did." is none, though both its words are made of Roman digits.
_PAGE_NUMBER = re.compile(
    r"""(?:[\s\[({|*–—-]*
      (?:(?:pp?|pg|page|s|seite|side|sida|str|стр|p[aá]g(?:ina)?)(?:\b|(?=[0-9]))[\s.]*)?
      (?:[0-9]{1,5}[a-z]?|(?=[ivxlcdm])m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3}))\b
    [\s\])}|*.,–—-]*)*""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER_CHARS = 20
_NUMBER_MARKUP_CHARS = 400  # how far its end is looked for; without a bound, many that never end would cost a square
_HEADING = re.compile(r"<h[1-6]\b", re.IGNORECASE)
_END_TAG = re.compile(r"</(?P<name>[A-Za-z][A-Za-z0-9:-]*)[^<>]*>?")
_NOT_READ = frozenset(
    {"script", "style", "head", "noscript", "template", "svg", "math", "iframe", "object", "select", "rt", "rp"}
)
_ENDS = {name: re.compile(rf"</{name}(?![\w:-])(?:[^>]*>)?", re.IGNORECASE) for name in _NOT_READ}
_ENDS["!--"] = re.compile("-->")
_PARAGRAPHS = frozenset(
    """
    p section article main header footer nav aside h1 h2 h3 h4 h5 h6 blockquote ul ol dl table pre hr figure form
    fieldset address body html details
    """.split()
)
_LINES = frozenset({"div", "li", "dt", "dd", "tr", "caption", "figcaption", "center", "summary", "legend"})
_CELLS = frozenset({"td", "th"})


def html_to_text(markup: str) -> str:
    """Return what a reader sees of an HTML or XHTML page.

    Args:
        markup: The page, lines ended by line feeds.

    Returns:
        Paragraphs and headings separated by one blank line, list items and table rows on lines of their own, cells
        separated by blanks. Preformatted text keeps its lines; elsewhere a line break is a blank. Page numbers that are
        marked as such are left out. Ends in one line feed unless there is no text.
    """
    lines = _Lines()
    unclosed: set[str] = set()  # what is known to have no end, so that it is not looked for again
    num_pre = 0  # how many <pre> are open
    place = 0
    while place < len(markup):
        start = markup.find("<", place)
        lines.add(_unescaped(markup[place : start if start >= 0 else len(markup)]), is_verbatim=num_pre > 0)
        if start < 0:
            break
        if markup.startswith("<!--", start):
            place = _after(markup, "!--", start + 4, unclosed)
            continue
        tag = _TAG.match(markup, start)
        if tag is None:  # a "<" of the text itself
            lines.add("<", is_verbatim=num_pre > 0)
            place = start + 1
            continue
        place = tag.end()
        name = (tag["name"] or tag["name_"] or "").lower()
        is_end = bool(tag["end"] or tag["end_"])
        rest = tag["rest"] or tag["rest_"] or ""
        if name in _PARAGRAPHS:
            lines.end_paragraph()
            if name == "pre":
                num_pre = max(0, num_pre - 1) if is_end else num_pre + 1
        elif name == "br":
            lines.end_line_or_leave_one_empty()
        elif name in _LINES:
            lines.end_line()
        elif name in _CELLS:
            lines.add(" ", is_verbatim=False)
        if is_end or rest.endswith("/"):
            continue
        if name in _NOT_READ:
            place = _after(markup, name, place, unclosed)
        elif _NUMBERED.search(rest):
            place = _after_page_number(markup, name, start, place)
    return lines.text()


class _Lines:
    """The lines of a page as they come, with at most one empty line in a row."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._pieces: list[str] = []

    def add(self, text: str, *, is_verbatim: bool) -> None:
        if not is_verbatim:
            self._pieces.append(text)
            return
        *whole, last = text.split("\n")
        for line in whole:
            self._push("".join([*self._pieces, line]).rstrip())
            self._pieces.clear()
        if last:
            self._pieces.append(last)

    def end_line(self) -> None:
        line = _BLANKS.sub(" ", "".join(self._pieces)).strip(" ")
        self._pieces.clear()
        if line:
            self._push(line)

    def end_paragraph(self) -> None:
        self.end_line()
        self._push("")

    def end_line_or_leave_one_empty(self) -> None:
        num_done = len(self._done)
        self.end_line()
        if len(self._done) == num_done:
            self._push("")

    def text(self) -> str:
        self.end_paragraph()
        return "\n".join(self._done).replace("\xad", "")

    def _push(self, line: str) -> None:
        if line or (self._done and self._done[-1]):
            self._done.append(line)


def _unescaped(text: str) -> str:
    """Return a text with its character references resolved."""
    return unescape(_LONG_REFERENCE.sub(_shortened, text))


def _shortened(reference: re.Match[str]) -> str:
    """Return a numeric reference without its leading zeros, or what stands for a character that there cannot be.

    Python refuses to read a number of thousands of digits, and no character's has eight.
    """
    digits = reference[1].lstrip("0")
    return f"&#{digits or 0};" if len(digits) < 8 else "\ufffd"


def _after(markup: str, name: str, start: int, unclosed: set[str]) -> int:
    """Return the place after the end of what is not read, or `start` if it has none."""
    if name in unclosed:
        return start
    end = _ENDS[name].search(markup, start)
    if end is None:
        unclosed.add(name)
        return start
    return end.end()


def _after_page_number(markup: str, name: str, tag: int, start: int) -> int:
    """Return the place after an element that holds nothing but a page number, or `start` if it holds anything else.

    A class such as "pagebreak" may as well stand for a new page before a whole chapter.
    """
    ends = _END_TAG.finditer(markup, start, start + _NUMBER_MARKUP_CHARS)
    end = next((end for end in ends if end["name"].lower() == name), None)
    if end is None or _HEADING.search(markup, tag, end.start()):
        return start
    shown = _unescaped(_TAG.sub("", markup[start : end.start()])).strip()
    return end.end() if len(shown) <= _NUMBER_CHARS and _PAGE_NUMBER.fullmatch(shown) else start
