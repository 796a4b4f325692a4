"""Take the text out of a document in XML, given what its elements are: paragraphs, lines, notes, or not read.

FictionBook, TEI, DocBook and the formats of word processors differ in little else. This module knows nothing of any of
them, nor of files.
"""

from dataclasses import dataclass, field

from lxml import etree

from penwright.corpus.formats.letters import Extracted, num_letters
from penwright.corpus.formats.markup.layout import Layout
from penwright.corpus.formats.markup.xml import walk


@dataclass(frozen=True, kw_only=True)
class Elements:
    """What the elements of a format are, by their names in small letters."""

    paragraphs: frozenset[str]
    """Elements with a blank line before and after."""
    lines: frozenset[str] = frozenset()
    """Elements on lines of their own."""
    cells: frozenset[str] = frozenset()
    """Elements separated from their neighbours by a blank."""
    verbatim: frozenset[str] = frozenset()
    """Paragraphs whose line feeds and blanks are their own."""
    notes: frozenset[str] = frozenset()
    """Notes within a paragraph, which follow it as paragraphs."""
    references: frozenset[str] = frozenset()
    """Elements that are the number of a note where their type says so, and are then not read."""
    not_read: frozenset[str] = frozenset()
    """Elements that no reader sees."""
    breaks: frozenset[str] = frozenset()
    """Empty elements that end a line."""
    signs: dict[str, str] = field(default_factory=dict)
    """Empty elements that stand for some text."""
    only_text_of: frozenset[str] = frozenset()
    """Elements whose text counts, where that between others is of no meaning; all elements where it is empty."""


def read_elements(root: etree._Element, elements: Elements, *, num_source_letters: int) -> Extracted:
    """Return the text below an element.

    Args:
        root: Where to begin.
        elements: What the elements are.
        num_source_letters: Letters of the source, by a count that knows nothing of its elements.
    """
    body, note = Layout(), Layout()
    waiting: list[str] = []  # notes of the paragraph that is being read
    inside: etree._Element | None = None  # of what is not read
    num_dropped = num_notes = num_verbatim = num_counted = 0
    for kind, name, element in walk(root):
        if inside is not None:
            if kind == "text":
                num_dropped += num_letters(name)
            elif element is inside and kind == "end":
                inside = None
            continue
        layout = note if num_notes else body
        if kind == "text":
            if elements.only_text_of and not num_counted:
                num_dropped += num_letters(name)
            elif num_verbatim:
                layout.add_verbatim(name)
            else:
                layout.add(name)
            continue
        step = 1 if kind == "start" else -1
        if name in elements.not_read or (name in elements.references and _is_reference(element)):
            inside = element
        elif name in elements.notes:
            num_notes += step
            if not num_notes:
                waiting.append(note.text())
                note = Layout()
        elif name in elements.paragraphs:
            layout.end_paragraph()
            num_verbatim += step * (name in elements.verbatim)
            if kind == "end" and not num_notes:
                for text in waiting:
                    body.add_verbatim(f"{text}\n")
                waiting.clear()
        elif name in elements.lines:
            layout.end_line()
        elif name in elements.cells:
            layout.add(" ")
        elif kind == "end" and name in elements.breaks:
            layout.end_line_or_leave_one_empty()
        elif kind == "end" and name in elements.signs:
            layout.add(elements.signs[name])
        num_counted += step * (name in elements.only_text_of)
    for text in waiting:
        body.end_paragraph()
        body.add_verbatim(f"{text}\n")
    return Extracted(body.text(), num_source_letters, num_dropped)


def _is_reference(element: etree._Element | None) -> bool:
    return element is not None and "note" in str(element.get("type", "")).lower()
