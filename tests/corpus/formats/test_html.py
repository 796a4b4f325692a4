"""A page becomes what a reader sees of it, and broken or hostile pages cost no more than their length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.formats.html import html_to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo.\n"),
        ("<h1>Title</h1>\n<p>A line\n  broken   here.</p>", "Title\n\nA line broken here.\n"),
        ("<p>Roses<br>are <i>red</i><br/>and so on</p>", "Roses\nare red\nand so on\n"),
        ("<ul><li>one<li>two</ul>after", "one\ntwo\n\nafter\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ("<pre>  def f():\n      return 1\n</pre>", "  def f():\n      return 1\n"),
        ("Tom &amp; Jerry &lt;3 caf&eacute; &#8212; &#x201C;hi&#x201D;", "Tom & Jerry <3 café — “hi”\n"),
        ("a<!-- <p>not</p> -->b", "ab\n"),
        ("<style>p { color: red }</style><script>if (a < b) {}</script>text", "text\n"),
        ("<head><title>T</title></head><body>text</body>", "text\n"),
        ("<p>one <span class='pagenum'><a id='p2'>[Pg 2]</a></span>two</p>", "one two\n"),
        ("one<div class='pagebreak'>Seite&nbsp;12</div>two", "one\ntwo\n"),
        ("<p>one<a class='page-number'> xiv </a> two</p>", "one two\n"),
        ('<div class="pagebreak"><h2>II</h2><p>She left.</p></div>', "II\n\nShe left.\n"),
        ("<h2 class='pagebreak'>II</h2>", "II\n"),
        ("<p class='pagebreak'>I did.</p>", "I did.\n"),
        ("<p class='no-pagebreak'>1884</p>", "1884\n"),
        ("<html><head><title>T</title><body><p>Prose.</p><header>End.</header>", "T\n\nProse.\n\nEnd.\n"),
        ('<img alt="a > b"><p title="x>y">text</p>', "text\n"),
        ("<p title=don't>text</p>", "text\n"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4\n"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢\n"),
        ("<?xml version='1.0'?><!DOCTYPE html><html><body>x</body></html>", "x\n"),
        ("<p>soft\xadhyphen</p>", "softhyphen\n"),
        ("<SCRIPT>x</SCRIPT>y", "y\n"),
        ("", ""),
        ("<p> </p>", ""),
        ("<script>never closed", "never closed\n"),
        ("<!-- never closed", "never closed\n"),
    ],
)
def test_what_a_reader_sees_is_kept(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


def test_a_character_of_thousands_of_digits_is_none() -> None:
    assert html_to_text("<p>a&#" + "1" * 5000 + ";b</p>") == "a\ufffdb\n"
    assert html_to_text("<p>&#" + "0" * 5000 + "65;&#00000000;&#0000000233;</p>") == "A\ufffdé\n"


@given(st.text("ab<>/!-&;\"'= \npscriptre", max_size=200))
def test_no_markup_is_too_broken(markup: str) -> None:
    text = html_to_text(markup)
    assert text == "" or text.endswith("\n")
    assert "\0" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    "unit", ["<", "<a ", "<!--", "<script>", "<p title='", '<a b="', "</", "&", "<pre>", "<p>", "<p class=pagenum>"]
)
def test_cost_grows_with_length_only(unit: str) -> None:
    """Each of these made some parser take time that grows with the square of the page: an hour, at this length."""
    num_units = 300_000 // len(unit)
    text = html_to_text(unit * num_units + "end")
    assert len(text) <= len(unit) * num_units + 10


def test_end_tags_in_capitals_cost_no_more() -> None:
    """Each was looked for in small letters through the rest of the page first: minutes, at this length."""
    assert html_to_text("<RT></RT>" * 150_000 + "end") == "end\n"


def test_a_tag_of_many_classes_costs_no_more() -> None:
    """From each of them the rest of the tag was searched for the name of a page number: minutes, at this length."""
    assert html_to_text("<p " + "class=" * 30_000 + ">end") == "end\n"
