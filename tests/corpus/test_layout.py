"""Trailing blanks and surplus blank lines go, and nothing else does."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet import code_points_of, text_of
from penwright.corpus.layout import lines_of, remove_ranges, tidy


@given(st.text("ab \t\n", max_size=60))
def test_tidying_agrees_with_regular_expressions(text: str) -> None:
    expected = re.sub(r"[ \t]+(?=\n|\Z)", "", text)
    expected = re.sub(r"\n{4,}", "\n\n\n", expected)
    assert text_of(tidy(code_points_of(text))) == expected


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("a\n\n\nb", "a\n\n\nb"),
        ("a\n\n\n\nb", "a\n\n\nb"),
        ("a\n\n\n\n\n\n\nb\n\n\n\n\nc\n", "a\n\n\nb\n\n\nc\n"),
        ("a  \n \t \n\n \nb\t", "a\n\n\nb"),
    ],
)
def test_two_blank_lines_are_kept_of_any_number(text: str, tidied: str) -> None:
    assert text_of(tidy(code_points_of(text))) == tidied


def test_a_tidy_text_is_returned_as_it_is() -> None:
    characters = code_points_of("One.\n\nTwo.\n")
    assert tidy(characters) is characters


def test_lines_are_found_with_and_without_a_last_line_feed() -> None:
    starts, ends = lines_of(code_points_of("ab\n\nc"))
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [(0, 2), (3, 3), (4, 5)]
    assert [array.tolist() for array in lines_of(code_points_of("a\n"))] == [[0, 2], [1, 2]]
    assert [array.tolist() for array in lines_of(code_points_of(""))] == [[0], [0]]


@given(st.text(max_size=40), st.lists(st.integers(0, 40), min_size=2, max_size=8).map(sorted))
def test_ranges_are_removed(text: str, places: list[int]) -> None:
    places = [min(place, len(text)) for place in places]
    starts, ends = places[0 : len(places) // 2 * 2 : 2], places[1::2]
    gone = {place for start, end in zip(starts, ends, strict=True) for place in range(start, end)}
    kept = remove_ranges(code_points_of(text), np.array(starts, dtype=np.intp), np.array(ends, dtype=np.intp))
    assert text_of(kept) == "".join(character for place, character in enumerate(text) if place not in gone)
