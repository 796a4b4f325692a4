"""What a process that `torchrun` has restarted does with the folder of a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from penwright.cli import run_training
from penwright.cli.run_training import _go_on_if_restarted
from penwright.cli.speech import Speech
from penwright.training.records import Finished, to_json
from penwright.training.runs.checkpoint import checkpoint_path


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Runs that were gone on with, in place of doing it."""
    runs: list[Path] = []

    def resume_run(run: Path, **options: object) -> int:
        runs.append(run)
        return 0

    monkeypatch.setattr(run_training, "resume_run", resume_run)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "ours")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    return runs


def go_on(run: Path) -> int | None:
    return _go_on_if_restarted(run, (), Speech(is_quiet=True, as_json=False), None, False)


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


def test_its_own_run_is_gone_on_with(tmp_path: Path, resumed: list[Path]) -> None:
    write_run(tmp_path, env={"job": "ours"})
    assert go_on(tmp_path) == 0
    assert resumed == [tmp_path]


def test_its_own_run_that_has_ended_stays(tmp_path: Path, resumed: list[Path]) -> None:
    write_run(tmp_path, env={"job": "ours"}, is_finished=True)
    assert go_on(tmp_path) == 0
    assert resumed == []


@pytest.mark.parametrize("env", [{"job": "another"}, {"job": None}, {}])
def test_the_run_of_another_job_is_left_alone(tmp_path: Path, resumed: list[Path], env: Mapping[str, Any]) -> None:
    write_run(tmp_path, env=env)
    assert go_on(tmp_path) is None
    assert resumed == []


def test_a_run_without_a_checkpoint_is_begun_again(tmp_path: Path, resumed: list[Path]) -> None:
    assert go_on(tmp_path) is None
    assert resumed == []


def test_a_first_attempt_goes_on_with_nothing(
    tmp_path: Path, resumed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TORCHELASTIC_RESTART_COUNT")
    write_run(tmp_path, env={"job": "ours"})
    assert go_on(tmp_path) is None
    assert resumed == []
