"""`penwright index`, `penwright originality`, and what `penwright write` does about copying."""

import json
from pathlib import Path

import pytest
from patchwork import longest_shared, texts_of

from penwright import Author, CharModel, Corpus
from penwright.cli.app import main
from penwright.originality.index import INDEX_NAME


@pytest.fixture
def author_file(tiny_model: CharModel, corpus: Corpus, tmp_path: Path) -> Path:
    """An author file."""
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet).save(path)
    return path


def run_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    facts: dict[str, object] = json.loads(out)
    return facts


def test_a_page_of_a_book_is_told_from_one_that_nobody_wrote(
    books_dir: Path, tmp_path: Path, prose: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    index = run_json(capsys, "index", str(books_dir))
    assert Path(str(index["index"])).name == INDEX_NAME and Path(str(index["index"])).is_file()
    page = tmp_path / "page.txt"
    page.write_text(max(prose.values(), key=len)[:600], encoding="utf-8")
    facts = run_json(capsys, "originality", str(page), "--corpus", str(books_dir))
    assert facts["shares"]["50"] > 0.6 > max(each["shares"]["50"] for each in facts["held_out"])  # type: ignore[index,attr-defined]
    assert facts["runs"][0]["book"]["title"]  # type: ignore[index]
    assert main(["originality", str(page), "--corpus", str(books_dir), "--top", "1"]) == 0
    out, _ = capsys.readouterr()
    assert "held-out books" in out and "characters at" in out
    page.write_text("Quorx zzyv plam! " * 20, encoding="utf-8")
    assert set(run_json(capsys, "originality", str(page), "--corpus", str(books_dir))["shares"].values()) == {0.0}  # type: ignore[attr-defined]


def test_a_damaged_index_gets_one_sentence(books_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(str(run_json(capsys, "index", str(books_dir))["index"]))
    path.write_bytes(path.read_bytes()[:-3])
    page = tmp_path / "page.txt"
    page.write_text("It was late.", encoding="utf-8")
    assert main(["originality", str(page), "--corpus", str(books_dir)]) == 1
    assert "Make it again: penwright index" in capsys.readouterr().err
    assert main(["index", str(books_dir)]) == 0
    assert main(["originality", str(page), "--corpus", str(books_dir)]) == 0


def test_an_author_keeps_the_limit_and_names_what_it_copies(
    author_file: Path, books_dir: Path, corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    book = texts_of(corpus)[0]
    words = ["write", str(author_file), "--chars", "200", "--seed", "3"]
    shelf = ["--corpus", str(books_dir)]
    plain = run_json(capsys, *words)["samples"][0]["text"]  # type: ignore[index]
    limited = run_json(capsys, *words, *shelf, "--max-quote", "30", "--annotate")["samples"][0]  # type: ignore[index]
    assert limited["text"] == plain and limited["copied"] == [], "an author that copies nothing is left alone"
    prompt = book[100:130]
    text = run_json(capsys, *words, *shelf, "--max-quote", "30", "--prompt", prompt)["samples"][0]["text"]  # type: ignore[index]
    assert longest_shared(prompt + text, texts_of(corpus)) == 30
    for given, sentence in (
        ([*shelf, "--max-quote", "19"], "--max-quote 19 must be 20 or more"),
        ([*shelf, "--max-quote", "29", "--prompt", prompt], "the prompt itself copies 30 characters in a row"),
        (["--max-quote", "30"], "Name them: --corpus PATH"),
        (shelf, "--corpus is read for --max-quote and --annotate only"),
    ):
        assert main([*words, *given]) == 2
        assert sentence in capsys.readouterr().err
