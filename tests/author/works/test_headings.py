"""Headings, and the law that keeps an author from writing its own."""

import numpy as np
import pytest

from penwright.alphabet.characters import Alphabet
from penwright.author.works.headings import FORMS, form_of, heading_of, roman
from penwright.author.works.own_headings import NoOwnHeadings

LETTERS = "CHAPTERIVchapterls .,\n1[*-"
ALPHABET = Alphabet.learn(dict.fromkeys(LETTERS, 1))


def test_roman_numbers() -> None:
    numbers = {1: "I", 4: "IV", 9: "IX", 14: "XIV", 39: "XXXIX", 444: "CDXLIV", 999: "CMXCIX", 1000: "M"}
    assert {number: roman(number) for number in numbers} == numbers
    assert len({roman(number) for number in range(1, 1001)}) == 1000


def test_headings_have_the_form_of_the_language_or_the_one_that_is_given() -> None:
    assert heading_of(4, form=form_of("en-GB")) == "Chapter IV"
    assert heading_of(4, form=form_of("ZH-Hans")) == "第4章"
    assert heading_of(4, form=form_of("tlh")) == "IV"
    assert heading_of(4, form="Part {n} ({roman}) {x}") == "Part 4 (IV) {x}"
    assert all("{n}" in form or "{roman}" in form for form in FORMS.values())


@pytest.mark.parametrize(
    ("begun", "banned", "allowed"),
    [
        ("", " 1[*", "Ca-\n"),
        ("C", "HA.\n", "h "),
        ("C H", "A", "a."),
        ("Chap", "t", "el"),
        ("Cha", "\n", "p."),
        ("The chap", "\n", "t"),
        ("The chap.", "", "\n"),
        ("The chap", "\n", "t"),
    ],
)
def test_a_paragraph_does_not_begin_as_a_heading(begun: str, banned: str, allowed: str) -> None:
    guide = NoOwnHeadings(ALPHABET, form="Chapter {n}")
    guide.read("Yes.\n\n" + begun)
    mask = np.ones(ALPHABET.vocab_size, np.bool_)
    guide.adjust(np.zeros(ALPHABET.vocab_size, np.float32), mask)
    for sign, may in [*((sign, False) for sign in banned), *((sign, True) for sign in allowed)]:
        assert mask[ALPHABET.encode(sign)[0]] == may, (begun, sign)


def test_lines_within_a_paragraph_end_where_they_like() -> None:
    guide = NoOwnHeadings(ALPHABET, form="Chapter {n}")
    guide.read("\n\nThe chapter\nla la")
    mask = np.ones(ALPHABET.vocab_size, np.bool_)
    guide.adjust(np.zeros(ALPHABET.vocab_size, np.float32), mask)
    assert mask.all()
