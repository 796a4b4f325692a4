"""The default preset beside the 2017 system, given the same books, the same minutes and the same threads.

    python benchmarks/ten_minutes.py PATH/TO/novels [--minutes 10] [--seed 0] [--at-once]

The books are prepared once, with the default cleaning and a lossless alphabet, and held out by author. Every preset
learns from the same characters and is measured on the same held-out ones, so their bits per character compare. The 2017
system is given this alphabet and these books in place of its own, which would lose characters; all else of it stays.
"""

import argparse
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from common import results_header, write_results

from penwright import Author, Corpus, train
from penwright.evaluation import total
from penwright.training.environment import usable_processors
from penwright.training.records import Finished


def contest(path: Path, preset: str, *, minutes: float, seed: int, threads: int) -> tuple[str, str]:
    """Train one preset and return its row of the table and a page of its writing."""
    corpus = Corpus.from_files([path])
    settings = {"seconds": 60 * minutes, "seed": seed, "threads": threads, "patience": 0}
    # The 2017 system stops to look every 50 updates, which would cost it a quarter of its ten minutes.
    settings |= {"val_every": 0, "compare_every": 0, "validation": "books"}
    with tempfile.TemporaryDirectory() as folder:
        last = None
        for record in train(corpus, run=Path(folder) / "run", preset=preset, overrides={"train": settings}):
            if record.kind in ("evaluation", "finished"):
                print(f"{preset}: {record.elapsed_seconds:6.0f} s  {getattr(record, 'bits_per_char', ''):}", flush=True)
            last = record
        assert isinstance(last, Finished), "a run ends with its last record"
        author = Author.load(Path(folder) / "run")
        page = author.write("It was ", max_words=120, seed=1)
    test = total(last.test_books)
    speed = last.chars_read / last.elapsed_seconds
    row = (
        f"| {preset} | {author.model.num_parameters:,} | {last.chars_read:,} | {speed:,.0f} | "
        f"{total(last.val_books).bits_per_char:.3f} | {test.bits_per_char:.3f} |"
    )
    return row, f"**{preset}**: It was {page}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--presets", default="default,seed")
    parser.add_argument("--at-once", action="store_true", help="share the processors and the time")
    arguments = parser.parse_args()
    corpus = Corpus.from_files([arguments.path])
    presets = arguments.presets.split(",")
    workers = len(presets) if arguments.at_once else 1
    threads = max(1, usable_processors() // workers)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        train_one = partial(contest, arguments.path, minutes=arguments.minutes, seed=arguments.seed, threads=threads)
        found = list(pool.map(train_one, presets))
    held_out = {split: sorted({book.author for book in corpus.books_in(split)}) for split in ("val", "test")}
    lines = [
        f"{arguments.minutes:g} minutes and {threads} threads each. {corpus.num_chars('train'):,} characters to learn "
        "from. Held out: "
        f"{', '.join(held_out['val'])} (val), {', '.join(held_out['test'])} (test).",
        "",
        "| preset | parameters | characters read | chars/s | bits per character, val | bits per character, test |",
        "|---|---|---|---|---|---|",
        *(row for row, _ in found),
        "",
        *(line for _, page in found for line in (page.replace("\n", "\n> ").join(["> ", ""]), "")),
    ]
    write_results("ten_minutes", "Ten minutes on a shelf of novels", results_header(), "\n".join(lines))


if __name__ == "__main__":
    main()
