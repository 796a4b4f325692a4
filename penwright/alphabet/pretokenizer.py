"""Cut a text into tokens, which no subword crosses: words, runs of signs, line feeds, other white space.

Every character of a text lies in exactly one token. A word or a run of signs includes the one blank before it, and a
word continues across one apostrophe. Token lengths are bounded. An author file depends on the expression: with another
one, its alphabet would encode texts differently.

This module knows nothing of alphabets.
"""

import re

MAX_TOKEN_CHARS = 62
"""Length of the longest token: a blank, 40 letters, an apostrophe and 20 more letters."""
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
"""Characters from the end in which an edge is sought, before the whole text is cut."""

tokens_of = _TOKEN.findall
"""Return the tokens of a text, in order. Joined, they are the text."""


def is_token(text: str) -> bool:
    """Return True if a text is a single token."""
    return _TOKEN.fullmatch(text) is not None


def num_stable_chars(text: str) -> int:
    """Return the length of the stable prefix of a text: the tokens that stay the same whatever text follows.

    The last token is not stable. If it is an apostrophe after a word, the word is not stable either, since the two may
    become one token.

    Args:
        text: Any string that starts at the beginning of a token.
    """
    start = max(0, len(text) - _EDGE_CHARS)
    edges = [match.end() for match in _EDGE.finditer(text, start)]
    tokens = tokens_of(text[edges[-1] if edges else 0 :])
    unstable = tokens[-1:]
    if len(tokens) > 1 and tokens[-1] in APOSTROPHES and _WORD.fullmatch(tokens[-2]):
        unstable = tokens[-2:]
    return len(text) - sum(map(len, unstable))
