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

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.writing.beginning import PARAGRAPH_BREAK, begin, opens_paragraph
from penwright.writing.bookmark import Bookmark as Bookmark
from penwright.writing.engines.base import Engine
from penwright.writing.options import MAX_MATCH_LENGTH, SamplingConfig
from penwright.writing.pen import Guide, Pen, ReadingGuide
from penwright.writing.sampling import Draws

CHARS_ENCODED_AT_ONCE = 1 << 16
MAX_IDS_AT_ONCE = 1 << 14
MAX_LOGITS = 1 << 22  # at once (T * V): 16 MiB in float32


def read_text(
    engine: Engine, alphabet: Alphabet, text: str, *, after: Bookmark | None = None, adapts: bool = False
) -> Bookmark:
    """Read a text of any length in bounded memory.

    Args:
        engine: Engine that reads.
        alphabet: Alphabet that its model was trained with.
        text: Any string, lone surrogates included; it may be empty.
        after: Bookmark to read on from, or None to open a new book.
        adapts: True for a new book to which the author adapts. After a bookmark, it goes on as it began.

    Returns:
        Bookmark at the end of the text.
    """
    assert engine.vocab_size == alphabet.vocab_size, (engine.vocab_size, alphabet.vocab_size)
    text = text if after is None else after.unread + text
    stable = alphabet.num_stable_chars(text)
    at_once = max(1, min(MAX_IDS_AT_ONCE, engine.symbols_at_once, MAX_LOGITS // alphabet.vocab_size))
    ids = iter_ids(alphabet, text[:stable], is_new=after is None, at_once=at_once)
    for bookmark in read_on(engine, ids, after=after, adapts=adapts):
        after = bookmark
    assert after is not None
    return after if after.unread == text[stable:] else after._replace(unread=text[stable:])


def read_on(
    engine: Engine,
    stretches: Iterable[NDArray[np.int64]],
    *,
    after: Bookmark | None,
    adapts: bool = False,
    shows_all: bool = False,
) -> Iterator[Bookmark]:
    """Read ids, stretch by stretch.

    Args:
        engine: Engine that reads.
        stretches: Ids, each int64 (1, T).
        after: Bookmark to read on from, or None to open a new book. It stays as it is.
        adapts: See `read_text`.
        shows_all: True to have in `Bookmark.logits` the predictions (T, V) after every id of the stretch.

    Yields:
        Bookmark after each stretch. It must not be used once the next is asked for.
    """
    state = engine.initial_state(adapts=adapts) if after is None else after.state
    is_own = after is None  # the caller may read on from the bookmark again
    for ids in stretches:
        num_shown = ids.shape[1] if shows_all else 1
        logits, state = engine.read(ids, state, num_shown=num_shown, consumes_state=is_own, learns=True)  # (1, S, V)
        is_own = True
        yield Bookmark(logits[0] if shows_all else logits[0, 0], state)


def iter_text(
    engine: Engine,
    alphabet: Alphabet,
    prompt: str = "",
    *,
    sampling: SamplingConfig,
    draws: Draws,
    after: Bookmark | None = None,
    guides: Sequence[Guide] = (),
    max_match_length: int | None = MAX_MATCH_LENGTH,
) -> Iterator[str]:
    """Write on after a prompt, for ever.

    The edge of a book is never drawn, and nibbles only where they make a character that the alphabet lacks, so no
    damaged character is written. Reading the written text leads to the same state, unless the text repeated itself for
    longer than `max_match_length`, or the author adapts: it learns from what it reads and not from what it writes. With
    subwords, it also requires that the author cut its words as its books are cut.

    Args:
        engine: Engine that writes.
        alphabet: Alphabet that its model was trained with.
        prompt: Text read first and not repeated. Without one and without a bookmark, the text begins a paragraph.
        sampling: Sampling options.
        draws: Random numbers; see `sampling.draws_of`.
        after: Bookmark to read the prompt from, or None to open a new book.
        guides: Rules that steer the text, applied in their order.
        max_match_length: Number of characters for which the text may follow what stands before; None for no limit.

    Yields:
        Each character, one at a time, as soon as it is complete.

    Raises:
        AuthorError: If the model's predictions are not numbers.
    """
    pen, begun = open_pen(
        engine,
        alphabet,
        prompt,
        sampling=sampling,
        draws=draws,
        after=after,
        guides=guides,
        max_match_length=max_match_length,
    )
    yield from begun
    write = pen.write
    while True:
        yield from write()


def open_pen(
    engine: Engine,
    alphabet: Alphabet,
    prompt: str = "",
    *,
    sampling: SamplingConfig,
    draws: Draws,
    after: Bookmark | None = None,
    guides: Sequence[Guide] = (),
    max_match_length: int | None = MAX_MATCH_LENGTH,
) -> tuple[Pen, str]:
    """Read a prompt and return a pen that writes on, and what was written to begin with. `iter_text` explains both."""
    bookmark, begun = open_text(engine, alphabet, prompt, sampling=sampling, draws=draws, after=after)
    for guide in guides:
        if isinstance(guide, ReadingGuide):
            guide.read(prompt + begun)
    pen = Pen(
        engine, alphabet, bookmark, sampling=sampling, draws=draws, guides=guides, max_match_length=max_match_length
    )
    return pen, begun


def open_text(
    engine: Engine,
    alphabet: Alphabet,
    prompt: str,
    *,
    sampling: SamplingConfig,
    draws: Draws,
    after: Bookmark | None = None,
) -> tuple[Bookmark, str]:
    """Read a prompt to its end and return where to write on from, and what was written to begin with.

    `iter_text` explains the arguments. The bookmark has nothing unread.
    """
    is_opening = after is None and opens_paragraph(alphabet, prompt)
    bookmark = read_text(engine, alphabet, PARAGRAPH_BREAK if is_opening else prompt, after=after)
    bookmark, begun, _ = begin(engine, alphabet, bookmark, is_opening=is_opening, sampling=sampling, draws=draws)
    return bookmark, begun


def iter_ids(
    alphabet: Alphabet, text: str, *, is_new: bool, at_once: int = MAX_IDS_AT_ONCE
) -> Iterator[NDArray[np.int64]]:
    """Yield the ids to read as int64 (1, T). The ids that open a new book come first.

    Args:
        alphabet: Alphabet of the model.
        text: Any text, of which nothing is left unread.
        is_new: True if the text opens a new book.
        at_once: Largest T.
    """
    if is_new and alphabet.boundary_id is not None:
        yield np.array([[alphabet.boundary_id]], np.int64)
    elif is_new and not text:
        yield np.array([[alphabet.start_id]], np.int64)
    for stretch in alphabet.iter_stretches(text, size=CHARS_ENCODED_AT_ONCE):
        ids = alphabet.encode(stretch).astype(np.int64)  # (N,)
        for start in range(0, len(ids), at_once):
            yield ids[None, start : start + at_once]
