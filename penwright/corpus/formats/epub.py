"""Take the text out of an EPUB: its chapters, in reading order.

The book is read in memory and nothing of it is written to disk; the bounds of `archives` hold for every member. Its two
index files are XML and are read without entities of their own. This module knows nothing of paths or the corpus.
"""

from codecs import BOM_UTF8
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote
from xml.etree import ElementTree

from penwright.corpus.archives.zips import ZipBytes
from penwright.corpus.formats.decoding import Decoded, decode
from penwright.corpus.formats.html import html_to_text
from penwright.errors import ReadingError

MAX_INDEX_BYTES = 1 << 24
"""Largest container or package file that is parsed."""
MAX_BOOK_BYTES = 1 << 28
"""Largest book: all its pages, markup included."""
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "application/xml", "text/xml"})


def epub_to_text(data: bytes, *, name: str) -> Decoded:
    """Return the chapters of an EPUB in the order of its spine, separated by two blank lines.

    Args:
        data: The whole file.
        name: What an error calls it.

    Returns:
        The text, the encoding of its first page, and how many pages there were. The table of contents is left out.

    Raises:
        ReadingError: If the file is damaged, protected, too large when unpacked, or names no pages.
    """
    book = ZipBytes(data, name=name)
    package_name = _package_name(book, name)
    package = _parse(book.read(package_name, max_bytes=MAX_INDEX_BYTES), package_name, name)
    folder = PurePosixPath(package_name).parent
    page_of_id: dict[str, str] = {}
    for item in package.findall(".//{*}item"):
        if item.get("media-type", "") in _PAGES and "nav" not in (item.get("properties") or "").split():
            page_of_id[item.get("id", "")] = normpath(str(folder / unquote(item.get("href", ""))))
    pages = [
        page_of_id[itemref.get("idref", "")]
        for itemref in package.findall(".//{*}itemref")
        if itemref.get("idref", "") in page_of_id
    ]
    pages = [page for page in dict.fromkeys(pages) if page in book.names]
    if not pages:
        raise ReadingError(
            f"{name} names no pages that it holds, so there is nothing to read. Convert it to plain text."
        )
    _refuse_protected(book, pages, name)
    texts: list[str] = []
    encoding = "utf-8"
    num_left = MAX_BOOK_BYTES
    for page in pages:
        page_bytes = book.read(page, max_bytes=num_left)
        num_left -= len(page_bytes)
        if page_bytes.removeprefix(BOM_UTF8).strip():
            decoded = decode(page_bytes, name=f"{name}/{page}")
            encoding = encoding if texts else decoded.encoding
            texts.append(html_to_text(decoded.text))
    text = "\n\n".join(text for text in texts if text)
    return Decoded(text, encoding, f"EPUB of {len(pages):,} pages")


def _package_name(book: ZipBytes, name: str) -> str:
    """Return the name of the package file, which lists the pages."""
    container_name = "META-INF/container.xml"
    if container_name in book.names:
        container = _parse(book.read(container_name, max_bytes=MAX_INDEX_BYTES), container_name, name)
        for rootfile in container.findall(".//{*}rootfile"):
            path = normpath(unquote(rootfile.get("full-path", "")))
            if path in book.names:
                return path
    for member in book.names:
        if member.lower().endswith(".opf"):
            return member
    raise ReadingError(
        f"{name} is not an EPUB: it has no package file (.opf). If it is another kind of archive, unpack it."
    )


def _parse(data: bytes, member: str, name: str) -> ElementTree.Element:
    if b"<!ENTITY" in data:
        raise ReadingError(f"{name} declares XML entities of its own in {member}, which no book needs. It is not read.")
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise ReadingError(
            f"{name} is damaged: {member} is not well-formed XML ({error}). Download or export it again."
        ) from error


def _refuse_protected(book: ZipBytes, pages: list[str], name: str) -> None:
    """Refuse a book whose pages are encrypted; encrypted fonts, which many publishers ship, do no harm."""
    if "META-INF/encryption.xml" not in book.names:
        return
    listed = _parse(book.read("META-INF/encryption.xml", max_bytes=MAX_INDEX_BYTES), "META-INF/encryption.xml", name)
    encrypted = {normpath(unquote(reference.get("URI", ""))) for reference in listed.findall(".//{*}CipherReference")}
    if any(page in encrypted for page in pages):
        raise ReadingError(
            f"{name} is protected: its pages are encrypted. Only a book without copy protection can be read."
        )
