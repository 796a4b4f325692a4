"""Let a model read a text and write on, one character at a time.

Reading carries the state through the text in stretches of bounded size, so a whole book can be read before the first
character is written, in no more memory than a page. Writing draws an id, lets the model read it, and draws the next. It
never ends by itself; `stopping` ends a text.

The model first reads the edge of a book, as in training, and then the prompt. An alphabet without such an edge, the
seed's, reads the prompt alone, or its start letter if the prompt is empty. None of these is part of the written text.

A text without a prompt begins as a paragraph within a book does: the model reads the edge and a blank line. After the
edge alone, 18 of 20 texts by the author in the box began with a title page (2026-11).

With subwords, a text that ends within a word is read only to the beginning of that word. Cut there, it would end in
subwords that no book has there. The beginning of the word waits in the bookmark until more text shows how it is cut, or
until writing chooses, among the subwords that agree with it, those that lead through it.

This module knows nothing of files, of how an engine computes, or of how long a text should be.

Shapes: V = vocab_size, T = ids read at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet
from penwright.writing.engines.base import Engine
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import Draws, Logits, choose_next

CHARS_ENCODED_AT_ONCE = 1 << 16
IDS_READ_AT_ONCE = 512
MAX_MATCH_LENGTH = 16
"""Maximum number of characters for which the match model may follow a repetition while a text is being written. An
author that matches its own words finds them more probable each time. Of twelve pages of 2,000 characters by an author
of five minutes, one went round in circles: 8 % of all characters stood in spans of 40 that had been written before.
With a limit of 32 it was 0.4 %, with 24 0.1 %, with 16 none (2026-11). There is no limit while reading."""
PARAGRAPH_BREAK = "\n\n"
OPENING_CHARS = 2
MAX_OPENINGS = 8
"""Number of tries to begin a text without a prompt with other characters than OPENING_CHARS capitals."""
MAX_LOGITS = 1 << 22  # at once (T * V): 16 MiB in float32

Mask = NDArray[np.bool_]


class Bookmark(NamedTuple):
    """State of an author at some point in a text: its memory and its prediction. Reading on makes a new bookmark."""

    logits: Logits
    """Prediction of the next symbol, float32 (V,)."""
    state: Any
    """Memory of one text, of the kind that the author's engine has."""
    unread: str = ""
    """End of the text that is not read yet, because it may belong to a longer subword. Empty for characters."""


class Guide(Protocol):
    """A rule that steers a text. It sees every symbol before it is drawn and after."""

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        """Change the logits (V,) and the allowed ids (V,) of the next symbol in place; at least one must stay allowed.

        Returns:
            Temperature of this symbol, None for the usual one.
        """

    def push(self, symbol: int, text: str) -> None:
        """Take the symbol that was drawn and the text that it completed, which may be empty."""


def read_text(engine: Engine, alphabet: Alphabet, text: str, *, after: Bookmark | None = None) -> Bookmark:
    """Read a text of any length in bounded memory.

    Args:
        engine: Engine that reads.
        alphabet: Alphabet that its model was trained with.
        text: Any string, lone surrogates included; it may be empty.
        after: Bookmark to read on from, or None to open a new book.

    Returns:
        Bookmark at the end of the text.
    """
    assert engine.vocab_size == alphabet.vocab_size, (engine.vocab_size, alphabet.vocab_size)
    text = text if after is None else after.unread + text
    stable = alphabet.num_stable_chars(text)
    bookmark = after
    state = engine.initial_state() if after is None else after.state
    is_own = after is None  # the caller may read on from the bookmark again
    for ids in _iter_ids(alphabet, text[:stable], is_new=after is None):
        logits, state = engine.read(ids, state, consumes_state=is_own)  # (1, 1, V)
        bookmark, is_own = Bookmark(logits[0, 0], state), True
    assert bookmark is not None
    return bookmark if bookmark.unread == text[stable:] else bookmark._replace(unread=text[stable:])


def iter_text(
    engine: Engine,
    alphabet: Alphabet,
    prompt: str = "",
    *,
    sampling: SamplingConfig,
    draws: Draws,
    after: Bookmark | None = None,
    guides: Sequence[Guide] = (),
) -> Iterator[str]:
    """Write on after a prompt, for ever.

    The edge of a book is never drawn, and nibbles only where they make a character that the alphabet lacks, so no
    damaged character is written. Reading the written text leads to the same state, unless the text repeated itself for
    longer than MAX_MATCH_LENGTH. With subwords, it also requires that the author cut its words as its books are cut.

    Args:
        engine: Engine that writes.
        alphabet: Alphabet that its model was trained with.
        prompt: Text read first and not repeated. Without one and without a bookmark, the text begins a paragraph.
        sampling: Sampling options.
        draws: Random numbers; see `sampling.draws_of`.
        after: Bookmark to read the prompt from, or None to open a new book.
        guides: Rules that steer the text, applied in their order.

    Yields:
        Each character, one at a time, as soon as it is complete.

    Raises:
        AuthorError: If the model's predictions are not numbers.
    """
    gate, decoder = ByteFallbackGate(alphabet), alphabet.decoder()
    allowed_at_edge = _mask(alphabet, banned_ids=gate.banned_ids)
    is_opening = after is None and not prompt and alphabet.boundary_id is not None and "\n" in alphabet
    bookmark = read_text(engine, alphabet, PARAGRAPH_BREAK if is_opening else prompt, after=after)
    begin = _open_paragraph if is_opening else _read_out
    bookmark, begun = begin(engine, alphabet, bookmark, sampling=sampling, draws=draws)
    yield from begun
    logits, state = bookmark.logits, bookmark.state.copy()
    ids, usual = np.zeros((1, 1), np.int64), sampling
    chances = np.empty(alphabet.vocab_size)
    while True:
        allowed = _mask(alphabet, banned_ids=gate.banned_ids) if gate.is_inside else allowed_at_edge
        if guides:
            logits, allowed, sampling = _guided(guides, logits, allowed, usual=usual)
        draw = draws.at(int(state.position[0]))
        symbol = choose_next(logits, config=sampling, allowed=allowed, draw=draw, chances=chances)
        gate.push(symbol)
        text = decoder.push(symbol)
        for guide in guides:
            guide.push(symbol, text)
        yield from text
        ids[0, 0] = symbol
        shown, state = engine.read(ids, state, max_match_length=MAX_MATCH_LENGTH, consumes_state=True)
        logits = shown[0, 0]


