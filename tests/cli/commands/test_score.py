"""`penwright score`: the file's characters exactly as they stand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from penwright import Alphabet, Author, CharModel, Corpus, ModelConfig
from penwright.author import box
from penwright.cli.app import main

TEXT = "It was late.\n\nThe lamp “burned” — 日本 — until\n  morning.  \n\nHannah wrote it down.\n"


@pytest.fixture
def author_file(tiny_model: CharModel, corpus: Corpus, tmp_path: Path) -> Path:
    """An author file."""
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet).save(path)
    return path


def test_the_figures_are_the_library_s(author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(TEXT, encoding="utf-8", newline="\n")
    assert main(["score", str(path), "--author", str(author_file), "--json"]) == 0
    out, err = capsys.readouterr()
    facts, expected = json.loads(out), Author.load(author_file).score(TEXT)
    assert err == ""
    assert facts["bits_per_char"] == expected.bits_per_char
    assert facts["num_chars"] == len(TEXT) and facts["is_lossless"]
    assert "".join(paragraph["text"] for paragraph in facts["paragraphs"]) == TEXT, "nothing is folded or left out"
    assert facts["file"] == str(path) and facts["encoding"] == "utf-8"


@pytest.mark.parametrize("command", ["score", "attribute"])
def test_a_text_is_scored_without_torch(command: str, author_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(TEXT, encoding="utf-8")
    other = author_file.with_name("other.safetensors")
    other.write_bytes(author_file.read_bytes())
    options = ["--author", str(author_file)] if command == "score" else ["--authors", str(author_file), str(other)]
    words = [command, str(path), *options]
    code = f"import sys; from penwright.cli.app import main; main({words!r}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_the_author_in_the_box_judges_when_there_is_no_other(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "BOXED", author_file)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "letter.txt"
    path.write_text(TEXT, encoding="utf-8")
    assert main(["score", "letter.txt"]) == 0
    out, err = capsys.readouterr()
    assert "bits/char" in out and "box" not in out and "taking the one in the box" in err
    assert main(["score", "letter.txt", "--box"]) == 0
    assert capsys.readouterr() == (out, "")
    assert main(["score", "letter.txt", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["author"] == str(author_file) and err == ""


def test_a_byte_order_mark_and_other_line_ends_change_nothing(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = []
    for name, data in (
        ("plain.txt", TEXT.encode()),
        ("windows.txt", b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()),
        ("utf16.txt", TEXT.encode("utf-16")),
    ):
        (tmp_path / name).write_bytes(data)
        assert main(["score", str(tmp_path / name), "--author", str(author_file), "--json"]) == 0
        scores.append(json.loads(capsys.readouterr().out)["bits_per_char"])
    assert len(set(scores)) == 1


def test_the_worst_paragraphs_are_shown_worst_first(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(TEXT, encoding="utf-8")
    assert main(["score", str(path), "--author", str(author_file), "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f"bits/char over {len(TEXT)} characters (utf-8)")
    assert lines[2] == "Predicted worst:" and lines[3].split() == ["bits/char", "at", "character", "passage"]
    worst = [float(line.split()[0]) for line in lines[4:]]
    assert len(worst) == 2 and worst == sorted(worst, reverse=True)
    assert "The lamp “burned” — 日本 — until morning." in lines[4], "the one with characters that must be spelled"
    assert main(["score", str(path), "--author", str(author_file), "--top", "0"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_an_alphabet_that_loses_characters_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alphabet = Alphabet.seed()
    config = ModelConfig(cell="gru", vocab_size=alphabet.vocab_size, embedding_dim=4, hidden_size=4, num_layers=1)
    Author(CharModel(config), alphabet).save(tmp_path / "seed.safetensors")
    path = tmp_path / "letter.txt"
    path.write_text(TEXT, encoding="utf-8")
    assert main(["score", str(path), "--author", str(tmp_path / "seed.safetensors")]) == 0
    assert (
        "6 characters are not in this author's alphabet, which cannot tell such characters apart."
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "there is no such file or folder"),
        (b"", "{path} is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "{path} "),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    data: bytes | None, message: str, author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "letter.txt"
    if data is not None:
        path.write_bytes(data)
    assert main(["score", str(path), "--author", str(author_file)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"penwright: {message.format(path=path)}") and err.count("\n") == 1
