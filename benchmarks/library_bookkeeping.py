"""What a shelf of N books costs beside their texts, for benchmarks/library.py: NUMBER FOLDER.

The facts of the books are made up: fingerprints of novels, of which one in sixteen is an edition of another book. Only
what the preparation does with them is measured: names, pairs, splits, alphabet, description, opening, first batch.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from library_books import Plan, form_of, size_of

from penwright.corpus.config import CorpusConfig
from penwright.corpus.description import Contents, describe, write_description
from penwright.corpus.preparing import _books
from penwright.corpus.shelf.facts import Facts, keep
from penwright.corpus.shelf.fingerprints import NUM_HASHES
from penwright.corpus.shelf.selection import ReadBook, select_books
from penwright.corpus.sources.discovery import Source
from penwright.corpus.store import IDS_NAME, Corpus
from penwright.files.scratch import Scratch
from penwright.training.batches import Lanes

CHARACTERS = "".join(map(chr, [10, *range(32, 123), 0xE9, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D]))
EDITIONS = 16
BATCHES = 1_000


def main(num_books: int, folder: Path) -> dict[str, float]:
    """Do the bookkeeping of some books and return its seconds by step, and the peak of its memory in MB."""
    random = np.random.Generator(np.random.PCG64(num_books))
    times: dict[str, float] = {}
    began = time.process_time()

    def lap(name: str) -> None:
        nonlocal began
        times[name] = time.process_time() - began
        began = time.process_time()

    with Scratch(folder) as scratch:
        books = [_book(number, num_books, random, scratch, folder) for number in range(num_books)]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        selection = select_books(books, config=CorpusConfig(), scratch=scratch)
        lap("selecting")
        contents = Contents(
            alphabet=selection.alphabet,
            config=CorpusConfig(),
            books=_books(selection),
            cache_keys=tuple((book.facts.sha256,) for book in selection.books),
            skipped=(),
            warnings=selection.warnings,
        )
        write_description(folder, describe(contents, [book.facts.sha256 for book in selection.books]))
        lap("describing")
    with (folder / IDS_NAME).open("wb") as file:
        file.truncate(sum(book.num_ids for book in contents.books))  # of zeros, that take no room
    began = time.process_time()
    corpus = Corpus.open(folder)
    lap("opening")
    books_read = [corpus.book_ids(book) for book in corpus.books_in("train")]
    lanes = Lanes(books_read, batch_size=32, seq_len=256, resets_at_books=True)
    lanes.batch(1, 0)
    lap("first batch")
    for window in range(BATCHES):
        lanes.batch(1, window)
    lap("batches")
    times["pipeline"] = BATCHES * 32 * 256 / times["batches"]
    times["pairs"] = len(selection.editions)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**times, "peak_mb": peak / 1e3, "mb_of_selection": (peak - before) / 1e3}


def _book(number: int, num_books: int, random: np.random.Generator, scratch: Scratch, folder: Path) -> ReadBook:
    plan = Plan(number + 1, "work", (number + 1 - (number % EDITIONS == 1),))
    form = form_of(plan, seed=0, num_files=num_books)
    work = np.random.Generator(np.random.PCG64([num_books, plan.works[0]]))
    hashes = work.integers(0, 1 << 63, NUM_HASHES, dtype=np.uint64)
    if number % EDITIONS == 1:
        hashes[:: NUM_HASHES // 16] = random.integers(0, 1 << 63, 16, dtype=np.uint64)
    digest = f"{number:064x}"
    num_chars = size_of(plan.works[0], seed=0)
    counts = np.full(len(CHARACTERS), num_chars // len(CHARACTERS), dtype=np.int64)
    counts[0] += num_chars - counts.sum()
    facts = Facts(
        sha256=digest,
        text_sha256=digest,
        num_chars=num_chars,
        encoding="utf-8",
        reason="valid UTF-8",
        details={"Title": form.title, "Author": form.writer, "Language": "English"},
        is_hard_wrapped=True,
        was_unwrapped=True,
        warnings=(),
        doubts=(),
        characters=CHARACTERS,
        counts=counts,
        fingerprint=np.unique(hashes),
    )
    return ReadBook(Source(folder / plan.path, None, num_chars, folder), keep(facts, scratch=scratch), None)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), Path(sys.argv[2]))))
