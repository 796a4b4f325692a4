"""`penwright serve`: where it listens, whose token it takes, and a real process that writes, and stops on Ctrl-C."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from folders import ROOT
from served import LABELS, labelled_author

from penwright.cli.app import main
from penwright.cli.commands.serve import TOKEN_VARIABLE, model_name_of

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

TOKEN = "0123456789abcdef"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What the server was told, without one."""
    from penwright.serving import server

    told: list[dict[str, Any]] = []

    def serve(listening: Any, engine: Any, alphabet: Any, **options: Any) -> None:
        options["tell"](listening.getsockname()[1])
        listening.close()
        told.append(options)

    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return told


def test_it_listens_on_this_computer_with_a_new_token(
    served: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["serve", "--box", "--port", "0"]) == 0
    tokens = [each["token"] for each in served]
    assert tokens[0] != tokens[1] and len(tokens[0]) > 30
    assert not served[0]["allows_addresses"] and served[0]["hosts"] == ["127.0.0.1"]
    err = capsys.readouterr().err
    assert f"/?token={tokens[0]}\n" in err and "http://127.0.0.1:" in err


def test_labels_are_served_and_one_may_be_the_default(
    served: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled_author().save(tmp_path / "author.safetensors")
    words = ["serve", str(tmp_path / "author.safetensors"), "--port", "0"]
    assert main(words) == main([*words, "--as", "doyle"]) == 0
    assert [each["labels"].default for each in served] == ["", "doyle"]
    assert all(each["labels"].names == LABELS for each in served)
    capsys.readouterr()
    for wrong, told in (
        ([*words, "--as", "doile"], "no label 'doile'"),
        (["serve", "--box", "--as", "x"], "no labels"),
    ):
        assert main(wrong) == 2
        assert told in (err := capsys.readouterr().err) and err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_token_is_kept_in_a_file_that_others_cannot_read(
    served: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["serve", "--box", "--port", "0", "--token-file", "token.txt"]
    assert main(words) == main(words) == 0
    assert served[0]["token"] == served[1]["token"] == Path("token.txt").read_text(encoding="ascii").strip()
    assert stat.S_IMODE(Path("token.txt").stat().st_mode) == 0o600
    assert capsys.readouterr().err.count(served[0]["token"]) == 1, "it is shown once, when it is new"
    Path("token.txt").chmod(0o644)
    assert main(words) == 1
    assert "chmod 600" in capsys.readouterr().err
    Path("token.txt").chmod(0o600)
    for wrong in ("", "short", "with a blank in it", "é" * 20, "x" * 1_001):
        Path("token.txt").write_text(wrong, encoding="utf-8")
        assert main(words) == 2


def test_a_token_may_be_in_the_environment(
    served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert main(["serve", "--box", "--port", "0"]) == 0
    assert served[0]["token"] == TOKEN and TOKEN not in capsys.readouterr().err
    monkeypatch.setenv(TOKEN_VARIABLE, "short")
    assert main(["serve", "--box", "--port", "0"]) == 2


def test_other_computers_are_let_in_by_two_words_only(
    served: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--box", "--port", "0", "--host", "0.0.0.0"]) == 2
    assert "--allow-remote" in capsys.readouterr().err
    words = ["serve", "--box", "--port", "0", "--host", "0.0.0.0", "--allow-remote", "--allowed-host", "books.example"]
    assert main(words) == 0
    assert served[0]["hosts"] == ["books.example"] and served[0]["allows_addresses"]


def test_a_port_that_is_taken_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from penwright.serving.server import bind

    taken = bind("127.0.0.1", 0)
    assert main(["serve", "--box", "--port", str(taken.getsockname()[1])]) == 1
    assert "--port" in capsys.readouterr().err
    taken.close()


def test_an_author_has_a_name_that_fits_a_field() -> None:
    assert model_name_of(Path("runs/2026-01-31-shelf"), "") == "2026-01-31-shelf"
    assert model_name_of(Path("a.safetensors"), "Jane Austen's") == "Jane-Austen-s"
    assert model_name_of(Path("a"), "灯") == "author"


@pytest.mark.slow
def test_a_server_writes_and_stops_on_ctrl_c() -> None:
    environment = {**os.environ, TOKEN_VARIABLE: TOKEN, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, "-m", "penwright", "serve", "--box", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr is not None
        port = 0
        while not port:
            port = int((re.findall(r"Serving at http://127\.0\.0\.1:(\d+)/", process.stderr.readline()) or ["0"])[0])
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        body = json.dumps({"prompt": "It was a dark", "max_tokens": 30, "seed": 7})
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/completions", body, headers)
        answer = json.loads(connection.getresponse().read())
        from penwright import Author

        assert answer["choices"][0]["text"] == Author.from_box().write("It was a dark", max_chars=30, seed=7)
        connection.request("POST", "/v1/completions", '{"prompt": "a", "max_tokens": 100000, "stream": true}', headers)
        stream = connection.getresponse()
        assert stream.read(10)
        process.send_signal(signal.SIGINT)
        assert b"[DONE]" not in stream.read()
        connection.close()
        assert process.wait(timeout=30) in (0, 130)
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
