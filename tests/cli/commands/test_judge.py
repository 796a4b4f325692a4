"""`penwright judge`."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from served import labelled_author

from penwright import Author, Card, CharModel, Corpus, prepare
from penwright.cli.app import main


@pytest.fixture
def shelf(books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """The six books, prepared where the commands look for them."""
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return prepare([books_dir], cache_dir=tmp_path / "cache")


@pytest.fixture
def author_file(tiny_model: CharModel, shelf: Corpus, tmp_path: Path) -> Path:
    """An author whose card names that shelf."""
    path = tmp_path / "author.safetensors"
    Author(tiny_model, shelf.alphabet, Card(corpus_digest=shelf.digest)).save(path)
    return path


def run_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["judge", *words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    facts: dict[str, Any] = json.loads(out)
    return {**facts, "by_name": {each["name"]: each for each in facts["measures"]}}


def test_an_author_is_judged_beside_the_shelf_on_its_card(
    author_file: Path, shelf: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(author_file), "--pages", "5", "--chars", "200", "--out", "pages.txt"]
    facts = run_json(capsys, *words)
    assert facts["shelf"] == str(shelf.path) and facts["missing"] == "" and facts["books"]
    assert facts["by_name"]["unknown_words"]["value"] > 0.3, "noise is no English"
    assert facts["by_name"]["unknown_words"]["low"] <= facts["by_name"]["unknown_words"]["value"]
    page = Author.load(author_file).write(max_chars=200, seed=1)
    assert page in (tmp_path / "pages.txt").read_text(encoding="utf-8")
    assert main(["judge", *words[:-2]]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("5 pages of 200 characters\n") and "held-out" in out and "95 %" in out
    assert "in no training book" in out and all(len(line) <= 120 for line in out.splitlines())


def test_an_author_without_its_shelf_says_what_is_missing(
    author_file: Path, books_dir: Path, shelf: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(shelf.path)
    words = [str(author_file), "--pages", "2", "--chars", "200"]
    facts = run_json(capsys, *words)
    assert facts["shelf"] is None and "not prepared" in facts["missing"] and facts["books"] == []
    assert facts["by_name"]["unknown_words"]["value"] is None and facts["by_name"]["distinct_1"]["value"] > 0
    assert main(["judge", *words]) == 0
    out, _ = capsys.readouterr()
    assert "! The shelf is not here" in out and "'in no training book'" in out and "--corpus PATH" in out
    assert run_json(capsys, *words, "--corpus", str(books_dir))["books"]


def test_an_author_is_judged_as_one_of_its_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    author, path = labelled_author(), tmp_path / "author.safetensors"
    author.save(path)
    words = [str(path), "--pages", "2", "--chars", "200", "--as", "austen:0.7,doyle:0.3"]
    for more in ([], ["--best-of", "2"]):
        facts = run_json(capsys, *words, *more, "--out", str(tmp_path / "pages.txt"))
        assert facts["as"] == "austen:0.7,doyle:0.3"
        options: Any = {"best_of": 2} if more else {}
        page = author.labelled("austen:0.7,doyle:0.3").write(max_chars=200, seed=1, **options)
        assert page in (tmp_path / "pages.txt").read_bytes().decode("utf-8")
    assert main(["judge", *words]) == 0
    assert capsys.readouterr().out.startswith("2 pages of 200 characters, written as austen:0.7,doyle:0.3")
    assert main(["judge", *words[:-1], "nobody"]) == 2
    assert "this author has no label 'nobody'" in capsys.readouterr().err


def test_a_text_is_judged_in_an_authors_place(
    author_file: Path, books_dir: Path, tmp_path: Path, prose: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.txt"
    page.write_text(max(prose.values(), key=len), encoding="utf-8")
    for whose in (["--corpus", str(books_dir)], ["--author", str(author_file)]):
        facts = run_json(capsys, str(page), *whose, "--pages", "2", "--chars", "300")
        assert facts["judged"] == "text" and facts["num_pages"] == 2 and facts["shelf"]
        assert facts["by_name"]["unknown_words"]["value"] < 0.05
    assert run_json(capsys, str(page))["missing"] == "no run is here to take it from"
    for words, said in (
        (["--as", "austen"], "--as is for an author that writes"),
        (["--temperature", "0.5"], "--temperature is for an author that writes"),
        (["--seed", "3"], "--seed is for an author that writes"),
        (["--author", str(author_file), "--corpus", str(books_dir)], "exclude each other"),
    ):
        assert main(["judge", str(page), *words]) == 2
        assert said in capsys.readouterr().err
    page.write_text(" \n", encoding="utf-8")
    assert main(["judge", str(page), "--corpus", str(books_dir)]) == 1
    assert "is empty" in capsys.readouterr().err
