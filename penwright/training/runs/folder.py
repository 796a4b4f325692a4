"""The folder of a run: plain files that a person can read, copy and keep.

    config.toml         the whole configuration with every value
    env.json            machine, versions, and path, digest and sizes of the corpus
    metrics.jsonl       one record a line, appended as things happen
    metrics.csv         the curves of it as a table
    samples/            step-000000500.txt: the diary
    checkpoints/        exact states, see checkpoint.py
    author.safetensors  the best author so far
    start.safetensors   the author that the run began from, if it did not begin from nothing
    lock                held while a process trains

This module knows nothing of models or tensors.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import tomli_w
from filelock import FileLock, Timeout

from penwright.errors import ConfigError, RunError
from penwright.files import is_file, leftovers, write_json, write_text
from penwright.training.records import AnyRecord, Finished, Sample, from_json, to_json
from penwright.training.runs import metrics_csv
from penwright.training.runs.checkpoint import list_checkpoints
from penwright.training.runs.newest import runs_near
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import read_toml


class RunFolder:
    """Files of one run. Make it with `create` or `open`."""

    def __init__(self, path: Path) -> None:
        """Name the folder. Nothing is read or written."""
        self.path = path
        self.config_path = path / "config.toml"
        self.env_path = path / "env.json"
        self.metrics_path = path / "metrics.jsonl"
        self.table_path = path / metrics_csv.NAME
        self.samples_dir = path / "samples"
        self.checkpoints_dir = path / "checkpoints"
        self.author_path = path / "author.safetensors"
        self.start_path = path / "start.safetensors"
        self._lock = FileLock(path / "lock")

    @classmethod
    def create(cls, path: Path, *, config: RunConfig, env: dict[str, Any]) -> "RunFolder":
        """Make the folder of a new run and lock it; `locked` releases the lock.

        A run that was cut off before its first checkpoint has nothing to go on from. It is begun again.

        Raises:
            RunError: If the folder already holds a run, is in use, or cannot be made.
        """
        run = cls(path)
        check_free(path)
        try:
            run.path.mkdir(parents=True, exist_ok=True)
            run._acquire()  # before anything is written: another process may be beginning a run here
            try:
                check_free(path)
                run._clear()
                run.samples_dir.mkdir(exist_ok=True)
                run.write_env(env)
                run.write_config(config)
            except BaseException:
                run._lock.release()
                raise
        except OSError as error:
            raise RunError(
                f"the run folder {path} cannot be made ({error.strerror}). Name another with --run."
            ) from error
        return run

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Open an existing run.

        Raises:
            RunError: If the folder is missing or holds no run.
        """
        run = cls(path)
        if not path.is_dir():
            raise RunError(f"there is no run folder {path}.{runs_near(path)}")
        if not run.config_path.is_file():
            raise RunError(f"{path} is not a run: it has no config.toml. Give the folder that 'penwright train' made.")
        return run

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the run for this process, and remove what a killed one was writing in it.

        The lock ends with the process, however that ends.

        Raises:
            RunError: If another process holds the lock.
        """
        self._acquire()
        try:
            for path in leftovers(self.path):
                path.unlink(missing_ok=True)
            yield
        finally:
            self._lock.release(force=True)  # that of `create` too

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError(
                f"{self.path} is in use by another process. Wait for it, stop it, or train in another folder."
            ) from None

    def _clear(self) -> None:
        """Delete the records of a run that has no checkpoint. Its author, if there is one, is set aside."""
        self.metrics_path.unlink(missing_ok=True)
        self.table_path.unlink(missing_ok=True)
        if self.author_path.exists():
            numbers = (self.path / f"author-before-{number}.safetensors" for number in count(1))
            self.author_path.rename(next(path for path in numbers if not path.exists()))
        self.start_path.unlink(missing_ok=True)
        for path in self.samples_dir.glob("step-*.txt"):
            path.unlink()

    @property
    def has_start(self) -> bool:
        """True if the run began from another author."""
        return is_file(self.start_path)

    def write_config(self, config: RunConfig) -> None:
        """Write the configuration."""
        write_text(self.config_path, tomli_w.dumps(config.to_dict()))

    def config(self) -> RunConfig:
        """Return the configuration.

        Raises:
            ConfigError: If the file was edited into something that is not one.
        """
        try:
            return RunConfig.from_dict(read_toml(self.config_path))
        except ConfigError as error:
            raise ConfigError(f"{self.config_path}: {error}") from error

    def env(self) -> dict[str, Any]:
        """Return the contents of env.json: machine, versions and corpus.

        Raises:
            RunError: If the file is missing or damaged.
        """
        try:
            env = json.loads(self.env_path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{self.env_path} cannot be read: {error}. Restore it, or start a new run.") from error
        if not isinstance(env, dict) or not isinstance(env.get("corpus", {}), dict):
            raise RunError(f"{self.env_path} does not describe a run. Restore it, or start a new run.")
        return env

    def write_env(self, env: dict[str, Any]) -> None:
        """Write env.json."""
        write_json(self.env_path, env)

    def append(self, record: AnyRecord) -> None:
        """Add a record to the metrics and their table, and a sample to the diary."""
        with self.metrics_path.open("a", encoding="utf-8", newline="\n") as file:
            # ASCII, so that lines end at line feeds only.
            file.write(json.dumps(to_json(record), ensure_ascii=True) + "\n")
        row = metrics_csv.row_of(record)
        if row:
            with self.table_path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(row if file.tell() else metrics_csv.HEADER + row)
        if isinstance(record, Sample):
            write_text(self.samples_dir / f"step-{record.step:09d}.txt", record.prompt + record.text + "\n")

    def metrics(self) -> list[AnyRecord]:
        """Return the records in order. A last line cut short by a crash is left out."""
        return [from_json(json.loads(line)) for line in self._whole_lines()]

    def ending(self) -> str | None:
        """Return why the run is finished, "done" or "patience"; None if it is not."""
        last = next(reversed(self.metrics()), None)
        return last.reason if isinstance(last, Finished) and last.reason != "stopped" else None

    def forget_after(self, step: int, *, best_step: int | None) -> None:
        """Delete the records of which a checkpoint knows nothing, so that a resumed run makes them again.

        These are the records of later steps, the end of the last session, and an evaluation that was made after the
        checkpoint of its own step.

        Args:
            step: Step of the checkpoint.
            best_step: Step of the best evaluation that the checkpoint knows.
        """
        kept: list[str] = []
        is_saved = False
        for line in self._whole_lines():
            record = json.loads(line)
            is_unknown = record["kind"] == "evaluation" and is_saved and best_step != step
            if record["step"] <= step and record["kind"] != "finished" and not is_unknown:
                kept.append(line)
            is_saved = is_saved or (record["kind"] == "saved" and record["step"] == step)
        write_text(self.metrics_path, "".join(line + "\n" for line in kept))
        write_text(self.table_path, metrics_csv.table_of(from_json(json.loads(line)) for line in kept))
        for path in self.samples_dir.glob("step-*.txt"):
            if path.stem.removeprefix("step-").isdecimal() and int(path.stem.removeprefix("step-")) > step:
                path.unlink()

    def _whole_lines(self) -> list[str]:
        """Return the lines of metrics.jsonl that are whole records.

        Raises:
            RunError: If a line before the last is damaged.
        """
        try:
            written = self.metrics_path.read_bytes().removesuffix(b"\n").split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(f"{self.metrics_path} cannot be read: {error}.") from error
        lines: list[str] = []
        for number, line in enumerate(written, start=1):
            try:
                lines.append(line.decode("utf-8"))
                from_json(json.loads(lines[-1]))
            except (ValueError, KeyError, TypeError, RecursionError):  # a character cut in two included
                if number == len(written):
                    return lines[: number - 1]
                raise RunError(f"{self.metrics_path} is damaged in line {number}. Remove that line to go on.") from None
        return lines


def check_free(path: Path) -> None:
    """Check that a new run can begin in a folder: there is no run, or one that was cut off before its first checkpoint.

    Raises:
        RunError: If there is one that can be resumed, or one that ended and whose checkpoints were deleted since.
    """
    if not (path / "config.toml").exists():
        return
    if list_checkpoints(path / "checkpoints"):
        raise RunError(
            f"{path} already holds a run. Resume it with: penwright train --resume {path}, or name another folder."
        )
    if isinstance(next(reversed(RunFolder(path).metrics()), None), Finished):
        raise RunError(f"{path} holds a run that has ended, without its checkpoints. Name another folder with --run.")
