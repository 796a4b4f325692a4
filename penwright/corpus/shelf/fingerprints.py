"""Recognise books that share their text: editions of one novel, a volume of collected works, a file kept twice.

A fingerprint is a sample of hashes, each of the letters after a sentence's end. It ignores wrapping, case, accents,
quotes and marks of italics, so two editions have equal hashes wherever their words agree. Which hashes are kept depends
on the hashes alone, so the same ones are kept for both. This module knows nothing of files.

Method: bottom-k sketches (Broder 1997, "On the resemblance and containment of documents", section 4), used to estimate
the share of the smaller text that is found in the larger.

Shapes: N = characters of a text (UTF-16 units), S = its sentences' ends, W = characters examined after each end,
L = letters hashed.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from penwright.corpus.cleaning.whitespace import Characters, characters_of

NUM_HASHES = 512
"""Largest number of hashes of a fingerprint, but for that of a very long text."""
SENTENCES_PER_HASHES = 10_240
"""Number of sentences from which on a longer text has more hashes in proportion, so that each of many novels of
collected works has some."""
MAX_HASHES = 4_096
"""Largest number of hashes of any fingerprint."""
NUM_LETTERS = 32
"""Number of letters hashed together, about six words."""
WINDOW_CHARS = 80
"""W: number of characters after a sentence's end in which these letters are sought."""
SHORT_WINDOW_CHARS = 56
"""Number of characters that hold these letters after nineteen of twenty sentences; the others are examined again."""
CHUNK_ENDS = 1 << 10
"""Number of sentences hashed at a time, small enough for the processor's cache."""
_ENDS = ".!?…。！？।؟۔"
_LINE_ENDS = "\n"
_END = 1
_NO_EARLY_END = np.uint64(0xFFFF_FFFF_FFFF_FFFF)

Fingerprint = NDArray[np.uint64]
Letters = NDArray[np.uint8] | NDArray[np.uint16]
"""The letter of each unit of a text without case and accents, 0 for none."""


