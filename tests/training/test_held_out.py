"""How much of the held-out books a run reads, and what that costs it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from penwright.corpus.config import CorpusConfig
from penwright.corpus.preparing import prepare
from penwright.corpus.store import Corpus
from penwright.evaluation.passages import WARM_UP
from penwright.training.activity import HELD_OUT, LEARNING, Activity
from penwright.training.held_out import (
    FINAL_MIN_CHARS,
    LANES,
    LANES_OF_LOOPS,
    MAX_CHARS,
    MIN_CHARS,
    choose_reading,
    evaluation_budget,
)
from penwright.training.records import Evaluation, Finished
from penwright.training.runs.checkpoint import load_latest
from penwright.training.settings.resolve import resolve_config
from penwright.training.start import resume, train


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Three books of 150,000 characters, one of them held out."""
    folder = tmp_path_factory.mktemp("shelf")
    draw = np.random.default_rng(0)
    for name in "abc":
        letters = draw.integers(97, 123, 125_000, dtype=np.uint8).tobytes().decode()
        words = " ".join(letters[start : start + 5] for start in range(0, len(letters), 5))
        (folder / f"{name}.txt").write_text(words, encoding="utf-8")
    config = CorpusConfig(split="author", val_fraction=0.3, test_fraction=0.0, drop_duplicates=False)
    return prepare(folder, config=config, cache_dir=folder / "cache")


@pytest.mark.parametrize("preset", ["default", "gru"])
def test_the_shorter_a_run_the_less_is_read_and_never_more_than_is_paid_for(shelf: Corpus, preset: str) -> None:
    config = resolve_config(preset).config
    (book,) = shelf.books_in("val")
    num_lanes = LANES_OF_LOOPS if preset == "gru" else LANES
    whole = choose_reading(shelf, config, "val", budget=num_lanes * MAX_CHARS)
    assert whole == ((book,), MAX_CHARS, None), "a long run reads it from its beginning with the state carried"
    for budget in (30_000, 100_000, num_lanes * MAX_CHARS - 1):
        books, max_chars, max_stretch = choose_reading(shelf, config, "val", budget=budget)
        assert books == (book,) and max_stretch is not None
        assert budget / 2 <= max_chars or max_chars == MAX_CHARS
        assert max_chars + max_chars / max_stretch * min(WARM_UP, max_stretch) <= 1.01 * budget
        assert num_lanes <= -(-max_chars // max_stretch) + 1
    assert choose_reading(shelf, config, "val", budget=1).max_chars == MIN_CHARS


def test_a_number_of_characters_that_was_asked_for_is_kept(shelf: Corpus) -> None:
    config = resolve_config("gru", overrides={"train": {"val_chars": 70_000, "final_val_chars": 80_000}}).config
    assert choose_reading(shelf, config, "val", budget=1) == (shelf.books_in("val"), 70_000, None)
    assert choose_reading(shelf, config, "val", budget=1, is_last=True).max_chars == 80_000


def test_what_is_too_little_for_many_books_is_read_in_a_few(corpus: Corpus) -> None:
    many = replace(corpus.books_in("val")[0])
    books = tuple(replace(many, title=str(number)) for number in range(30))

    class Shelf:
        alphabet, symbols_per_char = corpus.alphabet, 1.0

        def books_in(self, split: str) -> Any:
            return books

    last = choose_reading(Shelf(), resolve_config("gru").config, "val", budget=6_000, is_last=True)  # type: ignore[arg-type]
    assert last.books == books, "the figure of the card drops no book"
    chosen = choose_reading(Shelf(), resolve_config("gru").config, "val", budget=6_000).books  # type: ignore[arg-type]
    assert [book.title for book in chosen] == ["0", "10", "20"]


def test_evaluations_by_steps_share_the_same_budget() -> None:
    config = resolve_config("gru", overrides={"train": {"val_every": 10}}).config
    chars_between = 10 * config.train.batch_size * config.train.seq_len
    assert evaluation_budget(config, total_chars=1e12, symbols_per_char=1.0) == int(0.05 * chars_between)
    assert evaluation_budget(config, total_chars=5e4, symbols_per_char=1.0) == 750


def test_a_run_of_a_few_steps_does_not_read_a_whole_book(shelf: Corpus, tmp_path: Path) -> None:
    """One held-out book was one lane. Fifty steps of the preset gru took seconds, and reading it four minutes."""
    read: list[Activity] = []
    overrides: dict[str, Any] = {
        "model": {"hidden_size": 8, "embedding_dim": 4},
        "train": {"batch_size": 4, "seq_len": 32, "threads": 1, "precision": "float32", "val_every": 10},
        "diary": {"max_chars": 0},
    }
    run = tmp_path / "run"
    settings: dict[str, Any] = {"preset": "gru", "overrides": overrides}
    records = list(train(shelf, run=run, steps=20, tell=read.append, clock=lambda: 0.0, **settings))
    evaluations = [record for record in records if isinstance(record, Evaluation)]
    assert [record.num_chars for record in evaluations] == [MIN_CHARS] * len(evaluations) and evaluations
    assert isinstance(records[-1], Finished)
    assert sum(score.num_chars for score in records[-1].val_books) == FINAL_MIN_CHARS
    assert LEARNING in read and any(activity.name == HELD_OUT and activity.share == 1.0 for activity in read)
    budget = load_latest(run / "checkpoints").checkpoint.state.counters.evaluation_budget
    longer = [record for record in resume(run, steps=40, clock=lambda: 0.0) if isinstance(record, Evaluation)]
    assert {record.num_chars for record in longer} == {MIN_CHARS}, "scores of a run stay comparable"
    assert load_latest(run / "checkpoints").checkpoint.state.counters.evaluation_budget == budget
