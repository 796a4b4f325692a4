"""Make a web page in which an author writes: one file that is opened from disk and asks nothing of any network.

The page holds the author, compressed, and a program in plain JavaScript (`page/`) that does what `kernels/` does. Its
policy forbids every request, and lets no other program run. The same seed gives the same text as here.
"""

import hashlib
import html
import re
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

from penwright.author.card import Card
from penwright.author.export.packing import pack_author
from penwright.author.file.loading import AuthorParts
from penwright.errors import printable
from penwright.files import replacing

WORKER = ("arithmetic.js", "contexts.js", "model.js", "alphabet.js", "writing.js", "worker.js")
"""Files of the program that writes, in their order."""
MAX_TITLE_CHARS = 200


def export_html(parts: AuthorParts, path: Path, *, is_int8: bool = False) -> int:
    """Write the page of an author. The file is written whole or not at all.

    Args:
        parts: Contents of an author file.
        path: File to write, in a folder that exists.
        is_int8: True to round the weights to 8 bits. The file is then smaller, and texts differ a little.

    Returns:
        Size of the file in bytes.

    Raises:
        OSError: If it cannot be written.
    """
    data = render_page(parts, is_int8=is_int8).encode("utf-8")
    with replacing(path) as file:
        file.write(data)
    return len(data)


def render_page(parts: AuthorParts, *, is_int8: bool = False) -> str:
    """Return the page of an author as one HTML document. The arguments are those of `export_html`."""
    style, program = _source("page.css"), _source("page.js")
    packed = b64encode(pack_author(parts, is_int8=is_int8)).decode("ascii")
    policy = (
        f"default-src 'none'; script-src '{_hash(program)}'; style-src '{_hash(style)}'; worker-src blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    values = {
        "policy": policy,
        "name": _shown(parts.card.name or "an author")[:MAX_TITLE_CHARS],
        "facts": _facts(parts.card),
        "books": _books(parts.card),
        "size": f"{_megabytes(len(packed))} MB",
        "style": style,
        "program": program,
        "worker": "\n".join(["'use strict';", *map(_source, WORKER)]),
        "author": packed,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], _source("page.html"))


def _source(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _facts(card: Card) -> str:
    """Return what the card tells in short, as terms of a list."""
    return "".join(
        f"<div><dt>{_shown(name)}</dt><dd>{_shown(value)}</dd></div>" for name, value in card.facts() if value
    )


def _books(card: Card) -> str:
    """Return the books that the author was raised on, as a list that can be opened."""
    read = [book for book in card.books if book.split == "train"]
    if not read:
        return ""
    rows = "".join(f"<li>{_shown(book.title)}{_by(book.author)}</li>" for book in read)
    more = card.num_books - len(card.books)
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    return f"<details><summary>The books that it was raised on</summary><ul>{rows}{rest}</ul></details>"


def _by(writer: str) -> str:
    return f' <span class="by">{_shown(writer)}</span>' if writer else ""


def _shown(text: str) -> str:
    return html.escape(printable(text), quote=True)


def _megabytes(num_bytes: int) -> str:
    return f"{max(num_bytes / 1e6, 0.1):.1f}"
