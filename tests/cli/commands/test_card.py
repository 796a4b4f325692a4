"""`penwright card`: what an author file says of itself, and nothing that it makes the terminal do."""

import json
from pathlib import Path

import pytest

from penwright import Author, CharModel, Corpus, ModelConfig
from penwright.author import box
from penwright.author.card import Card, CardBook
from penwright.cli.app import main


@pytest.fixture
def author_file(tiny_model: CharModel, corpus: Corpus, tmp_path: Path) -> Path:
    """An author file with a card that a stranger wrote."""
    book = CardBook(title="The\x1b[2J Lamp", author="Orla Vane", split="train", num_chars=1_784, sha256="0" * 64)
    card = Card(name="lamplighter", books=(book,), num_books=1, bits_per_char=1.75, preset="default", seed=3)
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet, card).save(path)
    return path


def test_the_card_is_shown_in_lines(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(author_file)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "lamplighter" in out and "1.750 bits per character" in out and "Orla Vane" in out
    assert "\x1b" not in out


def test_json_is_one_object(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(author_file), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    author = Author.load(author_file)
    assert facts["bits_per_char"] == 1.75 and facts["seed"] == 3
    assert facts["books"][0]["author"] == "Orla Vane"
    assert facts["model"] == author.model.config.to_dict()
    assert facts["num_parameters"] == author.model.num_parameters
    assert facts["counts"] is None and facts["file_bytes"] == author_file.stat().st_size
    assert facts["alphabet"] == {"kind": "learnt", "vocab_size": author.alphabet.vocab_size}


def test_the_size_of_counted_tables_is_told(corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ModelConfig(
        vocab_size=corpus.alphabet.vocab_size, embedding_dim=4, hidden_size=4, num_layers=1, ngram_entries=9
    )
    path = tmp_path / "author.safetensors"
    Author(CharModel(config), corpus.alphabet).save(path)
    assert main(["card", str(path)]) == 0
    assert "counts    0 contexts with 0 successors\n" in capsys.readouterr().out
    assert main(["card", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"contexts": 0, "successors": 0}


def test_the_author_in_the_box_is_shown_when_there_is_no_other(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "BOXED", author_file)
    monkeypatch.chdir(tmp_path)
    assert main(["card"]) == 0
    out, err = capsys.readouterr()
    assert "lamplighter" in out and "taking the one in the box" in err
    assert main(["card", "--box"]) == 0
    assert capsys.readouterr() == (out, "")
    assert main(["card", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["author"] == str(author_file) and err == ""


def test_a_missing_author_names_those_beside_it(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(author_file.with_name("autor.safetensors"))]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "there is no author at " in err and "author.safetensors'?" in err


@pytest.mark.parametrize("change", [-1, 1])
def test_a_file_of_another_length_is_told_without_reading_it(
    change: int, author_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = author_file.read_bytes()
    author_file.write_bytes(data[:change] if change < 0 else data + b"x")
    assert main(["card", str(author_file)]) == 1
    assert "its tensors need" in capsys.readouterr().err
