"""A judgement: pages beside the same measures of held-out books."""

import json

import numpy as np
import pytest

from penwright import Corpus
from penwright.evaluation.judging.counting import Counts, count_pages
from penwright.evaluation.judging.judging import Judged, Judgement, judge, judgement_from
from penwright.evaluation.judging.measures import MEASURES, intervals_of, values_of

NAMES = [measure.name for measure in MEASURES]
PAGE = (
    "The quick brown fox jumps. It jumps over the lazy dog, and over the fence.\n\n"
    '"Who goes there?" asked the dog, "for it is late."\n\n'
    "Nobody answered him, and so he slept.\n\n"
    "Morning came with rain upon the hill, and the fox was ill"
)


def by_name(judgement: Judgement) -> dict[str, Judged]:
    return {each.name: each for each in judgement.measures}


def test_every_measure_of_a_page_that_was_counted_by_hand() -> None:
    values = dict(zip(NAMES, values_of(count_pages([PAGE], None)), strict=True))
    assert values["distinct_1"] == pytest.approx(31 / 43)
    assert values["sentence_words"] == pytest.approx((10 + 3 + 7 + 7) / 4)
    assert values["sentence_spread"] == pytest.approx(np.std([10, 3, 7, 7]))
    assert values["paragraph_words"] == pytest.approx((10 + 7) / 2)
    assert values["seq_rep_4"] == values["elsewhere_4"] == values["loops"] == values["unclosed"] == 0
    assert np.isnan(values["unknown_words"]) and np.isnan(values["copied_30"])
    twice = dict(zip(NAMES, values_of(count_pages([PAGE, PAGE], None)), strict=True))
    assert twice["elsewhere_4"] == 1 and twice["distinct_1"] == values["distinct_1"]


def test_what_is_wrong_with_pages_is_found(corpus: Corpus) -> None:
    book = max(corpus.books_in("train"), key=lambda book: book.num_chars)
    text = corpus.book_text(book)
    copied, words = by_name(judge([text[:400]], corpus)), by_name(judge(["He quorxed the zyblimp. " * 15], corpus))
    assert copied["copied_50"].value == 1 and copied["unknown_words"].value == 0
    assert words["unknown_words"].value == pytest.approx(2 / 3, abs=0.02) and words["copied_50"].value == 0
    assert words["seq_rep_4"].value > 0.8 and words["loops"].value > 0.8  # type: ignore[operator]
    assert judge(["He quorxed the zyblimp. " * 15], corpus).evidence["unknown_words"] == ("quorxed", "zyblimp")


def test_an_interval_covers_what_the_pages_were_drawn_from() -> None:
    """95 % of intervals hold the true share, within what chance allows over 300 draws."""
    source, share = np.random.default_rng(0), 0.1
    row, hits = NAMES.index("loops"), 0
    for trial in range(300):
        counts = np.zeros((30, len(Counts._fields)))
        counts[:, Counts._fields.index("chars")] = 100
        counts[:, Counts._fields.index("looped_chars")] = source.binomial(100, share, size=30)
        low, high = intervals_of(counts, seed=trial)[row]
        hits += low <= share <= high
    assert 270 <= hits <= 297


def test_few_pages_have_no_interval(corpus: Corpus) -> None:
    judgement = judge([PAGE] * 2, None)
    assert all(each.low is None for each in judgement.measures) and not judgement.doubtful
    assert judgement.warnings == ("2 pages: too few for an interval.",) and not judgement.is_conclusive


def test_an_author_beyond_every_book_is_doubtful_in_one_direction_only() -> None:
    def judged(name: str, low: float, high: float) -> Judged:
        return Judged(name=name, value=(low + high) / 2, low=low, high=high, held_out=(0.2, None, 0.3, 0.25))

    assert judged("loops", 0.31, 0.4).is_doubtful and judged("loops", 0.31, 0.4).beyond == "above"
    assert not judged("loops", 0.29, 0.4).beyond
    assert judged("loops", 0.1, 0.19).beyond == "below" and not judged("loops", 0.1, 0.19).is_doubtful
    assert judged("distinct_1", 0.1, 0.19).is_doubtful and judged("sentence_words", 0.1, 0.19).is_doubtful
    assert judged("loops", 0.1, 0.2).median == 0.25


def test_a_judgement_comes_back_from_json(corpus: Corpus) -> None:
    judgement = judge([PAGE] * 6, corpus)
    assert judgement.books and any(each.median is not None for each in judgement.measures)
    assert judgement_from(json.loads(json.dumps(judgement.to_dict()))) == judgement
    with pytest.raises((KeyError, TypeError, ValueError)):
        judgement_from({**judgement.to_dict(), "measures": []})


def test_a_book_that_the_author_learned_from_is_no_yardstick(corpus: Corpus) -> None:
    held_out = [book for book in corpus.books if book.split != "train"]
    learned = frozenset({held_out[0].sha256, "0" * 64})
    judgement = judge([PAGE], corpus, learned=learned)
    assert len(judgement.books) == len(held_out) - 1
    assert any(warning.startswith("1 held-out book left out") for warning in judgement.warnings)
    assert any("2 books on the author's card" in warning for warning in judgement.warnings)
