"""Which columns of a table of books hold what: the text, the title, the writer, the language, the rights.

Tables of books agree on little but their having a text. The names below are those of published data sets; names of all
kinds of letters are alike. This module knows nothing of files.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

TEXT = ("text", "content", "context", "body", "story", "book_text", "full_text", "text_by_page_gen", "text_by_page_src")
TITLE = ("title", "book_title", "short_book_title", "title_src", "name")
WRITER = ("author", "authors", "author_name", "author_src", "creator", "creators", "writer")
LANGUAGE = ("language", "languages", "lang", "language_gen", "language_src")
NUMBER = ("id", "text_id", "etextno", "book_id", "gutenberg_id", "barcode_src", "identifier")
RIGHTS = ("license", "licence", "rights", "copyright")
METADATA = ("metadata", "meta")
_MAX_CHARS = 500


class BookColumns(NamedTuple):
    """Names of the columns of one table; None where it has none."""

    text: str
    others: tuple[str, ...]
    """Columns that tell of the book: small beside the text."""


class BookFields(NamedTuple):
    """What a row tells of its book, each on one line and empty if it does not."""

    id: str
    title: str
    writer: str
    language: str
    rights: str

    @property
    def details(self) -> dict[str, str]:
        """The fields under the names of a distributor's header, without empty ones."""
        found = {"Title": self.title, "Author": self.writer, "Language": self.language}
        return {name: value for name, value in found.items() if value}


def book_columns(names: Iterable[str]) -> BookColumns | None:
    """Return which columns of a table to read, or None if none of them is known to hold texts.

    Args:
        names: Names of all its columns.
    """
    known = {name.lower(): name for name in reversed(list(names))}
    text = _first(known, TEXT)
    if text is None:
        return None
    chosen = (_first(known, kind) for kind in (NUMBER, TITLE, WRITER, LANGUAGE, RIGHTS, METADATA))
    return BookColumns(text, tuple(name for name in chosen if name is not None and name != text))


def book_fields(row: Mapping[str, Any]) -> BookFields:
    """Return what a row tells of its book. A column of metadata, as JSON or as a structure, is looked into.

    Args:
        row: Values by column.
    """
    known = {name.lower(): value for name, value in row.items()}
    for name in METADATA:
        inner = known.pop(name, None)
        if isinstance(inner, str):
            try:
                inner = json.loads(inner)
            except ValueError:
                inner = None
        if isinstance(inner, Mapping):
            known = {str(key).lower(): value for key, value in inner.items()} | known
    return BookFields(*(_value(known, names) for names in (NUMBER, TITLE, WRITER, LANGUAGE, RIGHTS)))


def text_of_cell(value: Any) -> str:
    """Return the text of a cell: pages in a list are joined; a cell without text is empty."""
    if isinstance(value, list | tuple):
        return "\n".join(text_of_cell(page) for page in value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _first(known: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((known[name] for name in names if name in known), None)


def _value(known: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the first value that is not empty, on one line; several values are joined."""
    for name in names:
        value = known.get(name)
        values = value if isinstance(value, list | tuple) else [value]
        text = "; ".join(" ".join(str(each).split()) for each in values if each not in (None, ""))
        if text:
            return text[:_MAX_CHARS]
    return ""
