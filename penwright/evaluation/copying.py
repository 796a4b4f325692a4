"""Measure how much of some samples occurs verbatim in other texts, and find the longest such span.

A character is copied at length L if it is part of a span of L or more characters that occurs in one of the other texts.
Writers who never read each other share such spans too, so a share means something only beside that of a text known to
be no copy.

Every window of L characters is named by a polynomial hash, computed by doubling. The names of the samples' windows are
held in memory. The other texts are read in chunks, and characters are compared where a name is known. Memory follows
the samples and the longest text, not the number of texts. This module knows nothing of authors.

Shapes: N = characters of a text, L = length of a span, W = windows of the samples, K = distinct ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from penwright.alphabet.code_points import code_points_of, text_of

Names = NDArray[np.uint64]

CHUNK_CHARS = 1 << 20
_MULTIPLIER = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, odd
_BUCKET_BITS = 20


class Copied(NamedTuple):
    """Spans of some samples that occur in other texts."""

    shares: Mapping[int, float]
    """Share of the samples' characters that are copied, 0 to 1, for each length."""
    longest: str
    """Longest copied span, the first if there are several; empty if no character is copied."""


def copied(
    samples: Sequence[str], texts: Iterable[str], *, lengths: Sequence[int], chunk_chars: int = CHUNK_CHARS
) -> Copied:
    """Find the spans of some samples that occur in other texts.

    Args:
        samples: Texts that may hold copies. No span reaches from one into the next.
        texts: Texts to search. They are iterated several times, so they must not be an iterator.
        lengths: Lengths of spans, each from 1.
        chunk_chars: Number of windows of a text named at once. It bounds the memory, not the result.
    """

    def look_for(*lengths: int) -> list[Needles]:
        needles = [Needles(samples, length=length) for length in lengths]
        for text in texts:
            characters = code_points_of(text)
            for each in needles:
                each.look_into(characters, chunk_chars=chunk_chars)
        return needles

    found = look_for(*sorted(lengths))
    best = max((each for each in found if each.has_any), key=lambda each: each.length, default=None)
    low = best.length if best else 0
    # A span copied at one length is copied at every smaller one, so the longest is found by bisection.
    high = min((each.length for each in found if each.length > low), default=max(map(len, samples), default=0) + 1)
    while high - low > 1:
        (tried,) = look_for((low + high) // 2)
        if tried.has_any:
            low, best = tried.length, tried
        else:
            high = tried.length
    return Copied({each.length: each.share() for each in found}, best.first() if best else "")


class Needles:
    """All windows of one length of some samples, and those of them found so far."""

    def __init__(self, samples: Sequence[str], *, length: int) -> None:
        """Name every window.

        Args:
            samples: The samples.
            length: Length of a window, L, from 1.
        """
        self.length = length
        self._text = code_points_of("".join(samples))  # (N,)
        sizes = [len(sample) for sample in samples]
        starts = np.cumsum([0, *sizes], dtype=np.int64)
        inside = [start + np.arange(size - length + 1) for start, size in zip(starts[:-1], sizes, strict=True)]
        self._starts = np.concatenate([starts[:0], *inside])  # (W,), offset of each window
        names = window_names(self._text, length=length)[self._starts]  # (W,)
        self._known, first, self._ranks = np.unique(names, return_index=True, return_inverse=True)  # (K,), (K,), (W,)
        self._first = self._starts[first]  # (K,)
        self._is_found = np.zeros(len(self._known), dtype=np.bool_)
        self._is_near = np.zeros(1 << _BUCKET_BITS, dtype=np.bool_)
        self._is_near[_buckets(self._known)] = True
        if len(self._known):
            windows = sliding_window_view(self._text, length)
            is_one_each = np.array_equal(windows[self._starts], windows[self._first[self._ranks]])
            assert is_one_each, "two different windows share a name: take another multiplier"

    @property
    def has_any(self) -> bool:
        """True if any window was found."""
        return bool(self._is_found.any())

    def look_into(self, characters: NDArray[np.uint32], *, chunk_chars: int) -> None:
        """Find windows in a text.

        Args:
            characters: The text as code points, shape (N,).
            chunk_chars: Number of windows named at once, from 1.
        """
        if not len(self._known):
            return
        for start in range(0, len(characters) - self.length + 1, chunk_chars):
            chunk = characters[start : start + chunk_chars + self.length - 1]
            names = window_names(chunk, length=self.length)
            near = np.flatnonzero(self._is_near[_buckets(names)])  # nearly none are, which is quick to see
            ranks = np.minimum(np.searchsorted(self._known, names[near]), len(self._known) - 1)
            is_new = (self._known[ranks] == names[near]) & ~self._is_found[ranks]
            for rank, start_in_chunk in zip(ranks[is_new], near[is_new], strict=True):
                if not self._is_found[rank]:  # the same name twice may still be two windows
                    mine, theirs = self._window(self._first[rank]), chunk[start_in_chunk : start_in_chunk + self.length]
                    self._is_found[rank] = np.array_equal(mine, theirs)

    def share(self) -> float:
        """Return the share of characters that are part of a found window, 0 to 1."""
        edges = np.zeros(len(self._text) + 1, dtype=np.int64)
        found = self._starts[self._is_found[self._ranks]]
        edges[found] += 1
        edges[found + self.length] -= 1
        return float((np.cumsum(edges)[:-1] > 0).mean()) if len(self._text) else 0.0

    def first(self) -> str:
        """Return the first window found."""
        return text_of(self._window(self._starts[self._is_found[self._ranks]][0]))

    def _window(self, start: int) -> NDArray[np.uint32]:
        return self._text[start : start + self.length]


def window_names(characters: NDArray[np.uint32], *, length: int) -> Names:
    """Return a name for every window of a text: a polynomial in a fixed multiplier, modulo 2^64.

    Args:
        characters: Shape (N,).
        length: Length of a window, L, from 1.

    Returns:
        Shape (N - L + 1,), empty if the text is shorter. Equal windows have equal names, others hardly ever.
    """
    num_windows = max(0, len(characters) - length + 1)
    names = np.zeros(num_windows, dtype=np.uint64)
    blocks = characters.astype(np.uint64) + np.uint64(1)  # names of the next 1, 2, 4, ... characters
    done, size = 0, 1
    while num_windows:
        factor = np.uint64(pow(_MULTIPLIER, size, 1 << 64))
        if length & size:
            names = names * factor + blocks[done : done + num_windows]
            done += size
        if done == length:
            break
        blocks = blocks[:-size] * factor + blocks[size:]
        size *= 2
    return names


def _buckets(names: Names) -> NDArray[np.intp]:
    """Return the high bits of names, which depend on all their characters."""
    return (names >> np.uint64(64 - _BUCKET_BITS)).astype(np.intp)
