"""`penwright write --check`: the program is started without a shell, and cannot hang or fill the memory."""

import json
import shlex
import sys
import time
from pathlib import Path

import pytest

from penwright import Author, CharModel, Corpus
from penwright.cli import checking
from penwright.cli.app import main
from penwright.cli.checking import CommandCheck
from penwright.errors import UsageError
from penwright.writing.checked import Checking


def program(text: str) -> str:
    return shlex.join([sys.executable, "-c", text])


def test_a_program_judges_what_it_reads() -> None:
    parses = CommandCheck(program("import ast, sys; ast.parse(sys.stdin.read())"))
    assert parses("a = 1\n") and not parses("a = = 1\n")
    assert parses.complaint == "SyntaxError: invalid syntax"  # the last line of a traceback, which says most
    compiler = CommandCheck(program("import sys; sys.exit('1: no such type\\n' + 99 * '  more\\n')"))
    assert not compiler("a") and compiler.complaint.startswith("1: no such type")
    assert parses.unit == "indents" and CommandCheck("cat -").unit == "braces"


def test_nothing_of_a_shell_is_understood(tmp_path: Path) -> None:
    check = CommandCheck(f"cat {tmp_path / 'no'} || true > {tmp_path / 'made'}")
    assert not check("a") and not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("command", "sentence"), [("", "needs a program"), ("no-such-program -", "no program"), ("a '", "quotes")]
)
def test_a_command_that_is_none_is_refused(command: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        CommandCheck(command)


def test_a_program_that_hangs_or_chatters_or_does_not_read_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MAX_SECONDS", 1.0)
    loud = CommandCheck(program("import sys\nfor _ in range(99): sys.stderr.write('x' * 99_999)\nsys.exit(1)"))
    assert not loud("a" * 200_000) and len(loud.complaint) <= checking.MAX_SHOWN_BYTES
    assert CommandCheck("true")("a" * 999_999)
    began = time.monotonic()
    slow = CommandCheck(program("import subprocess; subprocess.run(['sleep', '60'])"))
    assert not slow("a") and slow.num_overdue == 1 and time.monotonic() - began < 8
    monkeypatch.setattr(checking.sys, "platform", "win32")
    monkeypatch.delattr(checking.os, "killpg")  # Windows has none
    slow = CommandCheck(program("import time; time.sleep(60)"))
    assert not slow("a") and slow.num_overdue == 1 and time.monotonic() - began < 16


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes")
@pytest.mark.parametrize("ending", ["p.wait()", "sys.exit(0)"])
def test_what_a_program_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(checking, "MAX_SECONDS", 4.0)
    begun, late = tmp_path / "begun", tmp_path / "late"
    other = f"touch {begun}; sleep 5; touch {late}"
    wait = f"while not os.path.exists({str(begun)!r}): time.sleep(0.01)"
    text = f"import os, subprocess, sys, time\np = subprocess.Popen(['sh', '-c', {other!r}])\n{wait}\n{ending}"
    began = time.monotonic()
    CommandCheck(program(text))("a")
    assert begun.exists()
    time.sleep(max(0.0, 7.0 - (time.monotonic() - began)))
    assert not late.exists()


def test_units_that_no_check_saw_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = Checking(accepts=CommandCheck("true"), num_tries=2)
    found.num_units, found.num_refused, found.num_unaccepted = 1, 2, 1
    checking.tell_of_check(found)
    told = capsys.readouterr().err
    assert "All of them ended in long runs of blanks" in told and "complaint" not in told


def test_what_was_refused_is_told(
    tiny_model: CharModel, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet).save(path)
    words = ["write", str(path), "--prompt", "a\n\n", "--chars", "300", "--seed", "3", "--check-unit", "paragraphs"]
    assert main([*words, "--check", "false", "--check-tries", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["samples"][0]["check"]
    assert told["refused"] == 2 * told["units"] == 2 * told["unaccepted"] > 0
    assert main([*words, "--check", "false", "--check-tries", "2"]) == 0
    assert "though refused 2 times" in capsys.readouterr().err
    assert main([*words]) == 2  # a unit without a check
