"""A page becomes what a reader sees of it, and broken or hostile pages cost no more than their length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.markup import html_to_text


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


@given(st.text("ab<>/!-&;\"'= \npscriptre", max_size=200))
def test_no_markup_is_too_broken(markup: str) -> None:
    text = html_to_text(markup)
    assert text == "" or text.endswith("\n")
    assert "\0" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize("unit", ["<", "<a ", "<!--", "<script>", "<p title='", '<a b="', "</", "&", "<pre>", "<p>"])
def test_cost_grows_with_length_only(unit: str) -> None:
    """Each of these made some parser take time that grows with the square of the page: an hour, at this length."""
    num_units = 300_000 // len(unit)
    text = html_to_text(unit * num_units + "end")
    assert len(text) <= len(unit) * num_units + 10
