"""Fit the forecast of how well an author will predict, and compare it with outcomes.

    python benchmarks/forecast.py PATH/TO/novels [MORE ...] [--workers 2] [--threads 1] [--continue]

Trains the default preset in several sizes and for several numbers of characters, on every shelf given and on a fifth
and a twentieth of the first one. Each training has a whole schedule, and as many lanes as a plan chooses for its
length. The constants of `training/planning/forecast.py` are fitted to the scores on held-out books and printed, with
the distance of each outcome from its forecast.

Outcomes are the final scores of the runs. Runs are limited by steps, so that the load of the machine changes nothing.
Results are appended to results/forecast.jsonl as they come. Outcomes of the default preset in `benchmarks/learning.py`,
on the first shelf and for longer, are fitted too.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run
from typing import Any, NamedTuple

import numpy as np
from common import RESULTS, commit, results_header, write_results
from numpy.typing import NDArray

from penwright import prepare, train
from penwright.evaluation.books import total
from penwright.model.config import num_parameters_of
from penwright.training.planning.forecast import LAW, Law, measure_difficulty, update_factor
from penwright.training.planning.plan import batch_sizes_of, suitable_lanes
from penwright.training.planning.sizes import Size, parse_size
from penwright.training.records import Finished
from penwright.training.settings.resolve import resolve_config

PATH, CONTESTS = RESULTS / "forecast.jsonl", RESULTS / "learning.jsonl"
JOBS = (  # size, millions of characters
    *((size, chars) for size in ("96x3", "192x3", "320x4") for chars in (0.5, 2.0)),
    *((size, chars) for size in ("128x3", "256x3") for chars in (1.0, 4.0)),
    ("96x2", 1.0),
    ("192x3", 8.0),
    ("96x2", 24.0),
    ("192x3", 24.0),
    ("96x2", 60.0),
    ("96x3", 45.0),
)
SMALL_JOBS = (("96x3", 0.5), ("128x3", 2.0), ("96x3", 4.0))
EXPECTED = (0.55, 0.5, 0.25, 0.3, 0.5, 0.3, 0.05, 0.3, 8.0)
"""Constants of a law, in their order, expected before any outcome is known; powers are about those of Hoffmann et
al."""
FREEDOM = 0.5
"""Standard deviation of a constant from the expected one, as the natural logarithm of their ratio."""
NOISE = 0.015
"""Standard deviation of an outcome from the true law, as a share."""
TURNS = 300
"""Iterations of the fit, several times as many as it was seen to need."""
SLOPE_STEP = 1e-6
"""Step over which slopes are measured."""


class Shelf(NamedTuple):
    """Training books."""

    name: str
    paths: tuple[str, ...]
    jobs: tuple[tuple[str, float], ...]


def shelves_of(paths: Sequence[Path]) -> list[Shelf]:
    """Return every shelf given, and a fifth and a twentieth of the first."""
    files = sorted(str(path) for path in paths[0].rglob("*.txt"))
    parts = [Shelf(f"{paths[0].name}/{n}", tuple(files[::n]), SMALL_JOBS) for n in (5, 20)]
    others = [Shelf(path.name, (str(path),), SMALL_JOBS) for path in paths[1:]]
    return [Shelf(paths[0].name, (str(paths[0]),), JOBS), *parts, *others]


def train_once(paths: Sequence[str], size: Size, chars: float, *, threads: int) -> dict[str, object]:
    """Train one author and return the outcome that the fit needs."""
    corpus = prepare(paths)
    batch_size, seq_len = update_for(chars)
    steps = max(1, round(chars * 1e6 / (batch_size * seq_len)))
    schedule = {"steps": steps, "batch_size": batch_size, "seq_len": seq_len}
    overrides = {"model": size.settings, "train": {"threads": threads, "final_val_chars": 100_000, **schedule}}
    with tempfile.TemporaryDirectory() as folder:
        *_, last = train(corpus, run=Path(folder) / "run", overrides=overrides)
    assert isinstance(last, Finished)
    config = resolve_config(overrides=overrides).config
    return {
        "update": (batch_size, seq_len),
        "difficulty": measure_difficulty(corpus),
        "shelf_chars": corpus.num_chars("train"),
        "chars_read": last.chars_read,
        "num_parameters": num_parameters_of(config.model_config(vocab_size=corpus.alphabet.vocab_size)),
        "bits_per_char": total(last.val_books).bits_per_char,
        "test": total(last.test_books).bits_per_char if last.test_books else None,
        "commit": commit(),
    }


def outcomes_of_contests(shelf: str, runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the outcomes of planned trainings in `learning.py`, which scores the same characters of the same shelf."""
    lines = CONTESTS.read_text(encoding="utf-8").splitlines() if CONTESTS.exists() else []
    rows = [row for row in map(json.loads, lines) if row.get("contestant") == "default" and row["settings"]["plan"]]
    of_shelf = next(run for run in runs if run["shelf"] == shelf)
    return [
        {
            "shelf": f"{shelf}, {row['minutes']:g} minutes",
            "size": row["settings"]["plan"]["size"],
            "update": row["settings"]["update"],
            "difficulty": of_shelf["difficulty"],
            "shelf_chars": of_shelf["shelf_chars"],
            "chars_read": round(row["chars_read"]),
            "num_parameters": row["num_parameters"],
            "bits_per_char": row["val"],
        }
        for row in rows
    ]


