"""Measure an author of C: how many of its functions parse, with and without a check, and how much it copies.

    python benchmarks/code_author.py RUN SHELF TREE [--functions 100]

RUN is the run of a training on the source files SHELF. TREE is the whole source tree, whose headers tell what is a type
(`code_grammar.py`). The author goes on after "static int " until it has written so many functions, each text with a
seed of its own. Functions of held-out files say how many of a person's are accepted.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from code_grammar import Grammar, is_function, units_of
from common import results_header, write_results

from penwright import Author, Corpus, prepare
from penwright.cli.finding import cache_dir
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.originality.building import make_index
from penwright.originality.meter import Copied, copied, held_out_copied
from penwright.writing.checked import Checking

PROMPT = "static int "
PER_TEXT = 5
"""Functions of each text, after which the next one begins."""
MAX_UNITS = 40
LENGTHS = (20, 40, 80, 160)
HELD_OUT_CHARS = 20_000
TEMPERATURES = (1.0, 0.7)
SHOWN_CHARS = (300, 1_500)


class Wrote:
    """What an author wrote: its texts, and its functions with the judgement of each that stands."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.functions: list[tuple[str, bool]] = []
        self.num_refused = 0
        self.seconds = 0.0

    @property
    def share(self) -> float:
        """Share of the functions that parse."""
        return sum(accepted for _, accepted in self.functions) / len(self.functions)


def written(author: Author, grammar: Grammar, *, number: int, is_checked: bool, **options: Any) -> Wrote:
    """Let an author write functions, each text until it has `PER_TEXT` of them."""
    wrote, seed = Wrote(), 0
    began = time.perf_counter()
    while len(wrote.functions) < number:
        seed += 1
        tries: list[tuple[str, bool]] = []
        checking = Checking(accepts=_noting(tries, grammar, is_checked=is_checked), unit="braces")
        text, found = "", 0
        for _, unit in zip(range(MAX_UNITS), author.stream(PROMPT, check=checking, seed=seed, **options), strict=False):
            text += unit
            found = sum(is_function(code) for code in units_of(PROMPT + text))
            if found >= PER_TEXT:
                break
        wrote.texts.append(text)
        wrote.num_refused += checking.num_refused
        wrote.functions += [(code, grammar.accepts(code)) for code in units_of(PROMPT + text) if is_function(code)]
    wrote.seconds = time.perf_counter() - began
    return wrote


def _noting(tries: list[tuple[str, bool]], grammar: Grammar, *, is_checked: bool) -> Callable[[str], bool]:
    def accepts(code: str) -> bool:
        accepted = not is_checked or grammar.accepts(code)
        tries.append((code, accepted))
        return accepted

    return accepts


def held_out_functions(corpus: Corpus) -> list[str]:
    """Return the functions of the C files that nothing was learned from."""
    books = [book for split in ("val", "test") for book in corpus.books_in(split) if book.source.endswith(".c")]
    return [code for book in books for code in units_of(corpus.book_text(book)) if is_function(code)]


def copied_row(name: str, found: Copied) -> str:
    """Return a row of shares as Markdown."""
    return f"| {name} | {' | '.join(f'{found.shares[length]:.1%}' for length in LENGTHS)} | {len(found.longest)} |"


def training_line(run: Path) -> str:
    """Return a sentence on the run, on what its plan expected, and on what came."""
    records = list(map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()))
    planned = next(record for record in records if record["kind"] == "planned")
    finished = next(record for record in records if record["kind"] == "finished")
    size = next(each for each in planned["sizes"] if each["name"] == planned["size"])
    came = finished["best_bits_per_char"]
    return (
        f"Size {planned['size']} read {finished['chars_read'] / 1e6:.1f} million characters in "
        f"{planned['seconds'] / 60:.0f} minutes. The plan expected {size['chars_read'] / 1e6:.1f} "
        f"million and {size['bits_per_char']:.3f} bits per character on held-out text; {came:.3f} came, "
        f"{came / size['bits_per_char'] - 1:+.1%}."
    )


def shown(wrote: Wrote) -> str:
    """Return the first function of middling length that parses, as Markdown."""
    fit = [code for code, accepted in wrote.functions if accepted and SHOWN_CHARS[0] <= len(code) <= SHOWN_CHARS[1]]
    return f"```c\n{fit[0].strip()}\n```" if fit else "(none)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("shelf", type=Path)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--functions", type=int, default=100)
    arguments = parser.parse_args()
    let_waiting_threads_sleep()

    corpus, author = prepare([arguments.shelf], cache_dir=cache_dir()), Author.load(arguments.run)
    index, grammar, number = make_index(corpus), Grammar(arguments.tree), arguments.functions
    learned = "\n".join(corpus.book_text(book) for book in corpus.books_in("train"))
    theirs = held_out_functions(corpus)[:: max(1, len(held_out_functions(corpus)) // number)][:number]
    theirs_accepted = sum(map(grammar.accepts, theirs))
    rows, copies, examples = [], [], []
    for temperature in TEMPERATURES:
        for is_checked in (False, True):
            wrote = written(author, grammar, number=number, is_checked=is_checked, temperature=temperature)
            name = f"{'with' if is_checked else 'without'} a check, temperature {temperature:g}"
            whole = sum(code.strip() in learned for code, _ in wrote.functions)
            length = median(len(code) for code, _ in wrote.functions)
            rows.append(
                f"| {name} | {len(wrote.functions)} | {wrote.share:.0%} | {wrote.num_refused} | {length:.0f} | {whole} "
                f"| {sum(map(len, wrote.texts)) / wrote.seconds:,.0f} |"
            )
            copies.append(copied_row(name, copied(wrote.texts, index, lengths=LENGTHS)))
            examples += [f"{name[0].upper()}{name[1:]}:", "", shown(wrote), ""]
    others = list(held_out_copied(corpus, index, max_chars=HELD_OUT_CHARS, lengths=LENGTHS))
    middle = " | ".join(f"{median(each.copied.shares[length] for each in others):.1%}" for length in LENGTHS)
    files = corpus.books_in("train")
    body = [
        f"The shelf: {len(files):,} training files with {sum(book.num_chars for book in files):,} characters. "
        f"{training_line(arguments.run)}",
        "",
        "A function parses if a compiler finds no error of grammar in it; what is declared nowhere does not count. "
        f"Types, attributes and loops, {grammar.num_names:,} names, are those of the tree's headers. "
        f"Of {len(theirs)} functions of held-out files, {theirs_accepted / len(theirs):.0%} are accepted: macros can "
        "make a grammar of their own.",
        "",
        "| the author writes | functions | parse | tries refused | median length | whole in the shelf | characters/s |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
        "The share of characters in runs of at least so many that a training file has too:",
        "",
        f"| text | {' | '.join(map(str, LENGTHS))} | longest |",
        f"|---|{'--:|' * (len(LENGTHS) + 1)}",
        *copies,
        f"| held-out files, median | {middle} | |",
        "",
        "The first function of each kind with 300 to 1,500 characters that parses:",
        "",
        *examples,
    ]
    write_results("code_author", "An author of C", results_header(), "\n".join(body).rstrip())


if __name__ == "__main__":
    main()
