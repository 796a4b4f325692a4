"""What it costs that several processes learn together: their exchanges by gloo, beside one process on all processors.

    python benchmarks/communication.py [--rounds 15] [--processes 2]

Two ways of using the same processors take turns: one process with as many threads as there are processes, which reads
all lanes, and the processes with one thread each, which share the lanes and average their gradients. The tables of
n-grams are empty, the text is random. Speeds are medians over the rounds, ratios are medians of the ratios within a
round. An exchange is timed by itself too, from a moment at which all processes have come to it.

Then: the two small messages of every step by which rank 0 tells its clock, and n-gram tables sent from one process to
the others.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from common import results_header, write_results

from penwright.model.char_model import CharModel, some_lanes
from penwright.model.float32 import faster_float32
from penwright.training.batches import Batch
from penwright.training.distributed import World, average_gradients, broadcast, joined, send, wait_for_all
from penwright.training.gradients import forward_backward
from penwright.training.machine import keep_freed_memory, usable_processors, use_threads
from penwright.training.planning.sizes import Size, sized
from penwright.training.settings.resolve import resolve_config
from penwright.training.threads import divided

VOCAB_SIZE = 98
SIZES = ((Size(96, 2), 16), (Size(96, 2), 64), (Size(192, 3), 64), (Size(384, 3), 64))
"""Networks and lanes of all processes."""
ENTRIES, CONTEXTS = 32_000_000, 10_800_000  # of the largest tables of the default preset, and of 90 novels
ROUNDS_APART = 2
"""Rounds that are not counted: the first compile kernels and open connections."""


def updates_of(size: Size, lanes: int, *, world: World) -> tuple[Callable[[], object], CharModel]:
    """Return a function that makes one update of a network, with the lanes of this process, and the network."""
    config = sized(resolve_config("default").config, size)
    model = CharModel(config.model_config(vocab_size=VOCAB_SIZE), generator=torch.Generator().manual_seed(0))
    seq_len, share = config.train.seq_len, lanes // world.size
    ids = torch.randint(VOCAB_SIZE, (share, seq_len + 1), generator=torch.Generator().manual_seed(world.rank))
    batch = Batch(ids[:, :-1], ids[:, 1:], None)
    groups = divided(share, seq_len=seq_len)
    states = [some_lanes(model.initial_state(share), rows) for rows in groups]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    parameters = list(model.parameters())

    def update() -> None:
        states[:] = forward_backward(model, batch, states, groups).states
        average_gradients(parameters, torch.zeros(2), world=world)
        optimizer.step()

    return faster_float32()(update), model


def seconds_of(work: Callable[[], object], *, world: World) -> float:
    """Return the seconds that some work of all processes takes."""
    wait_for_all(world)
    began = time.perf_counter()
    work()
    wait_for_all(world)
    return time.perf_counter() - began


def measure_size(size: Size, lanes: int, *, rounds: int, world: World) -> dict[str, Any]:
    """Return the seconds of each round: of one process alone, of all together, and of an exchange alone."""
    use_threads(world.size)
    alone, _ = updates_of(size, lanes, world=World())
    use_threads(1)
    together, model = updates_of(size, lanes, world=world)
    parameters = list(model.parameters())
    taken: dict[str, list[float]] = {"alone": [], "together": [], "exchange": []}
    for _ in range(ROUNDS_APART + rounds):
        use_threads(world.size if world.leads else 1)
        taken["alone"].append(seconds_of(alone if world.leads else lambda: None, world=world))
        use_threads(1)
        taken["together"].append(seconds_of(together, world=world))
        exchange = lambda: average_gradients(parameters, torch.zeros(2), world=world)  # noqa: E731
        taken["exchange"].append(seconds_of(exchange, world=world))
    num_chars = lanes * resolve_config("default").config.train.seq_len
    found = {name: times[ROUNDS_APART:] for name, times in taken.items()}
    return {"size": size.name, "lanes": lanes, "chars": num_chars, "parameters": model.num_parameters, **found}


def measure(*, rounds: int, world: World) -> dict[str, Any]:
    """Measure everything; rank 0 is believed."""
    keep_freed_memory()
    sizes = [measure_size(size, lanes, rounds=rounds, world=world) for size, lanes in SIZES]
    messages = [seconds_of(lambda: [broadcast([1.0, 0.0], world=world) for _ in range(200)], world=world) / 200]
    tables = [torch.zeros(ENTRIES, dtype=torch.int32), torch.zeros(ENTRIES, dtype=torch.uint8)]
    tables += [torch.zeros(CONTEXTS, dtype=dtype) for dtype in (torch.int32, *[torch.uint8] * 3)]
    sending = [seconds_of(lambda: send(tables, source=0, world=world), world=world) for _ in range(3)]
    num_bytes = sum(tensor.nbytes for tensor in tables)
    return {"sizes": sizes, "message": min(messages), "sending": min(sending), "table_bytes": num_bytes}


def body_of(found: dict[str, Any], *, rounds: int, processes: int) -> str:
    """Return the results as Markdown."""
    lines = [
        f"| size | weights | lanes | one process, {processes} threads | {processes} processes, 1 thread | ratio "
        "| an exchange | of an update | MB/s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in found["sizes"]:
        alone, together, exchange = (each[name] for name in ("alone", "together", "exchange"))
        ratio = statistics.median(one / other for one, other in zip(alone, together, strict=True))
        speeds = [f"{each['chars'] / statistics.median(times):,.0f} chars/s" for times in (alone, together)]
        share = statistics.median(part / whole for part, whole in zip(exchange, together, strict=True))
        shortest = min(exchange)
        lines.append(
            f"| {each['size']} | {each['parameters']:,} | {each['lanes']} | {' | '.join(speeds)} | {ratio:.2f} | "
            f"{1000 * statistics.median(exchange):.1f} ms | {100 * share:.0f} % | "
            f"{4 * each['parameters'] / shortest / 1e6:,.0f} |"
        )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (
        f"{rounds} rounds, all in turn, on {usable_processors()} processors: {processes} processes share one machine, "
        "and what they exchange goes over its loopback. A network between machines adds its own time; "
        f"`docs/many-processes.md` has the arithmetic. Load of the machine at the end: {load:.1f}.\n\n"
        + "\n".join(lines)
        + "\n\nThe exchange includes laying the gradients side by side and back; its MB/s are of the shortest one. "
        f"A message of two numbers takes {1e6 * found['message']:.0f} microseconds; a step has one. "
        f"The largest tables of a fold ({found['table_bytes'] / 1e6:,.0f} MB) are sent in "
        f"{found['sending']:.2f} s."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)  # given to each process
    arguments = parser.parse_args()
    if arguments.out is not None:
        with joined() as world:
            found = measure(rounds=arguments.rounds, world=world)
            if world.leads:
                arguments.out.write_text(json.dumps(found), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(arguments.processes)]
        words = ["--rounds", str(arguments.rounds), "--out", str(out)]
        subprocess.run([sys.executable, "-m", *launcher, __file__, *words], check=True)
        found = json.loads(out.read_text(encoding="utf-8"))
    body = body_of(found, rounds=arguments.rounds, processes=arguments.processes)
    write_results("communication", "What processes that learn together exchange", results_header(), body)


if __name__ == "__main__":
    main()
