"""The exact state of a run on disk: complete and verified, or absent.

A checkpoint is a folder `step-000000500/` of plain files. It is written under another name, and every file is flushed.
The manifest, with the size and SHA-256 of each file, is written last, and only then is the folder renamed. Loading
trusts nothing: a missing manifest, a file of another size or content, or tensors that do not fit are refused by name,
and the next older checkpoint is tried. Nothing damaged is ever deleted.

Files: counters.json; weights, moments (the optimizer's state), lanes and random .safetensors; the same under
`rollback/` for the state that an exploding loss would return to; manifest.json.
"""

import json
import re
import secrets
import shutil
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from penwright.errors import CheckpointError
from penwright.files import json_bytes, sha256_of, sync_file, sync_folder, write_new
from penwright.model.tensor_names import present_name
from penwright.training.state import Counters, TrainingState

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
TENSOR_FILES = {
    "weights": "weights.safetensors",
    "optimizer": "moments.safetensors",  # the name in every checkpoint that was ever written
    "lanes": "lanes.safetensors",
    "random": "random.safetensors",
}
"""File of each part of a `TrainingState` that consists of tensors."""
_NAME = re.compile(r"step-(\d{9,})")


class Checkpoint(NamedTuple):
    """Contents of a checkpoint."""

    state: TrainingState
    rollback: TrainingState
    """State that an exploding loss returns to."""


class Loaded(NamedTuple):
    """A good checkpoint, and the newer ones that were found damaged."""

    checkpoint: Checkpoint
    path: Path
    refused: tuple[str, ...]
    """One sentence for each newer checkpoint that could not be used."""


def checkpoint_path(folder: Path, step: int) -> Path:
    """Return the path of the checkpoint of a step."""
    return folder / f"step-{step:09d}"


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the complete checkpoints of a run, oldest first, without those that a crash left half-written."""
    if not folder.is_dir():
        return []
    there = (path for path in folder.iterdir() if _NAME.fullmatch(path.name) and (path / MANIFEST).is_file())
    return sorted(there, key=step_of)


def step_of(path: Path) -> int:
    """Return the step in the name of a checkpoint."""
    match = _NAME.fullmatch(path.name)
    assert match, f"{path} is no checkpoint"
    return int(match[1])


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint, completely or not at all.

    Args:
        folder: Checkpoint folder of the run; it is made if missing.
        checkpoint: The checkpoint.

    Returns:
        The path of the checkpoint. A good one with the same counters is kept as it is. One with other counters is
        replaced: an evaluation or a rollback may have happened since.

    Raises:
        OSError: If the disk is full or the folder cannot be written; what was there before is untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = checkpoint_path(folder, checkpoint.state.counters.step)
    there = _counters_in(path)
    if there == checkpoint.state.counters:
        return path
    aside = folder / f".tmp-{path.name}-{secrets.token_hex(4)}"
    try:
        aside.mkdir()
        _write_state(aside, checkpoint.state)
        _write_state(aside / "rollback", checkpoint.rollback)
        names = sorted(file.relative_to(aside).as_posix() for file in aside.rglob("*") if file.is_file())
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "step": checkpoint.state.counters.step,
            "files": {
                name: {"num_bytes": (aside / name).stat().st_size, "sha256": sha256_of(aside / name)} for name in names
            },
        }
        write_new(aside / MANIFEST, json_bytes(manifest))
        sync_folder(aside)
        if path.exists():  # a damaged one is moved, not deleted
            kind = ".damaged" if there is None else ".tmp"
            path.rename(folder / f"{kind}-{path.name}-{secrets.token_hex(4)}")
        aside.rename(path)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    sync_folder(folder)
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Read and verify one checkpoint.

    Raises:
        CheckpointError: If a file is missing, has another size or content, or does not parse; it names the file.
    """
    manifest = _read_json(path / MANIFEST)
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise CheckpointError(
            f"{path} has the format {manifest.get('schema_version')!r}; this Penwright reads {SCHEMA_VERSION}. "
            "Resume it with the version that wrote it."
        )
    files = manifest.get("files")
    prefixes = ("", "rollback/")
    expected = {f"{prefix}{name}" for prefix in prefixes for name in ("counters.json", *TENSOR_FILES.values())}
    if not isinstance(files, dict) or set(files) != expected:
        raise CheckpointError(f"{path / MANIFEST} does not list the files of a checkpoint.")
    for name, facts in files.items():
        file = path / name
        if not file.is_file():
            raise CheckpointError(f"{file} is missing.")
        if not isinstance(facts, dict) or file.stat().st_size != facts.get("num_bytes"):
            raise CheckpointError(
                f"{file} has {file.stat().st_size:,} bytes, not what its manifest says; it is damaged."
            )
        if sha256_of(file) != facts.get("sha256"):
            raise CheckpointError(f"{file} has other content than its manifest says; it is damaged.")
    return Checkpoint(*(_read_state(path / prefix) for prefix in prefixes))


