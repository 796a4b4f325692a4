"""Measure the index of a shelf: speed, size, memory, and how much the author in the box copies from the shelf.

    python benchmarks/originality.py PATH/TO/novels [--samples 25] [--chars 2000] [--max-quote 24]

The shelf should be the one that the author in the box was raised on. The index is built twice: the first time its
memory is measured, which is what belongs to the process alone, without mapped files, and the second time its speed.
Pages are written with the defaults, without a prompt. The held-out books are those of the shelf.
"""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from common import results_header, write_results

from penwright import Author, prepare
from penwright.cli.finding import cache_dir
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.originality.building import make_index
from penwright.originality.index import ShelfIndex
from penwright.originality.meter import Copied, copied, held_out_copied, runs_of
from penwright.originality.quote_limit import QuoteLimit

LENGTHS = (20, 24, 30, 40, 50, 80)
HELD_OUT_CHARS = 20_000


def own_memory() -> float:
    """Return the megabytes of memory that belong to this process alone."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return float("nan")


@contextmanager
def peak_of() -> Iterator[list[float]]:
    """Give a list that holds the most memory of the process during the block, and that before it."""
    found, is_over = [own_memory()] * 2, threading.Event()

    def watch() -> None:
        while not is_over.wait(0.005):
            found[0] = max(found[0], own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        is_over.set()
        watcher.join()


def pages(
    author: Author, *, number: int, chars: int, index: ShelfIndex | None, max_quote: int
) -> tuple[list[str], float]:
    """Return pages and the characters written in a second, with a limit where an index is given."""
    began = time.perf_counter()
    written = [
        author.write(
            max_chars=chars,
            seed=seed,
            guides=[] if index is None else [QuoteLimit(index, author.alphabet, max_quote=max_quote)],
        )
        for seed in range(1, number + 1)
    ]
    return written, number * chars / (time.perf_counter() - began)


def row(name: str, found: Copied) -> str:
    """Return a row of shares as Markdown."""
    shares = " | ".join(f"{found.shares[length]:.2%}" for length in LENGTHS)
    words = " ".join(found.longest.split())
    return f"| {name} | {shares} | {len(found.longest)}: “{words}” |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--samples", type=int, default=25)
    parser.add_argument("--chars", type=int, default=2_000)
    parser.add_argument("--max-quote", type=int, default=24)
    arguments = parser.parse_args()
    let_waiting_threads_sleep()

    corpus = prepare([arguments.path], cache_dir=cache_dir())
    author = Author.from_box()
    own = {book.sha256 for book in author.card.books}
    known = sum(book.sha256 in own for book in corpus.books_in("train"))
    with peak_of() as memory:
        make_index(corpus)
    began = time.perf_counter()
    index = make_index(corpus)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    ShelfIndex.open(corpus)
    opening = time.perf_counter() - began
    book = corpus.book_text(corpus.books_in("test")[0])[:1_000_000]
    began = time.perf_counter()
    runs_of(book, index)
    lookups = len(book) / (time.perf_counter() - began)

    limit = arguments.max_quote
    author.write(max_chars=100, seed=1, guides=[QuoteLimit(index, author.alphabet, max_quote=limit)])
    plain, fast = pages(author, number=arguments.samples, chars=arguments.chars, index=None, max_quote=limit)
    limited, slower = pages(author, number=arguments.samples, chars=arguments.chars, index=index, max_quote=limit)
    others = list(held_out_copied(corpus, index, max_chars=HELD_OUT_CHARS, lengths=LENGTHS))
    middle = " | ".join(f"{median(each.copied.shares[length] for each in others):.2%}" for length in LENGTHS)
    body = [
        f"The shelf: {len(index.books)} training books, {known} of them on the card of the author in the box.",
        "",
        "| what | measured |",
        "|---|--:|",
        f"| characters | {index.num_chars:,} |",
        f"| built | {index.num_chars / seconds / 1e6:.0f} MB/s |",
        f"| most memory of its own while building, mapped files not counted | {memory[0] - memory[1]:.0f} MB |",
        f"| size | {index.num_bytes / int(index.starts[-1]):.3f} of the text |",
        f"| opened and checked | {opening:.3f} s |",
        f"| characters of a held-out book looked up | {lookups:,.0f} a second |",
        f"| written by the author in the box, no limit | {fast:,.0f} characters/s |",
        f"| the same with `--max-quote {limit}` | {slower:,.0f} characters/s |",
        "",
        f"{arguments.samples} pages of {arguments.chars:,} characters, and {HELD_OUT_CHARS:,} from the middle of each "
        "held-out book: the share of characters in runs of at least so many that a training book has too.",
        "",
        f"| text | {' | '.join(map(str, LENGTHS))} | longest |",
        f"|---|{'--:|' * len(LENGTHS)}---|",
        row("the author in the box", copied(plain, index, lengths=LENGTHS)),
        row(f"with `--max-quote {limit}`", copied(limited, index, lengths=LENGTHS)),
        *(row(f"{each.book.title} ({each.book.author})", each.copied) for each in others),
        f"| held-out books, median | {middle} | |",
    ]
    write_results("originality", "Originality", results_header(), "\n".join(body))


if __name__ == "__main__":
    main()
