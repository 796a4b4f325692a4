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
    watch = EndWatch(ending)
    for text in stream:
        passed = watch.push(text)
        if passed:
            yield passed
        if watch.is_over:
            return
    if rest := watch.finish():
        yield rest


class EndWatch:
    """The end of one text, watched while the text is written."""

    def __init__(self, ending: Ending) -> None:
        """Begin before the first character.

        Args:
            ending: Limits of the text.
        """
        self._limits = _Limits(ending)
        self._stops = _Stops(ending.stop) if ending.stop else None
        self.is_over = False
        """True once the text has ended."""

    def push(self, text: str) -> str:
        """Take the next characters and return the text to pass on: what may not belong to it is held back.

        Args:
            text: Characters, of which none is looked at behind the end.
        """
        passed = ""
        for character in text:
            known = self._limits.push(character)
            passed += known if self._stops is None else self._stops.push(known)
            if self._stops is not None and self._stops.is_over:
                self.is_over = True
            elif self._limits.is_over:
                self.is_over = True
                passed += self._stops.held if self._stops is not None else ""
            if self.is_over:
                break
        return passed

    def finish(self) -> str:
        """Return what is held back of a text that ends by itself."""
        if self._stops is None:
            return self._limits.held
        passed = self._stops.push(self._limits.held)
        return passed if self._stops.is_over else passed + self._stops.held


class _Limits:
    """Limits other than `stop`, counted as the text is written."""

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
        if is_wide(character) or (is_after_blank and not is_blank):
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


def is_wide(character: str) -> bool:
    """Return True for a Han or kana sign, which counts as a word."""
    return _WIDE.match(character) is not None


def ends_sentence(text: str, *, is_before_blank: bool) -> bool:
    """Return True if a sentence ends with a text. A dot after an abbreviation ends none."""
    if not is_before_blank:
        return _WIDE_SENTENCE_END.search(text) is not None
    return _SENTENCE_END.search(text) is not None and not is_abbreviation(text)


def is_abbreviation(text: str) -> bool:
    """Return True if a text ends with an abbreviation and its dot, such as "Mr."."""
    return _NO_SENTENCE_END.search(text) is not None


class _Stops:
    """Strings at which a text stops. What may be the beginning of one is held back.

    For each string, the longest of its beginnings that the text ends with is known after every character (Knuth, Morris
    and Pratt 1977, "Fast pattern matching in strings", section 2), so long strings cost no more than short ones.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [(stop, _fallbacks(stop)) for stop in stops]
        self._begun = [0] * len(stops)
        self.held = ""
        self.is_over = False

    def push(self, text: str) -> str:
        """Take the next characters and return the text to pass on."""
        passed = ""
        for character in text:
            self.held += character
            whole = 0
            for number, (stop, fallbacks) in enumerate(self._stops):
                begun = self._begun[number] = _go_on(stop, fallbacks, self._begun[number], character)
                whole = max(whole, begun if begun == len(stop) else 0)
            self.is_over = whole > 0
            num_kept = whole or max(self._begun)
            passed += self.held[: len(self.held) - num_kept]
            self.held = self.held[len(self.held) - num_kept :]
            if self.is_over:
                break
        return passed


def _fallbacks(stop: str) -> list[int]:
    """Return, for each beginning of a string, the length of the longest shorter beginning that it ends with."""
    found = [0]
    for character in stop[1:]:
        found.append(_go_on(stop, found, found[-1], character))
    return found


def _go_on(stop: str, fallbacks: Sequence[int], begun: int, character: str) -> int:
    """Return how much of a string the text ends with after one more character."""
    while begun and (begun == len(stop) or stop[begun] != character):
        begun = fallbacks[begun - 1]
    return begun + (stop[begun] == character)
