"""How much memory does a default training take, and how many bytes has the author that it makes?

    python benchmarks/memory.py PATH [--for 5m | --steps N] [--set SETTING ...] [--cache FOLDER] [--out NAME]

`penwright train PATH` runs as a process of its own, the preparation of the books included. Its peak is the largest
resident memory that the operating system saw of it (`ru_maxrss`). The n-grams of the author are packed without loss,
so its plain size is what the same tables take as arrays.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import results_header, write_results

from penwright import Author

MEGA = 1_000_000


def trained(arguments: argparse.Namespace, folder: Path) -> tuple[int, Path]:
    """Train in a process. Return the largest number of bytes that were resident, and the author's path."""
    run = folder / "run"
    words = ["train", str(arguments.path), "--run", str(run), "--quiet"]
    words += ["--steps", arguments.steps] if arguments.steps else ["--for", arguments.time]
    words += [word for setting in arguments.set for word in ("--set", setting)]
    environment = {**os.environ, "PENWRIGHT_CACHE": str(arguments.cache or folder / "cache")}
    process = subprocess.Popen([sys.executable, "-m", "penwright", *words], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the training failed with status {status}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit, run / "author.safetensors"


def plain_bytes(author: Author) -> tuple[int, int]:
    """Return the number of successors of an author's tables, and the bytes that they take as arrays."""
    tables = author.model.tables
    assert tables is not None, "a default author counts"
    return len(tables.symbols), sum(array.numel() * array.element_size() for array in tables)


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--for", dest="time", default="5m", metavar="TIME")
    length.add_argument("--steps", metavar="N")
    parser.add_argument("--set", action="append", default=[], metavar="SETTING")
    parser.add_argument("--cache", type=Path, help="where the books may be prepared already; else a new folder")
    parser.add_argument("--out", default="memory", help="name of the result")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peak, path = trained(arguments, Path(folder))
        author = Author.load(path)
        num_entries, num_plain = plain_bytes(author)
        size = path.stat().st_size
    num_chars = sum(book.num_chars for book in author.card.books if book.split == "train")
    rows = [
        "| | |",
        "|---|---:|",
        f"| characters to learn from | {num_chars:,} |",
        f"| updates | {author.card.steps:,} |",
        f"| peak of resident memory | {peak / MEGA:,.0f} MB |",
        f"| successors in the author's tables | {num_entries:,} |",
        f"| these tables as arrays | {num_plain / MEGA:,.1f} MB |",
        f"| the author's file | {size / MEGA:,.1f} MB |",
    ]
    write_results(arguments.out, "Memory of a training, and bytes of an author", results_header(), "\n".join(rows))


if __name__ == "__main__":
    main()
