"""A checkpoint is complete and verified, or it is refused by name; the last good one always loads."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.errors import CheckpointError
from penwright.files import durable
from penwright.training.runs import checkpoint as module
from penwright.training.runs.checkpoint import (
    Checkpoint,
    checkpoint_path,
    list_checkpoints,
    load_checkpoint,
    load_latest,
    prune_checkpoints,
    save_checkpoint,
    step_of,
)
from penwright.training.state import Counters, TrainingState


def state_at(step: int) -> TrainingState:
    generator = torch.Generator().manual_seed(step)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    return TrainingState(
        counters=Counters(step=step, epoch=2, window=5, chars_read=640, elapsed_seconds=1.25, loss_average=2.5),
        weights={"readout.weight": numbers(4, 3)},
        optimizer={"readout.weight/exp_avg": numbers(4, 3), "readout.weight/step": torch.tensor(float(step))},
        lanes={"lanes/0/hidden": numbers(2, 3)},
        random={"dropout": generator.get_state()[None]},
    )


def checkpoint_at(step: int) -> Checkpoint:
    return Checkpoint(state=state_at(step), rollback=state_at(max(0, step - 1)))


def assert_same(first: TrainingState, second: TrainingState) -> None:
    assert first.counters == second.counters
    for one, other in zip(first[1:], second[1:], strict=True):
        assert one.keys() == other.keys()
        for name in one:
            assert torch.equal(one[name], other[name])
            assert one[name].dtype == other[name].dtype


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "checkpoints", checkpoint_at(7))
    loaded = load_checkpoint(path)
    assert step_of(path) == 7
    assert_same(loaded.state, state_at(7))
    assert_same(loaded.rollback, state_at(6))


def test_tensors_without_elements_and_empty_parts_come_back(tmp_path: Path) -> None:
    state = state_at(1)._replace(optimizer={}, lanes={"lanes/0": torch.zeros(2, 0)})
    assert_same(load_checkpoint(save_checkpoint(tmp_path, Checkpoint(state, state))).state, state)


def test_tensors_of_all_types_come_back(tmp_path: Path) -> None:
    types = (torch.bool, torch.uint8, torch.bfloat16, torch.float32, torch.int32, torch.int64)
    tensors = {f"{kind} \N{SNOWMAN}": torch.arange(12).view(3, 4).to(kind) for kind in types}
    state = state_at(1)._replace(lanes={**tensors, "one": torch.tensor(2.0), "none": torch.zeros(2, 0)})
    assert_same(load_checkpoint(save_checkpoint(tmp_path, Checkpoint(state, state))).state, state)


def test_the_newest_good_checkpoint_is_taken_and_the_refused_are_named(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, checkpoint_at(step))
    (checkpoint_path(tmp_path, 3) / "weights.safetensors").write_bytes(b"short")
    loaded = load_latest(tmp_path)
    assert loaded.path == checkpoint_path(tmp_path, 2)
    assert len(loaded.refused) == 1
    assert "step-000000003" in loaded.refused[0]
    assert checkpoint_path(tmp_path, 3).exists(), "damaged checkpoints are never deleted"


def test_no_good_checkpoint_says_what_is_wrong_with_each(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cut off before its first checkpoint"):
        load_latest(tmp_path / "missing")
    save_checkpoint(tmp_path, checkpoint_at(1))
    (checkpoint_path(tmp_path, 1) / "counters.json").unlink()
    with pytest.raises(CheckpointError, match=r"counters\.json is missing"):
        load_latest(tmp_path)


NAMES = ["counters.json", "weights.safetensors", "rollback/moments.safetensors", "lanes.safetensors", "manifest.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_any_changed_byte_is_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    path = checkpoint_path(tmp_path, 4)
    if not path.exists():
        save_checkpoint(tmp_path, checkpoint_at(4))
    file = path / name
    whole = file.read_bytes()
    offset = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(1, 255))
    damaged = whole[:offset] + bytes([whole[offset] ^ change]) + whole[offset + 1 :]
    cut = data.draw(st.booleans())
    try:
        file.write_bytes(whole[:offset] if cut else damaged)
        try:
            loaded = load_checkpoint(path)
        except CheckpointError:
            return
        assert name == "manifest.json", "a changed file passed for good"
        assert_same(loaded.state, state_at(4))
    finally:
        file.write_bytes(whole)


def test_a_number_in_place_of_a_manifest_is_refused(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, checkpoint_at(4))
    (path / "manifest.json").write_text("17", encoding="utf-8")
    with pytest.raises(CheckpointError, match="does not hold a JSON object"):
        load_checkpoint(path)


def test_a_checkpoint_of_another_format_says_so(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, checkpoint_at(4))
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    (path / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="has the format 99; this Penwright reads 1"):
        load_checkpoint(path)


class Crash(BaseException):
    """The power is cut: nothing that handles errors may run."""


def test_a_crash_at_any_moment_of_a_save_leaves_the_last_good_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut the save short before its first, second, third ... touch of the disk, without any clean-up."""
    monkeypatch.setattr(module.shutil, "rmtree", lambda *_, **__: None)
    crashes = 0
    for cut in range(100):
        folder = tmp_path / str(cut)
        save_checkpoint(folder, checkpoint_at(1))
        touches = 0

        def touch(real, *args, _cut=cut, **kwargs):  # type: ignore[no-untyped-def]
            nonlocal touches
            touches += 1
            if touches > _cut:
                raise Crash
            return real(*args, **kwargs)

        with monkeypatch.context() as patch:
            for owner, name in ((Path, "replace"), (Path, "rename"), (Path, "mkdir"), (durable.os, "fsync")):
                real = getattr(owner, name)
                patch.setattr(owner, name, lambda *a, _real=real, **k: touch(_real, *a, **k))
            try:
                save_checkpoint(folder, checkpoint_at(2))
                finished = True
            except Crash:
                finished = False
        crashes += not finished
        loaded = load_latest(folder)
        assert not loaded.refused
        step = loaded.checkpoint.state.counters.step
        assert step in (1, 2)
        assert_same(loaded.checkpoint.state, state_at(step))
        if finished:
            assert step == 2
            break
    assert crashes > 12


