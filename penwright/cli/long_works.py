"""What `write` knows of long works: which options they take, how they are shown, and what is said when one is done."""

import sys
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penwright.author.works.exporting import check_suffix
from penwright.author.works.settings import WorkOptions, parse_work_options
from penwright.author.works.writing import WorkProgress, iter_work
from penwright.cli.display.clock import working
from penwright.cli.display.durations import format_duration
from penwright.cli.interrupts import StopRequest
from penwright.cli.options import at_most_one
from penwright.cli.output import is_terminal, print_json, say
from penwright.errors import UsageError, counted, quoted
from penwright.training.activity import Activity

if TYPE_CHECKING:
    from penwright.author.author import Author
    from penwright.cli.copies import Copies
    from penwright.writing.bookmark import Bookmark

MIN_SECONDS_TO_FORECAST = 2.0


def check_work(options: WorkOptions, *, out: Path | None, unfit: Mapping[str, object]) -> Path:
    """Check the options of a long work before anything is loaded.

    Args:
        options: Options of the work.
        out: Its file.
        unfit: Options that a work does not take, by name. None and False mean that they were not given.

    Returns:
        Its file.

    Raises:
        UsageError: If a value is out of bounds, or an option has no place in a work.
    """
    for name, value in unfit.items():
        at_most_one({"a long work": True, name: value})
    if out is None:
        raise UsageError("a long work needs a file: give --out novel.md, novel.txt or novel.epub.")
    check_suffix(out)
    parse_work_options(options)
    return out


def write_long(
    writer: "Author",
    prompt: str,
    *,
    path: Path,
    out: Path,
    after: "Bookmark | None",
    copies: "Copies | None",
    label: str | None = None,
    options: WorkOptions,
    restart: bool,
    as_json: bool,
) -> int:
    """Write a long work and show how far it is. Ctrl-C keeps what is written.

    Args:
        writer: The author.
        prompt: First words of the work.
        path: Path of the author.
        out: File of the work.
        after: Bookmark that the work goes on from.
        copies: Limit to copying, None for no limit.
        label: Label under which the author writes, to be noted in the work.
        options: Options of the work.
        restart: True to begin anew.
        as_json: True to print one JSON object.
    """
    guides = () if copies is None else copies.guides(writer.alphabet)
    noted: dict[str, str | int] = {"adapt": True} if after is not None and after.adapts and prompt else {}
    if label is not None:
        noted["as"] = label
    if copies is not None and copies.max_quote is not None:
        noted["max_quote"] = copies.max_quote
    work = iter_work(writer, out, prompt=prompt, after=after, guides=guides, noted=noted, restart=restart, **options)
    shows_line, forecast, progress = is_terminal(sys.stderr), _Forecast(), next(work)
    if options.get("seed") is None:
        say(f"seed {progress.seed}")
    with StopRequest() as stop, working("writing", is_shown=shows_line) as tell:
        for progress in chain([progress], work):  # noqa: B020  # the first goes first
            tell(Activity(forecast.line(progress), min(1.0, progress.num_words / progress.words)))
            if progress.is_chapter_written and not progress.is_finished and not shows_line:
                say(_line(progress))
            if stop() and not progress.is_finished:
                work.close()
                break
    if not progress.is_finished:
        say(f"stopped after {counted(progress.num_words, 'word')}; the same command goes on from there")
        return stop.exit_code
    if as_json:
        print_json(_facts(progress, path=path, out=out))
        return 0
    chapters, words = counted(progress.num_chapters, "chapter"), counted(progress.num_words, "word")
    print(f"{quoted(out)}: {chapters}, {words}, {counted(progress.num_chars, 'character')}, seed {progress.seed}")
    return 0


class _Forecast:
    """How long a work will still take, by what it took so far."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first: int | None = None

    def line(self, progress: WorkProgress) -> str:
        """Return what is being done and how long it will take."""
        if self._first is None:
            self._first, self._began = progress.num_words, time.monotonic()
        seconds = time.monotonic() - self._began
        num_new, num_left = progress.num_words - self._first, progress.words - progress.num_words
        if seconds < MIN_SECONDS_TO_FORECAST or num_new < 1 or num_left < 1:
            return _line(progress)
        return f"{_line(progress)}, {format_duration(seconds / num_new * num_left)} left"


def _line(progress: WorkProgress) -> str:
    where = f"chapter {progress.chapter} of {progress.num_chapters}"
    return f"{where}, {progress.num_words:,} of {counted(progress.words, 'word')}"


def _facts(progress: WorkProgress, *, path: Path, out: Path) -> dict[str, Any]:
    facts = progress._asdict()
    return {
        "author": str(path),
        "out": str(out),
        **{name: facts[name] for name in ("seed", "num_chapters", "num_words", "num_chars")},
    }
