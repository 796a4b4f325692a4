"""The order of things within a training: what is begun, and what is not begun any more."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from folders import SHELF

from penwright.author.author import Author
from penwright.corpus.config import CorpusConfig
from penwright.corpus.preparing import prepare
from penwright.corpus.store import Corpus
from penwright.errors import RunError
from penwright.ngrams.tables import NgramTables
from penwright.training import loop as loop_module
from penwright.training.folds import CrossFittedTables
from penwright.training.planning.sizes import Size
from penwright.training.records import Evaluation, Finished, Progress, RolledBack, Saved
from penwright.training.run_writer import RunWriter
from penwright.training.runs.checkpoint import load_latest
from penwright.training.runs.folder import RunFolder
from penwright.training.session import Session, WindowResult
from penwright.training.start import resume, train
from penwright.training.validation import Validation

COUNTING = 30.0
SETTINGS: dict[str, dict[str, Any]] = {
    "model": {**Size(8, 1).settings, "ngram_entries": 20_000, "match_slots": 64},
    "train": {
        "batch_size": 8,
        "seq_len": 32,
        "val_every": 999,
        "val_chars": 400,
        "final_val_chars": 400,
        "threads": 1,
        "precision": "float32",
    },
    "diary": {"max_chars": 0},
}


def count_slowly(now: list[float], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have counting take its time on a clock; returns the folds that are counted, as they come."""
    counted: list[int] = []
    real = CrossFittedTables.tables

    def slowly(shelf: CrossFittedTables, fold: int | None) -> NgramTables:
        if fold is not None and not shelf.has_tables(fold):
            counted.append(fold)
            now[0] += COUNTING
        return real(shelf, fold)

    monkeypatch.setattr(CrossFittedTables, "tables", slowly)
    return counted


@pytest.mark.parametrize(("seconds", "num_counted"), [(59.0, 1), (150.0, 1), (165.0, 2)])
def test_a_fold_that_is_not_worth_its_counting_is_not_begun(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, num_counted: int
) -> None:
    """Counting takes half a minute here, a step one second, and a fold eight or so. At first counting began with
    seconds left, and overrun; then with little more time left than it took, of which it left nothing to read in."""
    now = [0.0]
    counted = count_slowly(now, monkeypatch)

    def step() -> bool:
        now[0] += 1.0
        return False

    records = list(
        train(corpus, run=tmp_path / "run", overrides=SETTINGS, seconds=seconds, stop=step, clock=lambda: now[0])
    )
    last = records[-1]
    assert isinstance(last, Finished)
    assert last.reason == "done"
    assert seconds <= last.elapsed_seconds <= seconds + 1.0
    assert len(counted) == num_counted
    counters = load_latest(tmp_path / "run" / "checkpoints").checkpoint.state.counters
    assert counters.step > seconds - num_counted * COUNTING - 2, "it went on learning"
    assert counters.window < 8, "from the folds that were counted"


