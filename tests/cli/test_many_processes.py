"""`torchrun -m penwright train`: several processes learn what one learns, whatever happens to them on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from training_kills import processes_of

from penwright.training.runs.checkpoint import load_latest
from penwright.training.state import TrainingState

ROOT = Path(__file__).parents[2]
SHELF = ROOT / "tests" / "shelf"
SETTINGS = {
    "model": {"cell": "gated", "embedding_dim": 8, "hidden_size": 16, "num_layers": 1, "mlp_size": 8},
    "train": {"batch_size": 4, "seq_len": 32, "progress_every": 1, "precision": "float32", "val_chars": 200},
    "diary": {"max_chars": 10},
}
SETTINGS["model"] |= {"ngram_entries": 20_000, "match_slots": 64}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch was built without processes"),
]


class Machine:
    """A folder in which trainings run, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PENWRIGHT_CACHE": str(folder)}

    def start(self, run: str, *words: str, processes: int = 1, resumes: bool = False) -> "subprocess.Popen[str]":
        """Start a training, or go on with one."""
        options = [f"--set={table}.{name}={value}" for table, each in SETTINGS.items() for name, value in each.items()]
        begun = ["--run-dir", run, str(SHELF), "--threads", "1", "--device", "cpu", *options]
        command = ["-m", "penwright", "train", "--quiet", *(["--resume", run] if resumes else begun), *words]
        if processes > 1:
            launcher = ["--standalone", "--nproc-per-node", str(processes), "--max-restarts", "3"]
            command = ["-m", "torch.distributed.run", *launcher, *command]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen([sys.executable, *command], cwd=self.folder, env=self._env, **pipes)

    def train(self, run: str, *words: str, processes: int = 1, resumes: bool = False) -> None:
        """Train to the end."""
        finish(self.start(run, *words, processes=processes, resumes=resumes))

    def losses(self, run: str) -> dict[int, float]:
        """Return the loss of each step."""
        return {record["step"]: record["loss"] for record in self.records(run, "progress")}

    def records(self, run: str, kind: str) -> list[dict[str, Any]]:
        """Return the records of one kind, in order."""
        lines = (self.folder / run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        return [record for record in map(json.loads, lines) if record["kind"] == kind]

    def state(self, run: str) -> TrainingState:
        """Return the state in the last checkpoint of a run."""
        return load_latest(self.folder / run / "checkpoints").checkpoint.state


def finish(training: "subprocess.Popen[str]") -> None:
    said, _ = training.communicate(timeout=280)
    assert training.returncode == 0, said[-3000:]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine on which one process and two have made 200 steps."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    machine.train("one", "--steps", "200")
    machine.train("two", "--steps", "200", "--set", "train.save_every=20", processes=2)
    return machine


def assert_alike(losses: dict[int, float], others: dict[int, float]) -> None:
    assert list(losses) == list(others)
    assert max(abs(losses[step] - others[step]) for step in losses) < 1e-5


def test_two_processes_have_the_losses_of_one(machine: Machine) -> None:
    assert list(machine.losses("one")) == list(range(1, 201))
    assert_alike(machine.losses("one"), machine.losses("two"))


def test_another_number_of_processes_goes_on_with_a_run(machine: Machine) -> None:
    """The schedule of a run depends on its length: one process goes through the same three lengths."""
    for run, counts in (("alone", (1, 1, 1)), ("several", (2, 1, 4))):
        for length, processes in zip(("30", "60", "80"), counts, strict=True):
            machine.train(run, "--steps", length, processes=processes, resumes=length != "30")
    assert_alike(machine.losses("alone"), machine.losses("several"))
    assert json.loads((machine.folder / "several" / "env.json").read_text(encoding="utf-8"))["num_processes"] == 4


@pytest.mark.skipif(not Path("/proc/self/environ").is_file(), reason="processes are found in /proc on Linux only")
def test_a_killed_process_costs_nothing(machine: Machine) -> None:
    """Each kill ends both; `torchrun` starts them again, and the run goes on from its last checkpoint by itself."""
    training = machine.start("killed", "--steps", "200", "--set", "train.save_every=20", processes=2)
    for rank, step in ((1, 20), (0, 100)):
        checkpoint = machine.folder / "killed" / "checkpoints" / f"step-{step:09d}"
        while not checkpoint.is_dir():
            assert training.poll() is None, training.communicate()[0][-3000:]
            time.sleep(0.01)
        os.kill(processes_of(training.pid)[rank], signal.SIGKILL)
        while rank in processes_of(training.pid) and training.poll() is None:  # until it has been noticed
            time.sleep(0.01)
    finish(training)
    assert machine.losses("killed") == machine.losses("two")
    killed, whole = machine.state("killed"), machine.state("two")
    for part in ("weights", "optimizer", "lanes", "random"):
        for name, tensor in getattr(whole, part).items():
            assert torch.equal(tensor, getattr(killed, part)[name]), name
    assert [record["step"] for record in machine.records("killed", "finished")] == [200]
