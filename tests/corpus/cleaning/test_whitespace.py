"""Trailing blanks and surplus blank lines go, and nothing else does."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.code_points import code_points_of, text_of
from penwright.corpus.cleaning import whitespace
from penwright.corpus.cleaning.whitespace import (
    characters_of,
    lines_of,
    offsets_of,
    remove_ranges,
    text_of_characters,
    tidy,
)


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_comes_back_from_its_characters(text: str) -> None:
    characters = characters_of(text)
    assert characters.tolist() == list(map(ord, text))
    assert text_of_characters(characters) == text


@pytest.mark.parametrize(
    ("text", "num_bytes"), [("", 1), ("é", 1), ("—", 2), ("😀", 4), ("\ud83d\ude00", 4)], ids=ascii
)
def test_characters_take_as_few_bytes_as_hold_them(text: str, num_bytes: int) -> None:
    assert characters_of(text).dtype.itemsize == num_bytes
    assert text_of_characters(characters_of(text)) == text


@given(st.text("ab\n", max_size=40), st.integers(1, 9))
def test_characters_are_found_whatever_the_stretch(text: str, stretch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whitespace, "STRETCH_CHARS", stretch)
        assert offsets_of(characters_of(text), ord("a")).tolist() == [n for n, one in enumerate(text) if one == "a"]


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


@given(st.text(max_size=40), st.lists(st.integers(0, 40), min_size=2, max_size=8).map(sorted), st.integers(1, 50))
def test_ranges_are_removed(text: str, places: list[int], stretch: int) -> None:
    places = [min(place, len(text)) for place in places]
    starts, ends = places[0 : len(places) // 2 * 2 : 2], places[1::2]
    gone = {place for start, end in zip(starts, ends, strict=True) for place in range(start, end)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whitespace, "STRETCH_CHARS", stretch)
        kept = remove_ranges(characters_of(text), np.array(starts, dtype=np.intp), np.array(ends, dtype=np.intp))
    assert text_of_characters(kept) == "".join(character for place, character in enumerate(text) if place not in gone)
