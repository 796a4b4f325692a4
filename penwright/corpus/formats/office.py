"""Take the text out of the documents of word processors: Word's (docx) and OpenDocument's (odt, fodt).

The document is read in memory; the bounds of `archives` hold for every part of it. Deleted and hidden text, headers,
footers and comments are left out; footnotes are kept. This module knows nothing of paths or the corpus.
"""

from dataclasses import replace

from lxml import etree

from penwright.corpus.archives.zips import ZipBytes
from penwright.corpus.formats.letters import Extracted, num_markup_letters
from penwright.corpus.formats.markup.elements import Elements, read_elements
from penwright.corpus.formats.markup.xml import name_of, parse_plain, without_doctype
from penwright.errors import ReadingError

MAX_PART_BYTES = 1 << 28
"""Largest part of a document that is read."""
_WORD = Elements(
    paragraphs=frozenset({"p", "tbl", "txbxcontent", "footnote", "endnote"}),
    lines=frozenset({"tr"}),
    cells=frozenset({"tc"}),
    breaks=frozenset({"br", "cr"}),
    signs={"tab": " ", "nobreakhyphen": "-"},
    not_read=frozenset("del movefrom instrtext deltext rt fallback sectpr ppr".split()),
    only_text_of=frozenset({"t"}),
)
_OPEN_DOCUMENT = Elements(
    paragraphs=frozenset({"p", "h", "list", "table", "text-box"}),
    lines=frozenset({"table-row", "list-item"}),
    cells=frozenset({"table-cell"}),
    breaks=frozenset({"line-break"}),
    signs={"s": " ", "tab": " "},
    notes=frozenset({"note"}),
    not_read=frozenset(
        "annotation tracked-changes note-citation ruby-text meta settings scripts font-face-decls styles "
        "automatic-styles master-styles hidden-text sequence-decls forms desc title".split()
    ),
)


def read_word(data: bytes, *, name: str) -> tuple[Extracted, dict[str, str]]:
    """Return the text of a docx document, its footnotes at the end, and its title and author.

    Raises:
        ReadingError: If it is damaged, protected or too large when unpacked.
    """
    document = ZipBytes(data, name=name)
    parts = [_part(document, "word/document.xml", name)]
    parts += [
        _part(document, part, name) for part in ("word/footnotes.xml", "word/endnotes.xml") if part in document.names
    ]
    found = []
    for markup in parts:
        root = _parsed(markup, name)
        for run in [run for run in root.iter("{*}r") if run.find("{*}rPr/{*}vanish") is not None]:
            run.tag = "del"  # hidden: left out like deleted text
        for mark in [note for note in root if name_of(note) in ("footnote", "endnote") and _kind_of_note(note)]:
            root.remove(mark)
        found.append(read_elements(root, _WORD, num_source_letters=num_markup_letters(markup)))
    return _together(found), _details(document, "docProps/core.xml", name)


def read_open_document(data: bytes, *, name: str) -> tuple[Extracted, dict[str, str]]:
    """Return the text of an odt document, each footnote behind its paragraph, and its title and author.

    Raises:
        ReadingError: If it is damaged, protected or too large when unpacked.
    """
    document = ZipBytes(data, name=name)
    if "META-INF/manifest.xml" in document.names and "encryption-data" in _part(
        document, "META-INF/manifest.xml", name
    ):
        raise ReadingError(f"{name} is protected by a password. Save it without one.")
    markup = _part(document, "content.xml", name)
    return _open_document(markup, name), _details(document, "meta.xml", name)


def read_flat_document(markup: str, *, name: str) -> Extracted:
    """Return the text of an fodt document, which is one XML file.

    Raises:
        ReadingError: If it is damaged.
    """
    return _open_document(markup, name)


def _open_document(markup: str, name: str) -> Extracted:
    root = _parsed(markup, name)
    for blanks in root.iter("{*}s"):
        count = next((value for key, value in blanks.attrib.items() if str(key).endswith("}c")), "1")
        blanks.text = " " * min(int(count) if str(count).isdecimal() else 1, 80)
    body = root.find(".//{*}body")
    elements = replace(_OPEN_DOCUMENT, signs={"tab": " "})
    return read_elements(root if body is None else body, elements, num_source_letters=num_markup_letters(markup))


def _kind_of_note(note: etree._Element) -> str:
    """Return what a note is where it is no note but a line between notes and text."""
    return next((str(value) for key, value in note.attrib.items() if str(key).endswith("}type")), "")


def _part(document: ZipBytes, part: str, name: str) -> str:
    return document.read(part, max_bytes=MAX_PART_BYTES).decode("utf-8-sig", "replace")


def _parsed(markup: str, name: str) -> etree._Element:
    root = parse_plain(without_doctype(markup))
    if root is None:
        raise ReadingError(f"{name} is damaged: it is not well-formed XML. Open and save it again.")
    return root


def _together(found: list[Extracted]) -> Extracted:
    text = "\n".join(part.text for part in found if part.text)
    return Extracted(
        text, sum(part.num_source_letters for part in found), sum(part.num_dropped_letters for part in found)
    )


def _details(document: ZipBytes, part: str, name: str) -> dict[str, str]:
    """Return the title and the author that a document tells."""
    root = parse_plain(without_doctype(_part(document, part, name))) if part in document.names else None
    if root is None:
        return {}
    found: dict[str, str] = {}
    for key, path in (("Title", ".//{*}title"), ("Author", ".//{*}initial-creator"), ("Author", ".//{*}creator")):
        element = root.find(path)
        text = " ".join((element.text or "").split()) if element is not None else ""
        if text:
            found.setdefault(key, text)
    return found
