"""Count letters, so that every reader's result can be held against its source, and say what a loss amounts to.

The count of a source is taken from its raw markup by other means than the reader's own. This module knows nothing of
any one format.
"""

import re
from functools import lru_cache
from html import unescape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.code_points import code_points_of

MAX_LOST_FRACTION = 0.02
"""Share of a source's letters that may be missing from the text without a word."""
MIN_LOST_LETTERS = 100
"""Fewer missing letters than this are not told."""
STRETCH_CHARS = 1 << 16
"""Characters counted at a time: their code points stay in the processor's cache."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DOCTYPE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[/?]?[A-Za-z][^<>]*>")
_LONG_REFERENCE = re.compile(r"&#([0-9]{8,});?")


class Extracted(NamedTuple):
    """The text of one document, and the letters it was made from."""

    text: str
    num_source_letters: int
    """Letters of the source outside its tags."""
    num_dropped_letters: int
    """Letters left out on purpose: scripts, hidden text, page numbers."""
    num_link_letters: int = 0
    """Letters of the text that are part of links."""


def num_letters(text: str) -> int:
    """Return how many characters of a text are letters, in any script."""
    if text.isascii():
        data = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
        return int(np.count_nonzero(((data | 32) - np.uint8(97)) < 26))
    total = 0
    for start in range(0, len(text), STRETCH_CHARS):
        code_points = code_points_of(text[start : start + STRETCH_CHARS])
        # Beyond the Basic Multilingual Plane all that books hold are letters and pictures.
        is_beyond = (code_points > 0xFFFF) & ((code_points < 0x1F000) | (code_points > 0x1FFFF))
        total += int(np.count_nonzero(_is_letter()[np.minimum(code_points, 0xFFFF)] | is_beyond))
    return total


def num_markup_letters(markup: str) -> int:
    """Return how many letters stand outside the tags and comments of HTML or XML, references resolved."""
    if (doctype := _DOCTYPE.match(markup)) is not None:
        markup = markup[doctype.end() :]
    end = markup.rfind("-->") + 3  # behind it nothing closes a comment, and looking for that costs a square
    if end > 2:
        markup = _COMMENT.sub("", markup[:end]) + markup[end:]
    return num_letters(resolved(_TAG.sub("", markup)))


def resolved(text: str) -> str:
    """Return a text with its character references resolved, however many digits they have.

    Python refuses to read a number of thousands of digits, and no character's has eight.
    """
    if "&" not in text:
        return text
    return unescape(_LONG_REFERENCE.sub(_shortened, text) if "&#" in text else text)


def loss_warnings(found: Extracted) -> tuple[str, ...]:
    """Return a sentence on the letters that a reader lost, or nothing where it lost next to none."""
    num_lost = found.num_source_letters - found.num_dropped_letters - num_letters(found.text)
    if num_lost < max(MIN_LOST_LETTERS, MAX_LOST_FRACTION * found.num_source_letters):
        return ()
    share = num_lost / found.num_source_letters
    return (f"{num_lost:,} of its {found.num_source_letters:,} letters ({share:.0%}) could not be read",)


@lru_cache(maxsize=1)
def _is_letter() -> NDArray[np.bool_]:
    """Return which characters of the Basic Multilingual Plane are letters, bool of shape (65536,)."""
    return np.array([chr(code).isalpha() for code in range(1 << 16)], dtype=np.bool_)


def _shortened(reference: re.Match[str]) -> str:
    digits = reference[1].lstrip("0")
    return f"&#{digits or 0};" if len(digits) < 8 else "\ufffd"
