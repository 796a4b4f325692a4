"""The examples run as they stand, on the little shelf."""

import ast
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from folders import ROOT

import penwright
from penwright import Author, CharModel, Corpus

EXAMPLES = ROOT / "examples"
MAX_LINES = 40


def run(name: str, *arguments: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run an example as the command line would."""
    path = EXAMPLES / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
    runpy.run_path(str(path), run_name="__main__")


@pytest.fixture
def author_file(tiny_model: CharModel, corpus: Corpus, tmp_path: Path) -> Path:
    """An author that has learned nothing."""
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet).save(path)
    return path


@pytest.mark.slow
def test_an_author_is_raised(
    books_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In two steps instead of the seconds that it was given, which no two machines use alike."""
    train, given = penwright.train, {}
    tiny: dict[str, dict[str, Any]] = {
        "model": {"embedding_dim": 8, "hidden_size": 8, "num_layers": 1, "mlp_size": 8, "match_slots": 64},
        "train": {"steps": 2, "batch_size": 4, "seq_len": 16, "progress_every": 1, "val_every": 2, "val_chars": 300},
    }

    def train_a_little(corpus: Corpus, *, run: Path, **settings: Any) -> Iterator[Any]:
        given.update(settings)
        return train(corpus, run=run, overrides=tiny)

    monkeypatch.setattr(penwright, "train", train_a_little)
    run("raise_an_author", books_dir, "--seconds", 7, monkeypatch=monkeypatch)
    assert given == {"seconds": 7.0}
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].startswith("6 books, ")
    assert lines[1].startswith("step 1: ")
    assert any(line.endswith(" bits per character of held-out books") for line in lines)
    assert len("".join(lines)) > 500
    assert (books_dir.with_name("books-run") / "author.safetensors").is_file()


def test_the_most_surprising_paragraphs_come_first(
    author_file: Path, prose: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = author_file.with_name("page.txt")
    text.write_text(prose["Vane_Lamp_1884.txt"], encoding="utf-8")
    run("score_by_paragraph", author_file, text, "--show", 3, monkeypatch=monkeypatch)
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.endswith("paragraphs. Most surprising:")
    bits = [float(row.split()[0]) for row in rows]
    assert len(bits) == 3
    assert bits == sorted(bits, reverse=True)


def test_a_text_is_read_once_and_continued(
    author_file: Path, prose: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = author_file.with_name("page.txt")
    text.write_text(prose["Vane_Lamp_1884.txt"], encoding="utf-8")
    run("write_with_a_bookmark", author_file, text, "--words", 2, monkeypatch=monkeypatch)
    assert capsys.readouterr().out.count("\n--- ") == 4


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short_and_says_how_to_run_it(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") < MAX_LINES
    assert f"\n    python examples/{path.name} " in (ast.get_docstring(ast.parse(source), clean=False) or "")
