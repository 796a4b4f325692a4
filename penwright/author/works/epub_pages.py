"""The pages of a work as EPUB 3 has them: XHTML, and the package document that lists them.

Only numeric entities are used, since XHTML in a book knows no others. Characters that XML lacks become U+FFFD. Colours
are left to the reader.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from penwright.author.works.blocks import paragraphs_of, runs_of
from penwright.author.works.manuscript import Manuscript

RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
DEFAULT_TIME = "2000-01-01T00:00:00Z"
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f]")
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
"""
STYLE = """body { margin: 5%; line-height: 1.4; }
h1, h2 { text-align: center; font-weight: normal; line-height: 1.2; }
h2 { margin: 3em 0 2em; }
p { margin: 0; text-indent: 1.5em; text-align: justify; hyphens: auto; }
h2 + p, section > p:first-child { text-indent: 0; }
.title { margin-top: 30%; text-align: center; }
.title p, .verse { text-indent: 0; text-align: inherit; }
.verse { margin: 1em 0 1em 1.5em; hyphens: manual; }
.colophon p { margin: 0 0 1em; text-indent: 0; text-align: left; font-size: 0.9em; overflow-wrap: anywhere; }
nav ol { list-style: none; padding: 0; }
"""


class Page(NamedTuple):
    """A page of the book."""

    name: str
    """Name of its file without an ending, also its id."""
    title: str


def package_of(work: Manuscript, pages: Sequence[Page], *, identifier: str) -> str:
    """Return the package document.

    Args:
        work: The work.
        pages: All pages in the order of reading.
        identifier: Name of the book that no other has, a URN.
    """
    items = "".join(
        f'    <item id="{page.name}" href="{page.name}.xhtml" media-type="application/xhtml+xml"/>\n' for page in pages
    )
    spine = "".join(f'    <itemref idref="{page.name}"/>\n' for page in pages)
    direction = ' page-progression-direction="rtl"' if _is_right_to_left(work.language) else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="{work.language}">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="id">{identifier}</dc:identifier>
    <dc:title>{text_of(work.title)}</dc:title>
    <dc:creator>{text_of(work.by)}</dc:creator>
    <dc:language>{work.language}</dc:language>
    <meta property="dcterms:modified">{work.created or DEFAULT_TIME}</meta>
    <meta property="schema:accessMode">textual</meta>
    <meta property="schema:accessModeSufficient">textual</meta>
    <meta property="schema:accessibilityFeature">tableOfContents</meta>
    <meta property="schema:accessibilityFeature">readingOrder</meta>
    <meta property="schema:accessibilityFeature">structuralNavigation</meta>
    <meta property="schema:accessibilityHazard">none</meta>
    <meta property="schema:accessibilitySummary">Text only, with headings and a table of contents.</meta>
  </metadata>
  <manifest>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
    <item id="style" href="style.css" media-type="text/css"/>
{items}  </manifest>
  <spine{direction}>
{spine}  </spine>
</package>
"""


def nav_of(work: Manuscript, pages: Sequence[Page]) -> str:
    """Return the table of contents."""
    lines = "".join(f'      <li><a href="{page.name}.xhtml">{text_of(page.title)}</a></li>\n' for page in pages)
    head = f"    <h1>{text_of(work.title)}</h1>\n"
    body = f'<nav epub:type="toc" role="doc-toc">\n{head}    <ol>\n{lines}    </ol>\n  </nav>'
    return page_of(work, title=work.title, body=body)


def title_page_of(work: Manuscript) -> str:
    """Return the title page."""
    said = f"<h1>{text_of(work.title)}</h1>\n<p>{text_of(work.by)}</p>"
    body = f'<section class="title" epub:type="titlepage">\n{said}\n</section>'
    return page_of(work, title=work.title, body=body)


def chapter_of(work: Manuscript, *, heading: str, text: str) -> str:
    """Return the page of a chapter."""
    head = f"<h2>{text_of(heading)}</h2>\n" if heading else ""
    body = f'<section epub:type="chapter" role="doc-chapter">\n{head}{"".join(_paragraphs(text))}</section>'
    return page_of(work, title=heading or work.title, body=body)


def colophon_page_of(work: Manuscript) -> str:
    """Return the page that says what wrote the work."""
    paragraphs = "".join(f'<p xml:lang="en" lang="en">{text_of(each)}</p>\n' for each in work.colophon)
    body = f'<section class="colophon" epub:type="colophon" role="doc-colophon">\n<h2>*</h2>\n{paragraphs}</section>'
    return page_of(work, title="Colophon", body=body)


def page_of(work: Manuscript, *, title: str, body: str) -> str:
    """Return a page as XHTML."""
    direction = ' dir="rtl"' if _is_right_to_left(work.language) else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="{work.language}" \
lang="{work.language}"{direction}>
<head>
  <meta charset="UTF-8"/>
  <title>{text_of(title)}</title>
  <link rel="stylesheet" type="text/css" href="style.css"/>
</head>
<body>
  {body}
</body>
</html>
"""


def text_of(text: str) -> str:
    """Return text as XML has it."""
    return escape(_NO_XML.sub("\ufffd", text), quote=False)


def _paragraphs(text: str) -> Iterator[str]:
    for lines in paragraphs_of(text):
        kind = ' class="verse"' if len(lines) > 1 else ""
        yield f"<p{kind}>{'<br/>'.join(map(_line, lines))}</p>\n"


def _line(line: str) -> str:
    """Return a line; blanks at its beginning stay as wide as they are."""
    line = re.sub(r"^\s+", lambda match: "\u00a0" * len(match[0]), line)
    parts = [(run, text_of(run.text)) for run in runs_of(line)]
    return "".join(f"<em>{text}</em>" if run.is_emphasized else text for run, text in parts)


def _is_right_to_left(language: str) -> bool:
    return language.partition("-")[0].lower() in RIGHT_TO_LEFT
