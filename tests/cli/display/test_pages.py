"""A text on standard output while it is written."""

import io
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from penwright.cli.display.pages import Page, WordWrap


class Terminal(io.StringIO):
    """A terminal of 20 columns that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of standard output."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    return stream


def test_away_from_a_terminal_both_come_out_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    kept = io.BytesIO()
    page = Page(file=kept)
    page.prompt("It [b]was\x1b ")
    for piece in ("a ", "cold " * 40, "Été."):
        page.write(piece)
    page.end()
    expected = "It [b]was\x1b a " + "cold " * 40 + "Été.\n"
    assert capsys.readouterr().out == expected
    assert kept.getvalue().decode("utf-8") == expected


def test_a_text_that_ends_its_line_gets_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page()
    page.write("The end.\n")
    page.end()
    assert capsys.readouterr().out == "The end.\n"


def test_an_empty_page_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page()
    page.prompt("")
    page.end()
    assert capsys.readouterr().out == ""


def test_on_a_terminal_the_prompt_is_bold_and_lines_break_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    page = Page()
    page.prompt("It was a dark ")
    for character in "and stormy night\x1b[2J.":
        page.write(character)
    page.end()
    assert terminal.getvalue() == "\x1b[1mIt was a dark \x1b[0mand \nstormy night␛[2J.\n"


def test_without_colour_no_colour_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    page = Page()
    page.prompt("It was")
    page.end()
    assert "\x1b[3" not in terminal.getvalue()
    assert "It was" in terminal.getvalue()


@given(st.text(alphabet="ab é日\n\t", max_size=200), st.integers(4, 30))
def test_wrapping_only_adds_line_feeds(text: str, width: int) -> None:
    wrap = WordWrap(width)
    wrapped = "".join(wrap.push(character) for character in text) + wrap.flush()
    assert "".join(wrapped.split()) == "".join(text.split())
    assert wrapped.count("\n") >= text.count("\n")


def test_a_word_that_fills_a_line_is_followed_by_the_next_line() -> None:
    """On a terminal of 8 columns a blank written after the eighth would leave an empty line before the next word."""
    wrap = WordWrap(8)
    assert wrap.push("was lit. It was ") == "was lit.\nIt was "


@given(st.lists(st.text(alphabet="abé日", min_size=1, max_size=4), max_size=40), st.integers(8, 30))
def test_no_line_is_too_wide(words: list[str], width: int) -> None:
    wrap = WordWrap(width)
    wrapped = "".join(wrap.push(character) for character in " ".join(words)) + wrap.flush()
    assert all(cell_len(line) <= width for line in wrapped.split("\n"))


def test_pieces_reach_the_reader_at_once() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as reader, os.fdopen(writing, "w", encoding="utf-8") as stream:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            page = Page()
            page.prompt("It")
            assert reader.read(2) == b"It"
            page.write(" was")
            assert reader.read(4) == b" was"


def test_a_terminal_that_cannot_draw_is_not_steered_either(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    kept = io.BytesIO()
    page = Page(file=kept)
    page.prompt("It\x1b[2J ")
    page.write("was\u202e a line that is longer than twenty columns\x9b.\n")
    page.end()
    assert terminal.getvalue() == "It\u241b[2J was\ufffd a line that is longer than twenty columns\ufffd.\n"
    assert kept.getvalue().decode("utf-8").startswith("It\x1b[2J was\u202e")
