"""`penwright prepare` on little books of our own."""

import json
from pathlib import Path

import pytest

from penwright.cli.app import main
from penwright.corpus.store import Corpus


def test_the_folder_is_printed_and_opens(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "usual"))
    assert main(["prepare", str(books_dir)]) == 0
    out, err = capsys.readouterr()
    usual = Corpus.open(out.strip())
    assert usual.num_books == 6 and usual.path.is_relative_to(tmp_path / "usual")
    assert err.startswith("Books (and their characters): ") and "million a second" in err
    assert main(["prepare", str(books_dir), "--workers", "2", "--cache", str(tmp_path / "other"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["digest"] == usual.digest and facts["num_books"] == 6
    assert Path(facts["corpus"]).is_relative_to(tmp_path / "other")


def test_settings_are_those_of_the_corpus(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path))
    assert main(["prepare", str(books_dir), "--set", "corpus.unwrap=false", "--json"]) == 0
    assert Corpus.open(json.loads(capsys.readouterr().out)["corpus"]).config.unwrap is False
    assert main(["prepare", str(books_dir), "--set", "train.steps=3"]) == 2
    assert "prepare knows settings of the corpus only" in capsys.readouterr().err
    assert main(["prepare"]) == 2
    assert "name the books" in capsys.readouterr().err


def test_a_library_of_many_notes_shows_a_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for number in range(40):
        (shelf / f"{number}.txt").write_text(f"Project Gutenberg, number {number}.", encoding="utf-8")
    assert main(["prepare", str(shelf)]) == 0
    err = capsys.readouterr().err
    assert err.count("\n") < 30 and "more notes. To see all: --json" in err
