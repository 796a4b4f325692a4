"""`penwright originality`: how much of a text stands in the books of a shelf."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from penwright.cli.display.copies import copies_table, run_facts, run_lines
from penwright.cli.finding import find_run
from penwright.cli.indexing import cleaned_text, corpus_of, opened_index
from penwright.cli.options import OUTPUT, Existing, Json, Whole, option
from penwright.cli.output import console, print_json, visible
from penwright.errors import UsageError, counted, printable
from penwright.files import is_file

if TYPE_CHECKING:
    from penwright.originality.meter import Copied

HELD_OUT_CHARS = 20_000
"""Characters measured of each held-out book, from its middle."""


def originality(
    file: Path,
    /,
    *,
    corpus: Annotated[Path | None, Existing, option(metavar="PATH")] = None,
    top: Annotated[Whole, option(group=OUTPUT)] = None,
    as_json: Json = False,
) -> int:
    """Say how much of a text stands in the books of a shelf, word for word.

    A character counts as copied at length N if it is part of a run of N or more characters that a training book has
    too. People who never read each other share short runs, so the same figures of the shelf's held-out books stand
    beside those of the text. The file is cleaned as the books were.

    Args:
        file: A text file.
        corpus: The books, as for `train`, or the folder of a run. The default is the newest run under runs/.
        top: Number of copied runs to show, the longest first, with book and place. Default 10.
    """
    num_shown = 10 if top is None else top
    if num_shown < 0:
        raise UsageError(f"--top {num_shown} must be 0 or more.")

    from penwright.originality.meter import copied, held_out_copied, runs_of

    if not is_file(file):
        raise UsageError(f"{printable(str(file)):.200}: there is no such file. Check the path.")
    books = corpus_of([str(find_run(None) if corpus is None else corpus)], is_quiet=as_json)
    index = opened_index(books)
    text = cleaned_text(file, books)
    own, runs = copied([text], index), runs_of(text, index)
    others = list(held_out_copied(books, index, max_chars=HELD_OUT_CHARS))
    longest = sorted(runs, key=lambda run: -run.length)[:num_shown]
    if as_json:
        print_json(
            {
                "file": str(file),
                "num_chars": len(text),
                "shares": _shares(own),
                "held_out": [
                    {"title": each.book.title, "num_chars": each.num_chars, "shares": _shares(each.copied)}
                    for each in others
                ],
                "runs": [run_facts(run, text, index) for run in longest],
            }
        )
        return 0
    print(f"{counted(len(text), 'character')}, beside {counted(len(index.books), 'training book')}")
    console().print(copies_table(own, others, name=visible(file.name)))
    for line in run_lines(text, longest, index):
        print(visible(line))
    return 0


def _shares(copied: "Copied") -> dict[str, float]:
    return {str(length): share for length, share in copied.shares.items()}
