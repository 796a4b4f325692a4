"""What is counted in a page, and what of it is worth showing.

Shapes: P = pages, K = counts of a page.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.evaluation.judging.form import closers_of, paragraphs_of, sentences_of, unclosed
from penwright.evaluation.judging.front_matter import front_matter_of
from penwright.evaluation.judging.repetition import (
    count_distinct,
    count_elsewhere,
    count_looped,
    grams_of,
    zipf_exponent,
)
from penwright.evaluation.judging.words import plain_words_of, words_of
from penwright.originality.index import ShelfIndex
from penwright.originality.meter import copied, num_covered, runs_of

RUN_WORDS = 4
"""Words of a run that is looked for again."""
MAX_EVIDENCE = 12
"""Things of a kind that are shown at most."""
MAX_SHOWN_CHARS = 300

Values = NDArray[np.float64]


class Shelf(NamedTuple):
    """What pages are held against."""

    lexicon: frozenset[str]
    """Words of the training books."""
    searched: ShelfIndex
    """Index of the training books."""


class Counts(NamedTuple):
    """What is counted in a page. NaN where it cannot be counted."""

    chars: float
    words: float
    plain_words: float
    """Words without a capital."""
    unknown_words: float
    """Those that no training book has."""
    distinct_1: float
    distinct_2: float
    distinct_3: float
    zipf_pages: float
    """1 if the page has a Zipf exponent, else 0."""
    zipf: float
    runs: float
    """Runs of RUN_WORDS words."""
    repeated_runs: float
    """Those that stood on the page before."""
    elsewhere_runs: float
    """Those that stand on another page."""
    looped_chars: float
    copied_30: float
    """Characters in runs of 30 or more that a training book has."""
    copied_50: float
    sentences: float
    sentence_words: float
    sentence_squares: float
    """Sum of squared numbers of words."""
    paragraphs: float
    paragraph_words: float
    checked_paragraphs: float
    """Paragraphs of which it is known whether they close what they open."""
    unclosed_paragraphs: float
    front_chars: float
    """Characters of front matter."""


def count_pages(pages: Sequence[str], shelf: Shelf | None) -> Values:
    """Return the counts of some pages, (P, K).

    Args:
        pages: Pages of one writer, at least one. The word that a page cuts off is left out.
        shelf: What they are held against; None leaves the counts that need it NaN.
    """
    whole = [_without_cut_word(page) for page in pages]
    words = [words_of(page) for page in whole]
    runs = [grams_of(each, RUN_WORDS) for each in words]
    closers = closers_of("\n".join(pages))
    rows = []
    for page, text, its_words, its_runs, elsewhere in zip(
        pages, whole, words, runs, count_elsewhere(runs), strict=True
    ):
        plain, found = plain_words_of(text), None if shelf is None else runs_of(page, shelf.searched)
        zipf = zipf_exponent(its_words)
        lengths = [len(words_of(sentence)) for sentence in sentences_of(page)]
        paragraphs = paragraphs_of(page)
        rows.append(
            Counts(
                chars=len(page),
                words=len(its_words),
                plain_words=len(plain),
                unknown_words=np.nan if shelf is None else sum(word not in shelf.lexicon for word in plain),
                distinct_1=count_distinct(its_words, 1),
                distinct_2=count_distinct(its_words, 2),
                distinct_3=count_distinct(its_words, 3),
                zipf_pages=zipf is not None,
                zipf=zipf or 0.0,
                runs=len(its_runs),
                repeated_runs=len(its_runs) - len(set(its_runs)),
                elsewhere_runs=elsewhere,
                looped_chars=count_looped(page),
                copied_30=np.nan if found is None else num_covered(found, min_length=30),
                copied_50=np.nan if found is None else num_covered(found, min_length=50),
                sentences=len(lengths),
                sentence_words=sum(lengths),
                sentence_squares=sum(length**2 for length in lengths),
                paragraphs=len(paragraphs),
                paragraph_words=sum(len(words_of(paragraph)) for paragraph in paragraphs),
                checked_paragraphs=max(0, len(paragraphs) - 1),
                unclosed_paragraphs=len(unclosed(paragraphs, closers)),
                front_chars=sum(each.stop - each.start for each in front_matter_of(page)),
            )
        )
    return np.array(rows, np.float64)


def evidence_of(pages: Sequence[str], shelf: Shelf | None) -> dict[str, tuple[str, ...]]:
    """Return what was found on some pages, by the name of a measure, the most telling first.

    Args:
        pages, shelf: As for `count_pages`.
    """
    whole = [_without_cut_word(page) for page in pages]
    plain = Counter(word for page in whole for word in plain_words_of(page))
    repeated, pages_of = Counter[str](), Counter[str]()
    for page in whole:
        runs = Counter(map(" ".join, grams_of(words_of(page), RUN_WORDS)))
        repeated.update({run: count for run, count in runs.items() if count > 1})
        pages_of.update(runs.keys())
    closers = closers_of("\n".join(pages))
    found = {
        "unknown_words": [word for word, _ in plain.most_common() if shelf is not None and word not in shelf.lexicon],
        "seq_rep_4": [run for run, _ in repeated.most_common()],
        "elsewhere_4": [run for run, count in pages_of.most_common() if count > 1],
        "unclosed": [paragraph for page in pages for paragraph in unclosed(paragraphs_of(page), closers)],
        "front_matter": [page[each.start : each.stop] for page in pages for each in front_matter_of(page)],
    }
    if shelf is not None:
        of_shelf = copied(pages, shelf.searched)
        found["copied_30"] = found["copied_50"] = [of_shelf.longest] if of_shelf.place else []
    return {name: tuple(each[:MAX_SHOWN_CHARS] for each in some[:MAX_EVIDENCE]) for name, some in found.items()}


def _without_cut_word(page: str) -> str:
    """Return a page up to its last blank."""
    end = max(map(page.rfind, " \n"), default=-1)
    return page[:end] if end > 0 else page
