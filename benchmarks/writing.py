"""How fast does an author write?

    python benchmarks/writing.py [--rounds 5] [--chars 3000] [--out NAME]

Five measures, each beside a peer in the same run, in alternating rounds; medians are shown.

1. One text by the author in the box: the compiled engine beside the plain steps of torch, which wrote before it.
2. One text by the seed preset, three layers of 512: beside a loop over `torch.nn.GRU` and `torch.multinomial`, and
   beside the time that this processor takes to read the weights from memory.
3. Many texts side by side by the author in the box: beside one text.
4. The first character of the author in the box, from the start of a process. Kernels and modules were compiled before.
5. Memory after each tenth of a long text.

The seed preset has new weights: they take as long as trained ones.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from common import results_header, write_results
from torch import nn

from penwright import Author, CharModel
from penwright.alphabet.characters import Alphabet
from penwright.training.settings.resolve import resolve_config
from penwright.writing.crowd import Crowd
from penwright.writing.engines.base import Engine
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.engines.plain import PlainEngine
from penwright.writing.generation import iter_text, read_text
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import draws_of

PROMPT = "It was a dark and stormy night"
CROWDS = (8, 64, 256)
SEED_SHAPE = {"hidden_size": 512, "num_layers": 3, "batch_first": True}
Speed = Callable[[int], float]
"""Characters a second, given how many to write."""


def written_by(engine: Engine, alphabet: Alphabet) -> Speed:
    """Return the speed of one text."""

    def speed(num_chars: int) -> float:
        text = iter_text(engine, alphabet, PROMPT, sampling=SamplingConfig(), draws=draws_of(1))
        next(text)
        began = time.perf_counter()
        assert len("".join(islice(text, num_chars))) == num_chars
        return num_chars / (time.perf_counter() - began)

    return speed


def written_by_torch_gru(vocab_size: int, threads: int) -> Speed:
    """Return the speed of the loop that one would write with torch's own layers: one-hot, three layers, a readout."""
    gru, readout = nn.GRU(vocab_size, **SEED_SHAPE), nn.Linear(SEED_SHAPE["hidden_size"], vocab_size)  # type: ignore[arg-type]

    def speed(num_chars: int) -> float:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        symbol, state = torch.zeros(1, 1, dtype=torch.int64), None
        with torch.inference_mode():
            began = time.perf_counter()
            for _ in range(num_chars):
                outputs, state = gru(nn.functional.one_hot(symbol, vocab_size).float(), state)
                chances = torch.softmax(readout(outputs[:, -1]) / 0.8, dim=1)
                symbol = torch.multinomial(chances, 1)
                symbol.item()
            took = time.perf_counter() - began
        torch.set_num_threads(before)
        return num_chars / took

    return speed


