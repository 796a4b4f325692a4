"""Grow texts from real novels, for benchmarks/library.py: any number of them, none like another, at 40 MB/s.

A text is a walk through a group of novels: from two words it goes on with what follows one of the places where those
two stand (a Markov chain of order 2), and keeps to that place for four words on average. So the lengths of words,
sentences and paragraphs, speech and punctuation stay those of novels. Each text also has a vocabulary of its own: apart
from the most frequent words, every word is exchanged for another one of its length, capitals and frequency. Therefore
two texts from the same novels share no more sentences than two strangers do. The same number gives the same text.

Texts are bytes in Windows-1252: one byte a character, curly quotes and accents included.

Shapes: P = words of a group, with repetitions; V = distinct words.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from penwright.corpus.cleaning.clean import CleaningConfig, clean

CODEC = "cp1252"
NUM_GROUPS = 24
"""Groups of novels. A group stays in the processor's cache while its texts are grown."""
KEPT_WORDS = 120
"""Most frequent words, which every text keeps."""
CHAPTER_CHARS = 18_000
MAX_CHAPTERS = 250
_WORD = re.compile(r"(?:(?<=\n)[\"“‘'(]+)?[^\W\d_]+(?:['’][^\W\d_]+)*")
"""A word; at the beginning of a paragraph with what stands before it, so that speech begins with its quotes."""

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32] | NDArray[np.int64]


class Group(NamedTuple):
    """The words of some novels, laid out for walking."""

    words: Bytes
    """The distinct words, one after the other."""
    word_ends: Ints
    """End of each in `words`, (V + 1,), from 0."""
    gaps: Bytes
    """What stands between words, once each."""
    gap_ends: Ints
    steps: Ints
    """For each place of the novels: its word, the gap after it, the first of the places in `places` where the same two
    words end, and their number, (P, 4)."""
    places: Ints
    """The places, sorted by the pairs of words that end there, (P,)."""
    classes: Ints
    """Class of each word, (V,): words of one class may stand for each other."""
    openings: Ints
    """Places at which paragraphs begin."""


def read_group(novels: Path, group: int) -> Group:
    """Lay out the novels of one group, from 0 to `NUM_GROUPS` - 1; a folder of few novels has fewer groups."""
    files = sorted(novels.rglob("*.txt"))
    if not files:
        raise SystemExit(f"{novels} holds no .txt files. Name a folder of novels.")
    count = min(NUM_GROUPS, len(files))
    texts = [_paragraphs(path.read_text(encoding="utf-8-sig")) for path in files[group % count :: count]]
    return lay_out(texts)


