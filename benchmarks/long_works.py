"""Does a long work go round in circles? Its words and runs of words, under several settings, beside a whole novel.

    python benchmarks/long_works.py SHELF [--author AUTHOR] [--words 50000] [--works FOLDER]

An author writes a work of twelve chapters under each setting, with one seed. Each quarter is measured by itself: an
author that falls into a rut uses fewer words in the last than in the first. The same is measured of the longest
held-out novels of the shelf. Words are held against those of its training books.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from common import results_header, write_results

from penwright import prepare
from penwright.author.box import boxed_author
from penwright.author.works.settings import LONG_WORK_DEFAULTS
from penwright.corpus.passes.subword_pass import iter_texts
from penwright.evaluation.judging.repetition import grams_of, loop_share
from penwright.evaluation.judging.words import lexicon_of, plain_words_of, words_of

NUM_CHAPTERS = 12
NUM_NOVELS = 3
NUM_PARTS = 4
SETTINGS: Sequence[dict[str, Any]] = (
    {"temperature": 0.8, "no_repeat_ngram": 20, "max_match_length": 16},  # nearly as a page is written
    {"temperature": 0.8},
    {"temperature": 0.9},
    {"temperature": 1.0},
)
_HEADING = re.compile(r"\n\n\n\nCHAPTER [IVX]+\n\n")
_COLOPHON = "\n\n\n\n*\n\n"


class Measures(NamedTuple):
    """What a long text is like."""

    num_words: int
    first: int
    """Different words in the first quarter."""
    last: int
    """Different words in the last quarter."""
    three: float
    """Share of runs of three words that stood in the text before, 0 to 1."""
    five: float
    """The same of five words."""
    loops: float
    """See `repetition.loop_share`."""
    non_words: float
    """Share of the words in small letters that no training book has, 0 to 1."""


def measure(text: str, lexicon: frozenset[str]) -> Measures:
    """Measure a text."""
    words = words_of(text)
    part = len(words) // NUM_PARTS
    plain = plain_words_of(text)
    return Measures(
        len(words),
        len(set(words[:part])),
        len(set(words[-part:])),
        *(1 - len(set(grams)) / len(grams) for grams in (grams_of(words, 3), grams_of(words, 5))),
        loop_share([text]),
        sum(word not in lexicon for word in plain) / len(plain),
    )


def write(path: Path, author: Path | None, *, words: int, seed: int, options: Mapping[str, Any]) -> None:
    """Write a work by the command."""
    command = [sys.executable, "-m", "penwright", "write", "--author", str(author or boxed_author()), "--prompt", ""]
    command += ["--words", f"{words}", "--chapters", f"{NUM_CHAPTERS}", "--seed", f"{seed}", "--out", str(path)]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", f"{value}"]
    subprocess.run([*command, "--restart"], capture_output=True, check=True)


def row(name: str, found: Measures, seconds: str) -> str:
    """Return one line of the table."""
    return (
        f"| {name} | {found.num_words:,} | {found.first:,} | {found.last:,} | {100 * found.three:.1f} % | "
        f"{100 * found.five:.2f} % | {100 * found.loops:.2f} % | {100 * found.non_words:.2f} % | {seconds} |"
    )


def main() -> None:
    """Write, measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shelf", type=Path, help="the books whose words count as words")
    parser.add_argument("--author", type=Path, default=None, help="an author; without it, the one in the box")
    parser.add_argument("--words", type=int, default=50_000)
    parser.add_argument("--works", type=Path, default=None, help="a folder for the works")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    corpus = prepare([arguments.shelf])
    lexicon, rows = lexicon_of(corpus), []
    novels = sorted((*corpus.books_in("val"), *corpus.books_in("test")), key=lambda book: -book.num_chars)
    for book in novels[:NUM_NOVELS]:
        text = " ".join(re.findall(r"\S+\s*", "".join(iter_texts(corpus, book)))[: arguments.words])
        rows.append(row(f"held out: {book.title}", measure(text, lexicon), ""))
        print(rows[-1], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) if arguments.works is None else arguments.works
        kept.mkdir(exist_ok=True)
        for number, options in enumerate(SETTINGS):
            path, began = kept / f"work-{number}.txt", time.perf_counter()
            write(path, arguments.author, words=arguments.words, seed=arguments.seed, options=options)
            seconds = time.perf_counter() - began
            text = " ".join(_HEADING.split(path.read_text(encoding="utf-8").partition(_COLOPHON)[0])[1:])
            shown = ", ".join(f"{key} {value}" for key, value in {**LONG_WORK_DEFAULTS, **options}.items())
            rows.append(row(f"`{shown}`", measure(text, lexicon), f"{seconds:.0f} s"))
            print(rows[-1], flush=True)
    head = [
        "| text | words | different, first quarter | last quarter | three words again | five words again | loops | "
        "non-words | time |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    note = (
        f"Works of {arguments.words:,} words in {NUM_CHAPTERS} chapters, seed {arguments.seed}, min-p 0.1; of each "
        "novel as many words. The columns: different words in the first quarter and in the last; runs of three and of "
        "five words that stood in the text before; characters in spans of 40 that did; words in small letters that no "
        "training book has."
    )
    write_results("long_works", "Long works", results_header(), "\n".join([note, "", *head, *rows]))


if __name__ == "__main__":
    main()
