"""Compare the seed preset's learning curve with the published log of the 2017 system.

    python benchmarks/seed_curve.py PATH/TO/shakespeare [--seeds 0,1,2,3,4] [--continue]

Trains `--preset seed` for 201 updates with several seeds, scores the held-out play after updates 1, 21, ... 201 as the
2017 system did, and writes the curves beside its published log. The books are the 42 files of the 2017 workshop; its
rule holds out winterstale.txt. Results are appended to results/seed_curve.jsonl as they come.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, commit, results_header, write_results

from penwright import Corpus, train
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
PATH = RESULTS / "seed_curve.jsonl"
LN2 = 0.6931471805599453


def curve(corpus: Corpus, *, seed: int) -> dict[str, tuple[float, float]]:
    """Return (nats per character, accuracy in percent) after each update that the log has, by its number."""
    points = {}
    with tempfile.TemporaryDirectory() as folder:
        overrides = {
            "train": {"steps": PUBLISHED[-1][0], "val_every": 20, "seed": seed, "save_every": 0, "compare_every": 0},
            "diary": {"max_chars": 0},
        }
        for record in train(corpus, run=Path(folder) / "run", preset="seed", overrides=overrides):
            if isinstance(record, Evaluation):
                points[str(record.step)] = (record.bits_per_char * LN2, 100 * record.accuracy)
                print(f"seed {seed}, update {record.step:3}: {record.bits_per_char * LN2:.4f} nats", flush=True)
    return points


def table(runs: list[dict[str, Any]]) -> list[str]:
    """Return the curves of all seeds beside the published one."""
    lines = [
        "| update | published nats, accuracy | "
        + " | ".join(f"seed {run['seed']}" for run in runs)
        + " | median | spread |",
        "|---|---|" + "---|" * (len(runs) + 2),
    ]
    for update, nats, accuracy in PUBLISHED:
        ours = [run["points"][str(update)] for run in runs]
        losses = [loss for loss, _ in ours]
        lines.append(
            f"| {update} | {nats:.4f}, {accuracy:.2f} % | "
            + " | ".join(f"{loss:.4f}, {share:.2f} %" for loss, share in ours)
            + f" | {statistics.median(losses):.4f} | {max(losses) - min(losses):.4f} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="separated by commas")
    parser.add_argument("--continue", dest="goes_on", action="store_true", help="keep the results there are")
    arguments = parser.parse_args()
    if PATH.exists() and not arguments.goes_on:
        parser.error(f"{PATH.name} holds results. Give --continue to go on with them, or delete it to begin anew.")
    lines = PATH.read_text(encoding="utf-8").splitlines() if PATH.exists() else []
    runs = {run["seed"]: run for run in map(json.loads, lines)}
    corpus = Corpus.from_files([arguments.path], config=resolve_config("seed").config.corpus)
    for seed in map(int, arguments.seeds.split(",")):
        if seed not in runs:
            runs[seed] = {"seed": seed, "points": curve(corpus, seed=seed), "commit": commit()}
            with PATH.open("a", encoding="utf-8") as file:
                file.write(json.dumps(runs[seed]) + "\n")
    body = [
        f"{corpus.num_chars('train'):,} characters to learn from, {corpus.num_chars('val'):,} held out "
        f"({', '.join(book.title for book in corpus.books_in('val'))}).",
        "",
        *table([runs[seed] for seed in sorted(runs)]),
    ]
    write_results("seed_curve", "The seed preset beside the published log of 2017", results_header(), "\n".join(body))


if __name__ == "__main__":
    main()
