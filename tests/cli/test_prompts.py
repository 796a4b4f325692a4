"""Where a prompt comes from, and that nothing of it is lost but the line end that an editor adds."""

import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from penwright.alphabet.characters import Alphabet
from penwright.cli import prompts
from penwright.cli.prompts import find_prompt, has_piped_input, tell_of_foreign_characters
from penwright.errors import ReadingError, UsageError


@contextmanager
def piped(data: bytes) -> Iterator[None]:
    """Pipe bytes into standard input."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(data)
    with os.fdopen(reading, encoding="ascii") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", stream)
        yield


def test_what_was_typed_is_taken_as_it_stands() -> None:
    assert find_prompt(" Été\n\n", prompt_file=None) == " Été\n\n"
    assert find_prompt("", prompt_file=None) == ""


def test_a_file_is_read_but_for_its_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "prompt.txt"
    path.write_bytes("\ufeffIt was Été.\r\n\r\n".encode())
    assert find_prompt(None, prompt_file=str(path)) == "It was Été.\n"


@pytest.mark.parametrize(("data", "prompt"), [(b"", ""), (b"\n", ""), (b"\n\n", "\n"), (b"  ", "  "), (b"a", "a")])
def test_even_blanks_are_a_prompt(tmp_path: Path, data: bytes, prompt: str) -> None:
    path = tmp_path / "prompt.txt"
    path.write_bytes(data)
    assert find_prompt(None, prompt_file=str(path)) == prompt


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prompt.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\r")
    with pytest.raises(ReadingError, match="prompt.png"):
        find_prompt(None, prompt_file=str(path))


def test_what_is_piped_in_is_the_prompt() -> None:
    with piped("Жили-были\n".encode()):
        assert has_piped_input()
        assert find_prompt(None, prompt_file=None) == "Жили-были"


def test_a_hyphen_means_standard_input() -> None:
    with piped(b"Once"):
        assert find_prompt(None, prompt_file="-") == "Once"


def test_what_is_waited_for_is_told_when_nothing_comes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prompts, "PATIENCE_SECONDS", 0.01)
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="ascii") as stream, os.fdopen(writing, "wb") as pipe:
        monkeypatch.setattr(sys, "stdin", stream)
        late = threading.Timer(0.1, lambda: (pipe.write(b"At last"), pipe.close()))
        late.start()
        assert find_prompt(None, prompt_file=None) == "At last"
        late.join()
    assert "Waiting for a prompt on standard input." in capsys.readouterr().err


def test_a_typed_prompt_wins_over_what_is_piped_in() -> None:
    with piped(b"Once"):
        assert find_prompt("Twice", prompt_file=None) == "Twice"


@pytest.mark.parametrize("stdin", [None, io.StringIO("never read")])
def test_without_a_standard_input_there_is_no_prompt(monkeypatch: pytest.MonkeyPatch, stdin: object) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    assert not has_piped_input()
    assert find_prompt(None, prompt_file=None) == ""


@pytest.mark.parametrize("stdin", [None, io.StringIO("never read")])
def test_a_standard_input_that_is_asked_for_must_be_there(monkeypatch: pytest.MonkeyPatch, stdin: object) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(UsageError, match="there is no standard input to read a prompt from. Give --prompt, or a file"):
        find_prompt(None, prompt_file="-")


def test_two_prompts_are_one_too_many() -> None:
    with pytest.raises(UsageError, match="--prompt and --prompt-file exclude each other"):
        find_prompt("a", prompt_file="b")


def test_characters_that_the_author_lacks_are_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    tell_of_foreign_characters("ab日本日", Alphabet("ab"))
    assert capsys.readouterr().err.startswith("Foreign to this author: 日本. ")
    tell_of_foreign_characters("ba", Alphabet("ab"))
    assert capsys.readouterr().err == ""
