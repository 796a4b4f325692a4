"""Two processes read together what one reads alone, take the same steps and leave the same run."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import penwright
from penwright.author.author import Author
from penwright.corpus.store import Corpus
from penwright.errors import CheckpointError, ConfigError, RunError
from penwright.training import distributed, run_environment, start
from penwright.training.distributed import (
    World,
    add_up,
    average_gradients,
    broadcast,
    gather,
    job,
    joined,
    restore_generator,
    send,
    wait_for_all,
)
from penwright.training.runs.checkpoint import load_latest
from penwright.training.runs.folder import RunFolder
from penwright.training.session import Session
from penwright.training.settings.config import PRECISIONS, RunConfig, TrainConfig
from penwright.training.start import resume, train

MODELS: dict[str, dict[str, Any]] = {
    "plain": {"cell": "gru", "is_residual": False, "embedding_dim": 8, "hidden_size": 16, "num_layers": 1},
    "with context models": {
        "cell": "gated",
        "embedding_dim": 8,
        "hidden_size": 16,
        "num_layers": 1,
        "mlp_size": 8,
        "ngram_entries": 20_000,
        "match_slots": 64,
    },
}
SETTINGS: dict[str, dict[str, Any]] = {
    "train": {
        "steps": 6,
        "batch_size": 4,
        "seq_len": 64,
        "val_every": 3,
        "val_chars": 300,
        "save_every": 2,
        "threads": 1,
        "precision": "float32",
    },
    "diary": {"max_chars": 10, "every": 3},
}

# What one of the processes does: note the batches it reads, train, resume.
MEMBER = """
import ast, json, sys
from pathlib import Path
from penwright.training.batches import Lanes
from penwright.corpus.store import Corpus
from penwright.training.distributed import joined
from penwright.training.start import resume, train

corpus, run, overrides = Corpus.open(sys.argv[1]), Path(sys.argv[2]), ast.literal_eval(sys.argv[3])
real, seen = Lanes.batch, []

def batch(self, epoch, window, *, lanes=slice(None)):
    found = real(self, epoch, window, lanes=lanes)
    seen.append([epoch, window, found.inputs.tolist(), found.targets.tolist()])
    return found

Lanes.batch = batch
with joined() as world:
    for record in train(corpus, run=run, overrides=overrides, steps=4, clock=lambda: 0.0):
        pass
    for record in resume(run, steps=6, clock=lambda: 0.0):
        pass
Path(f"{run}-batches-{world.rank}.json").write_text(json.dumps(seen), encoding="utf-8")
"""

# One process of a group takes a step, leaves the group and tells which threads of the group there were.
LEAVING = """
import json, sys
from contextlib import suppress
from pathlib import Path

import torch
from penwright.training.distributed import World, joined

def threads():
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    return [name for name in names if "gloo" in name or "tcpstore" in name]

with suppress(ZeroDivisionError), joined() as world:
    assert world == World(0, 1)
    weight = torch.nn.Parameter(torch.ones(3))
    weight.grad = torch.ones(3)
    torch.distributed.all_reduce(weight.grad)
    torch.optim.AdamW([weight]).step()
    during = threads()
    if sys.argv[1] == "True":
        raise ZeroDivisionError
assert not torch.distributed.is_initialized()
print(json.dumps([during, threads()]))
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(penwright.__file__).parents[1])}  # the package under test, no other


def test_gradients_are_averaged_and_numbers_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_reduce(flat: torch.Tensor) -> None:
        flat += torch.arange(1.0, 1.0 + len(flat))  # what the others had, together

    monkeypatch.setattr(distributed.dist, "all_reduce", all_reduce)
    wide, unused, last = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(1))
    wide.grad, last.grad = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).T, torch.tensor([4.0])
    numbers = average_gradients([wide, unused, last], torch.tensor([5.0, 6.0]), world=World(1, 4))
    assert numbers.tolist() == [6.0, 8.0]
    assert wide.grad.tolist() == [[1.0, 1.75], [1.75, 2.5]] and unused.grad is None and last.grad.tolist() == [2.75]


def test_one_process_is_a_world_of_its_own() -> None:
    with joined() as world:
        assert world == World()
    assert world.leads
    assert world.lanes(6) == slice(0, 6)
    assert broadcast([1.5, 2.0], world=world) == [1.5, 2.0]
    assert add_up([1.5, 2.0], world=world) == [1.5, 2.0]
    tensor = torch.arange(4.0)
    assert gather(tensor, world=world) is tensor
    assert send([tensor], source=0, world=world)[0] is tensor
    facts = average_gradients([nn.Parameter(tensor)], torch.tensor([3.0]), world=world)
    assert facts.tolist() == [3.0]


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch was built without distributed processes")
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are named in /proc on Linux only")
@pytest.mark.parametrize("fails", [False, True])
def test_no_thread_of_the_group_outlives_it(fails: bool) -> None:
    """One that still had tensors to release aborted the process at its exit, now and then."""
    given = {
        "RANK": "0",
        "WORLD_SIZE": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "0",
        "TORCHELASTIC_RUN_ID": "test",
    }
    found = subprocess.run(
        [sys.executable, "-c", LEAVING, str(fails)],
        capture_output=True,
        text=True,
        check=False,
        env={**ENVIRONMENT, **given},
    )
    assert found.returncode == 0, found.stderr[-3000:]
    during, after = json.loads(found.stdout)
    assert during
    assert after == []


