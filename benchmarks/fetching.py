"""How fast and in how much memory is the archive of Project Gutenberg's texts read, and what do kills cost?

    python benchmarks/fetching.py PATH/TO/novels [--books 200 2000] [--kills 20]

A server on this machine has a catalogue and an archive, a tar in a zip, of that many books: copies of the novels that
differ by their first line. Every second book is wanted. `penwright fetch gutenberg` runs in a process of its own. Its
peak memory must not follow the size of the archive.

Then the smaller archive is fetched by runs that are killed (SIGKILL) at random moments, each going on where the one
before was killed. The folder must be the same as without kills. The server counts the bytes that it hands to the
system, some megabytes of which no run has read when it is killed.
"""

import argparse
import bz2
import csv
import gzip
import io
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import IO

from common import ROOT, results_header, write_results

sys.path.insert(0, str(ROOT / "tests" / "helpers"))

FEEDS = "/cache/epub/feeds"


def write_archive(novels: list[bytes], num_books: int, target: IO[bytes]) -> None:
    """Write a zip that holds a tar of texts, sorted by name as Project Gutenberg's is."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as outer:
        with outer.open("txt-files.tar", "w", force_zip64=True) as member:
            with tarfile.open(fileobj=member, mode="w|") as archive:
                for number in sorted(range(1, num_books + 1), key=str):
                    text = f"The Project Gutenberg eBook number {number}\r\n".encode() + novels[number % len(novels)]
                    info = tarfile.TarInfo(f"cache/epub/{number}/pg{number}.txt")
                    info.size = len(text)
                    archive.addfile(info, io.BytesIO(text))


def catalogue(num_books: int) -> bytes:
    """Return a catalogue in which every second book is an English novel."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow("Text#,Type,Issued,Title,Language,Authors,Subjects,LoCC,Bookshelves".split(","))
    for number in range(1, num_books + 1):
        language = "en" if number % 2 else "de"
        table.writerow([number, "Text", "1998-01-01", f"Tale {number}", language, "Writer, Ann", "Fiction", "PR", ""])
    return gzip.compress(text.getvalue().encode())


def serve(archive: Path, num_books: int) -> None:
    """Serve the archive and tell the address; for each line of input, tell how many bytes of it were sent."""
    import threading

    from book_server import BookServer, Served
    from gutenberg_site import tar_of

    server = BookServer()
    server.files[f"{FEEDS}/pg_catalog.csv.gz"] = Served(catalogue(num_books))
    served = server.files[f"{FEEDS}/txt-files.tar.zip"] = Served(archive.read_bytes(), kind="application/zip")
    server.files[f"{FEEDS}/rdf-files.tar.bz2"] = Served(bz2.compress(tar_of({"cache/epub/1/pg1.rdf": b"<a/>"})))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.url, flush=True)
    for _ in sys.stdin:
        print(server.num_sent.get(f"{FEEDS}/txt-files.tar.zip", 0), len(served.data), flush=True)


class Site:
    """A server in a process of its own."""

    def __init__(self, archive: Path, num_books: int) -> None:
        command = [sys.executable, __file__, str(archive), "--serve", str(num_books)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def sent(self) -> tuple[int, int]:
        """Return how many bytes of the archive were sent so far, and how many it has."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        num_sent, num_bytes = self._line().split()
        return int(num_sent), int(num_bytes)

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.wait()


def start_fetch(url: str, folder: Path, cache: Path) -> "subprocess.Popen[bytes]":
    """Start the command."""
    command = [
        sys.executable,
        "-m",
        "penwright",
        "fetch",
        "gutenberg",
        str(folder),
        "--mirror",
        url,
        "--yes",
        "--json",
        "--archive",
    ]
    environment = {**os.environ, "PENWRIGHT_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)


def measure(url: str, folder: Path, cache: Path) -> tuple[float, float, float]:
    """Fetch everything, and return seconds, seconds of the processor, and peak memory in MB."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = start_fetch(url, folder, cache)
    peak = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status")
        if status.exists():
            lines = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")]
            peak = max([peak, *(int(line.split()[1]) for line in lines)])
        time.sleep(0.02)
    if process.returncode:
        assert process.stderr is not None
        raise SystemExit(process.stderr.read().decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, cpu, peak / 1024


def contents(folder: Path) -> dict[str, bytes]:
    """Return the books of a folder and its record."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def with_kills(site: Site, root: Path, expected: dict[str, bytes], *, num_kills: int, seconds: float) -> str:
    """Kill runs at random moments, each going on where the one before was killed, and say what came of it."""
    generator, killed, ended, before = random.Random(1), 0, 0, site.sent()[0]
    is_same = True
    while killed < num_kills or (root / "killed").exists():
        process = start_fetch(site.url, root / "killed", root / "cache-killed")
        try:
            process.wait(timeout=generator.uniform(0.2, 0.7) * seconds if killed < num_kills else None)
            assert process.returncode == 0, "it ended by itself"
            is_same &= contents(root / "killed") == expected
            shutil.rmtree(root / "killed")
            ended += 1
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    num_sent, num_bytes = site.sent()
    return (
        f"Runs on the smaller archive were killed {killed} times at random moments. Each of the {ended} folders was "
        f"completed by a later run, with books and record {'the same as' if is_same else 'OTHER THAN'} without kills. "
        f"The server sent {(num_sent - before) / num_bytes / ended:.2f} times the archive for each."
    )


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--books", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--serve", type=int)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.path, arguments.serve)
        return
    novels = [path.read_bytes() for path in sorted(arguments.path.iterdir())]
    lines = ["| books in the archive | archive MB | books kept | seconds | processor seconds | peak memory MB |"]
    lines += ["|---:|---:|---:|---:|---:|---:|"]
    kills = ""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for num_books in sorted(arguments.books):
            with (root / "archive.zip").open("wb") as file:
                write_archive(novels, num_books, file)
            site = Site(root / "archive.zip", num_books)
            folder = root / f"books-{num_books}"
            seconds, cpu, peak = measure(site.url, folder, root / f"cache-{num_books}")
            _, num_bytes = site.sent()
            kept = len(list(folder.glob("pg*.txt")))
            lines.append(
                f"| {num_books:,} | {num_bytes / 1e6:,.0f} | {kept:,} | {seconds:.1f} | {cpu:.1f} | {peak:.0f} |"
            )
            if not kills:
                kills = with_kills(site, root, contents(folder), num_kills=arguments.kills, seconds=seconds)
            site.close()
    write_results(
        "fetching", "Fetching from the archive of all texts", results_header(), "\n".join([*lines, "", kills])
    )


if __name__ == "__main__":
    main()
