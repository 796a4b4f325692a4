"""Score any text, character by character and paragraph by paragraph.

The text is read exactly as given, in one pass, as the beginning of a book. With the seed alphabet, which has no
boundary id, the first character is read but not scored, and characters that the alphabet lacks are lost and counted.
The cost of a subword is divided evenly among its characters. This module knows nothing of books, files or models.

Shapes: N = characters of the text.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet, Ids
from penwright.errors import NoNumbersError, UsageError, counted
from penwright.evaluation.passages import chars_begun
from penwright.markup import glimpse, html_table

Costs = Callable[[Ids], NDArray[np.float64]]
"""Function that reads ids, (N + 1,), and returns the nats of all but the first, (N,)."""
MIN_PASSAGE_CHARS = 100
"""Smallest number of characters of a paragraph that is ranked by its surprise. In fewer, one rare name decides."""
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_LINE_END = re.compile(r"\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class ParagraphScore:
    """Score of one paragraph, given the text before it."""

    start: int
    """Index of its first character in the text."""
    text: str
    """Text of the paragraph and the blank lines that follow it."""
    num_chars: int
    """Number of characters scored: all, but for the first of the text with the seed alphabet."""
    bits_per_char: float
    """0 if no character was scored."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class TextScore:
    """Score of a text: the mean of its paragraphs, weighted by their `num_chars`."""

    bits_per_char: float
    num_chars: int
    """Number of characters scored."""
    is_lossless: bool
    """True if the alphabet tells all characters apart. If not, the score covers only those that it does."""
    num_lost_chars: int
    """Number of characters that the alphabet lacks and reads as one unknown symbol."""
    paragraphs: tuple[ParagraphScore, ...]

    def __repr__(self) -> str:
        length, parts = counted(self.num_chars, "character"), counted(len(self.paragraphs), "paragraph")
        return f"TextScore({self.bits_per_char:.3f} bits/char, {length}, {parts})"

    def _repr_html_(self) -> str:
        """Return the score as a notebook shows it."""
        rows = [
            (f"{each.bits_per_char:.3f}", f"{each.start:,}", glimpse(each.text)) for each in self.most_surprising(5)
        ]
        facts = [("characters", f"{self.num_chars:,}"), ("paragraphs", f"{len(self.paragraphs):,}")]
        facts += [("characters not in the alphabet", f"{self.num_lost_chars:,}")] if self.num_lost_chars else []
        heads = ("bits/char", "from character", "predicted worst")
        return html_table(f"{self.bits_per_char:.3f} bits per character", facts, heads=heads, rows=rows)

    def most_surprising(self, num: int) -> list[ParagraphScore]:
        """Return the paragraphs predicted worst, by bits per character, the worst first.

        Paragraphs shorter than MIN_PASSAGE_CHARS, headings among them, are passed over. Where they hold most of the
        text, as lines of verse do, neighbours are joined until each passage has so many.

        Args:
            num: Largest number of paragraphs to return, from 0.
        """
        long = [each for each in self.paragraphs if len(each.text.strip()) >= MIN_PASSAGE_CHARS]
        if 2 * sum(each.num_chars for each in long) < self.num_chars:
            joined = _joined(self.paragraphs)
            long = joined if len(joined) > 1 else list(self.paragraphs)
        return sorted(long, key=lambda each: -each.bits_per_char)[:num]


def _joined(paragraphs: Iterable[ParagraphScore]) -> list[ParagraphScore]:
    """Return passages of MIN_PASSAGE_CHARS or more, made of neighbours. The last passage takes what is left over."""
    passages: list[ParagraphScore] = []
    for each in paragraphs:
        if passages and len(passages[-1].text.strip()) < MIN_PASSAGE_CHARS:
            passages[-1] = _join(passages[-1], each)
        else:
            passages.append(each)
    if len(passages) > 1 and len(passages[-1].text.strip()) < MIN_PASSAGE_CHARS:
        last = passages.pop()
        passages[-1] = _join(passages[-1], last)
    return passages


