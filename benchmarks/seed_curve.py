"""Does the seed preset learn as the 2017 system's published log says it did?

    python benchmarks/seed_curve.py PATH/TO/shakespeare [--seeds 3]

Trains `--preset seed` for 201 updates with several seeds, reads the held-out play after update 1, 21, ... 201 as the
2017 system did, and prints the curves beside its published log. The books are the 42 files of the 2017 workshop; held
out is, by its own rule, winterstale.txt.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from common import results_header, write_results

from penwright import Corpus, prepare, train
from penwright.training.records import Evaluation
from penwright.training.settings.resolve import resolve_config

# Updates, validation loss in nats per character, validation accuracy in percent: the log of 19 October 2017.
PUBLISHED = (
    (1, 4.4192, 15.52),
    (21, 3.3459, 15.32),
    (41, 3.3261, 15.28),
    (61, 3.2706, 15.36),
    (81, 3.1560, 15.94),
    (101, 2.9444, 16.94),
    (121, 2.7065, 25.18),
    (141, 2.5176, 29.89),
    (161, 2.3931, 31.91),
    (181, 2.2876, 35.23),
    (201, 2.2232, 36.72),
)
LN2 = 0.6931471805599453


def curve(corpus: Corpus, *, seed: int) -> dict[int, tuple[float, float]]:
    """Return (nats per character, accuracy in percent) after each update that the log has."""
    points = {}
    with tempfile.TemporaryDirectory() as folder:
        overrides = {
            "train": {"steps": PUBLISHED[-1][0], "val_every": 20, "seed": seed, "save_every": 0, "compare_every": 0},
            "diary": {"max_chars": 0},
        }
        for record in train(corpus, run=Path(folder) / "run", preset="seed", overrides=overrides):
            if isinstance(record, Evaluation):
                points[record.step] = (record.bits_per_char * LN2, 100 * record.accuracy)
                print(f"seed {seed}, update {record.step:3}: {points[record.step][0]:.4f} nats", flush=True)
    return points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    corpus = prepare([arguments.path], config=resolve_config("seed").config.corpus)
    curves = [curve(corpus, seed=seed) for seed in range(arguments.seeds)]
    lines = [
        f"{corpus.num_chars('train'):,} characters to learn from, {corpus.num_chars('val'):,} held out "
        f"({', '.join(book.title for book in corpus.books_in('val'))}).",
        "",
        "| update | published nats, accuracy | "
        + " | ".join(f"seed {seed}" for seed in range(arguments.seeds))
        + " | median | spread |",
        "|---|---|" + "---|" * (arguments.seeds + 2),
    ]
    for update, nats, accuracy in PUBLISHED:
        ours = [found[update] for found in curves]
        losses = [loss for loss, _ in ours]
        lines.append(
            f"| {update} | {nats:.4f}, {accuracy:.2f} % | "
            + " | ".join(f"{loss:.4f}, {share:.2f} %" for loss, share in ours)
            + f" | {statistics.median(losses):.4f} | {max(losses) - min(losses):.4f} |"
        )
    write_results("seed_curve", "The seed preset beside the published log of 2017", results_header(), "\n".join(lines))


if __name__ == "__main__":
    main()
