"""How varied a page is, and what it says again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.evaluation.judging.repetition import (
    LOOP_CHARS,
    count_distinct,
    count_elsewhere,
    count_looped,
    grams_of,
    loop_share,
    zipf_exponent,
)

WORDS = st.lists(st.sampled_from("abcd"), max_size=30)


@given(words=WORDS, size=st.integers(1, 5))
def test_distinct_runs_are_counted_as_by_hand(words: list[str], size: int) -> None:
    by_hand = {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}
    assert count_distinct(words, size) == len(by_hand)


def test_runs_on_other_pages_are_counted_by_page() -> None:
    pages = [grams_of(text.split(), 2) for text in ("a b c a b", "x a b y", "q r s")]
    assert count_elsewhere(pages) == [2, 1, 0]


def test_zipf_finds_the_exponent_of_a_law() -> None:
    for exponent in (0.6, 1.0, 1.4):
        words = [f"w{rank}" for rank in range(1, 40) for _ in range(round(100_000 / rank**exponent))]
        assert zipf_exponent(words) == pytest.approx(exponent, abs=0.01)
    assert zipf_exponent(["once"]) is None and zipf_exponent([]) is None


@given(text=st.text(alphabet="ab", max_size=200))
def test_loops_are_counted_as_by_hand(text: str) -> None:
    covered = set[int]()
    for start in range(len(text) - LOOP_CHARS + 1):
        if text.find(text[start : start + LOOP_CHARS]) < start:
            covered |= set(range(start, start + LOOP_CHARS))
    assert count_looped(text) == len(covered)


def test_the_share_of_loops_is_of_all_texts() -> None:
    line = "She went to the window and looked out at the rain. "
    other = "Nobody was there, and nothing moved in the whole street."
    assert loop_share([line + line, other]) == pytest.approx(len(line) / (2 * len(line) + len(other)))
