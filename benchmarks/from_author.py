"""Is an author that begins from the author in the box better than one from nothing, given the same time on a shelf?

    python benchmarks/from_author.py PATH/TO/novels [--seconds 120]

The shelf has four novels by James and Kipling, from which the author in the box has not learned. Both trainings are
scored on the same held-out passages of them. What the author has kept is scored on the novels that were held out when
it was raised, as far as they are in the folder. A shared machine gives the two trainings different speeds, so the table
says what each has read. Results go to results/from_author.md.
"""

import argparse
import hashlib
import tempfile
from pathlib import Path

from common import results_header, write_results

from penwright import Author, prepare, train
from penwright.author.box import boxed_author
from penwright.cli.old_books import compare_on
from penwright.corpus.store import Corpus
from penwright.training.records import Finished
from penwright.training.run_writer import BEFORE

NAMES = (
    "Kipling_Kim_1901.txt",
    "Kipling_Captains_1896.txt",
    "James_Roderick_1875.txt",
    "James_Ambassadors_1903.txt",
)
SETTINGS = {"train": {"val_chars": 20_000, "final_val_chars": 60_000}, "diary": {"max_chars": 0}}


def row(name: str, corpus: Corpus, *, run: Path, seconds: float, start: Author | None) -> str:
    """Train, and return a line of the table."""
    last = list(train(corpus, run=run, seconds=seconds, start=start, overrides=SETTINGS))[-1]
    assert isinstance(last, Finished)
    card = Author.load(run).card
    before = f"{card.baselines[BEFORE]:.4f}" if BEFORE in card.baselines else "-"
    print(f"{name}: {before} -> {card.bits_per_char:.4f}", flush=True)
    return f"| {name} | {last.chars_read:,} | {last.step:,} | {before} | {card.bits_per_char:.4f} |"


def old_novels(folder: Path) -> list[Path]:
    """Return the novels of a folder that were held out when the author in the box was raised."""
    held_out = {book.sha256 for book in Author.from_box().card.books if book.split != "train"}
    files = sorted(folder.glob("*.txt"))
    return [path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() in held_out]


def main() -> None:
    """Train both, score them and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("novels", type=Path, help="folder of the novels")
    parser.add_argument("--seconds", type=float, default=120.0, help="length of each training")
    options = parser.parse_args()
    header = results_header()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        corpus = prepare([options.novels / each for each in NAMES], cache_dir=folder / "cache")
        length = f"{options.seconds:.0f} s"
        rows = [
            row(
                f"from the box, {length}", corpus, run=folder / "box", seconds=options.seconds, start=Author.from_box()
            ),
            row(f"from nothing, {length}", corpus, run=folder / "nothing", seconds=options.seconds, start=None),
        ]
        old = prepare(old_novels(options.novels), cache_dir=folder / "old")
        kept = compare_on(old, start=boxed_author(), author=folder / "box" / "author.safetensors")
    scored = SETTINGS["train"]["final_val_chars"]
    note = (
        f"Four novels, {corpus.num_chars('train'):,} characters to learn from, scored on {scored:,} characters of the "
        f"passages held out from their ends. {kept.sentence()}"
    )
    head = [
        "| training | characters read | updates | bits/char before | bits/char after |",
        "|---|---:|---:|---:|---:|",
    ]
    write_results("from_author", "An author taught other books", header, "\n".join([note, "", *head, *rows]))


if __name__ == "__main__":
    main()
