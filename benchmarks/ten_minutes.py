"""The default preset beside the 2017 system, given the same books, the same minutes and the same threads.

    python benchmarks/ten_minutes.py PATH/TO/novels [--minutes 10] [--seed 0] [--presets default,seed]

The books are prepared once, with the default cleaning and a lossless alphabet, and held out by author. Every preset
learns from the same characters and is measured on the same held-out ones, so their bits per character compare. The 2017
system is given this alphabet and these books in place of its own, which would lose characters; all else of it stays.
"""

import argparse
import tempfile
from pathlib import Path

from common import results_header, write_results

from penwright import Author, Corpus, train
from penwright.evaluation import total
from penwright.training.records import Finished


def contest(corpus: Corpus, preset: str, *, minutes: float, seed: int) -> tuple[str, str]:
    """Train one preset and return its row of the table and a page of its writing."""
    # The 2017 cadences assume hours; a held-out reading every 50 updates is a fair share of ten minutes.
    overrides = {
        "train": {"seconds": 60 * minutes, "seed": seed, "patience": 0, "compare_every": 0, "validation": "books"}
    }
    with tempfile.TemporaryDirectory() as folder:
        last = None
        for record in train(corpus, run=Path(folder) / "run", preset=preset, overrides=overrides):
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
    arguments = parser.parse_args()
    corpus = Corpus.from_files([arguments.path])
    found = [
        contest(corpus, preset, minutes=arguments.minutes, seed=arguments.seed)
        for preset in arguments.presets.split(",")
    ]
    held_out = {split: sorted({book.author for book in corpus.books_in(split)}) for split in ("val", "test")}
    lines = [
        f"{arguments.minutes:g} minutes each. {corpus.num_chars('train'):,} characters to learn from. Held out: "
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
