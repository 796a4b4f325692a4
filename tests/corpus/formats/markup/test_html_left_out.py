"""What no reader sees of a page is told by its attributes and by what it shows."""

import pytest

from penwright.corpus.formats.markup.html_left_out import is_left_out


@pytest.mark.parametrize(
    ("name", "attributes", "shown", "expected"),
    [
        ("p", {"hidden": None}, "a long sentence of words", True),
        ("p", {"style": "color: red; DISPLAY : none"}, "x", True),
        ("p", {"style": "display: block"}, "x", False),
        ("span", {"class": "pagenum"}, "[Pg 12]", True),
        ("span", {"class": "pagenum"}, "She left.", False),
        ("span", {"epub:type": "pagebreak"}, "xiv", True),
        ("a", {"role": "doc-noteref"}, "*", True),
        ("a", {"href": "ch1.html#Footnote_3"}, "[3]", True),
        ("a", {"href": "ch1.html#Footnote_3"}, "see the note", False),
        ("a", {"href": "ch1.html#part3"}, "3", False),
        ("p", {}, "12", False),
    ],
)
def test_a_reader_sees_no_numbers_of_pages_and_notes(
    name: str, attributes: dict[str, str | None], shown: str, expected: bool
) -> None:
    assert is_left_out(name, attributes, [("", shown)]) is expected


def test_a_new_page_before_a_chapter_is_read() -> None:
    assert not is_left_out("div", {"class": "pagebreak"}, [("h2", ""), ("", "II")])
