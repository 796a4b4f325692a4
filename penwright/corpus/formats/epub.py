"""Take the text out of an EPUB: its chapters, in reading order, with its title and author.

The book is read in memory and nothing of it is written to disk; the bounds of `archives` hold for every member. What
its index lists and the book does not hold is told by name. This module knows nothing of paths or the corpus.
"""

import unicodedata
from codecs import BOM_UTF8
from pathlib import PurePosixPath
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree

from penwright.corpus.archives.zips import ZipBytes
from penwright.corpus.formats.encodings.decoding import Decoded, declared_encoding, decode
from penwright.corpus.formats.letters import Extracted, loss_warnings, num_letters
from penwright.corpus.formats.markup.html import read_page
from penwright.corpus.formats.markup.xml import parse_xml
from penwright.errors import ReadingError

MAX_INDEX_BYTES = 1 << 24
"""Largest container or package file that is parsed."""
MAX_BOOK_BYTES = 1 << 28
"""Largest book: all its pages, markup included."""
CONTENTS_LINK_FRACTION = 0.5
"""Share of its letters in links from which a page that the book calls its contents is left out."""
_PAGES = frozenset(
    {
        *("application/xhtml+xml", "text/html", "application/xml", "text/xml", "text/plain"),
        *("application/x-dtbook+xml", "text/x-oeb1-document", "text/x-oeb-document", ""),
    }
)
_PAGE_SUFFIXES = frozenset({".xhtml", ".html", ".htm", ".xht", ".xml"})
_UNKNOWN = frozenset({"", "unknown", "untitled", "title", "author"})


class EpubBook(NamedTuple):
    """The text of a book and what it says of itself."""

    decoded: Decoded
    details: dict[str, str]
    """Title, author, language and date, by the names a Project Gutenberg header has for them."""


class _Item(NamedTuple):
    """A page that the index lists."""

    href: str
    is_contents: bool


def read_epub(data: bytes, *, name: str) -> EpubBook:
    """Return the chapters of an EPUB in the order of its spine, separated by two blank lines.

    Args:
        data: The whole file.
        name: What an error calls it.

    Returns:
        The text, the encoding of its first page, how many pages there were, and what could not be read. The table of
        contents is left out.

    Raises:
        ReadingError: If the file is damaged, protected, too large when unpacked, or names no pages.
    """
    book = ZipBytes(data, name=name)
    package_name = _package_name(book, name)
    package = _parse(book.read(package_name, max_bytes=MAX_INDEX_BYTES), package_name, name)
    found, missing = _pages(package, PurePosixPath(package_name).parent, book)
    if not found:
        raise ReadingError(
            f"{name} names no pages that it holds, so there is nothing to read. Convert it to plain text."
        )
    _refuse_protected(book, list(found), name)
    decoded = _decoded_pages(book, list(found), name)
    texts: list[str] = []
    num_source = num_dropped = 0
    for member, page in decoded.items():
        is_xhtml = PurePosixPath(member).suffix.lower() in (".xhtml", ".xht", ".xml") or None
        extracted = read_page(page.text, is_xhtml=is_xhtml, counts_links=found[member])
        num_source += extracted.num_source_letters
        num_dropped += extracted.num_dropped_letters
        num_shown = num_letters(extracted.text)
        if found[member] and extracted.num_link_letters > CONTENTS_LINK_FRACTION * num_shown:
            num_dropped += num_shown
        else:
            texts.append(extracted.text)
    text = "\n\n".join(text for text in texts if text)
    first = next(iter(decoded.values()), Decoded("", "utf-8", ""))
    warnings = [f"its page '{href}' is not in it" for href in missing]
    warnings += dict.fromkeys(warning for page in decoded.values() for warning in page.warnings)
    warnings += loss_warnings(Extracted(text, num_source, num_dropped))
    reason = f"EPUB of {len(found):,} page{'s' if len(found) != 1 else ''}"
    return EpubBook(Decoded(text, first.encoding, reason, tuple(warnings)), _details(package))


