"""Lines and paragraphs come out with single blanks and single empty lines."""

from penwright.corpus.formats.markup.layout import Layout


def test_white_space_becomes_one_blank_and_empty_lines_one() -> None:
    layout = Layout()
    layout.add(" one\n  two ")
    layout.end_paragraph()
    layout.end_paragraph()
    layout.end_line()
    layout.add("three")
    assert layout.text() == "one two\n\nthree\n"


def test_verbatim_text_keeps_its_lines() -> None:
    layout = Layout()
    layout.add_verbatim("  a\n\n\n  b  \nc")
    assert layout.text() == "  a\n\n  b\nc\n"


def test_an_empty_line_is_left_by_a_second_break_only() -> None:
    layout = Layout()
    layout.add("one")
    layout.end_line_or_leave_one_empty()
    layout.end_line_or_leave_one_empty()
    layout.add("two\xad\u2060\ufeff")
    assert layout.text() == "one\n\ntwo\n"


def test_nothing_is_nothing() -> None:
    assert Layout().text() == ""
