"""How fast does an author score a text?

    python benchmarks/scoring.py [FILE ...] [--rounds 5] [--chars 20000] [--megabytes 5] [--out NAME]

1. The author in the box reads the same text by the compiled engine and by torch, which did it before, on one thread and
   on as many as there are cores, in alternating rounds. Medians are shown.
2. `penwright score` as a process of its own: a text of some megabytes, its time and its peak memory.

Without files the text is that of the tests' little books, again and again.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from common import results_header, write_results

from penwright import Author
from penwright.evaluation.costs import symbol_nats
from penwright.evaluation.texts import Costs, score_text

SHELF = Path(__file__).parents[1] / "tests" / "shelf"


def text_of(paths: list[Path], num_chars: int) -> str:
    """Return the text of some files, repeated until it is long enough."""
    whole = "\n\n".join(path.read_text(encoding="utf-8") for path in paths or sorted(SHELF.glob("*.txt")))
    return (whole * (1 + num_chars // len(whole)))[:num_chars]


def score_process(text: str) -> tuple[float, float, str]:
    """Score a text by the command; return seconds, peak memory in MiB and the first line printed."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "penwright", "score", str(path), "--box", "--top", "0"]
        began = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        took = time.perf_counter() - began
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, done.stdout.strip()


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chars", type=int, default=20_000, help="characters that each way reads in each round")
    parser.add_argument("--megabytes", type=float, default=5.0, help="length of the text that the command scores")
    parser.add_argument("--out", default="scoring", help="name of the result")
    arguments = parser.parse_args()
    text = text_of(arguments.files, int(arguments.megabytes * 1e6))
    # The author whose model is built would read by an engine made anew at each call.
    by_engine = Author.from_box().costs()
    model, alphabet = Author.from_box().model, Author.from_box().alphabet
    threads = torch.get_num_threads()
    ways: dict[str, tuple[Costs, int]] = {
        "compiled": (by_engine, threads),
        "torch, one thread": (partial(symbol_nats, model), 1),
        f"torch, {threads} threads": (partial(symbol_nats, model), threads),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    per_cpu_second: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, float] = {}
    for _ in range(arguments.rounds):
        for name, (costs, num_threads) in ways.items():
            torch.set_num_threads(num_threads)
            began, began_cpu = time.perf_counter(), time.process_time()
            found[name] = score_text(costs, alphabet, text[: arguments.chars]).bits_per_char
            speeds[name].append(arguments.chars / (time.perf_counter() - began))
            per_cpu_second[name].append(arguments.chars / (time.process_time() - began_cpu))
    own = median(speeds["compiled"])
    rows = [
        f"Load of the machine at the end of these rounds, other programs included: {os.getloadavg()[0]:.1f}.",
        "",
        "| way | characters a second | compiled is faster by | the same of processor time | bits per character |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, values in speeds.items():
        speed, cpu = median(values), median(per_cpu_second[name])
        rows.append(f"| {name} | {speed:,.0f} | {own / speed:.1f} | {cpu:,.0f} | {found[name]:.7f} |")
    took, peak, line = score_process(text)
    start, _, _ = score_process(text[:100])
    rows += [
        "",
        f"`penwright score` of {len(text):,} characters, as a process: {took:.1f} s, {len(text) / took:,.0f} a second, "
        f"at most {peak:,.0f} MiB. Of 100 characters: {start:.2f} s.",
        "",
        f"It prints: {line}",
    ]
    write_results(arguments.out, "Characters scored a second", results_header(), "\n".join(rows))


if __name__ == "__main__":
    main()
