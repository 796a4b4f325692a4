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

This module knows nothing of files, or of how long a text should be.

Shapes: V = vocab_size, T = ids read at once, N = ids of a stretch of text.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet
from penwright.model.char_model import CharModel, ModelState, ReadOptions
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import sample_next

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
WRITING = ReadOptions(max_match_length=MAX_MATCH_LENGTH)
MAX_LOGITS = 1 << 22  # at once (T * V): 16 MiB in float32


class Bookmark(NamedTuple):
    """State of an author at some point in a text: its memory and its prediction. Reading on makes a new bookmark."""

    logits: Tensor
    """Prediction of the next symbol, shape (1, V), on the model's device."""
    state: ModelState
    """State of one lane."""
    unread: str = ""
    """End of the text that is not read yet, because it may belong to a longer subword. Empty for characters."""


def read_text(model: CharModel, alphabet: Alphabet, text: str, *, after: Bookmark | None = None) -> Bookmark:
    """Read a text of any length in bounded memory.

    Args:
        model: Model that reads. Dropout is never applied.
        alphabet: Alphabet that the model was trained with.
        text: Any string, lone surrogates included; it may be empty.
        after: Bookmark to read on from, or None to open a new book.

    Returns:
        Bookmark at the end of the text.
    """
    assert model.config.vocab_size == alphabet.vocab_size, (model.config.vocab_size, alphabet.vocab_size)
    text = text if after is None else after.unread + text
    stable = alphabet.num_stable_chars(text)
    bookmark, device = after, _device_of(model)
    with torch.inference_mode():
        state = model.initial_state(1) if after is None else after.state
        for ids in _iter_ids(alphabet, text[:stable], is_new=after is None):
            logits, state = model.sequence(ids.to(device), state)  # (1, T, V)
            bookmark = Bookmark(logits[:, -1].clone(), state)  # a view would keep all of the logits in memory
    assert bookmark is not None
    return bookmark if bookmark.unread == text[stable:] else bookmark._replace(unread=text[stable:])


def iter_text(
    model: CharModel,
    alphabet: Alphabet,
    prompt: str = "",
    *,
    sampling: SamplingConfig,
    generator: torch.Generator,
    after: Bookmark | None = None,
) -> Iterator[str]:
    """Write on after a prompt, for ever.

    The edge of a book is never drawn, and nibbles only where they make a character that the alphabet lacks, so no
    damaged character is written. Reading the written text leads to the same state, unless the text repeated itself for
    longer than MAX_MATCH_LENGTH. With subwords, it also requires that the author cut its words as its books are cut.

    Args:
        model: Model that writes.
        alphabet: Alphabet that the model was trained with.
        prompt: Text read first and not repeated. Without one and without a bookmark, the text begins a paragraph.
        sampling: Sampling options.
        generator: Generator on the CPU; see `sampling.generator_from`.
        after: Bookmark to read the prompt from, or None to open a new book.

    Yields:
        Each character, one at a time, as soon as it is complete.

    Raises:
        AuthorError: If the model's predictions are not numbers.
    """
    gate, decoder, device = ByteFallbackGate(alphabet), alphabet.decoder(), _device_of(model)
    banned_at_edge = torch.tensor(gate.banned_ids)
    is_opening = after is None and not prompt and alphabet.boundary_id is not None and "\n" in alphabet
    bookmark = read_text(model, alphabet, PARAGRAPH_BREAK if is_opening else prompt, after=after)
    begin = _open_paragraph if is_opening else _read_out
    bookmark, begun = begin(model, alphabet, bookmark, sampling=sampling, generator=generator)
    yield from begun
    while True:
        banned = gate.banned_ids if gate.is_inside else banned_at_edge
        symbol = sample_next(bookmark.logits, config=sampling, generator=generator, banned_ids=banned)  # (1,)
        gate.push(int(symbol))
        yield from decoder.push(int(symbol))
        with torch.inference_mode():  # never around the yield, where it would hold for the caller too
            bookmark = Bookmark(*model.step(symbol.to(device), bookmark.state, options=WRITING))


def _open_paragraph(
    model: CharModel, alphabet: Alphabet, bookmark: Bookmark, *, sampling: SamplingConfig, generator: torch.Generator
) -> tuple[Bookmark, str]:
    """Let the model begin a paragraph, not with a blank, and not with two capitals, as headings do, if it can help it.

    Returns:
        Bookmark after the first characters, and these.
    """
    bookmark, _ = _read_out(model, alphabet, bookmark, sampling=sampling, generator=generator)
    spelled = [symbol for symbol, text in enumerate(alphabet.texts) if not text]
    blank = [symbol for symbol, text in enumerate(alphabet.texts) if text[:1].isspace()]
    if len(spelled) + len(blank) == alphabet.vocab_size:
        return bookmark, ""
    for _ in range(MAX_OPENINGS):
        opened, text = bookmark, ""
        while len(text) < OPENING_CHARS:
            banned = spelled if text else spelled + blank
            symbol = sample_next(opened.logits, config=sampling, generator=generator, banned_ids=banned)
            text += alphabet.texts[int(symbol)]
            with torch.inference_mode():
                opened = Bookmark(*model.step(symbol.to(_device_of(model)), opened.state))
        start = text[:OPENING_CHARS]
        if not (start.isalpha() and start.isupper()):
            break
    return opened, text


def _read_out(
    model: CharModel, alphabet: Alphabet, bookmark: Bookmark, *, sampling: SamplingConfig, generator: torch.Generator
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
            symbols = sample_next(bookmark.logits, config=sampling, generator=generator, banned_ids=banned).tolist()
            text = alphabet.texts[symbols[0]]
        else:
            text = unread[0]
            symbols = alphabet.encode(text).tolist()
        with torch.inference_mode():
            for symbol in symbols:
                bookmark = Bookmark(*model.step(torch.tensor([symbol], device=_device_of(model)), bookmark.state))
        unread, beyond = unread[len(text) :], text[len(unread) :]
    return bookmark, beyond


def _iter_ids(alphabet: Alphabet, text: str, *, is_new: bool) -> Iterator[Tensor]:
    """Yield the ids to read as int64 (1, T), with T bounded. The ids that open a new book come first."""
    if is_new and alphabet.boundary_id is not None:
        yield torch.tensor([[alphabet.boundary_id]])
    elif is_new and not text:
        yield torch.tensor([[alphabet.start_id]])
    at_once = max(1, min(IDS_READ_AT_ONCE, MAX_LOGITS // alphabet.vocab_size))
    for stretch in alphabet.iter_stretches(text, size=CHARS_ENCODED_AT_ONCE):
        ids = torch.from_numpy(alphabet.encode(stretch).astype("int64"))  # (N,)
        for start in range(0, len(ids), at_once):
            yield ids[None, start : start + at_once]


def _device_of(model: CharModel) -> torch.device:
    return next(model.parameters()).device
