"""The default preset beside the 2017 system, given the same books, the same minutes and the same threads.

    python benchmarks/ten_minutes.py PATH/TO/novels [--minutes 10] [--seeds 1] [--at-once]

The books are prepared once, with the default cleaning and a lossless alphabet, and held out by author. Every preset
learns from the same characters and is measured on the same held-out ones, so their bits per character compare. The 2017
system is given this alphabet and these books in place of its own, which would lose characters; all else of it stays.

It learns from an empty memory only once, and may be lost when a book begins with one. So each preset is read in two
ways: as the author that the run leaves, from an empty memory; and by its last weights, going on from the memory that a
lane of its training had at the end. The better of the two on the books marked val counts.
"""

import argparse
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch
from common import results_header, write_results

from penwright import Author, Corpus, train
from penwright.evaluation import evaluate, total
from penwright.model import CharModel, state_from_tensors
from penwright.training.checkpoint import list_checkpoints, load_checkpoint
from penwright.training.environment import usable_processors
from penwright.training.records import Finished

SCORED_CHARS = 100_000
"""Of each split, spread over its books."""


class Figures(NamedTuple):
    """Bits per character on held-out books."""

    val: float
    test: float


def contest(path: Path, minutes: float, threads: int, preset: str, seed: int) -> tuple[str, str]:
    """Train one preset from one seed and return its row of the table and a page of its writing."""
    corpus = Corpus.from_files([path])
    settings = {"seconds": 60 * minutes, "seed": seed, "threads": threads, "patience": 0}
    # Nobody stops to look at held-out books: it would cost the 2017 system a quarter of its ten minutes.
    settings |= {
        "val_every": 10**9,
        "val_chars": 5_000,
        "compare_every": 0,
        "validation": "books",
        "final_val_chars": SCORED_CHARS,
    }
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        last = None
        for record in train(corpus, run=run, preset=preset, overrides={"train": settings}):
            if record.kind in ("sample", "finished"):
                print(f"{preset}, seed {seed}: {record.elapsed_seconds:.0f} s", flush=True)
            last = record
        assert isinstance(last, Finished), "a run ends with its last record"
        author = Author.load(run)
        page = author.write("It was ", max_words=120, seed=1)
        empty = Figures(total(last.val_books).bits_per_char, total(last.test_books).bits_per_char)
        carried = carried_on(corpus, author.model, run)
    best = min(empty, carried)
    return (
        f"| {preset} | {seed} | {author.model.num_parameters:,} | {last.chars_read:,} | "
        f"{last.chars_read / last.elapsed_seconds:,.0f} | {best.val:.3f} | {best.test:.3f} | "
        f"{'empty' if best == empty else 'carried on'} |"
    ), f"**{preset}**: It was {page}"


def carried_on(corpus: Corpus, model: CharModel, run: Path) -> Figures:
    """Return what the last weights of a run reach when every book goes on from the memory of its first lane."""
    state = load_checkpoint(list_checkpoints(run / "checkpoints")[-1]).state
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(state.weights[name])
    lane = {name: tensor[:1] for name, tensor in state.lanes.items()}
    initial = state_from_tensors(model, lane, "lanes")
    figures = (
        total(evaluate(model, corpus, corpus.books_in(split), max_chars=SCORED_CHARS, initial=initial)).bits_per_char
        for split in ("val", "test")
    )
    return Figures(*figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0")
    parser.add_argument("--presets", default="default,seed")
    parser.add_argument("--at-once", action="store_true", help="share the processors and the time")
    arguments = parser.parse_args()
    corpus = Corpus.from_files([arguments.path])
    presets = arguments.presets.split(",")
    workers = len(presets) if arguments.at_once else 1
    threads = max(1, usable_processors() // workers)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        runs = [
            pool.submit(contest, arguments.path, arguments.minutes, threads, preset, seed)
            for seed, preset in product(range(arguments.seeds), presets)
        ]
        found = [run.result() for run in runs]
    held_out = {split: sorted({book.author for book in corpus.books_in(split)}) for split in ("val", "test")}
    shared = "one thread" if threads == 1 else f"{threads} threads"
    lines = [
        f"{arguments.minutes:g} minutes and {shared} each. {corpus.num_chars('train'):,} characters to learn "
        "from. Held out: "
        f"{', '.join(held_out['val'])} (val), {', '.join(held_out['test'])} (test).",
        "",
        "| preset | seed | parameters | chars read | chars/s | bits per character, val | and test | memory at first |",
        "|---|---|---|---|---|---|---|---|",
        *(row for row, _ in found),
        "",
        *(line for _, page in found for line in (page.replace("\n", "\n> ").join(["> ", ""]), "")),
    ]
    write_results("ten_minutes", "Ten minutes on a shelf of novels", results_header(), "\n".join(lines))


if __name__ == "__main__":
    main()
