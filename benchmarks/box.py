"""Raise the author in the box, which comes with the package, and write the page that tells of it.

    python benchmarks/box.py PATH/TO/novels [--for 60m] [--threads N] [--rights TEXT] [--run RUN] [--out FILE]
    python benchmarks/box.py PATH/TO/novels --measure-only

The books are prepared with the default cleaning and held out by author. The default preset learns from them as by
`penwright train PATH --for 60m`. Its weights are then kept as float16 beside counted tables that fit, with them, a file
of 10,000,000 bytes; a larger file is refused, and what is measured is the author as that file has it. What simpler
methods reach on the same held-out characters goes onto its card, and the file is put into `penwright/author/box/` whole
or not at all. Then the measured part of docs/author.md is written: how the author was raised,
how well it predicts each held-out book, a page that it wrote, and how much of its writing stands word for word in the
books that it read.

The run is kept. With --run, one that was stopped goes on, and one that is finished is put into the box as it is.
--measure-only makes the page again from the file that is there. With --out, file and page go elsewhere, to
FILE.safetensors and FILE.md.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from penwright.author.box import BOXED, MAX_BYTES
from penwright.cli.app import main as penwright
from penwright.cli.places import cache_dir, new_run_dir
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.files import write_bytes

if TYPE_CHECKING:
    from penwright import Author
    from penwright.author.card import Card

COUNT_ENTRIES = 2_000_000
"""Followers that the counted tables hold at most. Each of them takes some 3.6 bytes (64 million characters of novels,
2026-11); the weights take 2.5 million bytes and the card 17,000."""
SIZE = "192x3"
"""Of the network: weights and tables share the room."""
NAME = "the author in the box"
PAGE = Path(__file__).parents[1] / "docs" / "author.md"


def raise_author(path: Path, *, run: Path, length: str, threads: int) -> None:
    """Train through the command line, whose Ctrl-C saves and says how to go on. Leave if the run does not finish.

    Args:
        path: The books.
        run: Its folder. A run that is in it goes on, or is left alone if it is finished.
        length: How long, as `--for` takes it.
        threads: 0 for all.
    """
    from penwright.training.runs.folder import RunFolder

    if (run / "config.toml").exists():
        words = ["--resume", str(run)]
        exit_code = 0 if RunFolder.open(run).ending() else penwright(["train", *words])
    else:
        words = [str(path), "--run", str(run), "--for", length, "--threads", str(threads), "--size", SIZE]
        exit_code = penwright(["train", *words, "--set", f"model.count_entries={COUNT_ENTRIES}"])
    if exit_code:
        sys.exit(exit_code)


def put_in_place(author: "Author", *, card: "Card", aside: Path, path: Path) -> None:
    """Save an author with another card, and let it take its place if it is small enough.

    Args:
        author: The author.
        card: What its file is to say.
        aside: Where it is saved first; this file stays.
        path: Its place.
    """
    type(author)(author.model, author.alphabet, card).save(aside, precision="float16")
    num_bytes = aside.stat().st_size
    if num_bytes > MAX_BYTES:
        sys.exit(
            f"{aside} has {num_bytes:,} bytes; the box holds {MAX_BYTES:,}. Lower COUNT_ENTRIES, and raise another."
        )
    write_bytes(path, aside.read_bytes())
    print(f"{path}: {num_bytes:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--for", dest="length", default="60m", metavar="TIME", help="how long it learns")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="0 for all")
    parser.add_argument("--rights", default="", metavar="TEXT", help="what its card says of the rights in the books")
    parser.add_argument("--out", type=Path, default=BOXED, metavar="FILE", help="another place, FILE.safetensors")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--run", type=Path, help="the run's folder; one that was stopped goes on")
    way.add_argument("--measure-only", action="store_true", help="make the page again, and no author")
    arguments = parser.parse_args()
    let_waiting_threads_sleep()  # before anything imports torch

    run = None if arguments.measure_only else arguments.run or new_run_dir("box")
    if run is not None:
        raise_author(arguments.path, run=run, length=arguments.length, threads=arguments.threads)

    from box_measures import OTHERS, mean, measure_books, measure_copying
    from box_page import measured_part, put_into_page

    from penwright import Author, prepare

    corpus = prepare([arguments.path], cache_dir=cache_dir())
    author = Author.load(run or arguments.out)
    if author.card.corpus_digest != corpus.digest:
        sys.exit(f"{run or arguments.out} was raised on other books than those in {arguments.path}.")
    if run is not None:
        aside = run / "boxed.safetensors"
        author.save(aside, precision="float16")
        author = Author.load(aside)  # what is measured is what will be there
    rows = measure_books(author.model, corpus)
    if run is not None:
        baselines = {method: mean([row for row in rows if row.split == "val"], method) for method in OTHERS}
        card = replace(author.card, name=NAME, baselines=baselines, licence_note=arguments.rights)
        put_in_place(author, card=card, aside=aside, path=arguments.out)
    page = PAGE if arguments.out == BOXED else arguments.out.with_suffix(".md")
    author = Author.load(arguments.out)
    put_into_page(page, measured_part(author, arguments.out, rows, measure_copying(author, corpus)), template=PAGE)
    print(page)


if __name__ == "__main__":
    main()
