"""Kill one of two processes that train together, at random moments, and see that nothing is lost.

    python benchmarks/training_kills.py [--kills 30] [--in-a-run 4] [--seed 0] [BOOKS]

`torchrun --max-restarts` starts the processes again after each kill, and the run goes on by itself. A moment is drawn
from the whole life of the processes: while they import, prepare, count, learn, save or score. Each run is compared with
one that nobody disturbed: the losses of all steps, and every tensor of the last checkpoint, must be equal to the last
bit. Every end must be a clean one, of the processes that were never killed too.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from common import ROOT, results_header, write_results

from penwright.training.runs.checkpoint import load_latest

PROCESSES = 2
STEPS, SAVE_EVERY = 200, 10
SETTINGS = {
    "model": {"cell": "gated", "embedding_dim": 8, "hidden_size": 16, "num_layers": 1, "mlp_size": 8},
    "train": {"batch_size": 4, "seq_len": 32, "progress_every": 1, "precision": "float32", "save_every": SAVE_EVERY},
    "diary": {"max_chars": 10},
}
LONGEST = 300.0
"""Seconds in which a run must go on or end."""


def start(run: Path, books: Path) -> "subprocess.Popen[str]":
    """Start a training of two processes."""
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(PROCESSES), "--max-restarts", "100"]
    options = [f"--set={table}.{name}={value}" for table, each in SETTINGS.items() for name, value in each.items()]
    words = ["train", str(books), "--run-dir", str(run), "--steps", str(STEPS), "--threads", "1", "--quiet", *options]
    words += ["--device", "cpu", "--set=model.ngram_entries=20000", "--set=model.match_slots=64"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PENWRIGHT_CACHE": str(run.parent), "PYTHONPATH": str(ROOT)}
    with run.with_suffix(".log").open("w", encoding="utf-8") as log:
        command = [sys.executable, "-m", *launcher, "-m", "penwright", *words]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, text=True)


def processes_of(launcher: int) -> dict[int, int]:
    """Return the number of the process of each rank that `torchrun` has started."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and f"\nPPid:\t{launcher}\n" in (folder / "status").read_text():
                words = (folder / "environ").read_bytes().split(b"\0")
                found |= {int(word[5:]): int(folder.name) for word in words if word.startswith(b"RANK=")}
        except OSError:  # it has ended
            continue
    return found


def kill_some(training: "subprocess.Popen[str]", kills: int, *, life: float, draw: random.Random) -> list[int]:
    """Kill processes until so many are dead or the training has ended, and return the ranks killed."""
    ranks: list[int] = []
    killed: set[int] = set()
    deadline = time.monotonic() + LONGEST
    while len(ranks) < kills and training.poll() is None and time.monotonic() < deadline:
        alive = processes_of(training.pid)
        if len(alive) < PROCESSES or killed & set(alive.values()):
            time.sleep(0.02)
            continue
        time.sleep(draw.uniform(0.0, 0.6 * life))  # the first run's life, which compiled and prepared too
        rank = draw.randrange(PROCESSES)
        number = processes_of(training.pid).get(rank)
        if number is None or number not in alive.values() or training.poll() is not None:
            continue
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed |= set(alive.values())
        ranks.append(rank)
        deadline = time.monotonic() + LONGEST
    return ranks


def outcome(run: Path) -> tuple[dict[int, float], dict[str, torch.Tensor]]:
    """Return the loss of each step, and all tensors of the last checkpoint."""
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    losses = {each["step"]: each["loss"] for each in map(json.loads, lines) if each["kind"] == "progress"}
    state = load_latest(run / "checkpoints").checkpoint.state
    parts = {part: getattr(state, part) for part in ("weights", "optimizer", "lanes", "random")}
    return losses, {f"{part}/{name}": tensor for part, each in parts.items() for name, tensor in each.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", nargs="?", type=Path, default=ROOT / "tests" / "shelf")
    parser.add_argument("--kills", type=int, default=30, help="in all runs together")
    parser.add_argument("--in-a-run", type=int, default=4, help="largest number of kills in one run")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        whole = start(Path(folder) / "whole", arguments.books)
        assert whole.wait(LONGEST) == 0, (Path(folder) / "whole.log").read_text(encoding="utf-8")
        life = time.monotonic() - began
        losses, tensors = outcome(Path(folder) / "whole")
        ranks: list[int] = []
        runs = survived = equal = aborted = 0
        taken = []
        while len(ranks) < arguments.kills:
            runs += 1
            run = Path(folder) / f"run-{runs}"
            began = time.monotonic()
            training = start(run, arguments.books)
            left = min(arguments.in_a_run, arguments.kills - len(ranks))
            ranks += kill_some(training, left, life=life, draw=draw)
            survived += training.wait(LONGEST) == 0
            taken.append(time.monotonic() - began)
            log = run.with_suffix(".log").read_text(encoding="utf-8")
            aborted += "terminate called" in log or "SIGABRT" in log
            others, found = outcome(run)
            is_equal = others == losses and found.keys() == tensors.keys()
            is_equal = is_equal and all(torch.equal(tensor, found[name]) for name, tensor in tensors.items())
            equal += is_equal
            print(f"run {runs}: {len(ranks)} kills, {survived} survived, {equal} equal, {aborted} aborted", flush=True)
    body = (
        f"{len(ranks)} kills in {runs} runs of {PROCESSES} processes and {STEPS} steps, with a checkpoint "
        f"every {SAVE_EVERY}; rank 0 was killed {ranks.count(0)} times. A run that nobody disturbed takes {life:.0f} "
        f"s, one with kills {statistics.median(taken):.0f} s (median).\n\n"
        "| | runs |\n|---|---|\n"
        f"| came to their end | {survived} of {runs} |\n"
        f"| equal in the loss of every step and in every tensor, to the last bit | {equal} of {runs} |\n"
        f"| in which a process aborted by itself | {aborted} |\n\n"
        f"Load of the machine at the end: {os.getloadavg()[0]:.1f}."
    )
    write_results("training_kills", "Killing processes that train together", results_header(), body)


if __name__ == "__main__":
    main()
