"""A page is made harmless for a parser without losing a word."""

import pytest

from penwright.corpus.formats.markup.html_repair import repaired


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<title/><p>a</p>", "<title></title><p>a</p>"),
        ("<a id='x'/>b<br/>", "<a id='x'></a>b<br/>"),
        ("<!-- a --> b <!-- c", "<!-- a --> b  c"),
        ("<script>a</script><script>b", "<script>a</script>b"),
        ("<textarea>a", "a"),
        ("<p>plain</p>", "<p>plain</p>"),
    ],
)
def test_what_would_swallow_the_rest_is_mended(page: str, expected: str) -> None:
    assert repaired(page) == expected


def test_formatting_is_renamed_only_where_much_of_it_is_open() -> None:
    assert repaired("<p><b>a</b></p>" * 40) == "<p><b>a</b></p>" * 40
    assert repaired("<p><b>a</p>" * 40) == "<p><x-b>a</p>" * 40


def test_attributes_without_end_go() -> None:
    assert repaired("<p " + "a=1 " * 3_000 + ">x") == "<p>x"
