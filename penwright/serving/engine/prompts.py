"""Prompts read in stretches, so that a long one keeps nobody waiting, and ends of prompts remembered.

Whoever writes with an author asks again and again for more after a text that has grown a little. So states are kept: at
the end of each prompt, and within long ones every SNAPSHOT_CHARS characters. The next prompt that begins alike is read
from there. A state is kept by a digest of its label and the text before it. It is never changed, and leads to the same
text, to the last byte, as reading all of it.

Shapes: V = vocab_size, T = ids read at once, E = width of a label's vector.
"""

from collections import OrderedDict
from collections.abc import Iterator
from hashlib import blake2b
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.serving.engine.request import TextRequest, Token, tokens_of
from penwright.writing.beginning import PARAGRAPH_BREAK, Begun, opens_paragraph
from penwright.writing.bookmark import Bookmark
from penwright.writing.engines.base import Engine
from penwright.writing.generation import iter_ids, read_on

IDS_READ_AT_ONCE = 64
"""Ids of a stretch, a few milliseconds."""
SNAPSHOT_CHARS = 16_384
MIN_KEPT_CHARS = 256
"""Length from which on the end of a prompt is kept; a shorter one is read in some milliseconds."""
MAX_KEPT = 48
"""States kept, of some 1.3 megabytes each for the author in the box."""

_NOTHING = object()
Digest = tuple[int, bytes]
"""Number of characters and digest of a text under a label."""


class BookmarkCache:
    """States after texts that were read, of which those used last are kept. All methods may be called by any thread."""

    def __init__(self, *, max_kept: int = MAX_KEPT) -> None:
        """Begin empty.

        Args:
            max_kept: Largest number of states.
        """
        self._lock = Lock()  # prompts are read side by side
        self._kept: OrderedDict[Digest, Bookmark] = OrderedDict()
        self._max_kept = max_kept

    @property
    def lengths(self) -> set[int]:
        """Numbers of characters after which there are states."""
        with self._lock:
            return {length for length, _ in self._kept}

    def get(self, digest: Digest) -> Bookmark | None:
        """Return the state after a text. It must not be changed."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
            return self._kept.get(digest)

    def put(self, digest: Digest, bookmark: Bookmark) -> None:
        """Keep a state, which must not be changed any more."""
        with self._lock:
            self._kept[digest] = bookmark
            while len(self._kept) > self._max_kept:
                self._kept.popitem(last=False)


class PromptReading:
    """A prompt that is being read."""

    def __init__(self, engine: Engine, alphabet: Alphabet, request: TextRequest, cache: BookmarkCache) -> None:
        """Begin before the first symbol.

        Args:
            engine: Engine that reads.
            alphabet: Alphabet of its model.
            request: Whose prompt to read.
            cache: States after texts that were read before.
        """
        self._engine = engine if request.label is None else engine.with_label(request.label)
        self._alphabet, self._request, self._cache = alphabet, request, cache
        prompt = request.prompt
        self.text = prompt if isinstance(prompt, str) else alphabet.decode(prompt)
        """The prompt as text."""
        self.is_opening = opens_paragraph(alphabet, prompt) if isinstance(prompt, str) else not prompt
        self.is_opening = self.is_opening and opens_paragraph(alphabet, "")
        self.bookmark: Bookmark | None = None
        """End of what is read."""
        self.tokens: list[Token] = []
        """The prompt with its probabilities, if they are wanted."""
        self.num_left = len(prompt)
        """About how many symbols there are to read."""
        self.is_done = False
        self._steps = self._read_scored() if request.scores_prompt else self._read()

    @property
    def num_symbols(self) -> int:
        """Number of symbols of the prompt, once it is read. What opens a book or a paragraph is none of them."""
        prompt = self._request.prompt
        if self.bookmark is None or not isinstance(prompt, str) or not prompt:
            return len(prompt)
        unread = len(self._alphabet.encode(self.bookmark.unread))
        return int(self.bookmark.state.position[0]) + unread - (self._alphabet.boundary_id is not None)

    def advance(self) -> None:
        """Read the next stretch."""
        while not self.is_done:
            self.is_done = next(self._steps, _NOTHING) is _NOTHING
            if self.num_left > 0:
                return

    def _read(self) -> Iterator[None]:
        """Read the prompt and yield after each stretch."""
        prompt = self._request.prompt
        if not isinstance(prompt, str) and not self.is_opening:
            yield from self._follow(self._iter_given(np.array(prompt, np.int64)))
            return
        text = PARAGRAPH_BREAK if self.is_opening else str(prompt)
        stable = self._alphabet.num_stable_chars(text)
        points = self._points(stable)
        digests = _digests(text[:stable], {*points, *self._cache.lengths}, label=self._request.label)
        done = 0
        for length in sorted(digests, reverse=True):
            if (kept := self._cache.get(digests[length])) is not None:
                self.bookmark, done = kept, length
                self.num_left -= length
                break
        for point in [each for each in points if each > done]:
            yield from self._follow(self._iter_text(text[done:point]))
            done = point
            if point >= MIN_KEPT_CHARS and self.bookmark is not None:
                self._cache.put(digests[point], self.bookmark)  # what is read next is read into a copy
        if self.bookmark is None:  # nothing to read but what opens a book
            yield from self._follow(self._iter_text(""))
        assert self.bookmark is not None
        self.bookmark = self.bookmark._replace(unread=text[stable:])

    def _read_scored(self) -> Iterator[None]:
        """Read the prompt with the probabilities of its symbols and yield after each stretch."""
        prompt, alphabet = self._request.prompt, self._alphabet
        ids = alphabet.encode(prompt).astype(np.int64) if isinstance(prompt, str) else np.array(prompt, np.int64)
        decoder = alphabet.decoder()
        for number, stretch in enumerate(self._iter_given(ids)):
            before = self.bookmark
            [self.bookmark] = read_on(self._engine, [stretch], after=before, shows_all=True)
            shown: NDArray[np.float32] = self.bookmark.logits  # (T, V)
            self.bookmark = self.bookmark._replace(logits=shown[-1].copy())
            if number or not self._is_opened(ids):
                symbols = stretch[0].tolist()
                texts = [decoder.push(symbol) for symbol in symbols]
                self.tokens += [] if before is not None else [Token(symbols[0], texts[0])]
                logits = shown[:-1] if before is None else np.concatenate([before.logits[None], shown[:-1]])
                first = 1 if before is None else 0
                num_top = self._request.num_top or 0
                self.tokens += tokens_of(symbols[first:], texts[first:], logits, num_top=num_top)
                self.num_left -= len(symbols)
            yield

    def _is_opened(self, ids: NDArray[np.int64]) -> bool:
        """Return True if something is read before a prompt that is given as ids."""
        if not len(ids):
            return True
        return self._alphabet.boundary_id is not None and ids[0] != self._alphabet.boundary_id

    def _iter_given(self, ids: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Yield ids (1, T) of a prompt that is given as ids, after the one that opens a book."""
        if self._is_opened(ids):
            yield from iter_ids(self._alphabet, "", is_new=True)
        for start in range(0, len(ids), IDS_READ_AT_ONCE):
            yield np.ascontiguousarray(ids[None, start : start + IDS_READ_AT_ONCE])

    def _iter_text(self, text: str) -> Iterator[NDArray[np.int64]]:
        return iter_ids(self._alphabet, text, is_new=self.bookmark is None, at_once=IDS_READ_AT_ONCE)

    def _follow(self, stretches: Iterator[NDArray[np.int64]]) -> Iterator[None]:
        """Read stretches and yield after each."""
        for bookmark in read_on(self._engine, stretches, after=self.bookmark):
            self.bookmark = bookmark
            self.num_left -= IDS_READ_AT_ONCE
            yield

    def _points(self, stable: int) -> list[int]:
        """Return where to keep states, in order, the end included."""
        between = range(SNAPSHOT_CHARS, stable, SNAPSHOT_CHARS) if self._alphabet.unit == "characters" else ()
        return [*between, *([stable] if stable else [])]