def update_for(millions: float) -> tuple[int, int]:
    """Return the numbers of lanes, and of symbols of a window, for a training of some length."""
    preset = resolve_config()
    seq_len = preset.config.train.seq_len
    return suitable_lanes(millions * 1e6, seq_chars=seq_len, choices=batch_sizes_of(preset)), seq_len


def fit(runs: Sequence[dict[str, Any]]) -> Law:
    """Return the likeliest law, if outcomes deviate from it by `NOISE` and its constants from `EXPECTED` by `FREEDOM`.

    Runs alone cannot determine all constants: one may explain what another explains as well.
    """
    expected = np.log(EXPECTED)

    def off_by(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        law = Law(*np.exp(logs), spread=0.0)
        misses = np.array([_forecast(run, law) / run["bits_per_char"] - 1 for run in runs])
        return np.concatenate([misses / NOISE, (logs - expected) / FREEDOM])

    numbers = [round(float(number), 4) for number in np.exp(_least_squares(off_by, expected))]
    law = Law(*numbers, spread=0.0)
    return law._replace(spread=round(max(abs(run["bits_per_char"] / _forecast(run, law) - 1) for run in runs), 3))


def _forecast(run: dict[str, Any], law: Law) -> float:
    """Return the bits per character that a law forecasts for a run."""
    share = law.share(
        chars_read=run["chars_read"],
        num_parameters=int(run["num_parameters"]),
        shelf_chars=int(run["shelf_chars"]),
    )
    return run["difficulty"] * share * update_factor(math.prod(run["update"]), chars_read=run["chars_read"])


def _least_squares(
    errors_at: Callable[[NDArray[np.float64]], NDArray[np.float64]], point: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Minimise the sum of squared errors from a point on, by the method of Levenberg and Marquardt."""
    errors, damping = errors_at(point), 1.0
    for _ in range(TURNS):
        steps = SLOPE_STEP * np.eye(len(point))
        slopes = np.stack([(errors_at(point + step) - errors) / SLOPE_STEP for step in steps], axis=1)
        square = slopes.T @ slopes
        moved = point - np.linalg.solve(square + damping * np.diag(np.diag(square)), slopes.T @ errors)
        moved_errors = errors_at(moved)
        if (moved_errors**2).sum() < (errors**2).sum():
            point, errors, damping = moved, moved_errors, damping / 3
        else:
            damping *= 3
    return point


def rows(runs: Sequence[dict[str, Any]], law: Law) -> Iterator[str]:
    """Yield the rows of a table of outcomes and forecasts."""
    yield "| shelf | size | lanes | characters read | outcome, val | forecast | off by |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for r in runs:
        expected = _forecast(r, law)
        off = 100 * (expected / r["bits_per_char"] - 1)
        numbers = f"{r['update'][0]} | {r['chars_read']:,} | {r['bits_per_char']:.3f} | {expected:.3f} | {off:+.1f} %"
        yield f"| {r['shelf']} | {r['size']} | {numbers} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--workers", type=int, default=2, help="runs in parallel")
    parser.add_argument("--threads", type=int, default=1, help="threads of each run")
    parser.add_argument("--continue", dest="goes_on", action="store_true", help="keep the existing results")
    parser.add_argument("--fit-only", action="store_true")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        size, chars = arguments.one
        chosen = parse_size(size)
        assert chosen is not None
        found = train_once([str(p) for p in arguments.paths], chosen, float(chars), threads=arguments.threads)
        print(json.dumps(found))
        return
    if PATH.exists() and not (arguments.goes_on or arguments.fit_only):
        parser.error(f"{PATH.name} holds results. Give --continue to continue them, or delete it to begin anew.")
    lines = PATH.read_text(encoding="utf-8").splitlines() if PATH.exists() else []
    runs = [json.loads(line) for line in lines]
    done = {(r["shelf"], r["size"], r["millions"], *r["update"]) for r in runs}
    jobs = [(shelf, size, chars) for shelf in shelves_of(arguments.paths) for size, chars in shelf.jobs]
    jobs = [job for job in jobs if (job[0].name, job[1], job[2], *update_for(job[2])) not in done]
    jobs.sort(key=lambda job: job[2])  # the shortest first

    def hold(job: tuple[Shelf, str, float]) -> None:
        shelf, size, chars = job
        command = [
            sys.executable,
            __file__,
            *shelf.paths,
            "--threads",
            str(arguments.threads),
            "--one",
            size,
            str(chars),
        ]
        printed = run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
        result = {"shelf": shelf.name, "size": size, "millions": chars, **json.loads(printed.splitlines()[-1])}
        runs.append(result)
        with PATH.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        print(f"{shelf.name}, {size}, {chars:g} million: {result['bits_per_char']:.3f}", flush=True)

    if not arguments.fit_only:
        with ThreadPoolExecutor(arguments.workers) as pool:
            list(pool.map(hold, jobs))
    runs += outcomes_of_contests(arguments.paths[0].name, runs)
    law = fit(runs)
    body = [f"Fitted: `{law}`.", ""]
    body += [f"In force: `{LAW}`.", ""] if law != LAW else []
    body += ["The law was fitted to these trainings; other outcomes lie further from it.", ""]
    write_results("forecast", "Forecasts and outcomes", results_header(), "\n".join([*body, *rows(runs, law)]))


if __name__ == "__main__":
    main()
