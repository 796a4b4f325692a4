"""Take the text out of an HTML or XHTML page: paragraphs apart, everything a reader does not read gone.

HTML is parsed by Lexbor, as browsers parse it. XHTML is parsed as XML first, because there an empty `<title/>` or
`<script/>` is closed, and as HTML where it is not well-formed. Broken markup yields text, never an error. This module
knows nothing of files, encodings or EPUB.
"""

from collections.abc import Iterator, Mapping

from lxml import etree
from selectolax.lexbor import LexborHTMLParser, LexborNode

from penwright.corpus.formats.letters import Extracted, num_letters, num_markup_letters
from penwright.corpus.formats.markup.html_left_out import SIGN, is_left_out
from penwright.corpus.formats.markup.html_repair import repaired
from penwright.corpus.formats.markup.layout import Layout
from penwright.corpus.formats.markup.xml import attributes_of, parse_plain, walk, without_doctype

_NOT_READ = frozenset(
    """
    script style head template svg math iframe object select datalist textarea audio video canvas
    noembed noframes noscript rt rp rtc
    """.split()
)
_PARAGRAPHS = frozenset(
    """
    p section article main header footer nav aside h1 h2 h3 h4 h5 h6 blockquote ul ol dl table pre hr figure form
    fieldset address body html details xmp listing
    """.split()
)
_VERBATIM = frozenset({"pre", "xmp", "listing"})
_LINES = frozenset({"div", "li", "dt", "dd", "tr", "caption", "figcaption", "center", "summary", "legend"})
_CELLS = frozenset({"td", "th"})
_KINDS = {
    **dict.fromkeys(_PARAGRAPHS, "paragraph"),
    **dict.fromkeys(_LINES, "line"),
    **dict.fromkeys(_CELLS, "cell"),
    **dict.fromkeys(("a", "x-a"), "link"),
    "br": "break",
    "q": "quotation",
}
_OPENING_QUOTES = frozenset("\"“‘«„'‚‹「『")


def read_page(markup: str, *, is_xhtml: bool | None = None, counts_links: bool = False) -> Extracted:
    """Return what a reader sees of an HTML or XHTML page, and how many letters that leaves out.

    Args:
        markup: The page, lines ended by line feeds.
        is_xhtml: Whether it is XML; None asks its first line and its root.
        counts_links: Whether to count the letters in links.

    Returns:
        Paragraphs and headings separated by one blank line, list items and table rows on lines of their own, cells
        separated by blanks. Preformatted text keeps its lines; elsewhere a line break is a blank. Page numbers, note
        references and hidden text that are marked as such are left out. Ends in one line feed unless there is no text.
    """
    num_source = num_markup_letters(markup)
    if is_xhtml is None:
        is_xhtml = "http://www.w3.org/1999/xhtml" in markup[:4096] or markup[:64].lstrip("\ufeff \n").startswith(
            "<?xml"
        )
    if is_xhtml or "<![CDATA[" in markup or _has_subset(markup):
        markup = without_doctype(markup)
    reader = _Reader(counts_links=counts_links)
    root = parse_plain(markup) if is_xhtml else None
    if root is not None:
        _read_xml(root, reader)
    else:
        _read_html(repaired(markup), reader)
    text = reader.layout.text()
    return Extracted(text, num_source, reader.num_dropped_letters, reader.num_link_letters)


