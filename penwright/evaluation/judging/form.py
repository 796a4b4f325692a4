"""Sentences and paragraphs of a page, and the quotation marks and brackets that a paragraph leaves open.

What a page cuts off, its first and last paragraph and sentence, is never measured.
"""

import re
from collections.abc import Iterator, Mapping

from penwright.evaluation.texts import split_paragraphs
from penwright.writing.laws.pairs import PAIRS
from penwright.writing.stopping import CLOSERS, is_abbreviation

_CLOSERS_ANY = f"[{re.escape(CLOSERS)}“«]*"
_END = re.compile(rf"[.!?…]+{_CLOSERS_ANY}(?=\s)|[。！？]{_CLOSERS_ANY}")
_ABBREVIATION_CHARS = 40
_QUOTES = '"“„«»「『'


def sentences_of(text: str) -> list[str]:
    """Return the whole sentences of a page. The end of a paragraph ends a sentence too."""
    pieces = [piece for paragraph in split_paragraphs(text) for piece in _sentences(paragraph.strip()) if piece]
    return pieces[1:-1]


def _sentences(paragraph: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(paragraph):
        if not is_abbreviation(paragraph[max(0, end.end() - _ABBREVIATION_CHARS) : end.end()]):
            yield paragraph[start : end.end()].strip()
            start = end.end()
    yield paragraph[start:].strip()


def paragraphs_of(text: str) -> list[str]:
    """Return the whole paragraphs of a page."""
    return [paragraph.strip() for paragraph in split_paragraphs(text)][1:-1]


def closers_of(text: str) -> Mapping[str, str]:
    """Return the signs that open something, each with those that close it, as a text uses them.

    Quotations may stand „so“, „so” and »so« as well. Single marks are left out, since an apostrophe looks like one.
    """
    closers = {pair[0]: pair[1] for pair in PAIRS}
    if "„" in text:
        del closers["“"]
        closers["„"] = "“”"
    if len(re.findall(r"»(?=\w)", text)) > len(re.findall(r"«(?=\w)", text)):
        del closers["«"]
        closers["»"] = "«"
    return closers


def unclosed(paragraphs: list[str], closers: Mapping[str, str]) -> list[str]:
    """Return the paragraphs in which a sign is left open, or closed and not open.

    A quotation may stay open where the next paragraph opens one again: so novels print speech of several paragraphs.
    The last paragraph is only looked at for this.

    Args:
        paragraphs: Consecutive paragraphs.
        closers: Result of `closers_of`.
    """
    found = []
    for paragraph, following in zip(paragraphs, paragraphs[1:], strict=False):
        left = _left_open(paragraph, closers)
        if left and not (left in _QUOTES and following.startswith(left)):
            found.append(paragraph)
    return found


def _left_open(paragraph: str, closers: Mapping[str, str]) -> str:
    """Return the signs left open, or one that was closed and not open."""
    ends = set("".join(closers.values()))
    is_open = ""
    for sign in paragraph:
        if sign not in closers and sign not in ends:
            continue
        if is_open and sign in closers[is_open[-1]]:
            is_open = is_open[:-1]
        elif sign in closers:
            is_open += sign
        else:
            return sign + is_open + sign
    return is_open
