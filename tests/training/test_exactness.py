"""N steps equal k steps, any death, a resume and N - k steps, bit for bit; and each saved item is needed for that."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from folders import SHELF

from penwright.author.author import Author
from penwright.author.file.loading import load_author
from penwright.cli.display.words import remark
from penwright.corpus.preparing import prepare
from penwright.corpus.store import Corpus
from penwright.errors import CheckpointError, RunError
from penwright.training import loop as loop_module
from penwright.training import start as start_module
from penwright.training import threads
from penwright.training.activity import Tell
from penwright.training.records import AnyRecord, FellBack, Finished, RolledBack, Saved
from penwright.training.runs.checkpoint import Checkpoint, Loaded, load_checkpoint, load_latest
from penwright.training.runs.folder import RunFolder
from penwright.training.session import Session
from penwright.training.start import resume, train
from penwright.training.state import Counters, TrainingState
from penwright.training.validation import Validation

STEPS = 14
Settings = dict[str, dict[str, Any]]
MODELS: Settings = {
    "plain": {
        "cell": "gru",
        "is_residual": False,
        "embedding_dim": 8,
        "hidden_size": 16,
        "num_layers": 2,
        "dropout": 0.2,
    },
    "with context models": {
        "cell": "gated",
        "is_residual": True,
        "embedding_dim": 8,
        "hidden_size": 8,
        "num_layers": 2,
        "mlp_size": 8,
        "dropout": 0.2,
        "ngram_entries": 20_000,
        "match_slots": 64,
    },
}
"""The second reads the shelf in eight folds of three or two windows each: windows 3, 6, 8, 10, 12 and 14 begin one."""
SETTINGS: Settings = {
    "train": {
        "steps": STEPS,
        "batch_size": 8,
        "seq_len": 32,
        "val_every": 5,
        "val_chars": 400,
        "final_val_chars": 400,
        "save_every": 3,
        "save_seconds": 0.0,
        "snapshot_every": 5,
        "progress_every": 4,
        "threads": 1,
        "precision": "float32",
    },
    "diary": {"max_chars": 20, "every": 6},
}


def settings(model: str, **train_settings: Any) -> Settings:
    return {**SETTINGS, "model": MODELS[model], "train": {**SETTINGS["train"], **train_settings}}


def still() -> float:
    """A clock that stands still, so that elapsed time is the same in every life."""
    return 0.0


def final_state(run: Path) -> TrainingState:
    return load_latest(run / "checkpoints").checkpoint.state


def differences(first: TrainingState, second: TrainingState) -> list[str]:
    """Names of whatever is not the same, bit for bit."""
    found = ["counters"] if first.counters != second.counters else []
    for part in ("weights", "optimizer", "lanes", "random"):
        one, other = getattr(first, part), getattr(second, part)
        assert one.keys() == other.keys()
        found += [f"{part}/{name}" for name in one if not torch.equal(one[name], other[name])]
    return found


def stop_after(records: Iterator[AnyRecord], saves: int) -> None:
    """Let a run make some checkpoints and abandon it, as a killed process would."""
    for record in records:
        saves -= isinstance(record, Saved)
        if saves == 0:
            break


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    """The name of a model; what follows holds for each."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def overrides(model: str) -> Settings:
    return settings(model)


