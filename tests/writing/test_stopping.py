"""Endings: exact characters, whole sentences, and an end whatever the author does."""

from collections.abc import Iterator
from itertools import chain, count, cycle, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.writing.options import Ending
from penwright.writing.stopping import (
    LAST_WORD_CHARS,
    PARAGRAPH_CHARS,
    SEARCHED_CHARS,
    SENTENCE_CHARS,
    WORD_CHARS,
    until_end,
)

PROSE = (
    "The lamp went out at nine. Nobody had touched it! “Who is there?” asked Mr. Vane, and rose. "
    "There was no answer.\n\n"
    "He waited… Then (being a careful man) he counted the coins again. There were 3.50 in all.\n\n"
    "Toward dawn the wind fell; the door, which he had locked, stood open.\n"
)

anything = st.text(alphabet=st.sampled_from("ab .!?\n\t”)。語 \u3000"), min_size=1, max_size=40)
limits = st.fixed_dictionaries(
    {},
    optional={
        "max_chars": st.integers(1, 60),
        "max_words": st.integers(1, 12),
        "max_paragraphs": st.integers(1, 4),
        "stop": st.sampled_from(["a", "b.", ".\n\n", "ab"]),
        "until": st.sampled_from(["a", "b\\.", "\n\n", "[!?]$", "^a b"]),
    },
)


def ended(text: str, **values: Any) -> str:
    """The text up to its end, given a character at a time."""
    return "".join(until_end(iter(text), ending=Ending(**values)))


def forever(text: str) -> Iterator[str]:
    """A text over and over, with a guard against an ending that never comes."""
    for index, character in enumerate(cycle(text)):
        assert index < 200_000, "the text should have ended"
        yield character


@given(anything, limits)
def test_an_endless_text_ends_within_the_hard_bound(text: str, values: dict[str, Any]) -> None:
    values = {"max_words": 3, **values}
    written = "".join(until_end(forever(text), ending=Ending(**values)))
    assert len(written) <= values["max_words"] * WORD_CHARS + SENTENCE_CHARS + LAST_WORD_CHARS
    assert (text * 3_000).startswith(written)


@given(anything, st.integers(1, 2))
@settings(max_examples=15)
def test_paragraphs_end_within_the_hard_bound(text: str, max_paragraphs: int) -> None:
    written = "".join(until_end(forever(text), ending=Ending(max_paragraphs=max_paragraphs)))
    assert len(written) <= max_paragraphs * PARAGRAPH_CHARS + SENTENCE_CHARS + LAST_WORD_CHARS


@given(anything, limits)
def test_what_is_passed_on_is_the_beginning_of_the_text(text: str, values: dict[str, Any]) -> None:
    assert (text * 5).startswith(ended(text * 5, **values))


@given(anything, limits.filter(bool))
def test_of_several_limits_the_first_ends_the_text(text: str, values: dict[str, Any]) -> None:
    """Blanks at the end apart: a limit of characters may be reached among blanks that another one waits on."""
    together = ended(text * 5, **values)
    alone = [ended(text * 5, **{name: value}) for name, value in values.items()]
    assert together.rstrip() == min(alone, key=len).rstrip()


@given(anything, limits, st.lists(st.integers(1, 7), min_size=1))
def test_the_size_of_the_pieces_does_not_matter(text: str, values: dict[str, Any], sizes: list[int]) -> None:
    text *= 5
    starts = list(chain([0], (sum((sizes * len(text))[:number]) for number in range(1, len(text)))))
    pieces = [text[start:stop] for start, stop in zip(starts, [*starts[1:], None], strict=True)]
    assert "".join(until_end(pieces, ending=Ending(**values))) == ended(text, **values)


@given(anything, st.integers(1, 300))
def test_characters_are_counted_exactly(text: str, max_chars: int) -> None:
    written = "".join(until_end(forever(text), ending=Ending(max_chars=max_chars)))
    assert len(written) == max_chars


@given(st.integers(1, 40))
def test_words_end_with_a_sentence(max_words: int) -> None:
    written = "".join(until_end(forever(PROSE), ending=Ending(max_words=max_words)))
    assert max_words <= len(written.split()) <= max_words + 13  # the longest sentence has 13 words
    assert written[-1] in ".!?…”"


@pytest.mark.parametrize(
    ("max_words", "end"),
    [
        (1, "at nine."),
        (6, "at nine."),
        (7, "touched it!"),
        (11, "“Who is there?”"),  # the quotation's end is an end; a capital need not follow
        (14, "Vane, and rose."),  # but "Mr." is not
        (23, "He waited…"),
        (35, "3.50 in all."),  # nor is the point within a number
    ],
)
def test_sentences_end_where_a_reader_says(max_words: int, end: str) -> None:
    assert ended(PROSE, max_words=max_words).endswith(end)


@pytest.mark.parametrize("initial", ["J. Smith", "Dr. Vane", "(St. Ives", "“Mrs. Vane"])
def test_abbreviations_of_names_end_no_sentence(initial: str) -> None:
    assert ended(f"One two {initial} came. More.", max_words=3) == f"One two {initial} came."


def test_the_word_i_may_end_a_sentence() -> None:
    assert ended("It was I. Nobody else.", max_words=3) == "It was I."


def test_a_blank_line_ends_the_last_sentence_too() -> None:
    """Verse and headings have no full stop."""
    assert ended("one two three\nfour\n\nfive six.", max_words=3) == "one two three\nfour"


