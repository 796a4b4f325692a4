"""Letters are counted in any script, and a loss above a share is told."""

import pytest

from penwright.corpus.formats.letters import Extracted, loss_warnings, num_letters, num_markup_letters, resolved


@pytest.mark.parametrize(
    "text", ["", "abc XYZ 123 !?[]{}@`^", "Zoë, naïve; Ærø", "Старый дом", "東京タワー", "a𐐀b", "\ud800x"]
)
def test_letters_are_counted_as_python_counts_them(text: str) -> None:
    assert num_letters(text) == sum(map(str.isalpha, text.replace("𐐀", "x")))


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p class='abc'>one &eacute;&#233;</p>", 5),
        ("<!-- not <b>this</b> --><p>one</p>", 3),
        ("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>one</a>", 3),
        ("a < b and c > d", 7),
        ("<!-- never closed", 11),
    ],
)
def test_letters_outside_tags_are_counted(markup: str, expected: int) -> None:
    assert num_markup_letters(markup) == expected


def test_references_of_any_length_are_resolved() -> None:
    assert resolved("&amp;&#" + "0" * 5_000 + "65;&#" + "9" * 5_000 + ";") == "&A\ufffd"


@pytest.mark.parametrize(
    ("found", "warnings"),
    [
        (Extracted("a" * 950, 1_000, 0), ()),  # too few letters to tell
        (Extracted("a" * 800, 1_000, 150), ()),
        (Extracted("a" * 800, 1_000, 0), ("200 of its 1,000 letters (20%) could not be read",)),
        (Extracted("a" * 99_000, 100_000, 0), ()),  # too small a share
        (Extracted("", 0, 0), ()),
    ],
)
def test_a_loss_above_a_share_is_told(found: Extracted, warnings: tuple[str, ...]) -> None:
    assert loss_warnings(found) == warnings
