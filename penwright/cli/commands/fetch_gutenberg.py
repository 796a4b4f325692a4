"""`penwright fetch gutenberg`: books of Project Gutenberg in a folder of the user's."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from penwright.cli.display.clock import working
from penwright.cli.display.durations import format_duration
from penwright.cli.finding import cache_dir
from penwright.cli.options import SELECTION, Json, Whole, at_most_one, option
from penwright.cli.output import is_terminal, print_json, say
from penwright.cli.prompts import is_agreed
from penwright.errors import FetchError, UsageError, counted, quoted

if TYPE_CHECKING:
    from penwright.corpus.fetching.intake import FetchSummary
    from penwright.corpus.fetching.plan import FetchProgress, Origin, Plan
    from penwright.training.activity import Activity

MAX_UNASKED = 100
"""Largest number of books that are fetched without a question."""
MAX_LIMIT = 1_000_000
SECONDS_OF_BOOK = 5.0
"""Time to fetch one book by itself, with its description and the pauses."""


def gutenberg(
    folder: Annotated[Path, option(metavar="DIR")],
    /,
    *,
    language: Annotated[str, option(group=SELECTION, metavar="CODE")] = "en",
    subject: Annotated[str, option(group=SELECTION, metavar="WORD")] = "fiction",
    author: Annotated[tuple[str, ...], option(group=SELECTION, metavar="NAME", negative_iterable=())] = (),
    died_before: Annotated[Whole, option(group=SELECTION)] = None,
    limit: Annotated[Whole, option(group=SELECTION)] = None,
    mirror: Annotated[str | None, option(metavar="ADDRESS")] = None,
    archive: bool = False,
    refresh: bool = False,
    yes: bool = False,
    as_json: Json = False,
) -> int:
    """Fetch books of Project Gutenberg into a folder.

    The books are chosen from its catalogue, one edition of each work, and those under copyright are left out. Up to 100
    books are fetched one by one from a mirror, with a pause of two seconds. More are taken from the one archive of all
    texts, some 10 GB, which is read as it arrives. A run that was stopped goes on when the same command is given again,
    and books that are there are not fetched again. fetched.csv in the folder records where each book comes from.

    Args:
        folder: Folder for the books. It is made if it does not exist.
        language: Code of the language, such as en or fr. Books in several languages are left out. "all" takes any.
        subject: A word or phrase of the subjects, such as "detective". "fiction" takes English and American literature
            too. "all" takes any.
        author: Words of a writer's name. May be repeated to take the books of several.
        died_before: Only books whose writers and translators all died before this year.
        limit: The largest number of books. Those with the lowest numbers in the catalogue are taken.
        mirror: Address of another mirror, as https://host/path or rsync://host/module. "rsync" takes the usual one by
            rsync.
        archive: Take the books from the archive of all texts, however few they are.
        refresh: Ask also for books that are there, and fetch those that have changed.
        yes: Fetch more than 100 books without a question.
    """
    from penwright.corpus.fetching.addresses import is_near
    from penwright.corpus.fetching.catalogue import Wish
    from penwright.corpus.fetching.gutenberg import fetch_books
    from penwright.corpus.fetching.plan import make_plan
    from penwright.corpus.fetching.web import PAUSE_SECONDS, Web

    _check(folder, died_before=died_before, limit=limit)
    wish = Wish(language=language, subject=subject, authors=author, died_before=died_before, limit=limit)
    origin = _origin(mirror, is_archive=archive)
    web = Web(pause_seconds=0.0 if is_near(origin.mirror) else PAUSE_SECONDS)
    with working("asking for the catalogue", is_shown=not as_json and is_terminal(sys.stderr)) as tell:
        plan = make_plan(
            web,
            folder,
            wish=wish,
            origin=origin,
            cache_dir=cache_dir(),
            is_refresh=refresh,
            tell=lambda step: tell(activity_of(step)),
        )
    if not as_json:
        for sentence in _plan_sentences(plan):
            say(sentence)
    if len(plan.missing) > MAX_UNASKED and not yes:
        question = f"Fetch {len(plan.missing):,} books into {folder}?"
        if not is_agreed(question, otherwise="Give --yes to fetch them without a question, or --limit N for fewer."):
            say("Nothing was fetched.")
            return 0
    with saying_what_stays(), working("fetching books", is_shown=not as_json and is_terminal(sys.stderr)) as tell:
        summary = fetch_books(
            web, plan, today=f"{date.today()}", cache_dir=cache_dir(), tell=lambda step: tell(activity_of(step))
        )
    _report(plan, summary, as_json=as_json)
    return 0


@contextmanager
def saying_what_stays() -> Iterator[None]:
    """Say how to go on if the user stops what is done in the block."""
    try:
        yield
    except KeyboardInterrupt:
        say("What has been fetched stays. The same command goes on.")
        raise


def _check(folder: Path, *, died_before: int | None, limit: int | None) -> None:
    if folder.is_file():
        raise UsageError(f"{folder} is a file. Give the name of a folder for the books.")
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise UsageError(f"--limit {limit} must be from 1 to {MAX_LIMIT:,}.")
    if died_before is not None and not -3000 <= died_before <= 3000:
        raise UsageError(f"--died-before {died_before} is no year. Write it as 1955.")


def _origin(mirror: str | None, *, is_archive: bool) -> "Origin":
    """Return where books come from, by what the user wrote."""
    from penwright.corpus.fetching.plan import DEFAULT_MIRROR, Origin
    from penwright.corpus.fetching.rsync import DEFAULT_RSYNC

    is_rsync = mirror is not None and (mirror == "rsync" or mirror.startswith("rsync:"))
    at_most_one({"--mirror rsync": is_rsync, "--archive": is_archive})
    try:
        if is_rsync:
            return Origin(mirror=DEFAULT_RSYNC if mirror in ("rsync", None) else mirror, way="rsync")
        return Origin(mirror=DEFAULT_MIRROR if mirror is None else mirror, way="archive" if is_archive else None)
    except FetchError as error:
        raise UsageError(f"--mirror: {error}") from error


def _plan_sentences(plan: "Plan") -> Iterator[str]:
    """Return sentences on what would be fetched."""
    if plan.catalogue.warning:
        yield f"Note: {plan.catalogue.warning}"
    selection = plan.selection
    here = len(selection.books) - len(plan.missing)
    left_out = f"; {counted(selection.num_editions, 'other edition')} left out" if selection.num_editions else ""
    yield (
        f"Wanted: {len(selection.books):,} of the {selection.num_listed:,} books in the catalogue{left_out}. "
        f"Here already: {here:,}."
    )
    if not plan.missing:
        return
    size = f"about {megabytes(plan.num_disk_bytes)}"
    how = {
        "files": f"one by one from {plan.origin.mirror}, "
        f"about {format_duration(round(len(plan.missing) * SECONDS_OF_BOOK))}",
        "archive": f"from the archive of all texts, a download of about {megabytes(plan.num_download_bytes)}",
        "rsync": "by rsync",
    }
    yield f"Fetching {counted(len(plan.missing), 'book')}, {size}, {how[plan.way]}."


def megabytes(num_bytes: int) -> str:
    """Return a size as people say it, such as "3 MB"."""
    return f"{num_bytes / 1e9:,.1f} GB" if num_bytes >= 1e9 else f"{max(1, round(num_bytes / 1e6)):,} MB"


def activity_of(step: "FetchProgress") -> "Activity":
    """Return what is being done in fetching books."""
    from penwright.training.activity import Activity

    share = step.books_done / step.num_books if step.num_books else None
    more = ""
    if step.num_bytes:
        share, more = step.bytes_done / step.num_bytes, f", {megabytes(step.bytes_done)}"
    books = f"{step.books_done:,} of {step.num_books:,} books: " if step.num_books else ""
    return Activity(f"{books}{step.doing}{more}", share)


def _report(plan: "Plan", summary: "FetchSummary", *, as_json: bool) -> None:
    """Say what was done: the folder on standard output, the rest beside it."""
    if as_json:
        left_out = [{"id": book.number, "title": book.title, "reason": why} for book, why in summary.left_out]
        facts = {"path": str(plan.folder), "way": plan.way, "mirror": plan.origin.mirror}
        counts = {"num_fetched": summary.num_fetched, "num_present": summary.num_present}
        print_json({**facts, **counts, "left_out": left_out})
        return
    for book, why in summary.left_out[:5]:
        say(f"Left out: {book.number}, {book.title}: {why}.")
    if len(summary.left_out) > 5:
        say(f"Left out: {len(summary.left_out) - 5:,} more; --json lists them.")
    say(
        f"Fetched {counted(summary.num_fetched, 'book')}. Where they come from: {plan.folder / 'fetched.csv'}. "
        f"Look at them: penwright inspect {quoted(plan.folder)}"
    )
    print(plan.folder)