class _Reader:
    """What is made of each element and text, whichever parser found them."""

    def __init__(self, *, counts_links: bool) -> None:
        self._counts_links = counts_links
        self.layout = Layout()
        self.num_dropped_letters = 0
        self.num_link_letters = 0
        self._num_verbatim = 0
        self._num_links = 0
        self._closing_quotes: list[str] = []
        self._opening_quote = ""

    def start(self, name: str) -> None:
        """Begin an element that is read."""
        kind = _KINDS.get(name)
        if kind is None:
            return
        if kind == "paragraph":
            self.layout.end_paragraph()
            self._num_verbatim += name in _VERBATIM
        elif kind == "line":
            self.layout.end_line()
        elif kind == "cell":
            self.layout.add(" ")
        elif kind == "break":
            self.layout.end_line_or_leave_one_empty()
        elif kind == "link":
            self._num_links += 1
        else:
            is_inner = len(self._closing_quotes) % 2
            self._opening_quote = "‘" if is_inner else "“"
            self._closing_quotes.append("’" if is_inner else "”")

    def leave_out(self, name: str, text: str) -> None:
        """Pass over an element that no reader sees."""
        if _KINDS.get(name) in ("paragraph", "line"):
            self.layout.end_line()
        self.num_dropped_letters += num_letters(text)

    def text(self, text: str) -> None:
        """Add text between the tags."""
        if self._opening_quote and text.strip():
            if text.lstrip()[0] in _OPENING_QUOTES:  # the page has quotes of its own
                self._closing_quotes[-1] = ""
            else:
                self.layout.add(self._opening_quote)
            self._opening_quote = ""
        if self._num_verbatim:
            self.layout.add_verbatim(text)
        else:
            self.layout.add(text)
        if self._num_links and self._counts_links:
            self.num_link_letters += num_letters(text)

    def end(self, name: str) -> None:
        """End an element that is read."""
        kind = _KINDS.get(name)
        if kind is None:
            return
        if kind == "paragraph":
            self.layout.end_paragraph()
            self._num_verbatim -= name in _VERBATIM
        elif kind == "line":
            self.layout.end_line()
        elif kind == "cell":
            self.layout.add(" ")
        elif kind == "link":
            self._num_links -= 1
        elif kind == "quotation" and self._closing_quotes:
            self._opening_quote = ""
            self.layout.add(self._closing_quotes.pop())


def _read_html(markup: str, reader: _Reader) -> None:
    """Read a page by Lexbor."""
    node: LexborNode | None = LexborHTMLParser(markup).root
    has_signs = SIGN.search(markup) is not None
    depth = 0  # below the root
    while node is not None:
        name: str = node.tag  # type: ignore[assignment]
        if name == "-text":
            reader.text(node.text_content or "")
        elif name[0] != "-":
            if name in _NOT_READ or (has_signs and is_left_out(name, node.attributes, _texts_in_html(node))):
                reader.leave_out(name, node.text() or "")
            else:
                reader.start(name)
                if name == "img":
                    reader.text(_drop_cap(node.attributes))
                child = node.child
                if child is not None:
                    node = child
                    depth += 1
                    continue
                reader.end(name)
        while node is not None:
            if depth == 0:
                return
            following = node.next
            if following is not None:
                node = following
                break
            node = node.parent
            depth -= 1
            if node is not None:
                reader.end(node.tag)  # type: ignore[arg-type]


def _read_xml(root: etree._Element, reader: _Reader) -> None:
    """Read a page that is well-formed XML."""
    inside: etree._Element | None = None  # of what is left out
    for kind, text, element in walk(root):
        if inside is not None:
            if kind == "text":
                reader.num_dropped_letters += num_letters(text)
            elif kind == "end" and element is inside:
                inside = None
        elif kind == "text":
            reader.text(text)
        elif kind == "end":
            reader.end(text)
        elif element is not None:
            attributes = attributes_of(element) if element.attrib else {}
            if text in _NOT_READ or is_left_out(text, attributes, _texts_in_xml(element)):
                inside = element
                reader.leave_out(text, "")
            else:
                reader.start(text)
                if text == "img":
                    reader.text(_drop_cap(attributes))


def _texts_in_html(node: LexborNode) -> Iterator[tuple[str, str]]:
    """Yield (element, text) below a node: the name of each element, and each text with no name."""
    for inner in node.traverse(include_text=True):
        name = str(inner.tag)
        yield ("", inner.text_content or "") if name == "-text" else (name, "")


def _texts_in_xml(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield (element, text) below an element: the name of each element, and each text with no name."""
    for kind, text, _ in walk(root):
        if kind != "end":
            yield (text, "") if kind == "start" else ("", text)


def _drop_cap(attributes: Mapping[str, str | None]) -> str:
    """Return the letter that a picture stands for at the beginning of a chapter, or nothing."""
    letter = (attributes.get("alt") or "").strip()
    return letter if len(letter) == 1 and letter.isalpha() else ""


def _has_subset(markup: str) -> bool:
    """Return whether a page declares entities of its own."""
    start = markup[:4096].upper().find("<!DOCTYPE")
    return start >= 0 and "<!ENTITY" in markup[start : start + (1 << 16)]
