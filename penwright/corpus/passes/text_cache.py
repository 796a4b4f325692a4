"""Keep each book's clean text between runs, so that an unchanged book is never cleaned twice.

An entry is one file: a line of JSON with the facts of the text, then the text in UTF-8. Its name is a hash of the
book's bytes and of everything that affects their cleaning, but not of times and file names. A missing or damaged entry
is made again, so the folder may be deleted at any time. The texts stay when a corpus is finished, so that adding one
book to a shelf costs the cleaning of one book. Texts that only a replaced corpus used are removed.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from penwright.corpus.cleaning.clean import CLEANING_VERSION
from penwright.corpus.code.generated import is_lock_file
from penwright.corpus.config import CorpusConfig
from penwright.corpus.formats.document import is_source_code
from penwright.corpus.shelf.facts import Facts
from penwright.corpus.sources.chunks import FileChunk
from penwright.corpus.sources.discovery import CACHE_TAG
from penwright.files import entries, remove_asides, replacing_unflushed, write_text

ENTRY_VERSION = 2
FOLDER = "books"
TEXT_BYTES = 1 << 16
"""Number of bytes of a text read at a time."""


def key_of(sha256: str, *, chunk: FileChunk, config: CorpusConfig) -> str:
    """Return the name of a chunk's entry.

    Args:
        sha256: SHA-256 of the chunk's bytes.
        chunk: The chunk. Its suffix, whether it is a program, and its position in the book affect the key, but not the
            rest of its name.
        config: What is cut.
    """
    steps = [config.licence, config.unwrap, config.normalize_punctuation, config.max_cut_fraction]
    how: dict[str, Any] = {
        "entry": ENTRY_VERSION,
        "cleaning": CLEANING_VERSION,
        "is_raw": config.is_raw,
        "config": None if config.is_raw else [*steps, config.code, config.generated],
        "suffix": PurePosixPath(chunk.source.name).suffix.lower(),
        "is_code": is_source_code(chunk.source.name),
        "is_lock": is_lock_file(chunk.source.name),
        "place": [chunk.is_first, chunk.is_last, chunk.mark.hex()],
        "sha256": sha256,
    }
    return hashlib.sha256(json.dumps(how, sort_keys=True).encode("ascii")).hexdigest()


def make_cache(cache_dir: Path) -> None:
    """Make the folder of entries, with the tag that marks a cache for backups and for readers of shelves.

    What processes that were killed left in it is removed.

    Raises:
        OSError: If it cannot be made.

    Source: Cache Directory Tagging Specification, version 0.6.
    """
    tag = cache_dir / FOLDER / CACHE_TAG
    if not tag.is_file():
        tag.parent.mkdir(parents=True, exist_ok=True)
        write_text(
            tag, "Signature: 8a477f597d28d172789f06886806bc55\n# Clean texts of Penwright's; they can be made again.\n"
        )
    for folder in entries(tag.parent):
        remove_asides(folder)


def entry_path(cache_dir: Path, key: str) -> Path:
    """Return the path of an entry, in one of 256 folders."""
    return cache_dir / FOLDER / key[:2] / key


def load_facts(cache_dir: Path, key: str) -> Facts | None:
    """Return the facts of a text in the cache, or None if the entry is missing or damaged."""
    path = entry_path(cache_dir, key)
    try:
        with path.open("rb") as file:
            head = file.readline()
            num_bytes = path.stat().st_size - len(head)
        data = json.loads(head)
        if data.pop("num_bytes") != num_bytes:
            return None
        data["fingerprint"] = np.array(data["fingerprint"], dtype=np.uint64)
        data["counts"] = np.array(data["counts"], dtype=np.int64)
        return Facts(**{**data, "warnings": tuple(data["warnings"]), "doubts": tuple(data["doubts"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def save_entry(cache_dir: Path, key: str, *, data: bytes, facts: Facts) -> None:
    """Write an entry, whole or not at all.

    Args:
        cache_dir: The cache.
        key: The entry's name, from `key_of`.
        data: The text in UTF-8.
        facts: Its facts.

    Raises:
        OSError: If the disk is full or the folder cannot be written.
    """
    plain = {field.name: getattr(facts, field.name) for field in fields(facts)}
    arrays = {"fingerprint": facts.fingerprint.tolist(), "counts": facts.counts.tolist()}
    head = {**plain, **arrays, "num_bytes": len(data)}
    path = entry_path(cache_dir, key)
    line = json.dumps(head, ensure_ascii=True).encode("ascii") + b"\n"
    try:
        _write(path, line, data)
    except FileNotFoundError:  # the first one in its folder
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, line, data)


def _write(path: Path, line: bytes, data: bytes) -> None:
    with replacing_unflushed(path) as file:
        file.write(line)
        file.write(data)


def iter_cached_text(cache_dir: Path, key: str) -> Iterator[str] | None:
    """Return the text of an entry in stretches of constant size, or None if it is missing or damaged.

    The whole text is compared with its digest first.
    """
    path = entry_path(cache_dir, key)
    facts = load_facts(cache_dir, key)
    digest = hashlib.sha256()
    with suppress(OSError), path.open("rb") as file:
        file.readline()
        while data := file.read(TEXT_BYTES):
            digest.update(data)
    return _stretches(path) if facts is not None and digest.hexdigest() == facts.text_sha256 else None


def _stretches(path: Path) -> Iterator[str]:
    """Yield a text in stretches that end between characters."""
    rest = b""
    with path.open("rb") as file:
        file.readline()
        while data := file.read(TEXT_BYTES):
            data = rest + data
            whole = _whole_characters(data)
            rest = data[whole:]
            yield data[:whole].decode("utf-8", "surrogatepass")
    yield rest.decode("utf-8", "surrogatepass")


def _whole_characters(data: bytes) -> int:
    """Return the number of bytes that are whole characters; each byte but a continuation begins a character."""
    index = len(data) - 1
    while index > 0 and data[index] & 0xC0 == 0x80:
        index -= 1
    lead = data[index]
    needed = 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    return len(data) if index + needed <= len(data) else index


def remove_entries(cache_dir: Path, keys: set[str]) -> None:
    """Remove entries that no corpus needs. An entry that is missing or in use is skipped."""
    for key in keys:
        with suppress(OSError):
            entry_path(cache_dir, key).unlink()
