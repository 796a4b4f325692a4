"""What a process that `torchrun` has restarted does with the folder of a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from penwright.errors import RunError
from penwright.training.distributed import World
from penwright.training.records import Finished, to_json
from penwright.training.runs import restarts
from penwright.training.runs.checkpoint import checkpoint_path
from penwright.training.runs.restarts import RunState, state_of


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "ours")


def write_run(run: Path, *, env: Mapping[str, Any], is_finished: bool = False) -> None:
    checkpoint = checkpoint_path(run / "checkpoints", 5)
    checkpoint.mkdir(parents=True)
    (checkpoint / "manifest.json").write_text("{}", encoding="utf-8")
    (run / "config.toml").write_text("", encoding="utf-8")
    (run / "env.json").write_text(json.dumps(env), encoding="utf-8")
    if is_finished:
        end = Finished(
            step=5,
            chars_read=1,
            elapsed_seconds=1.0,
            reason="done",
            best_bits_per_char=None,
            best_step=None,
            author="",
            val_books=(),
            test_books=(),
        )
        (run / "metrics.jsonl").write_text(json.dumps(to_json(end)) + "\n", encoding="utf-8")


def test_its_own_run_is_gone_on_with(tmp_path: Path) -> None:
    write_run(tmp_path, env={"job": "ours"})
    assert state_of(tmp_path, world=World()) is RunState.UNFINISHED


def test_its_own_run_that_has_ended_stays(tmp_path: Path) -> None:
    write_run(tmp_path, env={"job": "ours"}, is_finished=True)
    assert state_of(tmp_path, world=World()) is RunState.ENDED


@pytest.mark.parametrize("env", [{"job": "another"}, {"job": None}, {}])
def test_the_run_of_another_job_is_refused(tmp_path: Path, env: Mapping[str, Any]) -> None:
    write_run(tmp_path, env=env)
    with pytest.raises(RunError, match="already holds a run"):
        state_of(tmp_path, world=World())


def test_a_run_without_a_checkpoint_is_begun_again(tmp_path: Path) -> None:
    assert state_of(tmp_path, world=World()) is RunState.NEW


def test_the_others_believe_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their folder may lag behind, and their `torchrun` may know of no restart."""
    write_run(tmp_path, env={"job": "another"})
    monkeypatch.setattr(restarts, "broadcast", lambda values, *, world: [1.0])
    assert state_of(tmp_path, world=World(1, 2)) is RunState.UNFINISHED
