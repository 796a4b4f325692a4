"""Take the text out of a book in XML: FictionBook, TEI or DocBook.

This module knows nothing of files or encodings.
"""

from lxml import etree

from penwright.corpus.formats.letters import Extracted, num_markup_letters
from penwright.corpus.formats.markup.elements import Elements, read_elements
from penwright.corpus.formats.markup.xml import name_of, parse_plain, without_doctype
from penwright.errors import ReadingError

FICTION_BOOK = Elements(
    paragraphs=frozenset(
        "body section title subtitle p epigraph cite poem stanza annotation table text-author".split()
    ),
    lines=frozenset({"v", "tr", "date"}),
    cells=frozenset({"td", "th"}),
    breaks=frozenset({"empty-line"}),
    references=frozenset({"a"}),
    not_read=frozenset({"binary", "description", "stylesheet"}),
)
TEI = Elements(
    paragraphs=frozenset(
        "text front body back div div1 div2 div3 div4 head p ab lg sp quote list table castlist argument epigraph "
        "trailer closer opener titlepage docimprint".split()
    ),
    lines=frozenset(
        "l item row speaker stage label byline dateline salute signed titlepart docauthor castitem".split()
    ),
    cells=frozenset({"cell"}),
    notes=frozenset({"note"}),
    references=frozenset({"ref"}),
    not_read=frozenset({"teiheader", "fw", "sic", "expan", "reg", "figdesc", "facsimile", "standoff"}),
    signs={"lb": " "},
)
DOCBOOK = Elements(
    paragraphs=frozenset(
        "book part chapter article section sect1 sect2 sect3 sect4 sect5 simplesect preface appendix title subtitle "
        "para simpara formalpara blockquote epigraph programlisting screen literallayout synopsis itemizedlist "
        "orderedlist variablelist table informaltable note tip warning caution important sidebar attribution".split()
    ),
    lines=frozenset({"listitem", "member", "term", "row"}),
    cells=frozenset({"entry"}),
    verbatim=frozenset({"programlisting", "screen", "literallayout", "synopsis"}),
    notes=frozenset({"footnote"}),
    not_read=frozenset("indexterm index toc bookinfo articleinfo info remark imagedata".split()),
)
_FORMATS = {
    "fictionbook": ("FictionBook", FICTION_BOOK),
    **dict.fromkeys(("tei", "tei.2", "teicorpus"), ("TEI", TEI)),
    **dict.fromkeys(("book", "article", "chapter", "part", "set", "preface", "sect1", "section"), ("DocBook", DOCBOOK)),
}


def format_of(markup: str) -> str:
    """Return which format the beginning of some XML is in, such as "TEI"; nothing where it is none of a book."""
    head = markup[:8_192].lower()
    if "<fictionbook" in head:
        return "FictionBook"
    if "<tei" in head and ("tei-c.org" in head or "<teiheader" in head or "<tei.2" in head):
        return "TEI"
    return "DocBook" if "docbook" in head else ""


def read_xml_book(markup: str, *, name: str) -> tuple[Extracted, dict[str, str]]:
    """Return the text of a book in XML, and its title, author and language as far as it tells them.

    Args:
        markup: The whole document.
        name: What an error calls it.

    Raises:
        ReadingError: If it is not well-formed, or of no format that is known here.
    """
    num_source = num_markup_letters(markup)
    root = parse_plain(without_doctype(markup))
    if root is None:
        raise ReadingError(f"{name} is damaged: it is not well-formed XML. Download or export it again.")
    found = _FORMATS.get(name_of(root))
    if found is None:
        raise ReadingError(f"{name} is XML of a kind that is not read here (<{name_of(root)}>). Save it as plain text.")
    kind, elements = found
    return read_elements(root, elements, num_source_letters=num_source), _details(root, kind)


def _details(root: etree._Element, kind: str) -> dict[str, str]:
    """Return what a book says of itself, by the names that a Project Gutenberg header has for it."""
    if kind == "FictionBook":
        about = root.find(".//{*}title-info")
        author = _joined(
            about, ".//{*}author[1]/{*}first-name", "{*}author[1]/{*}middle-name", "{*}author[1]/{*}last-name"
        )
        found = {"Title": _text(about, "{*}book-title"), "Author": author, "Language": _text(about, "{*}lang")}
    elif kind == "TEI":
        about = root.find(".//{*}titleStmt")
        found = {"Title": _text(about, "{*}title"), "Author": _text(about, "{*}author")}
    else:
        about = next(
            (element for name in ("bookinfo", "info", "articleinfo") for element in root.iter(f"{{*}}{name}")), None
        )
        author = _joined(about, ".//{*}author//{*}firstname", ".//{*}author//{*}surname")
        title = _text(root, "{*}title") or _text(about, "{*}title")
        found = {"Title": title, "Author": author or _text(about, ".//{*}author")}
    return {key: value for key, value in found.items() if value}


def _joined(root: etree._Element | None, *paths: str) -> str:
    return " ".join(text for path in paths if (text := _text(root, path)))


def _text(root: etree._Element | None, path: str) -> str:
    """Return the text of the first element on a path, as one line."""
    element = root.find(path) if root is not None else None
    return " ".join("".join(map(str, element.itertext())).split()) if element is not None else ""