def load_latest(folder: Path) -> Loaded:
    """Return the newest good checkpoint.

    Raises:
        CheckpointError: If there is none. It says what is wrong with each that was found, or how to begin again.
    """
    refused: list[str] = []
    for path in reversed(list_checkpoints(folder)):
        try:
            return Loaded(load_checkpoint(path), path, tuple(refused))
        except CheckpointError as error:
            refused.append(str(error))
        except OSError as error:  # the disk cannot read it, or the user may not
            refused.append(f"{path} cannot be read: {error}.")
    if not refused:
        raise CheckpointError(
            f"{folder.parent} was cut off before its first checkpoint, so there is nothing to go on from. "
            f"Begin it again in the same folder: penwright train PATH --run {folder.parent}"
        )
    found = " ".join(refused)
    raise CheckpointError(f"{folder} holds no checkpoint that can be resumed: {found} Start a new run.")


def prune_checkpoints(folder: Path, *, last_step: int, keep: int, best_step: int | None) -> None:
    """Delete old checkpoints, and those that a crash left half-written.

    The last one saved, that of the best step and the `keep` newest others stay. So does any of a later step: it was
    refused when the run was resumed.
    """
    others = [path for path in list_checkpoints(folder) if step_of(path) < last_step and step_of(path) != best_step]
    for path in others[: max(0, len(others) - keep)]:
        # Renamed first, so that a checkpoint whose deletion is interrupted is not taken for a complete one.
        path.rename(folder / f".tmp-{path.name}-{secrets.token_hex(4)}")
    for path in folder.glob(".tmp-*"):
        shutil.rmtree(path, ignore_errors=True)


def _counters_in(path: Path) -> Counters | None:
    """Return the counters of a checkpoint; None if it is missing or damaged."""
    try:
        return load_checkpoint(path).state.counters
    except (CheckpointError, OSError):
        return None


def _write_state(folder: Path, state: TrainingState) -> None:
    folder.mkdir(exist_ok=True)
    write_new(folder / "counters.json", json_bytes(asdict(state.counters)))
    for part, name in TENSOR_FILES.items():
        tensors: dict[str, Tensor] = getattr(state, part)
        safetensors.torch.save_file(tensors, folder / name)  # from the memory of the tensors
        sync_file(folder / name)
    sync_folder(folder)


def _read_state(folder: Path) -> TrainingState:
    values = _read_json(folder / "counters.json")
    known = {field.name for field in fields(Counters)}
    values = {"evaluation_budget": 0, **values}  # absent from checkpoints of earlier versions
    if set(values) != known:
        raise CheckpointError(f"{folder / 'counters.json'} does not hold the counters of a checkpoint.")
    parts = {}
    for part, name in TENSOR_FILES.items():
        file = folder / name
        try:
            tensors = safetensors.torch.load(file.read_bytes())
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{file} cannot be read as tensors: {error}.") from error
        parts[part] = {present_name(name): tensor for name, tensor in tensors.items()}
    return TrainingState(counters=Counters(**values), **parts)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}.") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} does not hold a JSON object.")
    return value