def written_by_crowd(engine: CompiledEngine, alphabet: Alphabet, size: int) -> Speed:
    """Return the speed of many texts in total."""

    def speed(num_chars: int) -> float:
        crowd, bookmark = Crowd(engine, alphabet), read_text(engine, alphabet, PROMPT)
        for each in range(size):
            crowd.join(bookmark, sampling=SamplingConfig(), draws=draws_of(1, sample=each))
        crowd.step()
        steps = max(10, 2 * num_chars // size)
        began = time.perf_counter()
        for _ in range(steps):
            crowd.step()
        return steps * size / (time.perf_counter() - began)

    return speed


def seconds_to_first_char(author: Path) -> float:
    """Return how long a new process takes until its first character can be read. Python keeps the bytecode of modules,
    as it does of an installed package, whatever the environment of this process says."""
    command = [sys.executable, "-m", "penwright", "write", str(author), "--prompt", "", "--chars", "1", "--seed", "1"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.read(1)
        return time.perf_counter() - began


def bytes_per_second() -> float:
    """Return how fast one thread reads weights from memory, in bytes a second."""
    weights = np.ones(16 << 20, np.float32)
    times = []
    for _ in range(7):
        began = time.perf_counter()
        weights.max()
        times.append(time.perf_counter() - began)
    return weights.nbytes / median(times)


def seed_authors(folder: Path) -> tuple[Author, Author]:
    """Return the seed preset with new weights, as they are and rounded to 8 bits."""
    alphabet = Alphabet.seed()
    config = resolve_config(preset="seed").config.model_config(vocab_size=alphabet.vocab_size)
    author = Author(CharModel(config, generator=torch.Generator().manual_seed(1)), alphabet)
    paths = folder / "float32.safetensors", folder / "int8.safetensors"
    author.save(paths[0])
    author.save(paths[1], precision="int8")
    return Author.load(paths[0]), Author.load(paths[1])


def memory_rows(author: Author, num_chars: int) -> Iterator[str]:
    """Yield the largest memory so far after each fifth of a long text."""
    text = author.stream(PROMPT, seed=1)
    for part in range(1, 6):
        for _ in islice(text, num_chars // 5):
            pass
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield f"| {part * num_chars // 5:,} | {peak:,.0f} |"


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chars", type=int, default=3_000, help="characters of one text in each round")
    parser.add_argument("--long", type=int, default=500_000, help="characters of the text whose memory is measured")
    parser.add_argument("--out", default="writing", help="name of the result")
    arguments = parser.parse_args()
    threads = torch.get_num_threads()
    with TemporaryDirectory() as folder:
        box = Author.from_box()
        box_path = Path(folder) / "box.safetensors"
        box.save(box_path, precision="float16")
        plain_box = PlainEngine(Author.from_box().model)
        float32, int8 = seed_authors(Path(folder))
    box = Author.from_box()
    engine = box.engine
    assert isinstance(engine, CompiledEngine), "numba is needed"
    speeds: dict[str, Speed] = {
        "box, plain steps of torch": written_by(plain_box, box.alphabet),
        "box, compiled": written_by(engine, box.alphabet),
        "seed, torch.nn.GRU, one thread": written_by_torch_gru(float32.alphabet.vocab_size, 1),
        f"seed, torch.nn.GRU, {threads} threads": written_by_torch_gru(float32.alphabet.vocab_size, threads),
        "seed, compiled, float32": written_by(float32.engine, float32.alphabet),
        "seed, compiled, int8": written_by(int8.engine, int8.alphabet),
        **{f"box, {size} texts": written_by_crowd(engine, box.alphabet, size) for size in CROWDS},
    }
    found: dict[str, list[float]] = {name: [] for name in speeds}
    first: list[float] = []
    author = Path(__file__).parents[1] / "penwright/author/box/author.safetensors"
    seconds_to_first_char(author)
    for _ in range(arguments.rounds):
        for name, speed in speeds.items():
            is_slow = "torch" in name
            found[name].append(speed(arguments.chars // 5 if is_slow else arguments.chars))
        first.append(seconds_to_first_char(author))
    medians = {name: median(values) for name, values in found.items()}
    gru = max(medians[name] for name in medians if "torch.nn.GRU" in name)
    limit = bytes_per_second() / sum(weight.nbytes for weight in (int8.engine._fixed[2], int8.engine._fixed[3]))  # type: ignore[attr-defined]
    base = {"box": medians["box, plain steps of torch"], "seed": gru}
    rows = ["| what writes | characters a second | times its peer |", "|---|---:|---:|"]
    for name, value in medians.items():
        peer = medians["box, compiled"] if name.endswith(" texts") else base[name.partition(",")[0]]
        rows.append(f"| {name} | {value:,.0f} | {value / peer:.1f} |")
    rows += [
        f"| seed, int8, if reading its weights took all the time | {limit:,.0f} | {limit / gru:.1f} |",
        "",
        "The peer of the box is the plain step of torch, that of the seed the faster torch.nn.GRU; that of many texts, "
        "in total, is one text by the compiled engine.",
        "",
        f"First character of the author in the box, from the start of a process: {median(first):.2f} s (median of "
        f"{len(first)}; least {min(first):.2f} s).",
        "",
        "| characters written | peak memory, MiB |",
        "|---:|---:|",
        *memory_rows(box, arguments.long),
    ]
    write_results(arguments.out, "Characters a second", results_header(), "\n".join(rows))


if __name__ == "__main__":
    main()
