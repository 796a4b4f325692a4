"""The description of a corpus, corpus.json: alphabet, books, configuration and digests.

A description that is read is compared with its checksum and not trusted beyond that. This module knows nothing of ids.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from penwright.alphabet.characters import Alphabet
from penwright.corpus.book import Book
from penwright.corpus.config import CorpusConfig
from penwright.errors import CorpusError
from penwright.files import replacing

SCHEMA_VERSION = 1
JSON_NAME = "corpus.json"
MAX_JSON_BYTES = 1 << 30
_CHECKSUM = re.compile(rb',\n?"checksum":"[0-9a-f]{64}"')
_FORMAT = "penwright corpus"
_KEYS = {
    *("format", "schema_version", "alphabet", "config", "books", "ids_sha256"),
    *("cache_keys", "skipped", "warnings", "digest", "checksum"),
}
SUBWORDS_VERSION_KEY = "pieces_version"
"""Older corpora have this key, so it stays."""


class Contents(NamedTuple):
    """Everything a corpus holds except its ids. Books with equal contents have equal ids."""

    alphabet: Alphabet
    config: CorpusConfig
    books: tuple[Book, ...]
    """In the order of their ids."""
    cache_keys: tuple[tuple[str, ...], ...]
    """Names of each book's clean texts in the cache: one key for each chunk of its file."""
    skipped: tuple[tuple[str, str], ...]
    """Files that were not taken: (name, reason)."""
    warnings: tuple[str, ...]
    """One sentence each."""
    subwords_version: int | None = None
    """Version of the way in which subwords are learned and texts cut into them; None for a corpus in characters."""

    @property
    def all_cache_keys(self) -> set[str]:
        """The cache keys of all books together."""
        return {key for keys in self.cache_keys for key in keys}


def describe(contents: Contents, ids_sha256: Sequence[str]) -> dict[str, Any]:
    """Return the data of corpus.json, digests included.

    Args:
        contents: Everything but the ids.
        ids_sha256: SHA-256 of each book's ids as they lie in ids.bin.
    """
    rows, version = [_row(book) for book in contents.books], contents.subwords_version
    data = {
        "format": _FORMAT,
        "schema_version": SCHEMA_VERSION,
        "alphabet": contents.alphabet.to_dict(),
        "config": contents.config.to_dict(),
        "books": rows,
        "ids_sha256": list(ids_sha256),
        "cache_keys": [list(keys) for keys in contents.cache_keys],
        "skipped": [list(pair) for pair in contents.skipped],
        "warnings": list(contents.warnings),
        "digest": content_digest(contents.alphabet.to_dict(), rows, ids_sha256),
        **({} if version is None else {SUBWORDS_VERSION_KEY: version}),
    }
    return {**data, "checksum": _sha256_of_json(data)}


def _row(book: Book) -> dict[str, Any]:
    """Return a book as plain data. A key that older corpora lack is there only where it says something."""
    row = asdict(book)
    return row if book.first_char else {key: value for key, value in row.items() if key != "first_char"}


def content_digest(alphabet: dict[str, Any], books: Sequence[dict[str, Any]], ids_sha256: Sequence[str]) -> str:
    """Return the SHA-256 of a corpus's content, which does not depend on the paths of its files."""
    content = ({key: value for key, value in book.items() if key not in ("source", "encoding")} for book in books)
    return _sha256_of_json({"alphabet": alphabet, "books": content, "ids_sha256": list(ids_sha256)})


def version_of(folder: Path) -> tuple[int, int] | None:
    """Return a value that changes whenever a corpus is replaced, or None if there is no corpus."""
    try:
        stat = (folder / JSON_NAME).stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _sha256_of_json(data: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for part in _canonical(data):
        digest.update(part.encode("ascii"))
    return digest.hexdigest()


def _canonical(data: Mapping[str, Any], *, line_feed: str = "") -> Iterator[str]:
    """Yield JSON in parts. Lists and iterators are written item by item, since they may have an item per book.

    Args:
        data: The data.
        line_feed: Put before each key and each item of a list.
    """
    # ASCII with sorted keys: the same bytes on every machine, lone surrogates included.
    encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
    for index, key in enumerate(sorted(data)):
        yield f"{',' if index else '{'}{line_feed}{encode(key)}:"
        value = data[key]
        if isinstance(value, list | Iterator):
            yield "["
            yield from (f"{',' if number else ''}{line_feed}{encode(item)}" for number, item in enumerate(value))
            yield "]"
        else:
            yield encode(value)
    yield "}"


def write_description(folder: Path, data: dict[str, Any]) -> None:
    """Write corpus.json, whole or not at all. It is ASCII, because an alphabet may hold lone surrogates.

    Raises:
        OSError: If the disk is full or the folder cannot be written.
    """
    with replacing(folder / JSON_NAME) as file:
        for part in _canonical(data, line_feed="\n"):
            file.write(part.encode("ascii"))
        file.write(b"\n")


def _is_as_written(written: bytes, checksum: object) -> bool:
    """Return True if a file is what `write_description` wrote, which is told thirty times as fast as by its data.

    It is the canonical form with its checksum and with line feeds, which JSON has nowhere else.
    """
    parts = _CHECKSUM.split(written)
    if len(parts) != 2:
        return False
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.replace(b"\n", b""))
    return digest.hexdigest() == checksum


def read_description(folder: Path) -> dict[str, Any]:
    """Return the data of a corpus's corpus.json, as `describe` made it.

    Raises:
        CorpusError: If there is no corpus, or it is damaged or of another version.
    """
    path = folder / JSON_NAME
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise CorpusError(f"{path} is larger than {MAX_JSON_BYTES:,} bytes and cannot be a corpus.")
        written = path.read_bytes()
        data = json.loads(written, parse_constant=_refuse)
    except FileNotFoundError as error:
        raise CorpusError(
            f"there is no corpus in {folder} ({JSON_NAME} is missing). Prepare the books first."
        ) from error
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(
            f"the corpus in {folder} is damaged: {JSON_NAME} is not JSON. Prepare the books again."
        ) from error
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise CorpusError(f"{path} does not describe a corpus. Prepare the books again.")
    if data.get("schema_version") != SCHEMA_VERSION:
        found = data.get("schema_version")
        raise CorpusError(
            f"the corpus in {folder} has version {found!r}, this program reads {SCHEMA_VERSION}. "
            "Prepare the books again."
        )
    is_whole = set(data) - {SUBWORDS_VERSION_KEY} == _KEYS
    if is_whole and not _is_as_written(written, data["checksum"]):  # perhaps older, or written by another program
        is_whole = data["checksum"] == _sha256_of_json({key: data[key] for key in data if key != "checksum"})
    if not is_whole:
        raise CorpusError(
            f"the corpus in {folder} is damaged: {JSON_NAME} does not match its checksum. Prepare the books again."
        )
    return data
