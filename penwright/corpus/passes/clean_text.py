"""Read and clean one chunk of a book, and collect all facts that are needed later without its text.

All books are read here: preparing a corpus and inspecting a shelf both call `read_chunk`. This module knows nothing of
files on disk beyond their bytes, nor of splits and ids.

Shapes: K = distinct characters of a text.
"""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.code_points import text_of
from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES
from penwright.corpus.cleaning.clean import Cleaned, CleaningConfig, Cut, clean
from penwright.corpus.cleaning.whitespace import characters_of
from penwright.corpus.code.generated import reason_generated
from penwright.corpus.code.recognition import is_code
from penwright.corpus.config import CorpusConfig
from penwright.corpus.formats.document import is_line_markup, read_document
from penwright.corpus.language.detection import stretch_languages
from penwright.corpus.shelf.facts import Facts
from penwright.corpus.shelf.fingerprints import fingerprint
from penwright.corpus.sources.chunks import FileChunk
from penwright.corpus.sources.discovery import read_range, read_source
from penwright.errors import ReadingError

MAX_WHOLE_BYTES = MAX_MEMBER_BYTES
"""Largest archive member, page or table, since these cannot be read in chunks."""
COUNT_CHARS = 1 << 15
"""Number of characters counted at a time, small enough for the processor's cache."""


class CleanText(NamedTuple):
    """A clean text and its facts."""

    text: str
    facts: Facts
    cuts: tuple[Cut, ...]
    data: bytes
    """The text in UTF-8, in which lone surrogates are kept."""


class RawChunk(NamedTuple):
    """The bytes of a chunk, unchanged, and their SHA-256."""

    data: bytes
    sha256: str


def read_bytes(chunk: FileChunk) -> RawChunk:
    """Return the bytes of a chunk or of a whole archive member.

    Raises:
        ReadingError: If they vanished, changed since they were listed, are too many to hold, or cannot be read.
    """
    source, num_bytes = chunk.source, chunk.stop - chunk.start
    if source.member is None and num_bytes > MAX_WHOLE_BYTES:  # a size declared by an archive is not trusted
        raise ReadingError(
            f"{source.name} has {num_bytes:,} bytes, of which at most {MAX_WHOLE_BYTES:,} can be held at once. "
            "Save it as plain text, which is read in parts"
        )
    if chunk.is_first and chunk.is_last:
        data = read_source(source, max_bytes=MAX_WHOLE_BYTES)
    else:
        data = read_range(source, start=chunk.start, stop=chunk.stop)
    return RawChunk(data, hashlib.sha256(data).hexdigest())


def read_chunk(raw: RawChunk, *, chunk: FileChunk, config: CorpusConfig) -> CleanText:
    """Turn the bytes of a chunk into clean text.

    Args:
        raw: The bytes, from `read_bytes`.
        chunk: The chunk.
        config: What to cut; a raw configuration leaves the text unchanged.

    Raises:
        ReadingError: If the bytes are no text, only blanks, or source code that nobody wrote.
    """
    name = chunk.source.name
    document = read_document(chunk.mark + raw.data, name=name)
    unclean, about, sha256 = [document.text], document._replace(text=""), raw.sha256
    is_program = not config.is_raw and is_code(name, document.text, rule=config.code)
    if is_program and chunk.is_first and not config.generated and (reason := reason_generated(name, document.text)):
        raise ReadingError(f"{name} {reason}")
    del raw, document  # the only references are handed over, so that they are released before lines are joined
    if config.is_raw:
        cleaned = Cleaned(unclean.pop(), (), {}, False, False, ())
    else:
        cleaned = clean(
            unclean.pop(),
            config=CleaningConfig(
                licence=config.licence,
                unwrap=config.unwrap,
                normalize_punctuation=config.normalize_punctuation,
                max_cut_fraction=config.max_cut_fraction,
            ),
            is_first=chunk.is_first,
            is_last=chunk.is_last,
            is_verbatim=is_line_markup(name),
            is_code=is_program,
            has_own_lines=about.has_own_lines,
        )
    text = cleaned.text
    if not text.strip() and chunk.is_first and chunk.is_last:
        raise ReadingError(f"{name} holds no text but blanks")
    characters, counts = count_characters(text)
    data = text.encode("utf-8", "surrogatepass")
    facts = Facts(
        sha256=sha256,
        text_sha256=hashlib.sha256(data).hexdigest(),
        num_chars=len(text),
        encoding=about.encoding,
        reason=about.reason,
        characters=characters,
        counts=counts,
        fingerprint=np.zeros(0, dtype=np.uint64) if config.is_raw else fingerprint(text, by_lines=is_program),
        details={**about.details, **cleaned.details},
        is_hard_wrapped=cleaned.is_hard_wrapped,
        was_unwrapped=cleaned.was_unwrapped,
        warnings=cleaned.warnings,
        doubts=about.warnings,
        num_cut=cleaned.num_cut,
        refusal=cleaned.refusal,
        languages={} if config.is_raw or is_program else stretch_languages(text),
        is_code=is_program,
    )
    return CleanText(text, facts, cleaned.cuts, data)


def count_characters(text: str) -> tuple[str, NDArray[np.int64]]:
    """Return the K distinct characters of a text in code point order, and the count of each, (K,)."""
    characters = characters_of(text)
    if characters.dtype.itemsize == 1:
        total = _count_bytes(characters.astype(np.uint8, copy=False))
    elif characters.dtype.itemsize == 2 and len(high := characters[characters > 255]) < len(characters) // 8:
        total = np.bincount(high)
        low = characters.astype(np.uint8)
        total[:256] = _count_bytes(low) - np.bincount(low[characters > 255], minlength=256)
    else:
        total = np.zeros(0, dtype=np.intp)
        for start in range(0, len(characters), COUNT_CHARS):
            counts = np.bincount(characters[start : start + COUNT_CHARS], minlength=len(total))
            counts[: len(total)] += total
            total = counts
    present = np.flatnonzero(total)
    return text_of(present.astype(np.uint32)), total[present].astype(np.int64)


def _count_bytes(characters: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the count of each byte, (256,). They are counted in pairs, which are half as many."""
    odd = len(characters) % 2
    pairs = np.concatenate([characters, np.zeros(odd, dtype=np.uint8)]).view(np.uint16)
    table = np.bincount(pairs, minlength=1 << 16).reshape(256, 256)
    total: NDArray[np.intp] = table.sum(axis=0) + table.sum(axis=1)
    total[0] -= odd
    return total
