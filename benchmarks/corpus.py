"""How fast and in how much memory does a shelf become a corpus, beside the usual way of preparing characters?

    python benchmarks/corpus.py PATH/TO/novels [--repeats 5] [--times 10]

Every measurement is a process of its own that starts cold: no cached text, no prepared corpus; the files themselves lie
in the operating system's cache for all. "Penwright" detects encodings, cuts licences, joins broken lines, finds
duplicates, splits by writer and writes a memory map with an index of its books. The usual way, as in nanoGPT's
data/shakespeare_char/prepare.py, reads all files into one string, sorts the set of its characters, encodes by a
list comprehension over a dictionary, and writes the list as uint16; it does none of the former.

The shelf is then measured again N times over, in copies that differ by one line each, so that none is dropped as a
duplicate, and as often as the shelf itself: the peak of the memory of all processes together must not follow.
Wall-clock times of a machine that does other work besides are too long; the ratio to the usual way and the processor
time suffer less.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

WAYS = ("penwright", "usual")


class Measured(NamedTuple):
    """One preparation."""

    seconds: float
    """Wall clock, imports not counted, starting worker processes counted."""
    cpu_seconds: float
    """Of all processes."""
    peak_mb: float
    """Resident memory of all processes together, sampled every 5 ms; 0 where the system does not tell."""


def usual_way(shelf: Path, target: Path) -> None:
    """Prepare characters as nanoGPT does."""
    data = "".join(path.read_text(encoding="utf-8") for path in sorted(shelf.rglob("*.txt")))
    chars = sorted(list(set(data)))
    stoi = {ch: i for i, ch in enumerate(chars)}

    def encode(text: str) -> list[int]:
        return [stoi[c] for c in text]

    n = len(data)
    for name, part in (("train", data[: int(n * 0.9)]), ("val", data[int(n * 0.9) :])):
        np.array(encode(part), dtype=np.uint16).tofile(target / f"{name}.bin")
    (target / "meta.json").write_text(json.dumps({"vocab_size": len(chars), "stoi": stoi}), encoding="utf-8")


def penwright_way(shelf: Path, target: Path, *, workers: int | None) -> None:
    """Prepare a corpus, from nothing."""
    from penwright.corpus.preparing import prepare

    prepare(shelf, cache_dir=target, workers=workers)


def run_here(way: str, shelf: Path, target: Path, workers: int | None) -> None:
    """Prepare in this process and print what it took, for the process that measures."""
    import penwright.corpus.preparing  # noqa: F401  (imports are not part of what is measured)

    start = time.perf_counter()
    if way == "usual":
        usual_way(shelf, target)
    else:
        penwright_way(shelf, target, workers=workers)
    seconds = time.perf_counter() - start
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"seconds": seconds, "cpu_seconds": sum(u.ru_utime + u.ru_stime for u in used)}))


def measure(way: str, shelf: Path, *, workers: int | None = None) -> Measured:
    """Prepare in a process of its own and watch it.

    Compiled modules are kept from run to run, as an installed package has them.
    """
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(shelf.parent / "compiled")}
    with tempfile.TemporaryDirectory(dir=shelf.parent) as folder:
        command = [sys.executable, __file__, str(shelf), "--way", way, "--target", folder]
        command += [] if workers is None else ["--workers", str(workers)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        peaks = [0.0]
        watcher = threading.Thread(target=watch, args=(process, peaks))
        watcher.start()
        output, _ = process.communicate()
        watcher.join()
    if process.returncode:
        raise SystemExit(f"{way} failed.")
    return Measured(**json.loads(output.splitlines()[-1]), peak_mb=max(peaks))


def watch(process: "subprocess.Popen[bytes]", peaks: list[float], *, every: float = 0.005) -> None:
    """Note the resident memory of a process and all below it until it ends."""
    page = os.sysconf("SC_PAGE_SIZE")
    while process.poll() is None:
        total = 0
        for pid in family(process.pid):
            try:
                total += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * page
            except (OSError, IndexError):
                continue
        peaks.append(total / 1e6)
        time.sleep(every)


def family(pid: int) -> list[int]:
    """Return a process and all below it, where the system tells."""
    family = [pid]
    for parent in family:
        try:
            text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        except OSError:
            continue
        family += map(int, text.split())
    return family


def copy_shelf(shelf: Path, target: Path, times: int) -> None:
    """Write a shelf several times over, each copy with a line of its own at the end of every book."""
    for number in range(times):
        for path in sorted(shelf.rglob("*.txt")):
            copy = target / f"{path.stem}-{number}.txt"
            copy.write_bytes(path.read_bytes() + f"\r\nThis is copy {number}.\r\n".encode("ascii"))


def size_of(shelf: Path) -> int:
    """Return the bytes of a shelf's books."""
    return sum(path.stat().st_size for path in shelf.rglob("*.txt"))