def test_all_take_the_precision_that_the_leader_found_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each measured for itself, and their weights would have drifted apart."""
    told = [float(PRECISIONS.index("float32"))]
    monkeypatch.setattr(start, "broadcast", lambda values, *, world: told if world.rank else values)
    config = replace(RunConfig(), train=TrainConfig(precision="bfloat16"))
    assert start._agreed(config, World(1, 2)).train.precision == "float32"
    assert start._agreed(config, World(0, 2)).train.precision == "bfloat16"


def test_lanes_are_shared_evenly_or_refused() -> None:
    assert [World(rank, 3).lanes(6) for rank in range(3)] == [slice(0, 2), slice(2, 4), slice(4, 6)]
    with pytest.raises(ConfigError, match="batch_size=6 lanes cannot be shared by 4 processes. Choose a multiple of 4"):
        World(0, 4).lanes(6)


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch was built without distributed processes")
@pytest.mark.parametrize("model", MODELS)
def test_two_processes_read_and_learn_what_one_does(corpus: Corpus, tmp_path: Path, model: str) -> None:
    """With context models, another fold of the shelf begins at windows 3 and 6."""
    overrides = {**SETTINGS, "model": MODELS[model]}
    alone, pair = tmp_path / "alone", tmp_path / "pair"
    # The schedule of a run depends on its length: one process goes through the same two lengths.
    list(train(corpus, run=alone, overrides=overrides, steps=4, clock=lambda: 0.0))
    list(resume(alone, steps=6, clock=lambda: 0.0))
    script = tmp_path / "member.py"
    script.write_text(MEMBER, encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    result = subprocess.run(
        [*command, str(corpus.path), str(pair), repr(overrides)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=ENVIRONMENT,
    )
    assert result.returncode == 0, result.stderr[-3000:]

    shares = [json.loads(Path(f"{pair}-batches-{rank}.json").read_text(encoding="utf-8")) for rank in (0, 1)]
    config = RunFolder(alone).config()
    lanes = Session(corpus, config, device=torch.device("cpu"), world=World()).lanes
    assert len(shares[0]) == 6
    for (epoch, window, inputs, targets), (epoch_2, window_2, inputs_2, targets_2) in zip(*shares, strict=True):
        assert (epoch, window) == (epoch_2, window_2)
        batch = lanes.batch(epoch, window)
        assert inputs + inputs_2 == batch.inputs.tolist()
        assert targets + targets_2 == batch.targets.tolist()

    one, two = (load_latest(run / "checkpoints").checkpoint.state for run in (alone, pair))
    assert one.counters.step == two.counters.step == 6
    for name, tensor in one.weights.items():
        torch.testing.assert_close(tensor, two.weights[name], rtol=1e-3, atol=1e-4)
    for name, tensor in one.lanes.items():
        torch.testing.assert_close(tensor, two.lanes[name], rtol=1e-3, atol=1e-3)
    first, second = (Author.load(run / "author.safetensors").model.tables for run in (alone, pair))
    assert (first is None) == (second is None) == (model == "plain")
    assert all(torch.equal(one, other) for one, other in zip(first or (), second or (), strict=True))


def test_a_restarted_process_knows_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    assert job() is None
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "books")
    assert job() == "books"
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")  # torchrun was given no name
    assert job() == f"process {os.getppid()}"


def test_random_numbers_go_on_in_another_number_of_processes() -> None:
    def drawn(states: torch.Tensor, world: World) -> list[float]:
        generator = torch.Generator()
        restore_generator(generator, states, world=world)
        return torch.rand(3, generator=generator).tolist()

    states = torch.stack([torch.Generator().manual_seed(seed).get_state() for seed in (1, 2)])
    assert drawn(states, World(1, 2)) == torch.rand(3, generator=torch.Generator().manual_seed(2)).tolist()
    others = [drawn(states, World(rank, 3)) for rank in range(3)]
    assert others == [drawn(states, World(rank, 3)) for rank in range(3)]
    assert len({tuple(numbers) for numbers in others}) == 3
    assert drawn(states.flip(0), World(0, 3)) != others[0]
    with pytest.raises(CheckpointError, match="holds no random state"):
        restore_generator(torch.Generator(), None, world=World())


@pytest.mark.parametrize(
    ("threads", "before", "now", "expected"),
    [(2, 1, 1, 2), (2, 1, 2, 1), (1, 2, 1, 2), (1, 2, 4, 1), (8, 1, 1, 8), (8, 1, 2, 2), (3, None, 1, 3)],
)
def test_another_number_of_processes_divides_the_threads_anew(
    monkeypatch: pytest.MonkeyPatch, threads: int, before: int | None, now: int, expected: int
) -> None:
    monkeypatch.setattr(run_environment, "usable_processors", lambda: 4)
    config = replace(RunConfig(), train=TrainConfig(threads=threads))
    env = {} if before is None else {"num_local_processes": before}
    assert run_environment.threads_of(env, config, world=World(0, now, 0, now)) == expected


def test_a_process_that_is_gone_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*arguments: object, **options: object) -> None:
        raise RuntimeError("[../gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:45678")

    for name in ("broadcast", "all_reduce", "all_gather"):
        monkeypatch.setattr(torch.distributed, name, gone)
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.zeros(1)
    world = World(rank=1, size=2)
    for exchange in (
        lambda: broadcast([1.0], world=world),
        lambda: add_up([1.0], world=world),
        lambda: gather(torch.zeros(1), world=world),
        lambda: send([torch.zeros(1)], source=0, world=world),
        lambda: wait_for_all(world),
        lambda: average_gradients([parameter], torch.zeros(1), world=world),
    ):
        with pytest.raises(RunError, match="another process of this training has ended"):
            exchange()
