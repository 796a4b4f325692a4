"""Read one piece of a book, clean it, and tell all that has to be known of it later without holding its text.

The one way in which books are read: preparing a corpus and inspecting a shelf both call `read_piece`. This module knows
nothing of files on disk beyond their bytes, nor of splits and ids.

Shapes: K = distinct characters of a text, F = values of a fingerprint, at most 512.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet import code_points_of, text_of
from penwright.corpus.cleaning import CleaningConfig, Cut, clean
from penwright.corpus.config import CorpusConfig
from penwright.corpus.duplicates import NUM_HASHES, fingerprint
from penwright.corpus.pieces import Piece
from penwright.corpus.reading import is_source_code, read_document
from penwright.corpus.sources import read_range, read_source
from penwright.errors import ReadingError

MAX_WHOLE_BYTES = 64 << 20
"""Largest archive member, page or table, which cannot be read in parts."""
COUNT_CHARS = 1 << 18
"""Characters counted at a time: their code points stay in the processor's cache."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Facts:
    """What is known of a piece of a book, or of a whole book, once it has been read."""

    sha256: str
    """Of its bytes, 64 hexadecimal digits."""
    text_sha256: str
    """Of its clean text in UTF-8."""
    num_chars: int
    """Characters of the clean text."""
    encoding: str
    reason: str
    """Why this encoding was chosen."""
    characters: str
    """Its K distinct characters, in code point order."""
    counts: NDArray[np.int64]
    """How often each of them occurs, (K,)."""
    fingerprint: NDArray[np.uint64]
    """Sampled hashes by which other editions are found, (F,)."""
    details: dict[str, str]
    """Title, author and the like, as the distributor's header tells them."""
    is_hard_wrapped: bool
    was_unwrapped: bool
    warnings: tuple[str, ...]


class Reading(NamedTuple):
    """A clean text with all that is known of it."""

    text: str
    facts: Facts
    cuts: tuple[Cut, ...]


class RawPiece(NamedTuple):
    """A piece's bytes as they lie in the file, and their hash."""

    data: bytes
    sha256: str


def read_bytes(piece: Piece) -> RawPiece:
    """Return a piece's bytes, or those of a whole archive member.

    Raises:
        ReadingError: If they vanished, changed since they were listed, or cannot be read.
    """
    _check_size(piece, piece.stop - piece.start)
    if piece.is_first and piece.is_last:
        data = read_source(piece.source)
        _check_size(piece, len(data))  # what an archive declares is not to be believed
    else:
        data = read_range(piece.source, start=piece.start, stop=piece.stop)
    return RawPiece(data, hashlib.sha256(data).hexdigest())


def _check_size(piece: Piece, num_bytes: int) -> None:
    if num_bytes > MAX_WHOLE_BYTES:
        raise ReadingError(
            f"{piece.source.name} has {num_bytes:,} bytes, of which at most {MAX_WHOLE_BYTES:,} can be held at once. "
            "Unpack it, or save it as plain text, which is read in parts"
        )


def read_piece(raw: RawPiece, *, piece: Piece, config: CorpusConfig) -> Reading:
    """Turn a piece's bytes into clean text.

    Args:
        raw: Its bytes, from `read_bytes`.
        piece: Where they come from.
        config: What to cut; a raw configuration takes the text as it is.

    Raises:
        ReadingError: If the bytes are no text, or nothing is left of them.
    """
    name = piece.source.name
    decoded = read_document(piece.mark + raw.data, name=name)
    text, cuts, details = decoded.text, tuple[Cut, ...](), dict[str, str]()
    is_hard_wrapped = was_unwrapped = False
    warnings: tuple[str, ...] = ()
    if not config.is_raw:
        cleaning = CleaningConfig(licence=config.licence, unwrap=config.unwrap, fold=config.fold)
        text, cuts, details, is_hard_wrapped, was_unwrapped, warnings = clean(
            text, config=cleaning, is_first=piece.is_first, is_last=piece.is_last, is_code=is_source_code(name)
        )
    if not text.strip() and piece.is_first and piece.is_last:
        raise ReadingError(f"{name} holds no text but blanks")
    characters, counts = count_characters(text)
    facts = Facts(
        sha256=raw.sha256,
        text_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        num_chars=len(text),
        encoding=decoded.encoding,
        reason=decoded.reason,
        characters=characters,
        counts=counts,
        fingerprint=np.zeros(0, dtype=np.uint64) if config.is_raw else fingerprint(text),
        details=details,
        is_hard_wrapped=is_hard_wrapped,
        was_unwrapped=was_unwrapped,
        warnings=warnings,
    )
    return Reading(text, facts, cuts)


def count_characters(text: str) -> tuple[str, NDArray[np.int64]]:
    """Return the K distinct characters of a text in code point order, and how often each occurs, (K,)."""
    total = np.zeros(0, dtype=np.intp)
    for start in range(0, len(text), COUNT_CHARS):
        counts = np.bincount(code_points_of(text[start : start + COUNT_CHARS]), minlength=len(total))
        counts[: len(total)] += total
        total = counts
    present = np.flatnonzero(total)
    return text_of(present.astype(np.uint32)), total[present].astype(np.int64)


def total_counts(texts: Iterable[Facts]) -> dict[str, int]:
    """Return how often each character occurs in some texts together."""
    counts: dict[str, int] = {}
    for facts in texts:
        for character, count in zip(facts.characters, facts.counts.tolist(), strict=True):
            counts[character] = counts.get(character, 0) + count
    return counts


def join_facts(pieces: Sequence[Facts], *, sha256: str) -> Facts:
    """Return the facts of a whole book from those of its pieces.

    Args:
        pieces: In order, at least one.
        sha256: Of the whole file's bytes.
    """
    if len(pieces) == 1:
        return pieces[0]
    counts = total_counts(pieces)
    characters = "".join(sorted(counts))
    # An all-ASCII piece says nothing against the encoding that a later piece shows.
    telling = next((facts for facts in pieces if facts.encoding not in ("ascii", "utf-8")), pieces[0])
    return Facts(
        sha256=sha256,
        text_sha256=hashlib.sha256("".join(facts.text_sha256 for facts in pieces).encode("ascii")).hexdigest(),
        num_chars=sum(facts.num_chars for facts in pieces),
        encoding=telling.encoding,
        reason=telling.reason,
        characters=characters,
        counts=np.array([counts[character] for character in characters], dtype=np.int64),
        # Each piece has the smallest hashes of its sentences, so the smallest of them all are those of the book.
        fingerprint=np.unique(np.concatenate([facts.fingerprint for facts in pieces]))[:NUM_HASHES],
        details=pieces[0].details,
        is_hard_wrapped=any(facts.is_hard_wrapped for facts in pieces),
        was_unwrapped=any(facts.was_unwrapped for facts in pieces),
        warnings=tuple(dict.fromkeys(warning for facts in pieces for warning in facts.warnings)),
    )
