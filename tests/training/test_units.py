"""A training in each unit, from books to an author that is saved, loaded, writes and judges texts."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from folders import SHELF

from penwright import Author, Corpus, prepare
from penwright.alphabet.units import UNITS
from penwright.corpus.config import CorpusConfig
from penwright.evaluation.books import evaluate, total
from penwright.evaluation.costs import symbol_nats
from penwright.training.records import Finished, Progress, Sample
from penwright.training.start import train

SETTINGS: dict[str, dict[str, Any]] = {
    "model": {"embedding_dim": 8, "hidden_size": 8, "num_layers": 1, "mlp_size": 8, "match_slots": 64},
    "train": {"steps": 12, "batch_size": 4, "seq_len": 16, "threads": 1, "val_chars": 400, "final_val_chars": 400},
    "diary": {"max_chars": 12, "prompt": "The la"},
}


@pytest.fixture(scope="module", params=UNITS)
def raised(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Corpus, Path]]:
    """The books in a unit, and a run that read some of them."""
    folder = tmp_path_factory.mktemp(request.param)
    config = CorpusConfig(unit=request.param, num_subwords=200)
    corpus = prepare([SHELF], cache_dir=folder / "cache", config=config)
    records = list(train(corpus, run=folder / "run", overrides=SETTINGS))
    last = records[-1]
    assert isinstance(last, Finished)
    symbols_per_char = sum(b.num_ids for b in corpus.books_in("train")) / corpus.num_chars("train")
    assert last.chars_read == pytest.approx(12 * 4 * 16 / symbols_per_char, abs=12)
    for record in records:
        if isinstance(record, Progress):
            assert record.bits_per_char == pytest.approx(record.loss / math.log(2) * symbols_per_char)
    assert all(len(record.text) == 12 for record in records if isinstance(record, Sample))
    yield corpus, folder / "run"


def test_an_author_keeps_its_unit(raised: tuple[Corpus, Path], tmp_path: Path) -> None:
    corpus, run = raised
    author = Author.load(run)
    assert author.alphabet == corpus.alphabet
    assert author.alphabet.unit == corpus.config.unit
    author.save(tmp_path / "copy.safetensors")
    again = Author.load(tmp_path / "copy.safetensors")
    assert again.alphabet == author.alphabet
    assert again.write("The la", max_chars=40, seed=1) == author.write("The la", max_chars=40, seed=1)


@pytest.mark.parametrize("prompt", ["", "The la", "the keeper didn'", "\u706f \ud800x", "A \n"])
def test_an_author_writes_exactly_as_many_characters_as_asked(raised: tuple[Corpus, Path], prompt: str) -> None:
    author = Author.load(raised[1])
    for max_chars in (1, 2, 17):
        assert len(author.write(prompt, max_chars=max_chars, seed=max_chars)) == max_chars
    if prompt:  # without one, a text begins with a paragraph, and a bookmark at the edge of a book
        bookmark = author.read(prompt)
        assert author.write(max_chars=20, seed=3, after=bookmark) == author.write(prompt, max_chars=20, seed=3)
    assert author.write(prompt, max_words=3, seed=1)
    assert author.write(prompt, until="e", seed=1).endswith("e")


def test_the_bits_of_a_text_are_those_of_its_symbols(raised: tuple[Corpus, Path]) -> None:
    corpus, run = raised
    author = Author.load(run)
    for text in (corpus.book_text(corpus.books[0])[:600], "A \u706f and\n\nmore \ud800 lamps.\n"):
        score = author.score(text)
        ids = torch.tensor([0, *author.alphabet.encode(text).tolist()]).numpy()
        bits = symbol_nats(author.model, ids).sum() / math.log(2)
        assert score.num_chars == len(text)
        assert score.bits_per_char == pytest.approx(bits / len(text), rel=1e-6)
        parts = sum(paragraph.bits_per_char * paragraph.num_chars for paragraph in score.paragraphs)
        assert parts == pytest.approx(bits, rel=1e-6)


def test_held_out_books_are_scored_in_characters(raised: tuple[Corpus, Path]) -> None:
    corpus, run = raised
    model = Author.load(run).model
    books = corpus.books_in("val")
    assert total(evaluate(model, corpus, books)).num_chars == sum(book.num_chars for book in books)
    part = total(evaluate(model, corpus, books, max_chars=300))
    longest = int(corpus.alphabet.num_chars_of_ids.max())
    assert 300 - longest * len(books) < part.num_chars <= 300