@pytest.fixture(scope="module")
def whole(corpus: Corpus, overrides: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    list(train(corpus, run=run, overrides=overrides, clock=still))
    return run


def test_a_run_repeats_bit_for_bit(corpus: Corpus, overrides: Settings, whole: Path, tmp_path: Path) -> None:
    list(train(corpus, run=tmp_path / "run", overrides=overrides, clock=still))
    assert not differences(final_state(whole), final_state(tmp_path / "run"))


def test_another_seed_gives_another_author(corpus: Corpus, overrides: Settings, whole: Path, tmp_path: Path) -> None:
    list(train(corpus, run=tmp_path / "run", overrides=overrides, seed=1, clock=still))
    assert "weights/readout_weight" in differences(final_state(whole), final_state(tmp_path / "run"))


@pytest.mark.parametrize("saves", [1, 2, 4])
def test_an_abandoned_run_resumes_bit_for_bit(
    corpus: Corpus, overrides: Settings, whole: Path, tmp_path: Path, saves: int
) -> None:
    run = tmp_path / "run"
    stop_after(train(corpus, run=run, overrides=overrides, clock=still), saves)
    assert final_state(run).counters.step == 3 * saves
    list(resume(run, clock=still))
    assert not differences(final_state(whole), final_state(run))


def test_a_run_whose_lanes_are_read_in_threads_resumes_bit_for_bit(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MIN_SYMBOLS", 32)
    alone, whole, broken = tmp_path / "alone", tmp_path / "whole", tmp_path / "broken"
    overrides = settings("with context models", threads=3)
    overrides = {**overrides, "model": {**overrides["model"], "dropout": 0.0}}
    list(train(corpus, run=whole, overrides=overrides, clock=still))
    stop_after(train(corpus, run=broken, overrides=overrides, clock=still), 2)
    list(resume(broken, clock=still))
    assert not differences(final_state(whole), final_state(broken))
    list(train(corpus, run=alone, overrides={**overrides, "train": {**overrides["train"], "threads": 1}}, clock=still))
    assert differences(final_state(whole), final_state(alone)), "sums in another order"


def test_the_diary_and_metrics_of_a_resumed_run_are_those_of_a_whole_one(
    corpus: Corpus, overrides: Settings, whole: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    stop_after(train(corpus, run=run, overrides=overrides, clock=still), 2)
    list(resume(run, clock=still))

    def story(folder: Path) -> list[tuple[str, int]]:
        return [
            (record.kind, record.step)
            for record in start_module.RunFolder(folder).metrics()
            if record.kind != "progress"
        ]

    def diary(folder: Path) -> dict[str, str]:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted((folder / "samples").iterdir())}

    assert story(run) == story(whole)
    assert diary(run) == diary(whole)


def test_a_user_who_stops_loses_nothing(corpus: Corpus, overrides: Settings, whole: Path, tmp_path: Path) -> None:
    run, asked = tmp_path / "run", iter([False] * 7 + [True] * 99)
    records = list(train(corpus, run=run, overrides=overrides, stop=lambda: next(asked), clock=still))
    assert [(record.kind, getattr(record, "reason", "")) for record in records[-2:]] == [
        ("saved", "stopped"),
        ("finished", "stopped"),
    ]
    assert final_state(run).counters.step == 7
    list(resume(run, clock=still))
    assert not differences(final_state(whole), final_state(run))


def test_a_run_killed_before_its_last_word_says_it_when_resumed(
    corpus: Corpus, overrides: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps were saved, but the process died before the final scores: resuming used to call the run finished. One
    that is finished used to be told so only when a fold of the shelf had been counted again."""
    run = tmp_path / "run"
    for record in train(corpus, run=run, overrides=overrides, clock=still):
        if isinstance(record, Saved) and record.reason == "finished":
            break
    assert load_author(run / "author.safetensors").card.test_scores == ()
    records = list(resume(run, clock=still))
    assert isinstance(records[-1], Finished)
    assert records[-1].test_books
    assert load_author(run / "author.safetensors").card.test_scores == records[-1].test_books
    monkeypatch.setattr(Session, "restore", lambda *_: pytest.fail("it was restored"))
    with pytest.raises(RunError, match=r"is finished: 14 steps.*give a larger --for"):
        list(resume(run, clock=still))


@pytest.mark.parametrize("steps", [13, 14])
def test_a_run_killed_before_its_last_exam_scores_what_a_whole_one_does(
    corpus: Corpus, model: str, tmp_path: Path, steps: int
) -> None:
    """At window 14 another fold of the shelf begins: resuming used to take the exam with that fold's tables."""
    overrides = settings(model, steps=steps, save_every=steps, val_every=99)
    records = list(train(corpus, run=tmp_path / "whole", overrides=overrides, clock=still))
    run = tmp_path / "run"
    stop_after(train(corpus, run=run, overrides=overrides, clock=still), 1)
    assert final_state(run).counters.best_step == 1, "the exam was taken already"
    found = list(resume(run, clock=still))
    assert [record.kind for record in found] == [record.kind for record in records][-len(found) :]
    for one, other in zip(found[:-2], records[-len(found) :], strict=False):
        assert one == other
    assert isinstance(found[-1], Finished)
    assert isinstance(records[-1], Finished)
    assert (found[-1].val_books, found[-1].test_books) == (records[-1].val_books, records[-1].test_books)


def test_a_run_killed_between_its_last_evaluation_and_its_last_checkpoint_keeps_that_evaluation(
    corpus: Corpus, tmp_path: Path
) -> None:
    """The checkpoint of step 12 knows nothing of the evaluation that follows it: it used to be forgotten."""
    overrides = settings("plain", steps=12, save_every=12, val_every=5)
    whole = list(train(corpus, run=tmp_path / "whole", overrides=overrides, clock=still))
    run = tmp_path / "run"
    for record in train(corpus, run=run, overrides=overrides, clock=still):
        if record.kind == "evaluation" and record.step == 12:
            break
    found = list(resume(run, clock=still))
    last, expected = found[-1], whole[-1]
    assert isinstance(last, Finished)
    assert isinstance(expected, Finished)
    assert (last.best_step, last.best_bits_per_char) == (12, expected.best_bits_per_char)
    assert final_state(run).counters == final_state(tmp_path / "whole").counters
    assert [record.kind for record in found] == ["evaluation", "sample", "saved", "finished"]


def test_a_resumed_run_does_not_replace_a_better_author_that_it_had_saved(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The evaluations of a run with a limit of time come at other steps after a resume."""
    overrides = settings("plain", steps=9, save_every=3, val_every=4)
    run = tmp_path / "run"
    for record in train(corpus, run=run, overrides=overrides, clock=still):
        if record.kind == "evaluation" and record.step == 5:
            break
    saved = load_author(run / "author.safetensors").card
    assert saved.steps == 5
    validate = loop_module.validate

    def worse(session: Session, tell: Tell) -> Validation | None:
        found = validate(session, tell)
        assert found is not None
        books = tuple(replace(book, bits_per_char=saved.bits_per_char + 0.01) for book in found.books)
        return found._replace(bits_per_char=saved.bits_per_char + 0.01, books=books)

    monkeypatch.setattr(loop_module, "validate", worse)
    last = list(resume(run, clock=still))[-1]
    assert isinstance(last, Finished)
    assert (last.best_step, last.best_bits_per_char) == (5, saved.bits_per_char)
    assert load_author(run / "author.safetensors").card.steps == 5


@pytest.mark.parametrize("steps", [0, 1])
def test_a_run_cut_off_before_its_first_checkpoint_is_begun_again(corpus: Corpus, tmp_path: Path, steps: int) -> None:
    overrides, run = settings("plain"), tmp_path / "run"
    whole = list(train(corpus, run=tmp_path / "whole", overrides=overrides, clock=still))
    for record in train(corpus, run=run, overrides=settings("plain", seed=5), clock=still):
        if record.step == steps:
            break
    with pytest.raises(CheckpointError, match="cut off before its first checkpoint.*penwright train PATH --run"):
        list(resume(run, clock=still))
    list(train(corpus, run=run, overrides=overrides, clock=still))
    assert len(RunFolder(run).metrics()) == len(whole)
    assert not differences(final_state(tmp_path / "whole"), final_state(run))


def test_the_first_sample_is_written_once(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    asked = iter([True] * 9)
    list(train(corpus, run=run, overrides=settings("plain"), stop=lambda: next(asked), clock=still))
    list(resume(run, stop=lambda: True, clock=still))
    assert [record.step for record in RunFolder(run).metrics() if record.kind == "sample"] == [0]


def test_what_a_killed_process_wrote_aside_is_removed_by_the_next(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    stop_after(train(corpus, run=run, overrides=settings("plain"), clock=still), 1)
    (run / ".author.safetensors.0123abcd.tmp").write_bytes(b"half an author")
    list(resume(run, stop=lambda: True, clock=still))
    assert [path.name for path in run.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.parametrize("steps", [0, 3])
def test_a_run_stopped_where_a_fold_begins_keeps_its_author(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Where no book is held out, the author is the one of the last checkpoint, tables included."""
    monkeypatch.setattr(loop_module, "validate", lambda session, tell: None)
    run, asked = tmp_path / "run", iter([False] * steps + [True] * 2)
    overrides = settings("with context models", val_every=99, save_every=99)
    list(train(corpus, run=run, overrides=overrides, stop=lambda: next(asked), clock=still))
    before = Author.load(run / "author.safetensors").model.tables
    list(resume(run, stop=lambda: next(asked), clock=still))
    after = Author.load(run / "author.safetensors").model.tables
    assert before is not None
    assert after is not None
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


def without(part: str, checkpoint: Checkpoint, fresh: TrainingState) -> Checkpoint:
    """A checkpoint that forgot one item: what a new session would have stands in its place."""
    if part == "rollback":
        return checkpoint._replace(rollback=checkpoint.state)
    if part in Counters.__dataclass_fields__:
        value = getattr(fresh.counters, part)
        return checkpoint._replace(
            state=checkpoint.state._replace(counters=replace(checkpoint.state.counters, **{part: value}))
        )
    return checkpoint._replace(state=checkpoint.state._replace(**{part: getattr(fresh, part)}))


NEEDED = [
    "weights",
    "optimizer",
    "lanes",
    "random",
    "rollback",
    "step",
    "epoch",
    "window",
    "chars_read",
    "loss_average",
    "learning_rate_scale",
    "num_rollbacks",
    "best_bits_per_char",
    "best_step",
    "evaluations_without_gain",
]


@pytest.mark.slow
@pytest.mark.parametrize("part", [None, *NEEDED])
def test_every_saved_item_is_needed_for_that(
    corpus: Corpus, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str | None
) -> None:
    """The run is saved at step 16 of 20, in its second epoch and within a fold. It explodes once before that and, where
    the rollback state is in question, once after it; its held-out books are read best at step 9.
    """
    sizes = {"plain": (8, 96, 7), "with context models": (7, 54, 5)}
    batch_size, seq_len, snapshot_every = sizes[model]
    overrides = settings(
        model,
        steps=20,
        save_every=8,
        snapshot_every=snapshot_every,
        val_every=2,
        batch_size=batch_size,
        seq_len=seq_len,
        patience=0,
    )
    explosions = {(6, 0), (18, 1)} if part in (None, "rollback") else {(6, 0)}

    def explode(reading: Any, counters: Counters, *, config: Any) -> bool:
        return (counters.step, counters.num_rollbacks) in explosions

    def read_best_at_9(session: Any, tell: Tell) -> Validation:
        return Validation(3.0 + abs(session.counters.step - 9), 0.5, 100, ())

    monkeypatch.setattr(loop_module, "is_diverging", explode)
    monkeypatch.setattr(loop_module, "validate", read_best_at_9)
    run = tmp_path / "whole"
    records = list(train(corpus, run=run, overrides=overrides, clock=still))
    assert sum(isinstance(record, RolledBack) for record in records) == len(explosions)
    expected = final_state(run)

    broken = tmp_path / "broken"
    stop_after(train(corpus, run=broken, overrides=overrides, clock=still), 2)
    saved = load_latest(broken / "checkpoints")
    assert saved.checkpoint.state.counters.step == 16
    assert saved.checkpoint.state.counters.epoch == 2
    if part:
        fresh = load_checkpoint_of_a_fresh_run(corpus, tmp_path / "fresh", overrides)
        forgetful = Loaded(without(part, saved.checkpoint, fresh), saved.path, ())
        monkeypatch.setattr(start_module, "load_latest", lambda folder: forgetful)
    list(resume(broken, clock=still))
    monkeypatch.undo()
    assert bool(differences(expected, final_state(broken))) == (part is not None)


@pytest.fixture(scope="module")
def refrain(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The six books with a refrain after every sixth word, so that most contexts are met again soon."""
    books = tmp_path_factory.mktemp("refrain")
    for path in SHELF.glob("*.txt"):
        words = path.read_text(encoding="utf-8").split(" ")
        lines = [" ".join(words[start : start + 6]) for start in range(0, len(words), 6)]
        (books / path.name).write_text(" and so it was ".join(lines), encoding="utf-8")
    return prepare([books], cache_dir=tmp_path_factory.mktemp("cache"))


LANE_ITEMS = [
    "0.memory",
    "0.recent",
    "2.recent",
    "2.run",
    "2.is_word",
    "2.last",
    "2.before",
    "3.slots",
    "3.waiting",
    "3.expected",
]


@pytest.mark.parametrize("item", [None, *LANE_ITEMS])
def test_every_item_of_a_lane_that_reads_with_context_models_is_needed(
    refrain: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: str | None
) -> None:
    """Saved within a fold, for every fold begins with lanes that remember nothing."""
    overrides = settings("with context models", steps=6, save_every=5)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    list(train(refrain, run=whole, overrides=overrides, clock=still))
    stop_after(train(refrain, run=broken, overrides=overrides, clock=still), 1)
    saved = load_latest(broken / "checkpoints")
    if item:
        lanes = dict(saved.checkpoint.state.lanes)
        lanes[f"lanes{item}"] = torch.zeros_like(lanes[f"lanes{item}"])
        state = saved.checkpoint.state._replace(lanes=lanes)
        forgetful = Loaded(saved.checkpoint._replace(state=state), saved.path, ())
        monkeypatch.setattr(start_module, "load_latest", lambda folder: forgetful)
    list(resume(broken, clock=still))
    monkeypatch.undo()
    assert bool(differences(final_state(whole), final_state(broken))) == (item is not None)


def test_a_resume_that_falls_back_says_so_and_makes_the_lost_steps_again(
    corpus: Corpus, overrides: Settings, whole: Path, tmp_path: Path
) -> None:
    """It used to say nothing."""
    run = tmp_path / "run"
    stop_after(train(corpus, run=run, overrides=overrides, clock=still), 2)
    (run / "checkpoints" / "step-000000006" / "weights.safetensors").write_bytes(b"")
    first, *_ = resume(run, clock=still)
    assert isinstance(first, FellBack)
    assert (first.step, len(first.refused)) == (3, 1)
    assert remark(first) == f"{first.refused[0]} Going on from step 3."
    assert "step-000000006" in first.refused[0]
    assert not differences(final_state(whole), final_state(run))
    assert first in RunFolder.open(run).metrics()


def load_checkpoint_of_a_fresh_run(corpus: Corpus, run: Path, overrides: Settings) -> TrainingState:
    """What a session of this run would hold before its first step."""
    for _ in train(corpus, run=run, overrides=overrides, stop=lambda: True, clock=still):
        pass
    return load_checkpoint(run / "checkpoints" / "step-000000000").state


def test_time_spent_goes_on_counting_after_a_resume(corpus: Corpus, overrides: Settings, tmp_path: Path) -> None:
    run = tmp_path / "run"
    ticks = iter(range(10_000))
    stop_after(train(corpus, run=run, overrides=overrides, clock=lambda: float(next(ticks))), 2)
    saved = final_state(run).counters.elapsed_seconds
    assert saved > 0
    records = list(resume(run, clock=lambda: 500.0 + next(ticks)))
    assert saved < records[0].elapsed_seconds < saved + 20


KILLED = """
import sys, torch
from pathlib import Path
from penwright.corpus.store import Corpus
from penwright.training.session import Session
from penwright.training.start import resume, train
import ast, os, random, signal, time

corpus_path, run, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
overrides = ast.literal_eval(sys.argv[4])
torch.set_num_threads(1)
torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])  # what it imports takes longer than a life lasts
moments = random.Random(seed)
deaths = 0

def newest():
    return max((int(path.name[5:]) for path in (run / "checkpoints").glob("step-*")), default=0)

while True:
    child = os.fork()
    if child == 0:
        started = (run / "checkpoints").is_dir() and any((run / "checkpoints").glob("step-*"))
        if not started:
            import shutil
            shutil.rmtree(run, ignore_errors=True)
        records = resume(run, clock=lambda: 0.0) if started else train(
            Corpus.open(corpus_path), run=run, overrides=overrides, clock=lambda: 0.0)
        for record in records:
            pass
        os._exit(0)
    goal = newest() + moments.randint(1, 8)
    while newest() < goal:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.001)
    else:
        time.sleep(moments.uniform(0.0, 0.03))  # at any moment, a checkpoint half written included
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        deaths += 1
        continue
    if status:
        sys.exit(f"the child failed with {status}")
    break
print(deaths)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="killing a process at a random moment needs fork")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_run_killed_again_and_again_ends_as_if_it_never_was(
    corpus: Corpus, model: str, tmp_path: Path, seed: int
) -> None:
    overrides = settings(model, steps=60, save_every=1, keep_checkpoints=1, val_every=20)
    run = tmp_path / "whole"
    list(train(corpus, run=run, overrides=overrides, clock=still))
    command = [
        sys.executable,
        "-W",
        "error",
        "-c",
        KILLED,
        str(corpus.path),
        str(tmp_path / "killed"),
        str(seed),
        repr(overrides),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr[-2000:]
    assert int(result.stdout) >= 3, "it was hardly killed at all"
    assert not differences(final_state(run), final_state(tmp_path / "killed"))