def test_a_run_that_goes_on_knows_what_a_fold_costs(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has just counted the fold that it stood in. It used to count the next one up to its end and beyond."""
    now, steps = [0.0], [0]
    counted = count_slowly(now, monkeypatch)

    def step() -> bool:
        now[0] += 1.0
        steps[0] += 1
        return steps[0] == 4  # within the first fold

    run = tmp_path / "run"
    list(train(corpus, run=run, overrides=SETTINGS, seconds=100.0, stop=step, clock=lambda: now[0]))
    last = list(resume(run, stop=step, clock=lambda: now[0]))[-1]
    assert isinstance(last, Finished)
    assert last.reason == "done" and 100.0 <= last.elapsed_seconds <= 101.0
    assert counted == [counted[0]] * 2, "once in each session, and no other fold"


def test_one_update_is_made_however_little_time_is_left(corpus: Corpus, tmp_path: Path) -> None:
    """Whoever planned past the end used to get an author that had counted nothing, and guessed."""
    ticks = iter(range(10**6))
    run = tmp_path / "run"
    last = list(train(corpus, run=run, overrides=SETTINGS, seconds=5.0, clock=lambda: 40.0 * next(ticks)))[-1]
    assert isinstance(last, Finished)
    assert (last.reason, last.step) == ("done", 1)
    tables = Author.load(run / "author.safetensors").model.tables
    assert tables is not None and len(tables.symbols) > 0


@pytest.mark.parametrize("case", ["evaluated", "stopped early", "nothing is held out"])
def test_an_author_of_a_small_shelf_is_kept_with_the_ngrams_of_all_of_it(
    corpus: Corpus, tmp_path: Path, case: str
) -> None:
    """One that was never evaluated was kept with those of a fold."""
    if case == "nothing is held out":
        corpus = prepare([SHELF], cache_dir=tmp_path / "cache", config=CorpusConfig(val_fraction=0, test_fraction=0))
    run, asked = tmp_path / "run", count()
    settings = {**SETTINGS, "train": {**SETTINGS["train"], "val_every": int(case == "evaluated")}}
    list(train(corpus, run=run, overrides=settings, steps=9, stop=lambda: next(asked) == 3))
    kept = Author.load(run / "author.safetensors")
    whole = CrossFittedTables.of_run(corpus, RunFolder.open(run).config()).whole_tables()
    assert (kept.card.bits_per_char is None) == (case != "evaluated")
    assert kept.model.tables is not None and whole is not None
    assert kept.model.tables.unigrams.tolist() == whole.unigrams.tolist()


def test_a_costly_checkpoint_leaves_time_to_learn(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes longer than the time between two used to be written after every step."""
    now = [0.0]
    real = RunWriter.save

    def slowly(writer: RunWriter, session: Session, *, reason: str) -> Saved:
        now[0] += 70.0 if reason == "time" else 0.0
        return real(writer, session, reason=reason)

    def step() -> bool:
        now[0] += 1.0
        return False

    monkeypatch.setattr(RunWriter, "save", slowly)
    records = list(
        train(corpus, run=tmp_path / "run", overrides=SETTINGS, seconds=600.0, stop=step, clock=lambda: now[0])
    )
    saved = [record.step for record in records if isinstance(record, Saved) and record.reason == "time"]
    assert len(saved) > 2
    assert all(later - earlier >= 60 for earlier, later in zip(saved, saved[1:], strict=False))


def test_an_update_that_spoils_the_weights_is_gone_back_from(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update before a snapshot spoils them. The spoilt state used to be what was gone back to, again and again."""
    real, spoilt = Session.update, []

    def update(session: Session, result: WindowResult, *, learning_rate: float) -> None:
        real(session, result, learning_rate=learning_rate)
        if session.counters.step == 10 and not spoilt:
            spoilt.append(True)
            with torch.no_grad():
                session.parameters[0].fill_(torch.nan)

    monkeypatch.setattr(Session, "update", update)
    overrides = {**SETTINGS, "train": {**SETTINGS["train"], "snapshot_every": 5, "progress_every": 1}}
    records = list(train(corpus, run=tmp_path / "run", overrides=overrides, steps=14, clock=lambda: 0.0))
    (back,) = (record for record in records if isinstance(record, RolledBack))
    assert (back.step, back.back_to_step, back.loss, back.learning_rate_scale) == (10, 5, None, 0.5)
    assert isinstance(records[-1], Finished)
    assert records[-1].reason == "done"
    assert all(record.chars_per_second >= 0 for record in records if isinstance(record, Progress))


def test_a_loss_that_explodes_again_and_again_ends_the_run(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Session.update

    def update(session: Session, result: WindowResult, *, learning_rate: float) -> None:
        real(session, result, learning_rate=learning_rate)
        with torch.no_grad():
            session.parameters[0].fill_(torch.inf)

    monkeypatch.setattr(Session, "update", update)
    overrides = {**SETTINGS, "train": {**SETTINGS["train"], "max_rollbacks": 2}}
    with pytest.raises(RunError, match=r"exploded again after 2 rollbacks, at 0\.25 of .* than 0\.0015\."):
        list(train(corpus, run=tmp_path / "run", overrides=overrides, steps=14, clock=lambda: 0.0))


def test_a_run_that_ended_by_patience_is_finished_until_it_is_given_more(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It used to make one update and end again, whatever it was given."""
    monkeypatch.setattr(
        loop_module, "validate", lambda session, tell: Validation(3.0 + session.counters.step, 0.5, 100, ())
    )
    overrides = {**SETTINGS, "train": {**SETTINGS["train"], "patience": 2, "val_every": 1}}
    run = tmp_path / "run"
    (*_, last) = train(corpus, run=run, overrides=overrides, steps=20, clock=lambda: 0.0)
    assert isinstance(last, Finished)
    assert (last.reason, last.step) == ("patience", 3)
    read = [record.step for record in RunFolder.open(run).metrics() if isinstance(record, Evaluation)]
    assert read == [1, 2, 3], "the last one is not made twice"
    with pytest.raises(RunError, match="is finished: 3 steps"):
        list(resume(run, clock=lambda: 0.0))
    (*_, last) = resume(run, steps=21, clock=lambda: 0.0)
    assert isinstance(last, Finished)
    assert (last.reason, last.step) == ("patience", 5)


@pytest.mark.parametrize("ngram_entries", [0, 20_000])
def test_a_training_lets_go_of_what_it_read(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ngram_entries: int
) -> None:
    """After each evaluation, and before n-grams are counted."""
    released: list[Corpus] = []
    monkeypatch.setattr(Corpus, "release_pages", lambda self: released.append(self))
    overrides = {
        "model": {**SETTINGS["model"], "ngram_entries": ngram_entries},
        "train": {**SETTINGS["train"], "val_every": 2},
        "diary": SETTINGS["diary"],
    }
    records = list(train(corpus, run=tmp_path / "run", overrides=overrides, steps=4))
    num_evaluations = sum(isinstance(record, Evaluation) for record in records)
    assert num_evaluations > 1
    assert (len(released) > num_evaluations) == bool(ngram_entries)
    assert len(released) >= num_evaluations
