"""The beginning of a text: how a paragraph is opened, and how symbols are chosen that lead through the end of a prompt.

`generation` says what is read before. This module knows nothing of prompts, of files, or of how an engine computes.

Shapes: V = vocab_size.
"""

from typing import NamedTuple

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.writing.bookmark import Bookmark
from penwright.writing.engines.base import Engine
from penwright.writing.options import SamplingConfig
from penwright.writing.pen import allowed_ids
from penwright.writing.sampling import Draws, choose_next

PARAGRAPH_BREAK = "\n\n"
OPENING_CHARS = 2
MAX_OPENINGS = 8
"""Number of tries to begin a text without a prompt with other characters than OPENING_CHARS capitals."""


class Begun(NamedTuple):
    """The beginning of a text: what is written before the first symbol that needs no special rule."""

    bookmark: Bookmark
    """Where it ends, with nothing unread."""
    text: str
    """Its characters behind the prompt."""
    symbols: list[int]
    """All symbols read, those that cover the unread end of the prompt included."""


def opens_paragraph(alphabet: Alphabet, prompt: str) -> bool:
    """Return True if a new text after this prompt begins as a paragraph does: PARAGRAPH_BREAK is read in its place."""
    return not prompt and alphabet.boundary_id is not None and "\n" in alphabet


def begin(
    engine: Engine, alphabet: Alphabet, bookmark: Bookmark, *, is_opening: bool, sampling: SamplingConfig, draws: Draws
) -> Begun:
    """Begin a text.

    Args:
        engine: Engine that writes.
        alphabet: Alphabet of its model.
        bookmark: End of the prompt. It stays as it is.
        is_opening: See `opens_paragraph`.
        sampling: Sampling options.
        draws: Random numbers.
    """
    return (_open_paragraph if is_opening else _read_out)(engine, alphabet, bookmark, sampling=sampling, draws=draws)


def _open_paragraph(
    engine: Engine, alphabet: Alphabet, bookmark: Bookmark, *, sampling: SamplingConfig, draws: Draws
) -> Begun:
    """Let the model begin a paragraph, not with a blank, and not with two capitals, as headings do, if it can."""
    bookmark, _, _ = _read_out(engine, alphabet, bookmark, sampling=sampling, draws=draws)
    spelled = [symbol for symbol, text in enumerate(alphabet.texts) if not text]
    blank = [symbol for symbol, text in enumerate(alphabet.texts) if text[:1].isspace()]
    if len(spelled) + len(blank) == alphabet.vocab_size:
        return Begun(bookmark, "", [])
    within, first = allowed_ids(alphabet, banned_ids=spelled), allowed_ids(alphabet, banned_ids=spelled + blank)
    for attempt in range(MAX_OPENINGS):
        opened, text, symbols = bookmark, "", []
        while len(text) < OPENING_CHARS:
            symbol = choose_next(
                opened.logits,
                config=sampling,
                allowed=within if text else first,
                draw=draws.at(int(opened.state.position[0]), attempt=attempt),
            )
            text += alphabet.texts[symbol]
            symbols.append(symbol)
            opened = _after(engine, opened, symbol)
        start = text[:OPENING_CHARS]
        if not (start.isalpha() and start.isupper()):
            break
    return Begun(opened, text, symbols)


def _read_out(
    engine: Engine, alphabet: Alphabet, bookmark: Bookmark, *, sampling: SamplingConfig, draws: Draws
) -> Begun:
    """Read the unread end of a bookmark and let the model choose the subwords.

    Each symbol is drawn among those that agree with the unread text: its beginnings, and symbols that begin with all of
    it. The probability of the rest of the unread text is not considered. A character without an id is read as it is
    spelled. The text that is begun are the characters of the last symbol beyond the unread text.
    """
    unread, beyond, read = bookmark.unread, "", list[int]()
    while unread:
        if unread[0] in alphabet:
            banned = [
                symbol
                for symbol, text in enumerate(alphabet.texts)
                if not text or not (text.startswith(unread) or unread.startswith(text))
            ]
            draw = draws.at(int(bookmark.state.position[0]))
            allowed = allowed_ids(alphabet, banned_ids=banned)
            symbols = [choose_next(bookmark.logits, config=sampling, allowed=allowed, draw=draw)]
            text = alphabet.texts[symbols[0]]
        else:
            text = unread[0]
            symbols = alphabet.encode(text).tolist()
        for symbol in symbols:
            bookmark = _after(engine, bookmark, symbol)
        read += symbols
        unread, beyond = unread[len(text) :], text[len(unread) :]
    return Begun(bookmark, beyond, read)


def _after(engine: Engine, bookmark: Bookmark, symbol: int) -> Bookmark:
    """Return the bookmark after one more symbol."""
    logits, state = engine.read(np.array([[symbol]], np.int64), bookmark.state)
    return Bookmark(logits[0, 0], state)
