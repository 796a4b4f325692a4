"""Parse XML from strangers: no external entities, no network, and nothing that grows beyond its own size.

A document type declaration never reaches the parser. The entities that a document declares for itself, and the named
ones of HTML, are put in first, within bounds; what then is no well-formed XML is left to the caller. This module knows
nothing of what elements mean.
"""

import re
from collections.abc import Iterator, Mapping
from html.entities import html5
from typing import Literal

from lxml import etree

MAX_ENTITY_CHARS = 1 << 20
"""Characters that the entities which a document declares for itself may come to, all uses together."""
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DOCTYPE_START = re.compile("<!DOCTYPE", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[(?P<subset>.*?)\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ENTITY = re.compile(r"""<!ENTITY\s+(?P<name>[\w.:-]+)\s+(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*>""")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#(?P<decimal>[0-9]+);|#[xX](?P<hexadecimal>[0-9a-fA-F]+);|(?P<name>[A-Za-z][\w.:-]*);)?")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_OF_XML = frozenset({"lt", "gt", "amp", "quot", "apos"})
_ESCAPED = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


Event = tuple[Literal["start", "text", "end"], str, etree._Element | None]
"""One step of a walk over a document: an element's name in small letters, without its namespace, and the element; or a
text and None."""


def parse_xml(markup: str) -> etree._Element | None:
    """Return the root of an XML document, or None where it is not well-formed.

    Args:
        markup: The document. Named entities of HTML need not be declared.
    """
    return parse_plain(without_doctype(markup))


def parse_plain(markup: str) -> etree._Element | None:
    """Return the root of what `without_doctype` returned, or None where it is not well-formed."""
    if "<!DOCTYPE" in markup or "<!ENTITY" in markup:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(markup.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def without_doctype(markup: str) -> str:
    """Return XML without its declarations: entities are resolved, CDATA is escaped, impossible characters go.

    An entity that is too large, external or unknown stays in the text as it is written.
    """
    markup = markup.lstrip("\ufeff")
    if (declaration := _DECLARATION.match(markup)) is not None:
        markup = markup[declaration.end() :]
    own: Mapping[str, str] = {}
    start = _DOCTYPE_START.search(markup, 0, 1 << 16)
    if start is not None and (doctype := _DOCTYPE.match(markup, start.start())) is not None:
        markup = markup[: doctype.start()] + markup[doctype.end() :]
        own = _own_entities(doctype["subset"] or "")
    if (end := markup.rfind("]]>") + 3) > 2:  # behind it nothing closes a section, and looking for that costs a square
        markup = _CDATA.sub(lambda section: _escaped(section[1]), markup[:end]) + markup[end:]
    num_left = MAX_ENTITY_CHARS

    def replacement(reference: re.Match[str]) -> str:
        nonlocal num_left
        name = reference["name"]
        if name in _OF_XML:
            return reference[0]
        if name in own and len(own[name]) <= num_left:
            num_left -= len(own[name])
            return own[name]
        return _character_of(reference)

    markup = _REFERENCE.sub(replacement, markup) if "&" in markup else markup
    return _FORBIDDEN.sub("", markup)


def walk(root: etree._Element) -> Iterator[Event]:
    """Yield the elements and texts below a root, in the order of the document; comments are left out.

    The depth of the document costs no memory of the interpreter's.
    """
    waiting: list[tuple[etree._Element, bool]] = [(root, True)]
    while waiting:
        element, is_start = waiting.pop()
        if not is_start:
            yield "end", name_of(element), element
            if element.tail and element is not root:
                yield "text", element.tail, None
        elif not isinstance(element.tag, str):  # a comment or an instruction
            if element.tail:
                yield "text", element.tail, None
        else:
            yield "start", name_of(element), element
            if element.text:
                yield "text", element.text, None
            waiting.append((element, False))
            waiting += ((child, True) for child in reversed(element))


def name_of(element: etree._Element) -> str:
    """Return an element's name in small letters, without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def attributes_of(element: etree._Element) -> dict[str, str]:
    """Return an element's attributes by their names in small letters, without their namespaces."""
    return {str(key).rpartition("}")[2].lower(): str(value) for key, value in element.attrib.items()}


def _own_entities(subset: str) -> Mapping[str, str]:
    """Return the entities that a document declares in itself, as markup; an entity within an entity stays unresolved.

    Resolving one level only is what keeps a few lines from growing without bounds.
    """
    found: dict[str, str] = {}
    for entity in _ENTITY.finditer(subset):
        value = entity["double"] if entity["double"] is not None else entity["single"]
        found.setdefault(entity["name"], _REFERENCE.sub(_character_of, value))
    return found


def _character_of(reference: re.Match[str]) -> str:
    """Return what a reference stands for, escaped; one that stands for nothing as it is written."""
    number = reference["decimal"] or reference["hexadecimal"]
    if number is not None:
        digits = number.lstrip("0")
        code = int(digits or "0", 10 if reference["decimal"] else 16) if len(digits) < 8 else 0xFFFD
        if 0x80 <= code <= 0x9F:  # what old editors of Windows wrote
            character = bytes([code]).decode("cp1252", "replace")
        else:
            character = chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd"
        return _ESCAPED.get(character, character)
    name = reference["name"]
    if name in _OF_XML:
        return reference[0]
    characters = html5.get(f"{name};") if name is not None else None
    return _escaped(characters) if characters is not None else "&amp;" + reference[0][1:]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
