"""Who wrote a text? Compare what several authors need for the same characters, with a bootstrap over passages.

The characters of a text depend on one another, and a passage may suit an author by chance. So whole passages are drawn
with replacement, and the scores are computed anew from those drawn (Efron 1979, "Bootstrap Methods: Another Look at the
Jackknife"). The same passages are drawn for all authors, so that what makes a passage hard for everyone cancels out.

This module knows nothing of models, alphabets or files.

Shapes: A = authors, N = characters of the text, P = passages, R = resamples.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penwright.errors import UsageError, counted
from penwright.evaluation.texts import split_paragraphs
from penwright.markup import html_table

NUM_RESAMPLES = 10_000
LEVEL = 0.95
"""Share of the resamples within an interval."""
MIN_PASSAGE_CHARS = 250
"""Shorter paragraphs are joined with the next: what a character costs depends on the characters before it."""
MAX_PASSAGE_CHARS = 500
"""Longer paragraphs are divided between words."""
MAX_PASSAGES = 2_000
MIN_PASSAGES = 5
"""From fewer passages no interval is computed: it would be too narrow."""
Compared = Literal["authors", "labels"]
"""What is compared: authors, or the labels of one author."""
_BATCH = 500
_WORD_END = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorShare:
    """Score of one author."""

    name: str
    bits_per_char: float
    low: float | None
    """Lower end of the interval of `bits_per_char`, None with too few passages."""
    high: float | None
    """Upper end of it."""
    wins: float | None
    """Share of the resamples in which this author needs the fewest bits, 0 to 1; None with too few passages."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Attribution:
    """Scores of several authors for the same characters of a text."""

    authors: tuple[AuthorShare, ...]
    """The author that needs the fewest bits comes first."""
    lead: float
    """Bits per character that the second needs more than the first."""
    lead_low: float | None
    """Lower end of the interval of the lead, None with too few passages."""
    lead_high: float | None
    """Upper end of it."""
    num_chars: int
    """Number of characters scored."""
    num_left_out: int
    """Number of characters that one of the authors cannot score, and that are therefore scored for none."""
    num_passages: int
    """Number of passages that the text was divided into."""
    compared: Compared = "authors"
    """Kind of what is compared. The scores in `authors` are of labels if it is "labels"."""

    @property
    def is_separated(self) -> bool:
        """True if the interval of the lead lies above zero."""
        return self.lead_low is not None and self.lead_low > 0

    @property
    def digits(self) -> int:
        """Number of decimals that are shown. Labels of one author differ less than authors do."""
        return 5 if self.compared == "labels" else 3

    @property
    def verdict(self) -> str:
        """The result as one or two sentences."""
        first, second = self.authors[:2]
        difference = f"{self.lead:.{self.digits}f} bits per character"
        if self.lead_low is None or self.lead_high is None:
            return (
                f"{first.name} needs {difference} less than {second.name}, but the text is too short to say how sure "
                "that is. Give a longer one."
            )
        interval = f"95 % interval {self._signed(self.lead_low)} to {self._signed(self.lead_high)}"
        if self.is_separated:
            return (
                f"Of these {self.compared}, {first.name} fits best: it needs {difference} less than {second.name} "
                f"({interval})."
            )
        return (
            f"The text does not tell {first.name} and {second.name} apart: {first.name} needs {difference} less, but "
            f"other passages could turn that round ({interval})."
        )

    def __repr__(self) -> str:
        scores = ", ".join(f"{each.name} {each.bits_per_char:.{self.digits}f}" for each in self.authors)
        return f"Attribution({scores} bits/char, {counted(self.num_chars, 'character')})"

    def _signed(self, value: float) -> str:
        return f"{value:+.{self.digits}f}".replace("-", "\u2212")

    def _repr_html_(self) -> str:
        """Return the attribution as a notebook shows it."""
        heads = (self.compared.removesuffix("s"), "bits/char", "95 % interval", "comes first in")
        digits = self.digits
        rows = [
            (each.name, f"{each.bits_per_char:.{digits}f}", *shown_interval(each, digits=digits))
            for each in self.authors
        ]
        return html_table(self.verdict, [("characters", f"{self.num_chars:,}")], heads=heads, rows=rows)