def _paragraphs(text: str) -> str:
    """Return a novel without licence and wraps, with a blank line between its paragraphs."""
    cleaned = clean(text.replace("\r\n", "\n"), config=CleaningConfig()).text
    paragraphs = (" ".join(line.split()) for line in cleaned.split("\n"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n\n"


def lay_out(texts: Sequence[str]) -> Group:
    """Lay out some texts whose paragraphs stand between blank lines."""
    numbers: dict[str, int] = {}
    gap_numbers: dict[str, int] = {}
    word_at: list[int] = []
    gap_at: list[int] = []
    joined = "".join(texts).encode(CODEC, "ignore").decode(CODEC)
    end = None
    for match in _WORD.finditer(joined):
        if end is not None:
            gap_at.append(gap_numbers.setdefault(joined[end : match.start()], len(gap_numbers)))
        word_at.append(numbers.setdefault(match[0], len(numbers)))
        end = match.end()
    gap_at.append(gap_numbers.setdefault("\n\n", len(gap_numbers)))
    word_ids, gap_ids = np.array(word_at, dtype=np.int64), np.array(gap_at, dtype=np.int64)
    pairs = np.concatenate([[-1], word_ids[:-1] * len(numbers) + word_ids[1:]])
    _, pair_at, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    firsts = np.cumsum(counts) - counts
    is_break = np.array(["\n" in gap[-3:] for gap in gap_numbers])
    return Group(
        words=_joined(numbers),
        word_ends=_ends(numbers),
        gaps=_joined(gap_numbers),
        gap_ends=_ends(gap_numbers),
        steps=np.stack([word_ids, gap_ids, firsts[pair_at], counts[pair_at]], axis=1, dtype=np.int32),
        places=np.argsort(pair_at, kind="stable").astype(np.int32),
        classes=_classes(list(numbers), np.bincount(word_ids)),
        openings=(np.flatnonzero(is_break[gap_ids[:-1]]) + 1).astype(np.int32),
    )


def _joined(texts: dict[str, int]) -> Bytes:
    return np.frombuffer("".join(texts).encode(CODEC), dtype=np.uint8)


def _ends(texts: dict[str, int]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int32)


def _classes(words: Sequence[str], counts: Ints) -> Ints:
    """Return a class for each word: length, capitals and frequency; each of the most frequent words has its own."""
    first_own = np.sort(counts)[::-1][: KEPT_WORDS + 1][-1]
    keys: dict[tuple[int, ...], int] = {}
    classes = []
    for word, count in zip(words, counts.tolist(), strict=True):
        letters = word.lstrip("\"“‘'(")
        shape = ord(word[0]) if letters != word else 2 * word[0].isupper() + word[1:].isupper()
        key = (len(classes), -1) if count > first_own else (len(word), shape, count.bit_length() // 2)
        classes.append(keys.setdefault(key, len(keys)))
    return np.array(classes, dtype=np.int64)


def grow_text(group: Group, *, seed: int, num_chars: int) -> Bytes:
    """Return a text of about `num_chars` characters: paragraphs between blank lines, with chapters' headings.

    Args:
        group: The novels it is grown from.
        seed: The same seed gives the same text.
        num_chars: Length at which it ends with the next paragraph.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    keys = (group.classes << 32) | random.integers(0, 1 << 32, len(group.classes))
    by_class = np.argsort(group.classes, kind="stable")
    stand_in = np.empty(len(by_class), dtype=np.int64)
    stand_in[by_class] = np.argsort(keys)
    out = np.empty(num_chars + 100_000, dtype=np.uint8)
    start = int(group.openings[random.integers(len(group.openings))])
    headings = "".join(f"CHAPTER {roman(number)}.\n\n" for number in range(1, MAX_CHAPTERS + 1))
    ends = np.flatnonzero(np.frombuffer(headings.encode(CODEC), dtype=np.uint8) == 10)[1::2] + 1
    size = _walk(
        *group[:6],
        group.openings,
        stand_in.astype(np.int32),
        np.frombuffer(headings.encode(CODEC), dtype=np.uint8),
        ends,
        start,
        np.uint64(seed * 2 + 1),
        num_chars,
        out,
    )
    return out[:size]


def roman(number: int) -> str:
    """Return a number from 1 to 399 in Roman numerals."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    return (
        "C" * hundreds
        + ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")[tens]
        + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]
    )


@njit(cache=True)
def _walk(
    words: Bytes,
    word_ends: Ints,
    gaps: Bytes,
    gap_ends: Ints,
    steps: Ints,
    places: Ints,
    openings: Ints,
    stand_in: Ints,
    headings: Bytes,
    heading_ends: Ints,
    start: int,
    state: np.uint64,
    num_chars: int,
    out: Bytes,
) -> int:
    """Write a text to `out` and return its length."""
    place, size, last_chapter, chapter = start, 0, -CHAPTER_CHARS, 0
    at_break = True
    while size < len(out) - 2_000:
        if at_break:
            if size >= num_chars:
                break
            if size - last_chapter >= CHAPTER_CHARS and chapter < len(heading_ends):
                first = heading_ends[chapter - 1] if chapter else 0
                size = _put(headings, first, heading_ends[chapter], out, size)
                last_chapter, chapter = size, chapter + 1
        word, gap = stand_in[steps[place, 0]], steps[place, 1]
        size = _put(words, word_ends[word], word_ends[word + 1], out, size)
        size = _put(gaps, gap_ends[gap], gap_ends[gap + 1], out, size)
        at_break = out[size - 1] == 10 or out[size - 2] == 10 or out[size - 3] == 10
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        draw = np.int64(state >> np.uint64(33))
        if at_break:  # the next paragraph begins like any other one
            place = openings[draw % len(openings)]
        elif draw & 3 == 0:
            place = places[steps[place, 2] + (draw >> 2) % steps[place, 3]] + 1
        else:
            place += 1
        if place >= len(steps):
            place = openings[draw % len(openings)]
    return size


@njit(cache=True)
def _put(source: Bytes, first: int, last: int, out: Bytes, size: int) -> int:
    """Copy some bytes to the end of `out`, at most 200, and return its new length."""
    if last - first <= 16 and first + 16 <= len(source):
        for index in range(16):  # what is too much is written over
            out[size + index] = source[first + index]
        return size + last - first
    last = min(last, first + 200)
    for index in range(first, last):
        out[size + index - first] = source[index]
    return size + last - first


@njit(cache=True)
def worn(text: Bytes, state: np.uint64, per_million: int) -> Bytes:
    """Return a text in which so many of a million small letters were misread as another one, as by a scanner."""
    out = text.copy()
    for index in range(len(out)):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        if 97 <= out[index] <= 122 and np.int64(state >> np.uint64(33)) % 1_000_000 < per_million:
            out[index] = 97 + (out[index] - 97 + 1 + np.int64(state & np.uint64(15))) % 26
    return out


@njit(cache=True)
def wrapped(text: Bytes, width: int) -> Bytes:
    """Return a text with the blanks of long lines replaced by line feeds, none of its lines longer if it can be."""
    out = text.copy()
    start, last_blank = 0, -1
    for index in range(len(out)):
        if out[index] == 10:
            start, last_blank = index + 1, -1
            continue
        if index - start >= width and last_blank >= 0:
            out[last_blank] = 10
            start, last_blank = last_blank + 1, -1
        if out[index] == 32:
            last_blank = index
    return out