def _digests(text: str, lengths: set[int], *, label: NDArray[np.float32] | None) -> dict[int, Digest]:
    """Return the digests of the beginnings of some lengths, in one pass. Each label has digests of its own."""
    key = b"" if label is None else blake2b(label.tobytes()).digest()
    digest, done, found = blake2b(digest_size=16, key=key), 0, {}
    for length in sorted(each for each in lengths if 0 < each <= len(text)):
        digest.update(text[done:length].encode("utf-8", "surrogatepass"))
        found[length], done = (length, digest.copy().digest()), length
    return found


def begun_tokens(
    engine: Engine, alphabet: Alphabet, bookmark: Bookmark, begun: Begun, *, is_opening: bool, num_top: int | None
) -> list[Token]:
    """Return the tokens with which a text begins: those of an opening, or the one that goes on behind the prompt.

    Args:
        engine: Engine that reads.
        alphabet: Alphabet of its model.
        bookmark: End of the prompt.
        begun: What was begun there.
        is_opening: True if a paragraph was opened.
        num_top: See `TextRequest`.
    """
    symbols = begun.symbols
    if not begun.text:
        return []
    texts = [alphabet.texts[symbol] for symbol in symbols] if is_opening else [""] * (len(symbols) - 1) + [begun.text]
    if num_top is None:
        tokens = [Token(symbol, text) for symbol, text in zip(symbols, texts, strict=True)]
    else:
        logits = bookmark.logits[None]
        if len(symbols) > 1:
            ids = np.array([symbols[:-1]], np.int64)
            shown, _ = engine.read(ids, bookmark.state, num_shown=ids.shape[1])
            logits = np.concatenate([logits, shown[0]])
        tokens = tokens_of(symbols, texts, logits, num_top=num_top)
    return tokens if is_opening else tokens[-1:]