def median_of(runs: list[Measured]) -> Measured:
    """Return the median of each measure."""
    return Measured(*(statistics.median(values) for values in zip(*runs, strict=True)))


def peaks_of(runs: list[Measured]) -> str:
    """Return the least and the highest peak of some runs."""
    peaks = [run.peak_mb for run in runs]
    return f"{min(peaks):,.0f} to {max(peaks):,.0f}"


def row(name: str, num_bytes: int, measured: Measured) -> str:
    """Return a line of the table."""
    speed = num_bytes / measured.seconds / 1e6
    cpu = measured.cpu_seconds / num_bytes * 1e9
    return f"| {name} | {measured.seconds:.2f} | {speed:.1f} | {cpu:.1f} | {measured.peak_mb:,.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        run_here(arguments.way, arguments.path, arguments.target, arguments.workers)
        return
    from common import results_header, write_results  # imports torch, which the measured processes must not

    with tempfile.TemporaryDirectory() as folder:
        shelf, large = Path(folder) / "shelf", Path(folder) / "large"
        shelf.mkdir()
        large.mkdir()
        copy_shelf(arguments.path, shelf, 1)
        runs: dict[str, list[Measured]] = {way: [] for way in WAYS}
        measure(
            "penwright", shelf, workers=arguments.workers
        )  # once for nothing: modules are compiled, files are at hand
        for _ in range(arguments.repeats):  # in turn, so that both meet the same disturbances
            for way in WAYS:
                runs[way].append(measure(way, shelf, workers=arguments.workers))
        ours, usual = (median_of(runs[way]) for way in WAYS)
        copy_shelf(arguments.path, large, arguments.times)
        runs_large = [measure("penwright", large, workers=arguments.workers) for _ in range(arguments.repeats)]
        ours_large = median_of(runs_large)
        sizes = size_of(shelf), size_of(large)
    ratios = [one.seconds / other.seconds for one, other in zip(runs["usual"], runs["penwright"], strict=True)]
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    lines = [
        f"Books: the folder `{arguments.path.name}`, {len(list(arguments.path.rglob('*.txt')))} files, "
        f"{sizes[0] / 1e6:.1f} MB. Median of {arguments.repeats} runs, cold; load of the machine at the end: {load}.",
        "",
        "| way | seconds | MB/s | processor ns per byte | peak memory MB |",
        "|---|---:|---:|---:|---:|",
        row("Penwright, cleaning included", sizes[0], ours),
        row("all in one string, no cleaning", sizes[0], usual),
        row(f"Penwright, the shelf {arguments.times} times over", sizes[1], ours_large),
        "",
        f"Penwright is {statistics.median(ratios):.1f} times as fast (median of the ratios, run by run) in "
        f"{ours.peak_mb / usual.peak_mb:.0%} of the memory. Given {arguments.times} times the books, its peak is "
        f"{ours_large.peak_mb / ours.peak_mb:.2f} times as high (runs: {peaks_of(runs_large)} MB, of the shelf alone "
        f"{peaks_of(runs['penwright'])} MB).",
    ]
    write_results("corpus", "From a shelf to a corpus", results_header(), "\n".join(lines))


if __name__ == "__main__":
    main()