def test_a_full_disk_leaves_the_last_good_state_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, checkpoint_at(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path, checkpoint_at(2))
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
    assert_same(load_latest(tmp_path).checkpoint.state, state_at(1))


def test_a_step_saved_twice_is_kept_and_a_damaged_one_makes_room(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, checkpoint_at(3))
    before = (path / "manifest.json").stat().st_mtime_ns
    assert save_checkpoint(tmp_path, checkpoint_at(3)) == path
    assert (path / "manifest.json").stat().st_mtime_ns == before
    (path / "weights.safetensors").write_bytes(b"")
    save_checkpoint(tmp_path, checkpoint_at(3))
    assert_same(load_checkpoint(path).state, state_at(3))
    assert len(list(tmp_path.glob(".damaged-*"))) == 1


def test_a_step_saved_again_with_other_counters_replaces_the_first(tmp_path: Path) -> None:
    """Held-out books were read in between; the gain used to be forgotten by a resume."""
    first = checkpoint_at(3)
    state = first.state._replace(counters=replace(first.state.counters, best_bits_per_char=1.5, best_step=3))
    save_checkpoint(tmp_path, first)
    path = save_checkpoint(tmp_path, Checkpoint(state, first.rollback))
    assert_same(load_checkpoint(path).state, state)
    prune_checkpoints(tmp_path, last_step=3, keep=0, best_step=None)
    assert [each.name for each in tmp_path.iterdir()] == ["step-000000003"]


def test_what_the_disk_cannot_read_is_refused_and_the_next_older_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path, checkpoint_at(1))
    broken = save_checkpoint(tmp_path, checkpoint_at(2))
    real = module.sha256_of

    def read(path: Path) -> str:
        if broken in path.parents:
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr(module, "sha256_of", read)
    loaded = load_latest(tmp_path)
    assert step_of(loaded.path) == 1
    assert "step-000000002 cannot be read" in loaded.refused[0]


def test_the_one_just_saved_is_kept_though_a_damaged_one_has_a_later_step(tmp_path: Path) -> None:
    """After falling back past it, a run without older checkpoints kept only the damaged one."""
    for step in (3, 2):
        save_checkpoint(tmp_path, checkpoint_at(step))
    (checkpoint_path(tmp_path, 3) / "weights.safetensors").write_bytes(b"")
    prune_checkpoints(tmp_path, last_step=2, keep=0, best_step=None)
    assert [step_of(path) for path in list_checkpoints(tmp_path)] == [2, 3]
    assert step_of(load_latest(tmp_path).path) == 2


@pytest.mark.parametrize(
    ("keep", "best", "left"),
    [
        (0, None, [6]),
        (0, 2, [2, 6]),
        (2, None, [4, 5, 6]),
        (2, 4, [3, 4, 5, 6]),
        (9, 1, [1, 2, 3, 4, 5, 6]),
        (1, 6, [5, 6]),
    ],
)
def test_the_best_the_last_and_k_others_are_kept(tmp_path: Path, keep: int, best: int | None, left: list[int]) -> None:
    for step in range(1, 7):
        save_checkpoint(tmp_path, checkpoint_at(step))
    (tmp_path / ".tmp-step-000000009-abcd").mkdir()
    prune_checkpoints(tmp_path, last_step=6, keep=keep, best_step=best)
    assert [step_of(path) for path in list_checkpoints(tmp_path)] == left
    assert not list(tmp_path.glob(".tmp-*"))


def test_counters_of_another_version_are_refused(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, checkpoint_at(2))
    broken = save_checkpoint(tmp_path / "other", Checkpoint(state_at(2), state_at(1)))
    counters = json.loads((broken / "counters.json").read_text(encoding="utf-8"))
    del counters["window"]
    text = json.dumps(counters)
    (broken / "counters.json").write_text(text, encoding="utf-8")
    manifest = json.loads((broken / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["counters.json"] = {"num_bytes": len(text), "sha256": durable.sha256_of(broken / "counters.json")}
    (broken / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(CheckpointError, match="does not hold the counters"):
        load_checkpoint(broken)
    assert load_checkpoint(path).state.counters == replace(state_at(2).counters)


def test_checkpoints_of_a_billion_steps_are_found_and_in_order(tmp_path: Path) -> None:
    """They were written, and none was there to go on from."""
    for step in (999_999_999, 1_000_000_000):
        save_checkpoint(tmp_path, checkpoint_at(step))
    assert [step_of(path) for path in list_checkpoints(tmp_path)] == [999_999_999, 1_000_000_000]
    assert step_of(load_latest(tmp_path).path) == 1_000_000_000
