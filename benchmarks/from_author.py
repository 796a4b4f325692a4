"""Is an author that begins from the author in the box better than one from nothing, given the same time on a shelf?

    python benchmarks/from_author.py [--seconds 120] [--novels FOLDER]

The shelf has four novels that the author in the box did not learn from: by James and Kipling. Both trainings are scored
on the same held-out passages. Prints what each has read, since a shared machine gives them different speeds.
"""

import argparse
import tempfile
from pathlib import Path

from penwright import Author, prepare, train
from penwright.training.records import Evaluation, Finished

NOVELS = Path(__file__).resolve().parents[1].parent / "shared" / "corpora" / "novels"
NAMES = (
    "Kipling_Kim_1901.txt",
    "Kipling_Captains_1896.txt",
    "James_Roderick_1875.txt",
    "James_Ambassadors_1903.txt",
)

SETTINGS = {"train": {"val_chars": 20_000, "final_val_chars": 60_000}, "diary": {"max_chars": 0}}


def main() -> None:
    """Train both and print their scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--begin", choices=("box", "nothing"), nargs="+", default=("box", "nothing"))
    parser.add_argument("--novels", type=Path, default=NOVELS)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    corpus = prepare([options.novels / name for name in NAMES], cache_dir=folder / "cache")
    print({book.title: (book.split, book.num_chars) for book in corpus.books}, flush=True)
    for name in options.begin:
        run, start = folder / name, Author.from_box() if name == "box" else None
        records = list(train(corpus, run=run, seconds=options.seconds, start=start, overrides=SETTINGS))
        last = records[-1]
        assert isinstance(last, Finished)
        scored = [(round(each.bits_per_char, 4), each.chars_read) for each in records if isinstance(each, Evaluation)]
        card = Author.load(run).card
        num_chars = sum(score.num_chars for score in card.val_scores)
        print(f"from {name}: {card.bits_per_char:.4f} bits/char on {num_chars:,} characters")
        print(f"  read {last.chars_read:,} characters in {last.step:,} updates; before {dict(card.baselines)}")
        print(f"  test books: {[(s.title, round(s.bits_per_char, 4)) for s in card.test_scores]}")
        print(f"  evaluations (bits/char, characters read): {scored}", flush=True)


if __name__ == "__main__":
    main()
