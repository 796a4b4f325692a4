"""A work as EPUB 3: a zip file of pages, each equal to the last byte for equal works.

The order of the files is fixed, `mimetype` comes first and is stored, and no file carries the time of the day. The book
is named by a UUID computed from its author and settings, so a version with more chapters is the same book.

Source: EPUB 3.3, W3C Recommendation, sections 4 (container), 5 (package document) and 7 (navigation).
"""

import uuid
import zipfile
from typing import IO

from penwright.author.works.epub_pages import (
    CONTAINER,
    STYLE,
    Page,
    chapter_of,
    colophon_page_of,
    nav_of,
    package_of,
    title_page_of,
)
from penwright.author.works.manuscript import Manuscript

NAMESPACE = uuid.UUID("5c1f2a0e-6d4b-5e8f-9a37-2b1d0c7e4f66")
MIMETYPE = "application/epub+zip"
_TIME = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6


def write_epub(work: Manuscript, file: IO[bytes]) -> None:
    """Write a work as EPUB.

    Args:
        work: The work.
        file: Binary file that can be written and sought.
    """
    titles = [chapter.heading or work.title for chapter in work.chapters]
    chapters = [Page(f"chapter-{number:04}", title) for number, title in enumerate(titles, start=1)]
    pages = [Page("title", work.title), *chapters, Page("colophon", "Colophon")]
    identifier = f"urn:uuid:{uuid.uuid5(NAMESPACE, work.identity)}"
    with zipfile.ZipFile(file, "w") as book:
        _put(book, "mimetype", MIMETYPE, method=zipfile.ZIP_STORED)
        _put(book, "META-INF/container.xml", CONTAINER)
        _put(book, "EPUB/package.opf", package_of(work, pages, identifier=identifier))
        _put(book, "EPUB/nav.xhtml", nav_of(work, pages))
        _put(book, "EPUB/style.css", STYLE)
        _put(book, "EPUB/title.xhtml", title_page_of(work))
        for page, chapter in zip(chapters, work.chapters, strict=True):
            _put(book, f"EPUB/{page.name}.xhtml", chapter_of(work, heading=chapter.heading, text=chapter.read()))
        _put(book, "EPUB/colophon.xhtml", colophon_page_of(work))


def _put(book: zipfile.ZipFile, name: str, text: str, *, method: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system, entry.external_attr = 3, 0o100644 << 16  # the same on every system
    book.writestr(entry, text.encode(), compress_type=method, compresslevel=_LEVEL)
