"""End an endless text at the first limit that holds.

Characters are counted exactly. Words and paragraphs are counted so that the text ends with a sentence at or soon after
the count, and never later than a hard bound: an author that does not end its sentences, or never writes a blank, is
stopped all the same.

This module knows nothing of models; the text may come from any source.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from penwright.writing.options import Ending

SEARCHED_CHARS = 256
"""Number of last characters in which `until` is searched. A longer match is not found."""
WORD_CHARS = 40
"""Characters allowed for each word, blanks included. A text of this many characters for each word asked is complete."""
PARAGRAPH_CHARS = 10_000
"""Characters allowed for each paragraph."""
LONG_LINE_CHARS = 100
"""A line of at least this many characters, in a text without blank lines so far, shows that each line is a paragraph:
neither verse nor text wrapped at a fixed width has such lines."""
SENTENCE_CHARS = 600
"""Characters to wait for the end of a sentence after the count. Then the text ends with the word."""
LAST_WORD_CHARS = 100
"""Characters to wait for the end of that word. Then the text ends at once."""

CLOSERS = "\"'’”»›)]}」』*_"
"""Signs that may stand between the sign that ends a sentence and the blank after it."""
WIDE_SIGNS = "\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
"""Han and kana, which put no blanks between words, as a range of a regular expression."""
SENTENCE_ENDERS = tuple(".!?…。！？")
_CLOSERS_ANY = f"[{re.escape(CLOSERS)}]*"
_SENTENCE_END = re.compile(rf"[.!?…。！？]{_CLOSERS_ANY}\Z")
_WIDE_SENTENCE_END = re.compile(rf"[。！？]{_CLOSERS_ANY}\Z")
_WIDE = re.compile(f"[{WIDE_SIGNS}]")
_NO_SENTENCE_END = re.compile(
    r"(?:^|[\s(\"'“‘—-])(?:[A-HJ-Z]|Mr|Mrs|Ms|Dr|St|Prof|Rev|Hon|Esq|Capt|Col|Gen|Lieut|Lt|Sergt|Sgt|Messrs|Mme|Mlle|Jr|Sr)\.\Z"
)


def until_end(stream: Iterable[str], *, ending: Ending) -> Iterator[str]:
    """Yield a text until it should end.

    Args:
        stream: The text as strings of any size, finite or not. No string is requested that is not needed.
        ending: Limits of the text.

    Returns:
        The beginning of the text as strings. If words or paragraphs are counted, blanks are held back until a character
        follows, so that the text does not end with blanks.
    """
    limited = _until_limit(stream, ending=ending)
    return _until_stop(limited, ending.stop) if ending.stop else limited


def _until_limit(stream: Iterable[str], *, ending: Ending) -> Iterator[str]:
    """Yield a text until a limit other than `stop` holds."""
    watch = _Watch(ending)
    for text in stream:
        passed = ""
        for character in text:
            passed += watch.push(character)
            if watch.is_over:
                break
        if passed:
            yield passed
        if watch.is_over:
            return
    if watch.held:
        yield watch.held


class _Watch:
    """Counter of a text as it is written."""

    def __init__(self, ending: Ending) -> None:
        self._ending = ending
        self._until = ending.pattern
        self._is_counting = ending.max_words is not None or ending.max_paragraphs is not None
        self._num_chars = 0
        self._num_words = 0
        self._num_paragraphs = 0
        self._line_chars = 0
        self._has_long_lines = False
        self._has_blank_lines = False
        self._has_counted_line = False  # the line just ended was counted as a paragraph
        self._enough_at: int | None = None  # characters written when words or paragraphs sufficed
        self._tail = ""
        self.held = ""
        self.is_over = False

    def push(self, character: str) -> str:
        """Take the next character and return the text to pass on. Do not call it once `is_over` is set."""
        if self._is_counting and self._ends_before(character):
            self.is_over = True
            return ""
        self._num_chars += 1
        self._tail = (self._tail + character)[-2 * SEARCHED_CHARS :]
        self.is_over = self._num_chars == self._ending.max_chars or self._matches()
        if self._is_counting and character.isspace() and not self.is_over:
            self.held += character
            return ""
        passed, self.held = self.held + character, ""
        return passed

    def _matches(self) -> bool:
        # From a position, not in a slice: "^" must not match there.
        start = max(0, len(self._tail) - SEARCHED_CHARS)
        return self._until is not None and self._until.search(self._tail, start) is not None

    def _ends_before(self, character: str) -> bool:
        """Count words and paragraphs completed by the next character. Return True if the text ends before it."""
        is_blank = character.isspace()
        is_after_text = self._num_chars > len(self.held)
        is_blank_line = character == "\n" and "\n" in self.held and is_after_text
        is_line_end = character == "\n" and "\n" not in self.held and is_after_text and not self._has_blank_lines
        self._has_long_lines |= is_line_end and self._line_chars >= LONG_LINE_CHARS
        self._line_chars = 0 if character == "\n" else self._line_chars + 1
        is_paragraph_line = is_line_end and self._has_long_lines
        is_paragraph_end = is_blank_line or is_paragraph_line
        if is_paragraph_line:
            self._num_paragraphs += 1
            self._has_counted_line = True
        elif is_blank_line and self.held.count("\n") == 1:  # more blank lines end no further paragraph
            self._num_paragraphs += not self._has_counted_line
            self._has_blank_lines = True
        elif not is_blank:
            self._has_counted_line = False
        if self._num_paragraphs == self._ending.max_paragraphs:
            return True
        if self._enough_at is None and self._is_enough():
            self._enough_at = self._num_chars
        is_after_blank = self._num_chars == 0 or self.held
        if _WIDE.match(character) or (is_after_blank and not is_blank):
            self._num_words += 1
        if self._enough_at is None:
            return False
        overdue = self._num_chars - self._enough_at
        if is_paragraph_end or overdue >= SENTENCE_CHARS + LAST_WORD_CHARS or (is_blank and overdue >= SENTENCE_CHARS):
            return True
        return character not in CLOSERS and ends_sentence(self._tail, is_before_blank=is_blank)

    def _is_enough(self) -> bool:
        """Return True if the last word asked for has begun, or words or paragraphs are implausibly long."""
        words, paragraphs = self._ending.max_words, self._ending.max_paragraphs
        if words is not None and (self._num_words >= words or self._num_chars >= words * WORD_CHARS):
            return True
        return paragraphs is not None and self._num_chars >= paragraphs * PARAGRAPH_CHARS


def ends_sentence(text: str, *, is_before_blank: bool) -> bool:
    """Return True if a sentence ends with a text. A dot after an abbreviation ends none."""
    if not is_before_blank:
        return _WIDE_SENTENCE_END.search(text) is not None
    return _SENTENCE_END.search(text) is not None and not is_abbreviation(text)


def is_abbreviation(text: str) -> bool:
    """Return True if a text ends with an abbreviation and its dot, such as "Mr."."""
    return _NO_SENTENCE_END.search(text) is not None


def _until_stop(stream: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """Yield a text until one of some strings begins. What may be the beginning of one is held back."""
    held = ""
    for text in stream:
        for character in text:
            held += character
            found = [held.index(stop) for stop in stops if stop in held]
            if found:
                if held[: min(found)]:
                    yield held[: min(found)]
                return
            num_kept = max(
                (length for stop in stops for length in range(1, len(stop)) if held.endswith(stop[:length])), default=0
            )
            if num_kept < len(held):
                yield held[: len(held) - num_kept]
                held = held[len(held) - num_kept :]
    if held:
        yield held
