"""A training that begins from an author keeps what it knows, adds a shelf to it, and resumes as any other."""

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from penwright.author.author import Author
from penwright.author.card import listed_books
from penwright.author.file.loading import load_author
from penwright.corpus.preparing import prepare
from penwright.corpus.store import Corpus
from penwright.errors import ConfigError
from penwright.report.building import collect_story
from penwright.training.from_author import StartAuthor
from penwright.training.records import Evaluation, Saved
from penwright.training.run_writer import BEFORE
from penwright.training.runs.checkpoint import load_latest
from penwright.training.runs.folder import RunFolder
from penwright.training.start import resume, train

MODEL = {
    "embedding_dim": 8,
    "hidden_size": 8,
    "num_layers": 1,
    "mlp_size": 8,
    "ngram_entries": 20_000,
    "match_slots": 64,
}
TRAIN = {
    "steps": 6,
    "batch_size": 4,
    "seq_len": 32,
    "val_every": 3,
    "val_chars": 400,
    "final_val_chars": 400,
    "save_every": 2,
    "save_seconds": 0.0,
    "threads": 1,
    "precision": "float32",
}
SETTINGS: dict[str, dict[str, Any]] = {"train": TRAIN, "diary": {"max_chars": 20}}


@pytest.fixture(scope="module")
def author(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Author:
    run = tmp_path_factory.mktemp("first") / "run"
    list(train(corpus, run=run, overrides={**SETTINGS, "model": MODEL}))
    return Author.load(run)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A shelf with characters that the author does not know."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "books").mkdir()
    words = "ða þorp wæs stille and ðæt wæter ran forþ ofer stanas under ðam ealdan treowum, cwæð se ealda man".split()
    for book in range(6):
        text = " ".join(words[(index * index + 7 * index * (book + 1)) % len(words)] for index in range(1_500))
        (folder / "books" / f"{book}.txt").write_text(text, encoding="utf-8")
    return prepare([folder / "books"], cache_dir=folder / "cache")


def test_new_characters_stand_behind_the_authors(author: Author, other: Corpus) -> None:
    start = StartAuthor(author.model, author.alphabet, author.card)
    alphabet = start.alphabet_for(other)
    assert alphabet.characters.startswith(author.alphabet.characters)
    assert {"ð", "þ", "æ"} <= set(alphabet.characters)
    recoded = other.in_alphabet(alphabet)
    for book, same in zip(other.books, recoded.books, strict=True):
        assert recoded.book_text(same) == other.book_text(book)
    spelled = other.in_alphabet(author.alphabet)  # longer than the shelf was: new characters take two symbols each
    assert len(spelled.ids) > len(other.ids)
    assert [spelled.book_text(book) for book in spelled.books] == [other.book_text(book) for book in other.books]
    assert start.alphabet_for(recoded) == alphabet
    assert recoded.in_alphabet(alphabet) is recoded


def test_it_begins_where_the_author_stands_and_is_never_worse(author: Author, other: Corpus, tmp_path: Path) -> None:
    before = {name: weight.clone() for name, weight in author.model.named_parameters()}
    records = list(train(other, run=tmp_path / "run", start=author, overrides=SETTINGS))
    evaluations = [record for record in records if isinstance(record, Evaluation)]
    assert evaluations[0].step == 0
    parts = load_author(tmp_path / "run" / "author.safetensors")
    assert parts.card.bits_per_char is not None
    assert parts.card.bits_per_char < parts.card.baselines[BEFORE]
    assert parts.card.baselines[BEFORE] == pytest.approx(evaluations[0].bits_per_char, abs=1e-3)
    assert {book.sha256 for book in author.card.books} <= {book.sha256 for book in parts.card.books}
    assert parts.card.num_known == 0 and parts.card.num_earlier == len(author.card.books)
    story = collect_story(RunFolder.open(tmp_path / "run"), corpus=other, path="run")
    assert (story.bits_before, story.bits_per_char) == (parts.card.baselines[BEFORE], parts.card.bits_per_char)
    assert all(torch.equal(before[name], weight) for name, weight in author.model.named_parameters())
    assert parts.tables is not None
    assert author.model.tables is not None
    assert set(author.model.tables.contexts.tolist()) <= set(parts.tables["contexts"].tolist())
    Author.load(tmp_path / "run").write("ða ", max_chars=20, seed=1)


def test_books_that_it_knew_are_counted_as_books_not_as_passages(author: Author, other: Corpus) -> None:
    learned = [book for book in other.books if book.split == "train"][:2]
    shelf = copy(other)
    shelf.books = (*other.books, replace(learned[0], split="val", first_char=900))  # a passage
    card = replace(author.card, books=listed_books(learned), num_books=2, num_earlier=0)
    assert StartAuthor(author.model, author.alphabet, card).num_known(shelf) == 2


def test_it_resumes_bit_for_bit(author: Author, other: Corpus, tmp_path: Path) -> None:
    whole, run = tmp_path / "whole", tmp_path / "run"
    list(train(other, run=whole, start=author, overrides=SETTINGS, clock=lambda: 0.0))
    for record in train(other, run=run, start=author, overrides=SETTINGS, clock=lambda: 0.0):
        if isinstance(record, Saved):
            break
    list(resume(run, clock=lambda: 0.0))
    one, two = (load_latest(path / "checkpoints").checkpoint.state for path in (whole, run))
    assert one.counters == two.counters
    assert all(torch.equal(one.weights[name], two.weights[name]) for name in one.weights)
    assert [(record.kind, record.step) for record in RunFolder(run).metrics()] == [
        (record.kind, record.step) for record in RunFolder(whole).metrics()
    ]


def test_the_network_is_the_authors_to_decide(author: Author, other: Corpus, tmp_path: Path) -> None:
    overrides = {**SETTINGS, "model": {"hidden_size": 16}}
    with pytest.raises(ConfigError, match="model.hidden_size cannot be chosen"):
        list(train(other, run=tmp_path / "run", start=author, overrides=overrides))


@pytest.mark.parametrize("room", [0, 1, 300])
def test_less_room_than_its_ngrams_take_is_refused(author: Author, other: Corpus, tmp_path: Path, room: int) -> None:
    """A number below theirs was a fault of the program when the first fold was counted."""
    overrides = {**SETTINGS, "model": {"ngram_entries": room}}
    with pytest.raises(ConfigError, match=f"ngram_entries={room} has no room for the"):
        list(train(other, run=tmp_path / "run", start=author, overrides=overrides))
