"""Bits per byte of public texts by an author, before and after it adapts to them.

    python benchmarks/public.py FOLDER [--author AUTHOR] [--novels SHELF] [--limit N]

FOLDER holds alice29.txt, asyoulik.txt, lcet10.txt and plrabn12.txt of the Canterbury corpus, as the source archive of
brotli has them. They are scored raw, byte by byte, line ends included. Their lines are wrapped, and the author's shelf
is not: the same texts with the lines of each paragraph joined show what that costs, in bits per character.

With a shelf of novels, its held-out books are scored as well, N characters from the beginning of each, per character.

paq8px v216 knows nothing before it reads a text; its figures are those of its own archive sizes (-8L, or -8 for the two
long files), measured on another day.
"""

import argparse
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import results_header, write_results

from penwright import Author, prepare
from penwright.author.box import boxed_author

PAQ8PX = {"alice29.txt": 1.729, "asyoulik.txt": 2.008, "lcet10.txt": 1.483, "plrabn12.txt": 1.950}
WRAP = re.compile(r"(?<!\n)\n(?!\n)")


def bits(author: Author, text: str, *, adapts: bool) -> float:
    """Return the bits that a whole text costs, from the opening of a book."""
    ids = np.concatenate(([author.alphabet.boundary_id], author.alphabet.encode(text)))
    return float(author.costs(adapts=adapts)(ids).sum()) / math.log(2)


def rows_of(author: Author, folder: Path) -> Iterator[str]:
    """Yield a line of the table for each file."""
    for name, peer in PAQ8PX.items():
        data = (folder / name).read_bytes()
        raw = data.decode("latin-1")
        before, after = (bits(author, raw, adapts=adapts) / len(data) for adapts in (False, True))
        joined = WRAP.sub(" ", raw.replace("\r\n", "\n"))
        unwrapped = [bits(author, joined, adapts=adapts) / len(joined) for adapts in (False, True)]
        yield f"| {name} | {before:.3f} | {after:.3f} | {peer:.3f} | {unwrapped[0]:.3f} | {unwrapped[1]:.3f} |"


def novel_rows(author: Author, shelf: Path, *, limit: int) -> Iterator[str]:
    """Yield a line for each held-out book of a shelf, and their mean."""
    corpus, totals = prepare([shelf]), np.zeros(3)
    for split in ("val", "test"):
        for book in corpus.books_in(split):
            text = corpus.book_text(book)[:limit]
            costs = [bits(author, text, adapts=adapts) for adapts in (False, True)]
            totals += (*costs, len(text))
            yield f"| {book.title} ({split}) | {costs[0] / len(text):.3f} | {costs[1] / len(text):.3f} |"
    yield f"| all | {totals[0] / totals[2]:.3f} | {totals[1] / totals[2]:.3f} |"


def main() -> None:
    """Score and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--author", type=Path, default=None, help="an author file or a run; without it, the box")
    parser.add_argument("--novels", type=Path, default=None, help="a shelf whose held-out books are scored as well")
    parser.add_argument("--limit", type=int, default=200_000, help="characters of each held-out book")
    arguments = parser.parse_args()
    author = Author.load(arguments.author or boxed_author())
    head = "| file | raw, bits a byte | adapting | paq8px v216 | lines joined, bits a character | adapting |"
    body = [head, "|---|---:|---:|---:|---:|---:|", *rows_of(author, arguments.folder)]
    if arguments.novels is not None:
        body += ["", "| held-out book | bits a character | adapting |", "|---|---:|---:|"]
        body += novel_rows(author, arguments.novels, limit=arguments.limit)
    write_results("public", "Public texts, and an author that adapts to them", results_header(), "\n".join(body))


if __name__ == "__main__":
    main()