def _guided(
    guides: Sequence[Guide], logits: Logits, allowed: Mask, *, usual: SamplingConfig
) -> tuple[Logits, Mask, SamplingConfig]:
    """Let all guides change a copy of what the next symbol is drawn from."""
    logits, allowed, sampling = logits.copy(), allowed.copy(), usual
    for guide in guides:
        temperature = guide.adjust(logits, allowed)
        if temperature is not None:
            sampling = replace(sampling, temperature=temperature)
    return logits, allowed, sampling


def _open_paragraph(
    engine: Engine, alphabet: Alphabet, bookmark: Bookmark, *, sampling: SamplingConfig, draws: Draws
) -> tuple[Bookmark, str]:
    """Let the model begin a paragraph, not with a blank, and not with two capitals, as headings do, if it can help it.

    Returns:
        Bookmark after the first characters, and these.
    """
    bookmark, _ = _read_out(engine, alphabet, bookmark, sampling=sampling, draws=draws)
    spelled = [symbol for symbol, text in enumerate(alphabet.texts) if not text]
    blank = [symbol for symbol, text in enumerate(alphabet.texts) if text[:1].isspace()]
    if len(spelled) + len(blank) == alphabet.vocab_size:
        return bookmark, ""
    within, first = _mask(alphabet, banned_ids=spelled), _mask(alphabet, banned_ids=spelled + blank)
    for attempt in range(MAX_OPENINGS):
        opened, text = bookmark, ""
        while len(text) < OPENING_CHARS:
            symbol = choose_next(
                opened.logits,
                config=sampling,
                allowed=within if text else first,
                draw=draws.at(int(opened.state.position[0]), attempt=attempt),
            )
            text += alphabet.texts[symbol]
            opened = _after(engine, opened, symbol)
        start = text[:OPENING_CHARS]
        if not (start.isalpha() and start.isupper()):
            break
    return opened, text


def _read_out(
    engine: Engine, alphabet: Alphabet, bookmark: Bookmark, *, sampling: SamplingConfig, draws: Draws
) -> tuple[Bookmark, str]:
    """Read the unread end of a bookmark and let the model choose the subwords.

    Each symbol is drawn among those that agree with the unread text: its beginnings, and symbols that begin with all of
    it. The probability of the rest of the unread text is not considered. A character without an id is read as it is
    spelled.

    Returns:
        Bookmark after the unread text, and the characters of the last symbol beyond it.
    """
    unread, beyond = bookmark.unread, ""
    while unread:
        if unread[0] in alphabet:
            banned = [
                symbol
                for symbol, text in enumerate(alphabet.texts)
                if not text or not (text.startswith(unread) or unread.startswith(text))
            ]
            draw = draws.at(int(bookmark.state.position[0]))
            allowed = _mask(alphabet, banned_ids=banned)
            symbols = [choose_next(bookmark.logits, config=sampling, allowed=allowed, draw=draw)]
            text = alphabet.texts[symbols[0]]
        else:
            text = unread[0]
            symbols = alphabet.encode(text).tolist()
        for symbol in symbols:
            bookmark = _after(engine, bookmark, symbol)
        unread, beyond = unread[len(text) :], text[len(unread) :]
    return bookmark, beyond


def _after(engine: Engine, bookmark: Bookmark, symbol: int) -> Bookmark:
    """Return the bookmark after one more symbol."""
    logits, state = engine.read(np.array([[symbol]], np.int64), bookmark.state)
    return Bookmark(logits[0, 0], state)


def _mask(alphabet: Alphabet, *, banned_ids: Sequence[int]) -> Mask:
    """Return the allowed ids, bool (V,)."""
    allowed = np.ones(alphabet.vocab_size, np.bool_)
    allowed[list(banned_ids)] = False
    return allowed


def _iter_ids(alphabet: Alphabet, text: str, *, is_new: bool) -> Iterator[NDArray[np.int64]]:
    """Yield the ids to read as int64 (1, T), with T bounded. The ids that open a new book come first."""
    if is_new and alphabet.boundary_id is not None:
        yield np.array([[alphabet.boundary_id]], np.int64)
    elif is_new and not text:
        yield np.array([[alphabet.start_id]], np.int64)
    at_once = max(1, min(IDS_READ_AT_ONCE, MAX_LOGITS // alphabet.vocab_size))
    for stretch in alphabet.iter_stretches(text, size=CHARS_ENCODED_AT_ONCE):
        ids = alphabet.encode(stretch).astype(np.int64)  # (N,)
        for start in range(0, len(ids), at_once):
            yield ids[None, start : start + at_once]
