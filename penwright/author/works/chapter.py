"""Write one chapter: symbol by symbol, or the best of several sentences, to the end of a paragraph at its length.

A chapter ends with the first paragraph that ends once its words are written. If that takes too long, it ends with a
sentence, then with a word. The end of a sentence is known by the blank after it: where one may end, the pen is copied,
and the chapter ends with the copy, so that the author has read exactly what stands there.

This module knows nothing of headings, files or of where the pen comes from.
"""

from penwright.writing.best import best_sentence
from penwright.writing.pen import Pen
from penwright.writing.stopping import (
    CLOSERS,
    LAST_WORD_CHARS,
    SENTENCE_CHARS,
    SENTENCE_ENDERS,
    WORD_CHARS,
    ends_sentence,
    is_wide,
)

PARAGRAPH_WAIT_CHARS = 1_500
"""Characters to wait for the end of a paragraph after the words of a chapter. Then it ends with a sentence."""
_TAIL_CHARS = 64


class ChapterLength:
    """How much of a chapter is written, and whether it may end."""

    def __init__(self, num_words: int) -> None:
        """Begin before the first character.

        Args:
            num_words: Words of the chapter, at least 1. A Han or kana sign counts as one.
        """
        self._goal = num_words
        self.num_words = 0
        self.num_chars = 0
        self.num_overdue: int | None = None
        """Characters since the last word asked for began; None before that."""
        self._tail = ""

    def push(self, text: str) -> None:
        """Take what was written."""
        before = self._tail[-1:]
        for character in text:
            is_word = is_wide(character) or (not character.isspace() and (not before or before.isspace()))
            before = character
            self.num_words += is_word
            self.num_chars += 1
            if self.num_overdue is not None:
                self.num_overdue += 1
            elif self.num_words >= self._goal or self.num_chars >= self._goal * WORD_CHARS:
                self.num_overdue = 0
        self._tail = (self._tail + text)[-_TAIL_CHARS:]

    @property
    def is_over(self) -> bool:
        """True if the chapter is long enough and ends here with a paragraph, or is far too long."""
        if self.num_overdue is None or not self._tail:
            return False
        if self.num_overdue >= PARAGRAPH_WAIT_CHARS + SENTENCE_CHARS + LAST_WORD_CHARS:
            return True
        if not self._tail[-1].isspace():
            return False
        said = self._tail.rstrip()
        num_line_ends = self._tail.count("\n", len(said))
        ends_here = ends_sentence(said, is_before_blank=True)
        if num_line_ends and (num_line_ends > 1 or ends_here):
            return bool(said)
        return ends_here and self.num_overdue > PARAGRAPH_WAIT_CHARS

    @property
    def may_end(self) -> bool:
        """True if the chapter is so long that it ends here, should a blank follow."""
        if self.num_overdue is None or self.num_overdue < PARAGRAPH_WAIT_CHARS:
            return False
        is_late = self.num_overdue >= PARAGRAPH_WAIT_CHARS + SENTENCE_CHARS
        last = self._tail.rstrip(CLOSERS)[-1:]
        return last in SENTENCE_ENDERS or (is_late and not self._tail[-1:].isspace())

    def ends_before(self, text: str) -> bool:
        """Return True if the chapter ends here, since this text follows. Call it only if it may end."""
        is_blank = text[:1].isspace()
        is_late = self.num_overdue is not None and self.num_overdue >= PARAGRAPH_WAIT_CHARS + SENTENCE_CHARS
        return ends_sentence(self._tail, is_before_blank=is_blank) or (is_late and is_blank)


class ChapterWriter:
    """A chapter that is being written."""

    def __init__(self, pen: Pen, *, num_words: int, num_tries: int, begun: str = "") -> None:
        """Begin a chapter, or go on with one.

        Args:
            pen: Where the text is.
            num_words: Words of the chapter.
            num_tries: Number of times that each sentence is written; with 1, symbols are written as they come.
            begun: What stands in the chapter already.
        """
        self.pen = pen
        self.length = ChapterLength(num_words)
        self.length.push(begun)
        self.is_over = False
        self._num_tries = num_tries

    def write(self) -> str:
        """Write a symbol or a sentence. Do not call it once `is_over` is set.

        Returns:
            The text that was completed, which may be empty. The pen can be saved after one that is not.

        Raises:
            AuthorError: If the model's predictions are not numbers.
        """
        if self._num_tries > 1:
            text, self.pen = best_sentence(self.pen, num_tries=self._num_tries)
        else:
            before = self.pen.copy() if self.length.may_end else None
            text = self.pen.write()
            if before is not None and self.length.ends_before(text):
                self.pen, self.is_over = before, True
                return ""
        self.length.push(text)
        self.is_over = self.length.is_over
        return text