def fingerprint(text: str, *, by_lines: bool = False) -> Fingerprint:
    """Return a text's fingerprint.

    Args:
        text: Any text, cleaned or not.
        by_lines: True to hash the letters behind the ends of lines instead of sentences, as for source code.

    Returns:
        At most `NUM_HASHES` distinct hashes in ascending order, or `MAX_HASHES` for a very long text; fewer for a text
        of few sentences.
    """
    plain = _marked(_units(text), by_lines=by_lines)  # (N,)
    ends = np.flatnonzero(plain == _END)
    plain[ends] = 0
    ends = ends[(ends >= 3) & (ends + WINDOW_CHARS < len(plain))]  # (S,)
    if not len(ends):
        return np.zeros(0, dtype=np.uint64)
    is_sampled = _is_sampled(plain, ends)
    limit = min(MAX_HASHES, NUM_HASHES * max(1, len(ends) // SENTENCES_PER_HASHES))
    sampled = _hashes(plain, ends[is_sampled], level=0, limit=limit)
    if len(sampled) == limit:  # all other hashes are larger
        return sampled
    return np.concatenate([sampled, _hashes(plain, ends[~is_sampled], level=1, limit=limit)])[:limit]


def joined(fingerprints: Sequence[Fingerprint]) -> Fingerprint:
    """Return the fingerprint of a text from those of its parts, at least one.

    Up to the smallest last hash of the parts, all hashes of the whole are known.
    """
    limit = min(map(_last_known, fingerprints))
    found = np.unique(np.concatenate(fingerprints))
    return found[found <= limit][:MAX_HASHES]


def similarity(first: Fingerprint, second: Fingerprint) -> float:
    """Return the estimated share of the smaller text that is found in the larger, 0 to 1.

    Args:
        first: From `fingerprint`.
        second: From `fingerprint`.

    Returns:
        1 for equal texts and for an excerpt and its whole; 0 for unrelated texts and for a text without sentences.
    """
    # Beyond the last hash of a full fingerprint nothing is known, so both are compared up to the smaller last hash.
    limit = min(_last_known(first), _last_known(second))
    ours, theirs = first[first <= limit], second[second <= limit]
    smaller = min(len(ours), len(theirs))
    return len(np.intersect1d(ours, theirs, assume_unique=True)) / smaller if smaller else 0.0


def _last_known(one: Fingerprint) -> np.uint64:
    return one[-1] if len(one) >= NUM_HASHES else _NO_EARLY_END


def _units(text: str) -> Characters:
    """Return the UTF-16 units of a text, in one byte each if all fit."""
    characters = characters_of(text)
    if characters.dtype.itemsize <= 2:  # no character takes two units
        return characters
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")


def _marked(units: Characters, *, by_lines: bool) -> Letters:
    """Return the letter of each unit (N,) without case and accents, `_END` for a sentence's end, 0 for the rest."""
    letters = _letters(_LINE_ENDS if by_lines else _ENDS)
    low = bytearray(units.astype(np.uint8, copy=False).data).translate(letters[:256].astype(np.uint8).tobytes())
    marked = np.frombuffer(low, dtype=np.uint8)  # ten times as fast as indexing the letters
    if units.dtype.itemsize > 1:
        high = np.flatnonzero(units > 255)
        others = letters[units[high]]
        if np.any(others > 255):  # Greek, Cyrillic, ...
            return letters[units]
        marked[high] = others
    return marked


def _is_sampled(plain: Letters, ends: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return a mask (S,) of the quarter of sentences that is hashed first, by the three letters before their ends."""
    key = np.zeros(len(ends), dtype=np.uint32)
    for distance in (1, 2, 3):
        key = (key + plain[ends - distance]) * np.uint32(0x9E3779B1)
    return np.less(key, np.uint32(1 << 30))


def _hashes(plain: Letters, ends: NDArray[np.intp], *, level: int, limit: int) -> Fingerprint:
    """Return the `limit` smallest distinct hashes after sentences' ends, all in the range of one level."""
    found, short = [np.zeros(0, dtype=np.uint64)], [ends[:0]]
    for chunk in _chunks(ends):
        of_chunk, is_whole = _hashes_behind(plain, chunk, SHORT_WINDOW_CHARS)
        found.append(of_chunk)
        short.append(chunk[~is_whole])
    found += [_hashes_behind(plain, chunk, WINDOW_CHARS)[0] for chunk in _chunks(np.concatenate(short))]
    in_order = np.sort(np.concatenate(found))
    is_new = np.append(True, in_order[1:] != in_order[:-1])[: len(in_order)]
    hashes: Fingerprint = in_order[is_new][:limit] | np.uint64(level << 63)
    return hashes


def _chunks(ends: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield sentences' ends in parts that are hashed together."""
    for start in range(0, len(ends), CHUNK_ENDS):
        yield ends[start : start + CHUNK_ENDS]


def _hashes_behind(
    plain: Letters, ends: NDArray[np.intp], num_chars: int
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return a hash below 2^63 of each sentence's end (S,) with enough letters behind it, and which ones have enough.

    Args:
        plain: The letters of the text, 0 at all ends.
        ends: Offsets of some ends.
        num_chars: W, the number of characters behind an end that are looked at.
    """
    # The end itself, which is no letter, keeps the letters of two windows apart when all are looked at in one row.
    row = cast(Letters, sliding_window_view(plain, num_chars + 1)[ends].reshape(-1))  # (S * (W + 1),)
    # "ae" for an umlaut and "ss" for a sharp s spell the same word: e after a, o, u and doubled letters are dropped.
    after, before = row[1:], row[:-1]
    is_kept = np.zeros(len(row), dtype=np.bool_)
    np.not_equal(after, before, out=is_kept[1:])
    is_kept &= row > 0
    is_umlaut = (after == ord("e")) & ((before == ord("a")) | (before == ord("o")) | (before == ord("u")))
    is_kept[1:] &= ~is_umlaut
    counts = np.add.reduce(is_kept.view(np.uint8).reshape(len(ends), -1), axis=1, dtype=np.uint8).astype(np.intp)
    is_whole = counts >= NUM_LETTERS
    if not is_whole.any():
        return np.zeros(0, dtype=np.uint64), is_whole
    starts = (np.cumsum(counts) - counts)[is_whole]
    first = sliding_window_view(_kept(row, is_kept), NUM_LETTERS)[starts]  # (S, L)
    summed = first.astype(np.uint64) @ _multipliers()  # (S,), modulo 2^64
    summed ^= summed >> np.uint64(29)
    summed *= np.uint64(0xBF58476D1CE4E5B9)
    summed ^= summed >> np.uint64(32)
    return summed >> np.uint64(1), is_whole


def _kept(letters: Letters, is_kept: NDArray[np.bool_]) -> Letters:
    """Return the letters, none of them 0, that a mask keeps."""
    if letters.dtype.itemsize > 1:
        return letters[is_kept]
    return np.frombuffer((letters * is_kept).tobytes().translate(None, b"\0"), dtype=np.uint8)  # three times as fast


@lru_cache(maxsize=1)
def _multipliers() -> NDArray[np.uint64]:
    """Return an odd factor for each rank of a letter (L,), a fixed function of the rank, from 1."""
    factors = (np.arange(1, NUM_LETTERS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
    factors ^= factors >> np.uint64(31)
    return (factors * np.uint64(0x94D049BB133111EB)) | np.uint64(1)


@lru_cache(maxsize=2)
def _letters(ends: str) -> NDArray[np.uint16]:
    """Return the letter of each UTF-16 unit without case and accents, `_END` for a sentence's end, 0 for the rest."""
    letters = np.zeros(1 << 16, dtype=np.uint16)
    for code in range(1 << 16):
        character = chr(code)
        if character.isalpha():
            # From U+3000 on there are no cases and accents, except in compatibility forms that books do not use.
            plain = unicodedata.normalize("NFD", character.lower())[0] if code < 0x3000 else character
            letters[code] = ord({"ß": "s", "æ": "a", "œ": "o", "ø": "o", "ł": "l"}.get(plain, plain))
    letters[[ord(character) for character in ends]] = _END
    return letters
