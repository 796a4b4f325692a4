"""`penwright read` and what goes on from its bookmark."""

import json
from pathlib import Path

import pytest

from penwright import Author, CharModel, Corpus
from penwright.cli.app import main

TEXT = "It was a dark night.\n\nThe lamp went out.\n"


@pytest.fixture
def author_file(tiny_model: CharModel, corpus: Corpus, tmp_path: Path) -> Path:
    """An author file."""
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet).save(path)
    return path


@pytest.fixture
def books(tmp_path: Path) -> list[str]:
    """Two books, to be read against the order of their names."""
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(f"{name}: {TEXT}", encoding="utf-8")
    return [str(tmp_path / "b.txt"), str(tmp_path / "a.txt")]


@pytest.mark.parametrize("adapts", [False, True])
def test_writing_goes_on_after_the_books(
    adapts: bool, author_file: Path, books: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark, author = str(tmp_path / "mark"), ["--author", str(author_file)]
    assert main(["read", *books, "--save", mark, *author, "--raw", *(() if adapts else ("--no-adapt",))]) == 0
    whole = Path(books[0]).read_text(encoding="utf-8") + "\n\n" + Path(books[1]).read_text(encoding="utf-8")
    out, err = capsys.readouterr()
    how = ", adapting to what it read" if adapts else ""
    assert f"has read {len(whole) - 2} characters of 2 books{how}; " in out and "penwright write --from" in err
    assert main(["write", *author, "--from", mark, "--prompt", "The ", "--chars", "60", "--seed", "1"]) == 0
    reader = Author.load(author_file)
    after = reader.read(whole, adapts=adapts)
    assert capsys.readouterr().out == f"The {reader.write('The ', after=after, max_chars=60, seed=1)}\n"
    assert main(["suggest", "T", *author, "--from", mark, "--json", "--count", "3"]) == 0
    suggested = json.loads(capsys.readouterr().out)["suggestions"]
    assert [each["word"] for each in suggested] == [each.word for each in reader.suggest("T", after=after, count=3)]


def test_a_second_reading_goes_on(
    author_file: Path, books: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    author = ["--author", str(author_file), "--json"]
    assert main(["read", *books, "--save", str(tmp_path / "both"), *author]) == 0
    assert main(["read", books[0], "--save", str(tmp_path / "one"), *author]) == 0
    capsys.readouterr()
    words = ["read", books[1], "--from", str(tmp_path / "one"), "--save", str(tmp_path / "two"), *author]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["num_books"] == 1 and told["adapts"] and told["num_bytes"] == (tmp_path / "two").stat().st_size
    assert (tmp_path / "two").read_bytes() == (tmp_path / "both").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["read"], 2, "name the books"),
        (["read", "a.txt"], 2, "read a.txt --save MARK"),
        (["read", "a.txt", "--save", "nowhere/mark"], 2, "there is no folder nowhere"),
        (["write", "--from", "nowhere"], 2, "--from nowhere: there is no such file"),
        (["suggest", "a", "--count", "0"], 2, "--count"),
        (["read", "a.txt", "--save", "mark", "--from", "broken", "--no-adapt"], 2, "--no-adapt"),
        (["write", "--from", "broken", "--adapt"], 2, "--adapt"),
        (["suggest", "a", "--from", "broken"], 1, "is no bookmark"),
        (["write", "--from", "broken"], 1, "is no bookmark"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    words: list[str],
    code: int,
    sentence: str,
    author_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken").write_bytes(b"\x00" * 40)
    assert main([*words, *(["--author", str(author_file)] if len(words) > 1 else [])]) == code
    _, err = capsys.readouterr()
    assert sentence in err and err.count("\n") == 1
