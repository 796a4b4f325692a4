"""Raise the author in the box, which comes with the package, and write the page about it.

    python benchmarks/box.py NOVELS [--for 60m | --steps N] [--run RUN] [--threads N] [--rights TEXT] [--out FILE]
    python benchmarks/box.py NOVELS --measure-only

The books are prepared with the default cleaning, and whole writers are held out. The default preset is trained as by
`penwright train PATH --for 60m`. Weights in int8 and n-gram tables must fit a file of 16,000,000 bytes together; a
larger one is refused. The author is measured as that file has it. Its card gets the scores of baselines on the same
held-out characters, and the file is moved into `penwright/author/box/` as a whole. Then the measured part of
docs/author.md is written: how the author was raised, how well it predicts each held-out book, a page that it wrote, and
how much of its writing occurs verbatim in its training books.

The run is kept. With --run, a stopped run is resumed, and a finished one is put into the box as it is. --measure-only
writes the page again from the existing file. With --out, file and page go to FILE.safetensors and FILE.md.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from penwright.author.box import BOXED, MAX_BYTES
from penwright.cli.app import main as penwright
from penwright.cli.finding import cache_dir, new_run_dir
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.files import write_bytes

if TYPE_CHECKING:
    from penwright import Author
    from penwright.author.card import Card
    from penwright.corpus.store import Corpus

NGRAM_ENTRIES = 6_800_000
"""Largest number of successors in the n-gram tables. Packed, each takes some 2.1 bytes (63 million characters of
novels, 2026-11); the weights take 1.3 million bytes and the card 17,000."""
SIZE = "192x3"
"""Size of the network, whose weights share the file with the tables."""
NAME = "the author in the box"
KEPT_OUT = ("madding", "alice", "looking-glass", "snark")
"""Words in the titles of books that public scales consist of. Book1 of the Calgary corpus is Hardy's *Far from the
Madding Crowd*, and alice29.txt of the Canterbury corpus is by Carroll. An author may not be scored on books that it
has read."""
PAGE = Path(__file__).parents[1] / "docs" / "author.md"


def refuse_public_scales(corpus: "Corpus") -> None:
    """Exit if a book of the shelf is one of those that public scales consist of."""
    found = [book.title for book in corpus.books if any(word in book.title.lower() for word in KEPT_OUT)]
    if found:
        sys.exit(f"{', '.join(found)}: the public scales are measured on these. Take them from the shelf.")


def raise_author(path: Path, *, run: Path, length: list[str], threads: int) -> None:
    """Train through the command line, where Ctrl-C saves. Exit if the run does not finish.

    Args:
        path: The books.
        run: Folder of the run. A run in it is resumed, or left alone if it is finished.
        length: Option of `penwright train` for the length of the training, and its value.
        threads: Number of threads; 0 for all.
    """
    from penwright.training.runs.folder import RunFolder

    if (run / "config.toml").exists():
        words = ["--resume", str(run)]
        exit_code = 0 if RunFolder.open(run).ending() else penwright(["train", *words])
    else:
        words = [str(path), "--run", str(run), *length, "--threads", str(threads), "--size", SIZE]
        exit_code = penwright(["train", *words, "--set", f"model.ngram_entries={NGRAM_ENTRIES}"])
    if exit_code:
        sys.exit(exit_code)


def install(author: "Author", *, card: "Card", aside: Path, path: Path) -> None:
    """Save an author with another card, and install it if it is small enough.

    Args:
        author: The author.
        card: Card of its file.
        aside: Path where it is saved first. This file stays.
        path: Path where it is installed.
    """
    type(author)(author.model, author.alphabet, card).save(aside, precision="int8")
    num_bytes = aside.stat().st_size
    if num_bytes > MAX_BYTES:
        sys.exit(
            f"{aside} has {num_bytes:,} bytes; the box holds {MAX_BYTES:,}. Lower NGRAM_ENTRIES, and raise another."
        )
    write_bytes(path, aside.read_bytes())
    print(f"{path}: {num_bytes:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--for", dest="time", default="60m", metavar="TIME", help="training time")
    length.add_argument("--steps", metavar="N", help="number of updates, whatever else the machine does meanwhile")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="0 for all")
    parser.add_argument("--rights", default="", metavar="TEXT", help="note on the rights in the books, for its card")
    parser.add_argument("--out", type=Path, default=BOXED, metavar="FILE", help="another path, FILE.safetensors")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--run", type=Path, help="folder of the run; a stopped one is resumed")
    way.add_argument("--measure-only", action="store_true", help="write the page again, and raise no author")
    arguments = parser.parse_args()
    let_waiting_threads_sleep()  # before anything imports torch

    from penwright import prepare

    corpus = prepare([arguments.path], cache_dir=cache_dir())
    refuse_public_scales(corpus)
    run = None if arguments.measure_only else arguments.run or new_run_dir("box")
    if run is not None:
        length = ["--steps", arguments.steps] if arguments.steps else ["--for", arguments.time]
        raise_author(arguments.path, run=run, length=length, threads=arguments.threads)

    from box_measures import OTHERS, mean, measure_books, measure_copying
    from box_page import measured_part, put_into_page

    from penwright import Author

    author = Author.load(run or arguments.out)
    if author.card.corpus_digest != corpus.digest:
        sys.exit(f"{run or arguments.out} was raised on other books than those in {arguments.path}.")
    if run is not None:
        aside = run / "boxed.safetensors"
        author.save(aside, precision="int8")
        author = Author.load(aside)  # so that the measured author is the installed one
    rows = measure_books(author.model, corpus)
    if run is not None:
        baselines = {method: mean([row for row in rows if row.split == "val"], method) for method in OTHERS}
        card = replace(author.card, name=NAME, baselines=baselines, licence_note=arguments.rights)
        install(author, card=card, aside=aside, path=arguments.out)
    page = PAGE if arguments.out == BOXED else arguments.out.with_suffix(".md")
    author = Author.load(arguments.out)
    put_into_page(page, measured_part(author, arguments.out, rows, measure_copying(author, corpus)), template=PAGE)
    print(page)


if __name__ == "__main__":
    main()
