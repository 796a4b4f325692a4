"""What benchmarks/library.py measures: preparations in processes of their own, and what they found."""

import json
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from common import results_header, write_results
from corpus import watch
from library_books import Plan, relations

from penwright.corpus.passes.text_cache import load_facts
from penwright.corpus.shelf.facts import join_facts
from penwright.corpus.shelf.near_duplicates import near_duplicates
from penwright.corpus.store import IDS_NAME, Corpus
from penwright.files import sha256_of
from penwright.training.batches import Lanes

RELATED, UNRELATED = 0.6, 0.05
"""Pairs that share more of the smaller one than the first must be found; a pair below the second is a false one. What
lies between is near the finder's own bound of a half, or is misprint."""
PREPARE = Path(__file__).with_name("library_prepare.py")


class Prepared(NamedTuple):
    """One preparation."""

    seconds: float
    """Wall clock from the first listing to the finished corpus; imports are not counted."""
    stages: dict[str, float]
    """Seconds by stage."""
    cpu_seconds: float
    peak_mb: float
    """Resident memory of all processes together, sampled every 20 ms; 0 where the system does not tell."""
    corpus: Path


def prepare_once(books: Path, cache: Path, *, workers: int | None, cluster: str | None = None) -> Prepared:
    """Prepare books in a process of its own and watch it."""
    process = start(books, cache, workers=workers, cluster=cluster)
    peaks = [0.0]
    watcher = threading.Thread(target=watch, args=(process, peaks), kwargs={"every": 0.02})
    watcher.start()
    output, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"the preparation of {books} failed.")
    facts = json.loads(output.splitlines()[-1])
    return Prepared(facts["seconds"], facts["stages"], facts["cpu_seconds"], max(peaks), Path(facts["corpus"]))


def start(
    books: Path, cache: Path, *, workers: int | None, cluster: str | None = None, quiet: bool = False
) -> "subprocess.Popen[bytes]":
    """Start a preparation, in a session of its own so that all of its processes can be ended."""
    command = [sys.executable, str(PREPARE), str(books), str(cache), str(workers or 0), cluster or ""]
    errors = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)


def measure_prepare(library: Path, *, workers: int, cache: Path | None, skip_added: bool) -> None:
    """Prepare a library cold, unchanged, and with books added unless that is to be skipped; report."""
    rows, cache, books = read_truth(library), cache or library / "cache", library / "books"
    added = books / "more"
    if added.exists():
        added.rename(library / "more")
    shutil.rmtree(cache, ignore_errors=True)
    num_bytes = sum(row["num_bytes"] for row in rows if (books / row["path"]).exists())
    num_added = sum(row["num_bytes"] for row in rows) - num_bytes
    needed, free = (2 if skip_added else 3) * num_bytes, shutil.disk_usage(library).free
    if free < 1.05 * needed and cache.is_relative_to(library):
        more = "" if skip_added else " Or leave out the books that are added: --skip-added."
        raise SystemExit(f"this needs {needed / 1e9:.0f} GB in {cache}, where {free / 1e9:.0f} are free.{more}")
    cold = prepare_once(books, cache, workers=workers)
    print(f"cold: {cold}", flush=True)
    same = prepare_once(books, cache, workers=workers)
    print(f"unchanged: {same}", flush=True)
    found = findings(Corpus.open(cold.corpus), cache, rows)
    opened = opening(cold.corpus)
    later = []
    if not skip_added:
        (library / "more").rename(added)
        try:
            more = prepare_once(books, cache, workers=workers)
        finally:
            added.rename(library / "more")
        print(f"added: {more}", flush=True)
        later = [_row(f"{found.num_later:,} books added ({num_added / 1e6:,.0f} MB)", more, num_bytes + num_added)]
    lines = [
        f"Library: {len(rows) - found.num_later:,} files, {num_bytes / 1e9:.2f} GB; {workers} processes.",
        "",
        "| preparation | seconds | MB/s | processor ns per byte | peak memory of all processes, MB |",
        "|---|---:|---:|---:|---:|",
        _row("cold, cleaning and duplicates included", cold, num_bytes),
        _row("nothing changed", same, num_bytes),
        *later,
        "",
        f"Seconds by stage, cold: {_stages(cold)}. Unchanged: {_stages(same)}.",
        "",
        "| | |",
        "|---|---:|",
        f"| known pairs found | {found.num_found:,} of {found.num_known:,} "
        f"({_percent(found.num_found, found.num_known)}) |",
        f"| of these, by kind | {found.by_kind} |",
        f"| false pairs among those found | {found.num_false:,} of {found.num_pairs:,} "
        f"({_percent(found.num_false, found.num_pairs)}) |",
        f"| related books on both sides of the split | {found.num_torn:,} |",
        f"| finding pairs, alone | {found.seconds:.1f} s |",
        f"| characters kept that are no blanks, share of the true ones: least, median, most | {found.kept} |",
        f"| opening the corpus, and the first batch | {opened.seconds_to_open:.2f} + {opened.seconds_to_batch:.2f} s |",
        f"| the input pipeline alone, 32 lanes of 256 | {opened.chars_per_second / 1e6:.0f} million characters/s |",
    ]
    write_results("library", "Thirty-four thousand novels", results_header(), "\n".join(lines))


