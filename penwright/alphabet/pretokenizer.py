"""Cut a text into the stretches that a piece never crosses: words, runs of signs, line feeds, other white space.

Every character of a text lies in exactly one stretch, a token. A word or a run of signs takes the one blank before it
along; a word goes on across one apostrophe. Lengths are bounded, so that no text makes a long token. The expression is
part of what an author file means: with another one its alphabet would read other ids.

This module knows nothing of alphabets.
"""

import re

MAX_TOKEN_CHARS = 62
"""Of the longest token: a blank, 40 letters, an apostrophe and 20 more."""
APOSTROPHES = ("'", "\u2019")

_TOKEN = re.compile(
    r" ?[^\W_]{1,40}(?:['\u2019][^\W_]{1,20})?"  # a word
    r"| ?(?:[^\w\s]|_){1,40}"  # signs
    r"|\n{1,40}"
    r"|[^\S\n]{1,40}"
)
_WORD = re.compile(r" ?[^\W_]{1,40}")
_EDGE = re.compile(r"\S(?=\s)")  # no token reaches from other characters into the white space after them
_EDGE_CHARS = 256
"""How far back an edge is looked for before the whole text is cut."""

tokens_of = _TOKEN.findall
"""Return the tokens of a text, in order; joined they are the text."""


def is_token(text: str) -> bool:
    """Return whether a text is a single token."""
    return _TOKEN.fullmatch(text) is not None


def settled_chars(text: str) -> int:
    """Return how many characters of a text lie in tokens that stay the same whatever comes after it.

    All but the last token do, and but a word before an apostrophe at the very end, with which it may grow together.

    Args:
        text: Any string that begins where a token does.
    """
    start = max(0, len(text) - _EDGE_CHARS)
    edges = [match.end() for match in _EDGE.finditer(text, start)]
    tokens = tokens_of(text[edges[-1] if edges else 0 :])
    unsettled = tokens[-1:]
    if len(tokens) > 1 and tokens[-1] in APOSTROPHES and _WORD.fullmatch(tokens[-2]):
        unsettled = tokens[-2:]
    return len(text) - sum(map(len, unsettled))
