"""Where words go, and that nothing from outside steers the terminal."""

import io
import json
import sys
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.cli.output import is_terminal, print_json, say, use_utf8, visible


@given(st.text())
def test_no_control_character_reaches_a_terminal(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert all(character in "\t\n" or ord(character) >= 32 for character in shown)
    assert not any(0x7F <= ord(character) < 0xA0 for character in shown)


def test_an_escape_sequence_is_shown_and_not_obeyed() -> None:
    assert visible("a\x1b[2Jb\r\x9b") == "a␛[2Jb␍�"


def test_marks_of_direction_are_shown_and_not_obeyed() -> None:
    for mark in "\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069":
        assert visible(f"a{mark}b") == "a\ufffdb"


def test_tabs_line_feeds_and_letters_stay() -> None:
    assert visible("Été\t日本\n😀") == "Été\t日本\n😀"


def test_a_sentence_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say("a long sentence " * 20)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "a long sentence " * 20 + "\n"


def test_one_json_object_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "Été 😀", "bits_per_char": 1.5, "best": None})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"text": "Été 😀", "bits_per_char": 1.5, "best": None}
    assert "Été 😀" in out
    assert err == ""


@given(st.dictionaries(st.text(max_size=3), st.text()))
def test_json_holds_whatever_was_said_and_nothing_that_steers_a_terminal(facts: dict[str, str]) -> None:
    facts |= {"title": "\x9b2J\x7f\x1b[2J", "run": "r\udcff"}
    with redirect_stdout(io.StringIO()) as out:
        print_json(facts)
    assert json.loads(out.getvalue()) == facts
    assert visible(out.getvalue()) == out.getvalue()
    out.getvalue().encode("utf-8")


def test_json_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"loss": float("nan")})


def test_streams_speak_utf_8_whatever_they_spoke_before(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252", errors="strict"))
    use_utf8()
    print("Ж😀\ud800")
    sys.stdout.flush()
    assert raw.getvalue().decode("utf-8").split() == ["Ж😀?"]


def test_a_dumb_terminal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    assert is_terminal(Terminal())
    assert not is_terminal(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not is_terminal(Terminal())
