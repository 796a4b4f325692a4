"""Passages begin where a chapter does, never take more than their share, and leave the rest of the book as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.shelf.endings import passage_starts

SENTENCE = "The rain fell on the roofs of the town all night. "


def chapters(heading: str, *, number: int = 40, sentences: int = 40) -> str:
    return "".join(f"{heading.format(each)}\n\n{SENTENCE * sentences}\n\n" for each in range(1, number + 1))


def starts(text: str, val: float = 0.05, test: float = 0.05) -> tuple[int, int]:
    found = passage_starts(text, num_chars=len(text), val_fraction=val, test_fraction=test)
    assert found is not None
    return found


@pytest.mark.parametrize("heading", ["CHAPTER {}", "Kapitel {}.", "Глава {}", "{}", "  Chapter {}: The Road"])
def test_a_passage_begins_with_a_chapter(heading: str) -> None:
    text = chapters(heading)
    for start in starts(text):
        assert text[start:].lstrip().startswith(heading.strip()[:3].format(1)[:1]) or text[start].isdigit()
        assert text[start - 2 : start] == "\n\n"
        assert SENTENCE not in text[start : start + 30]


def test_without_chapters_it_begins_with_a_section_a_paragraph_a_line_or_a_sentence() -> None:
    for gap in ("\n\n\n", "\n\n", "\n", ""):
        text = (SENTENCE * 4 + gap) * 500
        for start in starts(text):
            assert text[:start].endswith(gap or ". ")
            assert text.startswith("The rain", start)


@given(st.text(st.sampled_from("ab .\n"), min_size=1, max_size=400), st.sampled_from([0.05, 0.1, 0.4]), st.booleans())
def test_never_more_than_the_share_is_held_out_and_never_less_than_half_of_it(
    unit: str, val: float, has_test: bool
) -> None:
    text = unit * (40_000 // len(unit))
    test = 0.05 if has_test else 0.0
    first, second = starts(text, val, test)
    budget = (val + test) * len(text)
    assert 0.5 * budget - 2 <= len(text) - first <= budget
    assert first < second <= len(text)
    assert (second == len(text)) == (not has_test)


def test_a_short_book_has_no_passages() -> None:
    text = SENTENCE * 300
    assert passage_starts(text, num_chars=len(text), val_fraction=0.05, test_fraction=0.05) is None
    assert passage_starts(text * 9, num_chars=9 * len(text), val_fraction=0.0, test_fraction=0.0) is None


def test_a_long_book_is_cut_within_its_last_stretch() -> None:
    text = chapters("CHAPTER {}")
    found = passage_starts(text, num_chars=1_000 * len(text), val_fraction=0.05, test_fraction=0.05)
    assert found is not None
    assert 0 < found[0] < found[1] < len(text)
    assert np.diff(found) > 0