def test_without_a_sentence_end_the_text_ends_with_a_word() -> None:
    written = "".join(until_end(forever("lamp "), ending=Ending(max_words=3)))
    assert written.endswith(" lamp")
    assert len(written) <= 3 * 5 + SENTENCE_CHARS + 5


def test_without_a_blank_the_text_ends_somewhere() -> None:
    written = "".join(until_end(repeat("x", 10**5), ending=Ending(max_words=2)))
    assert len(written) == 2 * WORD_CHARS + SENTENCE_CHARS + LAST_WORD_CHARS


def test_a_long_line_is_a_paragraph_where_no_line_is_blank() -> None:
    long = "He waited, and counted the coins again. " * 3
    lines = f"{long.strip()}\n“No.”\n{long.strip()}\n{long.strip()}\n"
    assert ended(lines, max_paragraphs=2) == f"{long.strip()}\n“No.”"
    wrapped = "He waited, and counted\nthe coins again.\n" * 3
    assert ended(f"{wrapped}\n{wrapped}", max_paragraphs=1) == wrapped.strip(), "wrapped lines and verse end none"
    apart = f"{long.strip()}\n\n“No.”\n\n{long.strip()}\n\n"
    assert ended(apart * 2, max_paragraphs=2) == f"{long.strip()}\n\n“No.”", "one end, not two"


def test_nothing_but_blanks_ends_as_nothing() -> None:
    assert "".join(until_end(forever(" \n"), ending=Ending(max_words=2))) == ""
    assert "".join(until_end(forever("\n"), ending=Ending(max_paragraphs=1))) == ""


def test_han_and_kana_are_counted_by_the_sign_and_end_without_a_blank() -> None:
    text = "灯が消えた。「誰だ。」と彼は言った。返事はなかった。"
    assert ended(text, max_words=3) == "灯が消えた。"
    assert ended(text, max_words=7) == "灯が消えた。「誰だ。」"
    assert ended("灯。灯。灯。灯。", max_words=3) == "灯。灯。灯。"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_paragraphs_end_without_their_blank_line(number: int) -> None:
    assert ended(PROSE + "\nMore.", max_paragraphs=number) == "\n\n".join(PROSE.rstrip().split("\n\n")[:number])


def test_several_blank_lines_end_one_paragraph() -> None:
    assert ended("\n\n\none\n \n\n\ntwo\n\nthree", max_paragraphs=2) == "\n\n\none\n \n\n\ntwo"


def test_a_pattern_ends_the_text_with_its_match() -> None:
    assert ended(PROSE, until="Vane").endswith("asked Mr. Vane")
    assert ended(PROSE, until="\n\n").endswith("no answer.\n\n")


def test_a_pattern_sees_the_beginning_only_once() -> None:
    text = "x" * (3 * SEARCHED_CHARS)
    assert ended("y" + text, until="^x") == "y" + text
    assert ended("yx" + text, until="(?m)^x") == "yx" + text


def test_a_pattern_is_looked_for_in_the_last_characters_only() -> None:
    text = "a" + "x" * (SEARCHED_CHARS - 2) + "b"
    assert ended(text + "tail", until="a.*b") == text
    assert ended("a" + text[1:-1] + "xxb", until="a.*b").endswith("xxb")
    assert ended(text[:-1] + "xxbtail", until="a.*b").endswith("tail")


def test_a_pattern_may_look_behind_what_is_searched() -> None:
    assert ended("ab" + "." * 9 + "b!", until="(?<=b)!").endswith("b!")


def test_a_text_that_ends_by_itself_keeps_its_blanks() -> None:
    assert ended("one two \n", max_words=9) == "one two \n"
    assert ended(PROSE) == PROSE


def test_no_more_is_asked_for_than_is_needed() -> None:
    numbers = count()
    source = (f"{next(numbers)}," for _ in repeat(None))
    assert "".join(until_end(source, ending=Ending(max_chars=4))) == "0,1,"
    assert next(numbers) == 2


@pytest.mark.parametrize(
    ("stops", "expected"),
    [
        ("Vane", "The lamp went out at nine. Nobody had touched it! “Who is there?” asked Mr. "),
        (("zzz", " Who", "touched", "Nobody had t"), "The lamp went out at nine. "),
        ("The", ""),
        ("never written", PROSE),
        ("open.\nX", PROSE),
    ],
)
def test_a_stop_string_ends_the_text_and_is_left_out(stops: Any, expected: str) -> None:
    assert ended(PROSE, stop=stops) == expected


@given(anything, st.lists(st.text(alphabet="ab .!", min_size=1, max_size=4), min_size=1, max_size=3), st.integers(1, 9))
def test_stop_strings_are_found_across_any_steps(text: str, stops: list[str], size: int) -> None:
    """However the text is cut; the one that is complete first counts, the longest of those."""
    chunks = [text[start : start + size] for start in range(0, len(text), size)]
    written = "".join(until_end(iter(chunks), ending=Ending(stop=tuple(stops))))
    ends = [text.index(stop) + len(stop) for stop in stops if stop in text]
    expected = text
    if ends:
        begun = [min(ends) - len(stop) for stop in stops if text[: min(ends)].endswith(stop)]
        expected = text[: min(begun)]
    assert written == expected


def test_an_exact_number_of_characters_is_not_waited_for_longer() -> None:
    assert ended("ab" * 9, max_chars=4, stop="abX") == "abab"
