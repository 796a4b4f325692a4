"""The facts of a book that has been read: a few lines, and arrays that are held or kept on disk.

The fingerprint of a book and the counts of its characters are larger than all its other facts, and memory may not hold
such arrays for all books of a shelf. This module knows nothing of how they are computed.

Shapes: K = distinct characters of a text, F = values of a fingerprint, at most 512 but for very long texts.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.code_points import code_points_of, text_of
from penwright.corpus.shelf.fingerprints import joined
from penwright.files.scratch import Scratch

_HASH, _COUNT, _CODE_POINT = np.dtype(np.uint64), np.dtype(np.int64), np.dtype(np.uint32)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BriefFacts:
    """The facts of a chunk or of a whole book, without arrays."""

    sha256: str
    """SHA-256 of its bytes, 64 hexadecimal digits."""
    text_sha256: str
    """SHA-256 of its clean text in UTF-8."""
    num_chars: int
    """Number of characters of the clean text."""
    encoding: str
    reason: str
    """Reason for the choice of the encoding."""
    details: dict[str, str]
    """Title, writer and similar fields of the distributor's header."""
    is_hard_wrapped: bool
    was_unwrapped: bool
    warnings: tuple[str, ...]
    """Sentences on its contents, that begin in lower case."""
    doubts: tuple[str, ...]
    """Sentences of its reader on what was guessed, replaced or not read."""
    num_cut: int = 0
    """Number of characters that cleaning cut out, joined lines and removed blanks not counted."""
    refusal: str = ""
    """Sentence of the cleaning on what it would not cut, since it would have been too much; empty if there is none."""
    languages: dict[str, int] = field(default_factory=dict)
    """Number of its stretches in each language, by code; "" for a stretch whose language cannot be told."""
    is_code: bool = False
    """True if it is source code."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Facts(BriefFacts):
    """The facts of a chunk or of a whole book, with arrays in memory."""

    characters: str
    """Its K distinct characters, in code point order."""
    counts: NDArray[np.int64]
    """Count of each of them, (K,)."""
    fingerprint: NDArray[np.uint64]
    """Sampled hashes for finding other editions, (F,)."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class KeptFacts(BriefFacts):
    """The facts of a chunk or of a whole book, with arrays on disk that are read at each access."""

    scratch: Scratch
    offset: int
    """Offset of the fingerprint in the scratch file, in bytes; the counts and the characters follow."""
    num_hashes: int
    """F."""
    num_characters: int
    """K."""

    @property
    def fingerprint(self) -> NDArray[np.uint64]:
        """Sampled hashes for finding other editions, (F,)."""
        return cast("NDArray[np.uint64]", self.scratch.read(self.offset, dtype=_HASH, count=self.num_hashes))

    @property
    def counts(self) -> NDArray[np.int64]:
        """Count of each of the characters, (K,)."""
        offset = self.offset + self.num_hashes * _HASH.itemsize
        return cast("NDArray[np.int64]", self.scratch.read(offset, dtype=_COUNT, count=self.num_characters))

    @property
    def characters(self) -> str:
        """The K distinct characters, in code point order."""
        offset = self.offset + self.num_hashes * _HASH.itemsize + self.num_characters * _COUNT.itemsize
        code_points = self.scratch.read(offset, dtype=_CODE_POINT, count=self.num_characters)
        return text_of(cast("NDArray[np.uint32]", code_points))  # in quotes: unquoted, a cast is computed


def keep(facts: Facts | KeptFacts, *, scratch: Scratch) -> KeptFacts:
    """Return the same facts with arrays on disk. Facts that are already kept are returned unchanged.

    Raises:
        CorpusError: If the disk is full.
    """
    if isinstance(facts, KeptFacts):
        return facts
    code_points = code_points_of(facts.characters)
    offset = scratch.write(
        [facts.fingerprint.astype(_HASH), facts.counts.astype(_COUNT), code_points.astype(_CODE_POINT)]
    )
    return KeptFacts(
        sha256=facts.sha256,
        text_sha256=facts.text_sha256,
        num_chars=facts.num_chars,
        encoding=sys.intern(facts.encoding),  # it comes from another process, so without this each book has a copy
        reason=sys.intern(facts.reason),
        details={sys.intern(name): value for name, value in facts.details.items()},
        is_hard_wrapped=facts.is_hard_wrapped,
        was_unwrapped=facts.was_unwrapped,
        warnings=facts.warnings,
        doubts=facts.doubts,
        num_cut=facts.num_cut,
        refusal=facts.refusal,
        languages={sys.intern(code): number for code, number in facts.languages.items()},
        is_code=facts.is_code,
        scratch=scratch,
        offset=offset,
        num_hashes=len(facts.fingerprint),
        num_characters=len(code_points),
    )


def with_details(facts: Facts | KeptFacts, details: Mapping[str, str]) -> Facts | KeptFacts:
    """Return the facts with other details; those of the same name are replaced."""
    return replace(facts, details={**facts.details, **details}) if details else facts


def total_counts(texts: Iterable[Facts | KeptFacts]) -> dict[str, int]:
    """Return the count of each character in several texts together."""
    total = np.zeros(sys.maxunicode + 1, dtype=np.int64)
    for facts in texts:
        total[code_points_of(facts.characters)] += facts.counts  # each character is there once
    present = np.flatnonzero(total)
    return dict(zip(text_of(present.astype(np.uint32)), total[present].tolist(), strict=True))


def join_facts(chunks: Sequence[Facts | KeptFacts], *, sha256: str) -> Facts | KeptFacts:
    """Join the facts of the chunks of a book.

    Args:
        chunks: The facts of its chunks, in order; at least one.
        sha256: SHA-256 of the whole file's bytes.
    """
    if len(chunks) == 1:
        return chunks[0]
    counts = total_counts(chunks)
    characters = "".join(sorted(counts))
    # An ASCII chunk does not contradict the encoding of a later chunk.
    telling = next((facts for facts in chunks if facts.encoding not in ("ascii", "utf-8")), chunks[0])
    return Facts(
        sha256=sha256,
        text_sha256=hashlib.sha256("".join(facts.text_sha256 for facts in chunks).encode("ascii")).hexdigest(),
        num_chars=sum(facts.num_chars for facts in chunks),
        encoding=telling.encoding,
        reason=telling.reason,
        characters=characters,
        counts=np.array([counts[character] for character in characters], dtype=np.int64),
        fingerprint=joined([facts.fingerprint for facts in chunks]),
        details=chunks[0].details,
        is_hard_wrapped=any(facts.is_hard_wrapped for facts in chunks),
        was_unwrapped=any(facts.was_unwrapped for facts in chunks),
        warnings=tuple(dict.fromkeys(warning for facts in chunks for warning in facts.warnings)),
        doubts=tuple(dict.fromkeys(doubt for facts in chunks for doubt in facts.doubts)),
        num_cut=sum(facts.num_cut for facts in chunks),
        refusal=next((facts.refusal for facts in chunks if facts.refusal), ""),
        languages=dict(sum((Counter(facts.languages) for facts in chunks), Counter())),
        is_code=chunks[0].is_code,
    )
