"""A page becomes what a reader sees of it, and broken or hostile pages cost no more than their length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.formats.letters import loss_warnings
from penwright.corpus.formats.markup.html import read_page


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
        ("<html><head><title>T</title><body><p>Prose.</p><header>End.</header>", "Prose.\n\nEnd.\n"),
        ("<title/><script src='a.js'/><p>Prose.</p>", "Prose.\n"),
        ("<p>He said <q>stay, or <q>go</q>, then</q>.</p>", "He said “stay, or ‘go’, then”.\n"),
        ("<p>He said <q>“stay”</q>.</p>", "He said “stay”.\n"),
        ("<p>a\u2060b \ufeffc</p>", "ab c\n"),
        ("<p><img alt='T' src='t.png'>he end.</p><img alt='A plate'>", "The end.\n"),
        ("<p>one <span style='color: red; display: none'>x</span>two</p><p hidden>y</p>", "one two\n"),
        ("<div style='display:none'><p>x</p></div><p>one</p>", "one\n"),
        ("<p>one<a href='#n1' epub:type='noteref'>1</a> two</p>", "one two\n"),
        ("<p>one<a href='notes.html#fn3'><sup>3</sup></a> two</p>", "one two\n"),
        (
            "<p>one<a class='fnanchor' href='#a'>[1]</a> two <a href='#note'>a note of mine</a></p>",
            "one two a note of mine\n",
        ),
        ("<p>one <span role='doc-pagebreak' title='161'>161</span>two</p>", "one two\n"),
        ("<p>one <span class='pageno'>bladzijde 12</span>two</p>", "one two\n"),
        ("<p>x<sup>2</sup> and <a href='#ch2'>II</a></p>", "x2 and II\n"),
        ("<p>one <![CDATA[two < three]]> four</p>", "one two < three four\n"),
        (
            '<!DOCTYPE html [<!ENTITY mill "the old mill">]><p>At &mill; &mdash; &nothing;</p>',
            "At the old mill — &nothing;\n",
        ),
        (
            '<?xml version="1.0"?><html><head><title/></head><body><p>caf&eacute;&mdash;a<br/>b</p></body></html>',
            "café—a\nb\n",
        ),
        ('<?xml version="1.0"?><html><body><p>AT&T &#150; <b>un<i>closed</b></p></body></html>', "AT&T – unclosed\n"),
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
    assert read_page(markup).text == text


def test_a_character_of_thousands_of_digits_is_none() -> None:
    assert read_page("<p>a&#" + "1" * 5000 + ";b</p>").text == "a\ufffdb\n"
    assert read_page("<p>&#" + "0" * 5000 + "65;&#00000000;&#0000000233;</p>").text == "A\ufffdé\n"


@given(st.text("ab<>/!-&;\"'= \npscriptre", max_size=200))
def test_no_markup_is_too_broken(markup: str) -> None:
    text = read_page(markup).text
    assert text == "" or text.endswith("\n")
    assert "\0" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    "unit",
    [
        *("<", "<a ", "<!--", "<script>", "<p title='", '<a b="', "</", "&", "<pre>", "<p>", "<p class=pagenum>"),
        *("<b>", "<div>", "<ul><li>", "<svg>", "<table>", "<span><div></span></div>", "<![CDATA[", "<!DOCTYPE ["),
    ],
)
def test_cost_grows_with_length_only(unit: str) -> None:
    """Each of these made some parser take time that grows with the square of the page: an hour, at this length."""
    num_units = 150_000 // len(unit)
    text = read_page(unit * num_units + "end").text
    assert len(text) <= len(unit) * num_units + 10


def test_formatting_that_nobody_closes_costs_no_more() -> None:
    """A parser opens each of them again in every paragraph: the square of their number, in time and in memory."""
    assert read_page("".join(f"<p><b id={number}></p>" for number in range(15_000)) + "end").text == "end\n"


def test_a_tag_of_many_attributes_costs_no_more() -> None:
    """Each of them was compared with all before it: ten seconds, at this length."""
    assert read_page("<p " + " ".join(f"a{number}" for number in range(40_000)) + ">end</p>").text == "end\n"


def test_words_that_lie_too_deep_are_not_glued() -> None:
    assert read_page("<div>" * 1_200 + "<div>one</div><div>two</div>").text == "one\ntwo\n"


def test_a_page_is_held_against_its_letters() -> None:
    page = read_page("<p>" + "word " * 100 + "</p><script>" + "x" * 500 + "</script>")
    assert (page.num_source_letters, page.num_dropped_letters) == (900, 500)
    assert loss_warnings(page) == ()
    lost = read_page("<p>" + "word " * 100 + "<p title='" + "word " * 100)
    assert loss_warnings(lost) == ("406 of its 806 letters (50%) could not be read",)


def test_end_tags_in_capitals_cost_no_more() -> None:
    """Each was looked for in small letters through the rest of the page first: minutes, at this length."""
    assert read_page("<RT></RT>" * 30_000 + "end").text == "end\n"


def test_a_tag_of_many_classes_costs_no_more() -> None:
    """From each of them the rest of the tag was searched for the name of a page number: minutes, at this length."""
    assert read_page("<p " + "class=" * 30_000 + ">end").text == "end\n"
