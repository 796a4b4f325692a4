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

from penwright.author_file import load_author
from penwright.corpus.store import Corpus
from penwright.errors import RunError
from penwright.training import loop as loop_module
from penwright.training import start as start_module
from penwright.training.checkpoint import Checkpoint, Loaded, load_checkpoint, load_latest
from penwright.training.records import AnyRecord, Finished, RolledBack, Saved
from penwright.training.start import resume, train
from penwright.training.state import Counters, TrainingState
from penwright.training.validation import Validation

STEPS = 14
SETTINGS: dict[str, dict[str, Any]] = {
    "model": {
        "cell": "gru",
        "is_residual": False,
        "embedding_dim": 8,
        "hidden_size": 16,
        "num_layers": 2,
        "dropout": 0.2,
    },
    "train": {
        "steps": STEPS,
        "batch_size": 4,
        "seq_len": 16,
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


def settings(**train_settings: Any) -> dict[str, dict[str, Any]]:
    return {**SETTINGS, "train": {**SETTINGS["train"], **train_settings}}


def still() -> float:
    """A clock that stands still, so that elapsed time is the same in every life."""
    return 0.0


def final_state(run: Path) -> TrainingState:
    return load_latest(run / "checkpoints").checkpoint.state


def differences(first: TrainingState, second: TrainingState) -> list[str]:
    """Names of whatever is not the same, bit for bit."""
    found = ["counters"] if first.counters != second.counters else []
    for part in ("weights", "moments", "lanes", "random"):
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


@pytest.fixture(scope="module")
def whole(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    list(train(corpus, run=run, overrides=SETTINGS, clock=still))
    return run


def test_a_run_repeats_bit_for_bit(corpus: Corpus, whole: Path, tmp_path: Path) -> None:
    list(train(corpus, run=tmp_path / "run", overrides=SETTINGS, clock=still))
    assert not differences(final_state(whole), final_state(tmp_path / "run"))


def test_another_seed_gives_another_author(corpus: Corpus, whole: Path, tmp_path: Path) -> None:
    list(train(corpus, run=tmp_path / "run", overrides=SETTINGS, seed=1, clock=still))
    assert "weights/readout_weight" in differences(final_state(whole), final_state(tmp_path / "run"))


@pytest.mark.parametrize("saves", [1, 2, 4])
def test_an_abandoned_run_resumes_bit_for_bit(corpus: Corpus, whole: Path, tmp_path: Path, saves: int) -> None:
    run = tmp_path / "run"
    stop_after(train(corpus, run=run, overrides=SETTINGS, clock=still), saves)
    assert final_state(run).counters.step == 3 * saves
    list(resume(run, clock=still))
    assert not differences(final_state(whole), final_state(run))


def test_the_diary_and_metrics_of_a_resumed_run_are_those_of_a_whole_one(
    corpus: Corpus, whole: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    stop_after(train(corpus, run=run, overrides=SETTINGS, clock=still), 2)
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


def test_a_user_who_stops_loses_nothing(corpus: Corpus, whole: Path, tmp_path: Path) -> None:
    run, asked = tmp_path / "run", iter([False] * 7 + [True] * 99)
    records = list(train(corpus, run=run, overrides=SETTINGS, stop=lambda: next(asked), clock=still))
    assert [(record.kind, getattr(record, "reason", "")) for record in records[-2:]] == [
        ("saved", "stopped"),
        ("finished", "stopped"),
    ]
    assert final_state(run).counters.step == 7
    list(resume(run, clock=still))
    assert not differences(final_state(whole), final_state(run))


def test_a_run_killed_before_its_last_word_says_it_when_resumed(corpus: Corpus, whole: Path, tmp_path: Path) -> None:
    """All steps were saved, but the process died before the final scores: resuming used to call the run finished."""
    run = tmp_path / "run"
    for record in train(corpus, run=run, overrides=SETTINGS, clock=still):
        if isinstance(record, Saved) and record.reason == "finished":
            break
    assert load_author(run / "author.safetensors").card.test_scores == ()
    records = list(resume(run, clock=still))
    assert isinstance(records[-1], Finished)
    assert records[-1].test_books
    assert load_author(run / "author.safetensors").card.test_scores == records[-1].test_books
    with pytest.raises(RunError, match=r"is finished: 14 steps.*give a larger --for"):
        list(resume(run, clock=still))


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
    "moments",
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
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str | None
) -> None:
    """The run is saved at step 16 of 20, in its second epoch. It explodes once before that and, where the rollback
    state is in question, once after it; its held-out books are read best at step 9.
    """
    overrides = settings(steps=20, save_every=8, snapshot_every=7, val_every=2, batch_size=8, seq_len=96, patience=0)
    explosions = {(6, 0), (18, 1)} if part in (None, "rollback") else {(6, 0)}

    def explode(reading: Any, counters: Counters, *, config: Any) -> bool:
        return (counters.step, counters.num_rollbacks) in explosions

    def read_best_at_9(session: Any) -> Validation:
        return Validation(3.0 + abs(session.counters.step - 9), 0.5, 100, ())

    monkeypatch.setattr(loop_module, "is_exploding", explode)
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


def load_checkpoint_of_a_fresh_run(corpus: Corpus, run: Path, overrides: dict[str, dict[str, Any]]) -> TrainingState:
    """What a session of this run would hold before its first step."""
    for _ in train(corpus, run=run, overrides=overrides, stop=lambda: True, clock=still):
        pass
    return load_checkpoint(run / "checkpoints" / "step-000000000").state


def test_time_spent_goes_on_counting_after_a_resume(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    ticks = iter(range(10_000))
    stop_after(train(corpus, run=run, overrides=SETTINGS, clock=lambda: float(next(ticks))), 2)
    saved = final_state(run).counters.elapsed_seconds
    assert saved > 0
    records = list(resume(run, clock=lambda: 500.0 + next(ticks)))
    assert saved < records[0].elapsed_seconds < saved + 20


KILLED = """
import sys, torch
from pathlib import Path
from penwright.corpus.store import Corpus
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
def test_a_run_killed_again_and_again_ends_as_if_it_never_was(corpus: Corpus, tmp_path: Path, seed: int) -> None:
    overrides = settings(steps=60, save_every=1, keep_checkpoints=1, val_every=20)
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
