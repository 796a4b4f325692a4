"""Does the preparation hold at 34,000 novels, 13 GB? A simulated library whose truth is known, prepared and measured.

    python benchmarks/library.py make NOVELS LIBRARY [--scale 0.01]    34,000 files in full: 13 GB, some 15 minutes
    python benchmarks/library.py prepare LIBRARY                       needs three times as much room again: 40 GB,
                                                                       or 27 GB with --skip-added
    python benchmarks/library.py kills LIBRARY [--kills 100]           on a library of --scale 0.002: some 10 minutes
    python benchmarks/library.py bookkeeping                           no texts, only facts of up to 68,000 books
    python benchmarks/library.py cluster LIBRARY [--repeats 3]         two workers of Dask beside two of our own

`make` grows texts from real novels (library_text.py), none like another, and saves them as Project Gutenberg's files
are: in five encodings, wrapped or not, with three kinds of licence or none (library_books.py). A tenth of the files
repeat others: editions with misprints in another layout, volumes, collected works, excerpts, copies. What is true of
each file is kept beside them. A `make` that was stopped goes on.

`prepare` prepares the library in processes of its own, cold, and reports the speed, the peak of the memory of all
processes together, the share of the known pairs found, the share of false ones among those found, and what cleaning
lost. Then it prepares it again unchanged, and again with one book in a hundred added.

`kills` ends all processes of a preparation at random moments, over and over, and lets the next one go on from what is
left. Every second preparation adds books to a corpus, which must stay open until then. Each corpus is compared with one
that was prepared undisturbed.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from library_books import FULL_SIZE, FileJob, Plan, make_file, num_groups, plans_of

from penwright.corpus.executor.workers import Workers

ADDED = 0.01
"""Books that are added later, as a share of the library."""


def make(novels: Path, library: Path, *, scale: float, seed: int, workers: int) -> None:
    """Make a library."""
    num_files = round(FULL_SIZE * scale)
    plans = plans_of(num_files, seed=seed)
    numbers = range(num_files + 1, num_files + 1 + max(1, round(ADDED * num_files)))
    later = [Plan(number, "work", (number,)) for number in numbers]
    jobs = [FileJob(plan, novels.resolve(), library / "books", seed, num_files) for plan in plans]
    jobs += [FileJob(plan, novels.resolve(), library / "more", seed, num_files) for plan in later]
    jobs.sort(key=lambda job: job.plan.works[0] % num_groups(num_files))  # a group of novels is laid out once
    rows: list[dict[str, Any]] = []
    start = time.perf_counter()
    with Workers(workers) as pool:
        for _, row in pool.map(make_file, jobs):
            rows.append(row)
            if len(rows) % 1_000 == 0:
                print(f"{len(rows):,} of {len(jobs):,} files", flush=True)
    seconds, num_bytes = time.perf_counter() - start, sum(row["num_bytes"] for row in rows)
    rows.sort(key=lambda row: int(row["number"]))
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (library / "truth.jsonl").write_text(text, encoding="utf-8")
    speed = num_bytes / 1e6 / seconds
    print(f"{len(rows):,} files, {num_bytes / 1e9:.2f} GB, in {seconds:.0f} s ({speed:.0f} MB/s): {library}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    mode = modes.add_parser("make")
    mode.add_argument("novels", type=Path)
    mode.add_argument("library", type=Path)
    mode.add_argument("--scale", type=float, default=1.0)
    mode.add_argument("--seed", type=int, default=0)
    mode.add_argument("--workers", type=int, default=2)
    for name in ("prepare", "kills", "cluster"):
        mode = modes.add_parser(name)
        mode.add_argument("library", type=Path)
        mode.add_argument("--workers", type=int, default=2)
        mode.add_argument("--cache", type=Path, help="folder for the prepared books; by default beside the library")
        if name == "prepare":
            mode.add_argument("--skip-added", action="store_true", help="do not prepare it once more with books added")
        if name == "kills":
            mode.add_argument("--kills", type=int, default=100)
            mode.add_argument("--seed", type=int, default=0)
        if name == "cluster":
            mode.add_argument("--repeats", type=int, default=3)
    mode = modes.add_parser("bookkeeping")
    mode.add_argument("--books", type=int, default=2 * FULL_SIZE, help="the most books; others are halves of it")
    mode.add_argument("--repeats", type=int, default=3)
    arguments = vars(parser.parse_args())
    name = arguments.pop("mode")
    if name == "make":
        make(**arguments)
        return
    import library_kills
    import library_measures

    measures = {
        "prepare": library_measures.measure_prepare,
        "cluster": library_measures.measure_cluster,
        "bookkeeping": library_measures.measure_bookkeeping,
        "kills": library_kills.measure_kills,
    }
    measures[name](**arguments)


if __name__ == "__main__":
    main()
