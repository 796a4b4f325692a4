"""The measures of writing: each a ratio of sums over pages, so that resampled pages tell how far it is noise.

A page becomes a row of counts. Sums of rows become values. The interval of a value holds 95 % of bootstrap samples,
whose pages are drawn with replacement (Efron 1979, "Bootstrap Methods: Another Look at the Jackknife"; percentiles).

Shapes: P = pages, K = counts of a page, M = measures, R = bootstrap samples.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from penwright.evaluation.judging.counting import Counts, Values

MIN_PAGES = 5
"""Smallest number of pages of which an interval is told."""
NUM_SAMPLES = 2_000
COVERED = 0.95
"""Share of the samples between the ends of an interval."""


_COLUMN = MappingProxyType({name: column for column, name in enumerate(Counts._fields)})
Formula = Callable[[Values], Values]


class Measure(NamedTuple):
    """One measure of writing."""

    name: str
    label: str
    """What it is, in a few words."""
    group: str
    is_share: bool
    """True for a share of 0 to 1, shown in per cent."""
    bad: Literal["high", "low", "both"]
    """Direction in which an author is doubtful."""
    formula: Formula
    """From sums of counts (..., K) to values (...), NaN where there is none."""
    needs_shelf: bool = False
    """True if nothing can be said without the training books."""


def _ratio(part: str, whole: str, *, is_rest: bool = False) -> Formula:
    def formula(sums: Values) -> Values:
        with np.errstate(invalid="ignore", divide="ignore"):
            share: Values = sums[..., _COLUMN[part]] / sums[..., _COLUMN[whole]]
        return 1 - share if is_rest else share

    return formula


def _sentence_spread(sums: Values) -> Values:
    mean, square = _ratio("sentence_words", "sentences")(sums), _ratio("sentence_squares", "sentences")(sums)
    return np.sqrt(np.maximum(square - mean**2, 0))


MEASURES = (
    Measure(
        "unknown_words", "in no training book", "Words", True, "high", _ratio("unknown_words", "plain_words"), True
    ),
    Measure("distinct_1", "distinct-1", "Words", False, "low", _ratio("distinct_1", "words")),
    Measure("distinct_2", "distinct-2", "Words", False, "low", _ratio("distinct_2", "words")),
    Measure("distinct_3", "distinct-3", "Words", False, "low", _ratio("distinct_3", "words")),
    Measure("zipf", "Zipf exponent", "Words", False, "both", _ratio("zipf", "zipf_pages")),
    Measure("seq_rep_4", "4 words again", "Repetition", True, "high", _ratio("repeated_runs", "runs")),
    Measure("elsewhere_4", "4 words elsewhere", "Repetition", True, "high", _ratio("elsewhere_runs", "runs")),
    Measure("loops", "40 characters again", "Repetition", True, "high", _ratio("looped_chars", "chars")),
    Measure("copied_30", "runs of 30 or more", "Copied characters", True, "high", _ratio("copied_30", "chars"), True),
    Measure("copied_50", "runs of 50 or more", "Copied characters", True, "high", _ratio("copied_50", "chars"), True),
    Measure("sentence_words", "words in a sentence", "Form", False, "both", _ratio("sentence_words", "sentences")),
    Measure("sentence_spread", "and their spread", "Form", False, "both", _sentence_spread),
    Measure("paragraph_words", "words in a paragraph", "Form", False, "both", _ratio("paragraph_words", "paragraphs")),
    Measure(
        "unclosed", "paragraphs unclosed", "Form", True, "high", _ratio("unclosed_paragraphs", "checked_paragraphs")
    ),
    Measure("front_matter", "front matter", "Form", True, "high", _ratio("front_chars", "chars")),
)


def values_of(counts: Values) -> Values:
    """Return the value of each measure, (M,), of some pages, counts (P, K); NaN where there is none."""
    return np.stack([measure.formula(counts.sum(axis=0)) for measure in MEASURES])


def intervals_of(counts: Values, *, seed: int = 0) -> Values:
    """Return the lower and the upper end of the interval of each measure, (M, 2).

    NaN for fewer than MIN_PAGES pages, and where a measure has no value.

    Args:
        counts: (P, K).
        seed: Seed of the samples.
    """
    num_pages = len(counts)
    if num_pages < MIN_PAGES:
        return np.full((len(MEASURES), 2), np.nan)
    draws = np.random.default_rng(seed).multinomial(num_pages, np.full(num_pages, 1 / num_pages), size=NUM_SAMPLES)
    samples = np.stack([measure.formula(draws @ counts) for measure in MEASURES])  # (M, R)
    ends = [(1 - COVERED) / 2, (1 + COVERED) / 2]
    has_value = ~np.isnan(samples).all(axis=1)
    found = np.full((len(MEASURES), 2), np.nan)
    found[has_value] = np.nanquantile(samples[has_value], ends, axis=1).T
    return found
