"""Preparations that are killed at random moments, for benchmarks/library.py."""

import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from common import results_header, write_results
from corpus import family
from library_measures import prepare_once, read_truth, start

from penwright.corpus.store import IDS_NAME, Corpus
from penwright.files import sha256_of


class Outcome(NamedTuple):
    """What a finished preparation left."""

    checksum: str
    """Of the description, which holds the digests, the names and the splits of all books."""
    ids_sha256: str


def measure_kills(library: Path, *, workers: int, cache: Path | None, kills: int, seed: int) -> None:
    """Kill preparations and let the next one go on, until each corpus is whole and as it should be; report."""
    read_truth(library)
    killing = Killing(library, cache or library / "cache", workers=workers, kills=kills, seed=seed)
    try:
        while killing.counts["kills"] < kills:
            killing.finish_two_corpora()
    finally:
        killing.take_books_out()
    counts, stages = killing.counts, ", ".join(f"{stage} {n}" for stage, n in sorted(killing.stages.items()))
    left = [path for path in killing.cache.rglob(".*") if path.is_dir()]
    lines = [
        f"Library of {len(read_truth(library)):,} files, {workers} processes; seed {seed}.",
        "",
        f"{counts['kills']} kills: {counts['all']} of all processes at once, {counts['main']} of the first one alone, "
        f"{counts['worker']} of a worker. Where the preparations were: {stages}.",
        "",
        f"{counts['corpora']} corpora were finished, each with the ids and the description of one that was prepared "
        f"undisturbed. In {counts['former']} kills a former corpus was there, and it opened afterwards. Half-built "
        f"folders left in the end: {len(left)}.",
    ]
    write_results("library_kills", "Preparations killed at random moments", results_header(), "\n".join(lines))


class Killing:
    """Preparations of a library, with and without the books that are added, and what became of them."""

    def __init__(self, library: Path, cache: Path, *, workers: int, kills: int, seed: int) -> None:
        self.cache = cache
        self.counts: Counter[str] = Counter()
        self.stages: Counter[str] = Counter()
        self._books, self._more, self._added = library / "books", library / "more", library / "books" / "more"
        self._workers, self._kills, self._random = workers, kills, random.Random(seed)
        self._right: list[Outcome] = []
        self._seconds: list[float] = []
        """How long a preparation takes that is not killed, startup included; at first and with books added."""
        shutil.rmtree(cache, ignore_errors=True)
        self.take_books_out()
        for number in range(2):
            began = time.monotonic()
            self._folder = prepare_once(self._books, cache, workers=workers).corpus
            self._right.append(self._outcome())
            self._seconds.append(time.monotonic() - began)
            if number == 0:
                self._more.rename(self._added)

    def take_books_out(self) -> None:
        """Leave the library as it was made."""
        if self._added.exists():
            self._added.rename(self._more)

    def finish_two_corpora(self) -> None:
        """Prepare the library from nothing, then with books added, each until it is finished in spite of the kills."""
        shutil.rmtree(self.cache, ignore_errors=True)
        self.take_books_out()
        for number, right in enumerate(self._right):
            while not self._finishes(number):
                pass
            found = self._outcome()
            if found != right:
                raise SystemExit(f"after {self.counts['kills']} kills the corpus differs: {found} is not {right}.")
            self.counts["corpora"] += 1
            if number == 0:
                self._more.rename(self._added)

    def _outcome(self) -> Outcome:
        return Outcome(Corpus.open(self._folder).checksum, sha256_of(self._folder / IDS_NAME))

    def _finishes(self, number: int) -> bool:
        """Start a preparation and kill it at a random moment, unless it is finished before; return whether it is."""
        process = start(self._books, self.cache, workers=self._workers, quiet=True)
        began = time.monotonic()
        end = began + self._random.uniform(0.1, 1.1) * self._seconds[number]
        while process.poll() is None and (time.monotonic() < end or self.counts["kills"] >= self._kills):
            time.sleep(0.002)
        if process.poll() is None:
            self._kill(process.pid)
        process.communicate()
        if process.returncode == 0:
            return True
        if number:  # the corpus of before, or already the new one
            self.counts["former"] += 1
            if Corpus.open(self._folder).checksum not in {right.checksum for right in self._right}:
                raise SystemExit(f"after {self.counts['kills']} kills the former corpus is another one.")
        return False

    def _kill(self, pid: int) -> None:
        is_encoding = bool(list(self._folder.parent.glob(f".{self._folder.name}.new-*")))
        has_begun = self.cache.joinpath("books").exists()
        self.stages["encoding" if is_encoding else "reading" if has_begun else "starting"] += 1
        workers = [child for child in family(pid)[1:] if b"resource_tracker" not in _command_of(child)]
        victim = self._random.choice(["all", "main", "worker"]) if workers else "all"
        with suppress(ProcessLookupError):
            if victim == "all":
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid if victim == "main" else self._random.choice(workers), signal.SIGKILL)
        self.counts.update(["kills", victim])


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