def _pages(package: etree._Element, folder: PurePosixPath, book: ZipBytes) -> tuple[dict[str, bool], list[str]]:
    """Return the pages of the spine, each with whether it may be the contents, and the names of those that are missing.

    Names are compared as people write them: with fragments, other capitals, "%20" or accents in two parts.
    """
    members: dict[str, str] = {}
    for member in book.names:
        for form in (member, unquote(member)):
            members.setdefault(_plain(form), member)

    def member_of(href: str) -> str | None:
        path = href.partition("#")[0].partition("?")[0]
        for form in (path, unquote(path)):
            for full in (str(folder / form.lstrip("/")), form.lstrip("/")):
                if (member := members.get(_plain(normpath(full)))) is not None:
                    return member
        return None

    contents = {
        member_of(reference.get("href", ""))
        for reference in package.iterfind(".//{*}reference")
        if reference.get("type", "").lower() in ("toc", "contents")
    }
    items: dict[str, _Item] = {}
    for item in package.iterfind(".//{*}item"):
        href, kind = item.get("href", ""), item.get("media-type", "").partition(";")[0].strip().lower()
        suffix = PurePosixPath(href.partition("#")[0].partition("?")[0]).suffix.lower()
        if kind in _PAGES or suffix in _PAGE_SUFFIXES:
            items[item.get("id", "")] = _Item(href, "nav" in item.get("properties", "").split())
    found: dict[str, bool] = {}
    missing: list[str] = []
    for itemref in package.iterfind(".//{*}itemref"):
        listed = items.get(itemref.get("idref", ""))
        if listed is None or listed.is_contents:
            continue
        page = member_of(listed.href)
        if page is None:
            missing.append(listed.href)
        else:
            found.setdefault(page, page in contents)
    return found, missing


def _plain(path: str) -> str:
    """Return a name in the one form in which two names of one file are equal."""
    return unicodedata.normalize("NFC", path).casefold()


def _decoded_pages(book: ZipBytes, pages: list[str], name: str) -> dict[str, Decoded]:
    """Return the pages decoded; those in an old encoding that none of them declares are judged together."""
    raw: dict[str, bytes] = {}
    num_left = MAX_BOOK_BYTES
    for page in pages:
        data = book.read(page, max_bytes=num_left)
        num_left -= len(data)
        if data.removeprefix(BOM_UTF8).strip():
            raw[page] = data
    decoded = {page: decode(data, name=f"{name}/{page}") for page, data in raw.items()}
    doubtful = [
        page
        for page, found in decoded.items()
        if not found.encoding.startswith("utf") and declared_encoding(raw[page]) is None
    ]
    if len(doubtful) > 1:
        together = decode(b"\n".join(raw[page] for page in doubtful), name=name)
        for page in doubtful:
            decoded[page] = decode(raw[page], name=f"{name}/{page}", declared=together.encoding)
    return decoded


def _package_name(book: ZipBytes, name: str) -> str:
    """Return the name of the package file, which lists the pages."""
    container_name = "META-INF/container.xml"
    if container_name in book.names:
        container = _parse(book.read(container_name, max_bytes=MAX_INDEX_BYTES), container_name, name)
        for rootfile in container.iterfind(".//{*}rootfile"):
            path = normpath(unquote(rootfile.get("full-path", "")))
            if path in book.names:
                return path
    for member in book.names:
        if member.lower().endswith(".opf"):
            return member
    raise ReadingError(
        f"{name} is not an EPUB: it has no package file (.opf). If it is another kind of archive, unpack it."
    )


def _details(package: etree._Element) -> dict[str, str]:
    """Return what a book says of itself; of several authors the first."""
    metadata = package.find(".//{*}metadata")
    if metadata is None:
        return {}
    found: dict[str, str] = {}
    for key, field in (("Title", "title"), ("Author", "creator"), ("Language", "language"), ("Release date", "date")):
        elements = list(metadata.iterfind(f".//{{*}}{field}"))
        by_role = [element for element in elements if "aut" in element.attrib.values()] or elements
        text = " ".join("".join(map(str, by_role[0].itertext())).split()) if by_role else ""
        if text.lower() not in _UNKNOWN:
            found[key] = text
    return found


def _parse(data: bytes, member: str, name: str) -> etree._Element:
    root = parse_xml(decode(data, name=f"{name}/{member}").text)
    if root is None:
        raise ReadingError(f"{name} is damaged: {member} is not well-formed XML. Download or export it again.")
    return root


def _refuse_protected(book: ZipBytes, pages: list[str], name: str) -> None:
    """Refuse a book whose pages are encrypted; encrypted fonts, which many publishers ship, do no harm."""
    if "META-INF/encryption.xml" not in book.names:
        return
    listed = _parse(book.read("META-INF/encryption.xml", max_bytes=MAX_INDEX_BYTES), "META-INF/encryption.xml", name)
    encrypted = {normpath(unquote(reference.get("URI", ""))) for reference in listed.iterfind(".//{*}CipherReference")}
    if any(page in encrypted for page in pages):
        raise ReadingError(
            f"{name} is protected: its pages are encrypted. Only a book without copy protection can be read."
        )