def shown_interval(share: AuthorShare, *, digits: int) -> tuple[str, str]:
    """Return the interval of an author's score and the share of resamples in which it comes first, to be shown."""
    if share.low is None or share.high is None or share.wins is None:
        return "n/a", "n/a"
    return f"{share.low:.{digits}f} to {share.high:.{digits}f}", f"{100 * share.wins:.1f} %"


def attribute_bits(
    names: Sequence[str],
    bits: NDArray[np.float64],
    text: str,
    *,
    is_scored: NDArray[np.bool_],
    seed: int = 0,
    compared: Compared = "authors",
) -> Attribution:
    """Compare authors by the bits that each needs for each character.

    Args:
        names: Names of the authors, at least two.
        bits: Bits of each character, shape (A, N).
        text: The text, N characters.
        is_scored: True for a character that every author can score, shape (N,).
        seed: Seed of the resamples, from 0.
        compared: Kind of what is compared.

    Raises:
        UsageError: If no character can be scored by all authors.
    """
    assert len(names) == len(bits) >= 2 and bits.shape[1] == len(text) == len(is_scored), bits.shape
    num_chars = int(is_scored.sum())
    if not num_chars:
        raise UsageError("the text has no character that all these authors can score. Give a longer text.")
    starts = passage_starts(text)
    sums = np.add.reduceat(np.where(is_scored, bits, 0.0), starts, axis=1)  # (A, P)
    sizes = np.add.reduceat(is_scored.astype(np.int64), starts)  # (P,)
    sums, sizes = sums[:, sizes > 0], sizes[sizes > 0]
    means = sums.sum(axis=1) / num_chars
    order = np.argsort(means, kind="stable")
    first, second = order[:2]
    has_interval = len(sizes) >= MIN_PASSAGES
    drawn = _resampled(sums, sizes, seed=seed) if has_interval else np.zeros((0, len(names)))  # (R, A)
    winners = np.bincount(drawn.argmin(axis=1), minlength=len(names)) if has_interval else None
    lead_low, lead_high = _interval(drawn[:, second] - drawn[:, first])
    authors = []
    for index in order:
        low, high = _interval(drawn[:, index])
        wins = None if winners is None else float(winners[index]) / len(drawn)
        authors.append(AuthorShare(name=names[index], bits_per_char=float(means[index]), low=low, high=high, wins=wins))
    return Attribution(
        authors=tuple(authors),
        lead=float(means[second] - means[first]),
        lead_low=lead_low,
        lead_high=lead_high,
        num_chars=num_chars,
        num_left_out=len(text) - num_chars,
        num_passages=len(sizes),
        compared=compared,
    )


def passage_starts(text: str) -> NDArray[np.int64]:
    """Return where the passages of a text begin, shape (P,), rising from 0.

    Args:
        text: At least one character. Its paragraphs are joined or divided until each passage has `MIN_PASSAGE_CHARS` to
            `MAX_PASSAGE_CHARS` characters, or more in a very long text; the last may be shorter.
    """
    at_least = max(MIN_PASSAGE_CHARS, -(-len(text) // MAX_PASSAGES))
    at_most = max(MAX_PASSAGE_CHARS, 2 * at_least)
    starts, start, position = [0], 0, 0
    for paragraph in split_paragraphs(text):
        end = position + len(paragraph)
        while end - start > at_most:
            gap = _WORD_END.search(text, start + at_most // 2, start + at_most)
            start = gap.end() if gap else start + at_most
            starts.append(start)
        if end - start >= at_least and end < len(text):
            starts.append(end)
            start = end
        position = end
    return np.array(starts)


def _resampled(sums: NDArray[np.float64], sizes: NDArray[np.int64], *, seed: int) -> NDArray[np.float64]:
    """Return bits per character of all resamples, (R, A)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    num_passages, parts = len(sizes), []
    for _ in range(NUM_RESAMPLES // _BATCH):
        times = generator.multinomial(num_passages, np.full(num_passages, 1 / num_passages), size=_BATCH)  # (batch, P)
        parts.append((times @ sums.T) / (times @ sizes)[:, None])
    return np.concatenate(parts)


def _interval(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    if not len(values):
        return None, None
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
