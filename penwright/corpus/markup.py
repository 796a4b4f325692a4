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
_PAGE_NUMBER = re.compile(r"""class\s*=\s*["']?[^"'>]*\b(?:pagenum|pageno|page-?number|pagebreak)\b""", re.IGNORECASE)
_NOT_READ = frozenset(
    {"script", "style", "head", "noscript", "template", "svg", "math", "iframe", "object", "select", "rt", "rp"}
)
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
        lines.add(unescape(markup[place : start if start >= 0 else len(markup)]), is_verbatim=num_pre > 0)
        if start < 0:
            break
        if markup.startswith("<!--", start):
            place = _after(markup, "-->", start + 4, unclosed)
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
        if not is_end and not rest.endswith("/") and (name in _NOT_READ or _PAGE_NUMBER.search(rest)):
            place = _after(markup, f"</{name}", place, unclosed)
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


def _after(markup: str, end_mark: str, start: int, unclosed: set[str]) -> int:
    """Return the place after the next `end_mark`, or `start` if there is none."""
    if end_mark in unclosed:
        return start
    end = markup.find(end_mark, start)
    if end < 0 and end_mark.startswith("</"):
        end = markup.find(end_mark.upper(), start)
    if end < 0:
        unclosed.add(end_mark)
        return start
    end += len(end_mark)
    if end_mark.startswith("</"):
        end = markup.find(">", end) + 1 or end
    return end