def _row(name: str, prepared: Prepared, num_bytes: int) -> str:
    speed, cpu = num_bytes / prepared.seconds / 1e6, prepared.cpu_seconds / num_bytes * 1e9
    return f"| {name} | {prepared.seconds:.1f} | {speed:.1f} | {cpu:.1f} | {prepared.peak_mb:,.0f} |"


def _stages(prepared: Prepared) -> str:
    return ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in prepared.stages.items())


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "none"


def read_truth(library: Path) -> list[dict[str, Any]]:
    """Return what is true of each file."""
    try:
        lines = (library / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise SystemExit(
            f"{library} is no library. Make one: python benchmarks/library.py make NOVELS {library}"
        ) from None
    return [json.loads(line) for line in lines]


class Findings(NamedTuple):
    """What a preparation found out about the books, beside the truth."""

    num_known: int
    num_found: int
    by_kind: str
    num_pairs: int
    """Pairs that the preparation found, copies included."""
    num_false: int
    num_torn: int
    """Pairs of related books that are in two splits."""
    num_later: int
    """Books that are added later."""
    seconds: float
    kept: str


def findings(corpus: Corpus, cache: Path, rows: Sequence[Mapping[str, Any]]) -> Findings:
    """Compare a corpus with the truth."""
    by_path = {row["path"]: row for row in rows}
    dropped = {name: reason.rpartition(" as ")[2] for name, reason in corpus.skipped if "is the same text as" in reason}
    sources = [book.source for book in corpus.books]
    facts = []
    for book, keys in zip(corpus.books, corpus.cache_keys, strict=True):
        chunks = [load_facts(cache, key) for key in keys]
        assert all(chunks), book.source
        facts.append(join_facts([chunk for chunk in chunks if chunk is not None], sha256=book.sha256))
    began = time.perf_counter()
    pairs = near_duplicates([one.fingerprint for one in facts])
    seconds = time.perf_counter() - began
    numbers = {path: row["number"] for path, row in by_path.items()}
    found = {_pair(numbers[sources[pair.first]], numbers[sources[pair.second]]) for pair in pairs}
    found |= {_pair(numbers[copy], numbers[first]) for copy, first in dropped.items()}
    stands_for = {numbers[copy]: numbers[first] for copy, first in dropped.items()}
    listed = {*sources, *dropped}
    plans = [_plan(row) for row in rows if row["path"] in listed]
    sizes = {int(work): size for row in rows for work, size in row["sizes"].items()}
    shares = relations(plans, sizes)
    known = {pair for pair, share in shares.items() if share >= RELATED}
    met = {pair for pair in known if pair in found or _pair(*(stands_for.get(one, one) for one in pair)) in found}
    met |= {pair for pair in known if len({stands_for.get(one, one) for one in pair}) == 1}
    false = {pair for pair in found if shares.get(pair, 0.0) < UNRELATED}
    split_of = {numbers[book.source]: book.split for book in corpus.books}
    torn = [pair for pair in known if len({split_of.get(stands_for.get(one, one)) for one in pair}) > 1]
    kinds = {row["number"]: row["kind"] for row in rows}
    totals, mets = (Counter(_kind(pair, kinds) for pair in group) for group in (known, met))
    kept = []
    for source, one in zip(sources, facts, strict=True):
        ink = sum(n for char, n in zip(one.characters, one.counts.tolist(), strict=True) if not char.isspace())
        kept.append((ink / by_path[source]["num_ink"], source))
    kept.sort()
    middle = statistics.median(share for share, _ in kept)
    return Findings(
        len(known),
        len(met),
        ", ".join(f"{kind} {mets[kind]:,} of {total:,}" for kind, total in sorted(totals.items())),
        len(found),
        len(false),
        len(torn),
        len(rows) - len(plans),
        seconds,
        f"{kept[0][0]:.4f} ({kept[0][1]}), {middle:.5f}, {kept[-1][0]:.4f} ({kept[-1][1]})",
    )


def _pair(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)


def _kind(pair: tuple[int, int], kinds: Mapping[int, str]) -> str:
    return " and ".join(sorted({kinds[number] for number in pair}))


def _plan(row: Mapping[str, Any]) -> Plan:
    return Plan(row["number"], row["kind"], tuple(row["works"]), row["first"], row["last"])


class Opened(NamedTuple):
    """How fast a prepared corpus is read."""

    seconds_to_open: float
    seconds_to_batch: float
    chars_per_second: float


def opening(folder: Path, *, seconds: float = 3.0) -> Opened:
    """Open a corpus, draw the first batch of the default size, then batches for some seconds."""
    began = time.perf_counter()
    corpus = Corpus.open(folder)
    opened = time.perf_counter()
    books = [corpus.book_ids(book) for book in corpus.books_in("train")]
    lanes = Lanes(books, batch_size=32, seq_len=256, resets_at_books=True)
    lanes.batch(1, 0)
    drawn = time.perf_counter()
    number, num_ids = 0, 0
    while time.perf_counter() - drawn < seconds:
        number += 1
        batch = lanes.batch(1 + number // lanes.windows_per_epoch, number % lanes.windows_per_epoch)
        num_ids += batch.inputs.numel()
    speed = num_ids / (time.perf_counter() - drawn) * corpus.num_chars("train") / lanes.num_ids
    return Opened(opened - began, drawn - opened, speed)


def measure_bookkeeping(*, books: int, repeats: int) -> None:
    """Measure what books cost beside their texts, for an eighth of a number of books up to all of them."""
    script = Path(__file__).with_name("library_bookkeeping.py")
    lines = [
        "Facts of made-up books, without texts; median of processor seconds.",
        "",
        "| books | selecting (names, pairs, splits, alphabet) | describing | opening | first batch | peak memory, MB "
        "| input pipeline, million ids a processor second |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    totals = {}
    for number in (books // 8, books // 4, books // 2, books):
        runs = []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(
                    [sys.executable, str(script), str(number), folder], stdout=subprocess.PIPE, check=True
                )
            runs.append(json.loads(done.stdout))
        one = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        steps = [one[name] for name in ("selecting", "describing", "opening", "first batch")]
        totals[number] = sum(steps)
        speed = one["pipeline"] / 1e6
        shown = " | ".join(f"{step:.2f}" for step in steps)
        lines.append(f"| {number:,} | {shown} | {one['peak_mb']:,.0f} | {speed:.0f} |")
        print(lines[-1], flush=True)
    (small, few), (large, many) = min(totals.items()), max(totals.items())
    power = math.log(many / few) / math.log(large / small)
    lines += ["", f"The whole grows with the number of books to the power of {power:.2f}; 1 is linear."]
    write_results("library_bookkeeping", "What a library costs beside its texts", results_header(), "\n".join(lines))


def measure_cluster(library: Path, *, workers: int, cache: Path | None, repeats: int) -> None:
    """Compare a local cluster of Dask with as many processes of our own, run by run."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
    from clusters import local_cluster

    cache, books = cache or library / "cache", library / "books"
    num_bytes = sum(row["num_bytes"] for row in read_truth(library) if (books / row["path"]).exists())
    speeds: dict[str, list[float]] = {"own": [], "dask": []}
    digests = set()
    with tempfile.TemporaryDirectory() as folder, local_cluster(Path(folder), num_workers=workers) as running:
        for _ in range(repeats):
            for name, seconds in speeds.items():
                shutil.rmtree(cache, ignore_errors=True)
                done = prepare_once(
                    books,
                    cache,
                    workers=workers if name == "own" else None,
                    cluster=running.address if name == "dask" else None,
                )
                seconds.append(num_bytes / done.seconds / 1e6)
                digests.add(sha256_of(done.corpus / IDS_NAME) + Corpus.open(done.corpus).checksum)
                print(f"{name}: {seconds[-1]:.1f} MB/s", flush=True)
    ratios = [ours / own for own, ours in zip(speeds["own"], speeds["dask"], strict=True)]
    lines = [
        f"{num_bytes / 1e6:,.0f} MB; {workers} workers each; {repeats} runs of both in turn. Processes of our own "
        "start in this time, those of the cluster run already.",
        "",
        "| | MB/s, median |",
        "|---|---:|",
        f"| our own processes | {statistics.median(speeds['own']):.1f} |",
        f"| Dask | {statistics.median(speeds['dask']):.1f} |",
        "",
        f"Median of the ratios: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}). Corpora that "
        f"differ in a byte: {len(digests) - 1}.",
    ]
    write_results("library_cluster", "Dask beside processes of our own", results_header(), "\n".join(lines))