def _join(first: ParagraphScore, second: ParagraphScore) -> ParagraphScore:
    """Return two neighbours as one."""
    num_chars = first.num_chars + second.num_chars
    bits = first.bits_per_char * first.num_chars + second.bits_per_char * second.num_chars
    return ParagraphScore(
        start=first.start,
        text=first.text + second.text,
        num_chars=num_chars,
        bits_per_char=bits / max(1, num_chars),
    )


def score_text(costs: Costs, alphabet: Alphabet, text: str) -> TextScore:
    """Score a text as a whole and by paragraph.

    Args:
        costs: Function that returns the cost of each symbol.
        alphabet: Alphabet of the symbols.
        text: Any text. A paragraph ends with the blank lines after it, or with every line where no line is blank.

    Returns:
        Scores. Every character of the text belongs to exactly one paragraph.

    Raises:
        UsageError: If the text has no character that can be scored.
        NoNumbersError: If the predictions are not finite.
    """
    return score_bits(character_bits(costs, alphabet, text), alphabet, text)


def score_bits(bits: NDArray[np.float64], alphabet: Alphabet, text: str) -> TextScore:
    """Score a text whose characters were scored before.

    Args:
        bits: Result of `character_bits`, shape (N,).
        alphabet: Alphabet of the symbols.
        text: The text.

    Raises:
        UsageError, NoNumbersError: See `score_text`.
    """
    if not np.isfinite(bits).all():
        raise NoNumbersError
    num_unscored = _num_unscored(alphabet)
    num_chars = len(text) - num_unscored
    if num_chars < 1:
        raise UsageError(f"the text has {len(text)} characters; at least {num_unscored + 1} are needed to score it.")
    num_lost = 0 if alphabet.is_lossless else sum(character not in alphabet for character in text)
    paragraphs: list[ParagraphScore] = []
    start = 0
    for paragraph in split_paragraphs(text):
        num_scored = len(paragraph) - (num_unscored if start == 0 else 0)
        paragraphs.append(
            ParagraphScore(
                start=start,
                text=paragraph,
                num_chars=num_scored,
                bits_per_char=float(bits[start : start + len(paragraph)].sum()) / max(1, num_scored),
            )
        )
        start += len(paragraph)
    return TextScore(
        bits_per_char=float(bits.sum()) / num_chars,
        num_chars=num_chars,
        is_lossless=alphabet.is_lossless,
        num_lost_chars=num_lost,
        paragraphs=tuple(paragraphs),
    )


def character_bits(costs: Costs, alphabet: Alphabet, text: str) -> NDArray[np.float64]:
    """Return the bits of each character of a text.

    Args:
        costs: Function that returns the cost of each symbol.
        alphabet: Alphabet of the symbols.
        text: Any text.

    Returns:
        Bits, shape (N,), whose sum is the cost of all symbols. A spelled character costs the sum of its nibbles, each
        character of a subword an even share of it. With the seed alphabet, the first character costs 0.
    """
    ids = alphabet.encode(text)
    if alphabet.boundary_id is None:
        unscored = np.zeros(min(1, len(ids)))
        return np.concatenate([unscored, costs(ids)]) / math.log(2) if len(ids) else unscored
    counts = chars_begun(ids, alphabet=alphabet)
    starts = np.flatnonzero(counts)
    edge = np.array([alphabet.boundary_id], dtype=ids.dtype)
    nats = costs(np.concatenate([edge, ids]))
    if not len(starts):
        return nats
    even = np.add.reduceat(nats, starts) / counts[starts]
    return np.repeat(even, counts[starts]) / math.log(2)


def split_paragraphs(text: str) -> Iterator[str]:
    """Cut a text into paragraphs whose concatenation is the text.

    Args:
        text: Any text.

    Yields:
        Runs of text up to and including the blank lines that follow, or lines where no line is blank. Blanks at the
        very beginning and end belong to the first and last paragraph. Nothing for an empty text.
    """
    separator = _BLANK_LINES if _BLANK_LINES.search(text.strip()) else _LINE_END
    last = len(text.rstrip())
    start = 0
    for match in separator.finditer(text):
        if match.end() < last and text[start : match.end()].strip():
            yield text[start : match.end()]
            start = match.end()
    if start < len(text):
        yield text[start:]


def _num_unscored(alphabet: Alphabet) -> int:
    return 1 if alphabet.boundary_id is None else 0
