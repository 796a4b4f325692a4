"""Find the files of a command that names none: the cache of prepared books, a run, an author.

The environment variable PENWRIGHT_CACHE names another cache; no other module reads it.
"""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from penwright.author.box import boxed_author, has_author
from penwright.author.file.naming import BOX_NAME
from penwright.cli.options import BOX_OPTION, at_most_one
from penwright.cli.output import say
from penwright.errors import AuthorError

RUNS = Path("runs")
MAX_NAME = 40


def cache_dir() -> Path:
    """Return the folder of prepared books; it may not exist yet."""
    from penwright.corpus.user_dirs import default_cache_dir

    chosen = os.environ.get("PENWRIGHT_CACHE")
    return Path(chosen) if chosen else default_cache_dir()


def shelf_name(paths: Sequence[str]) -> str:
    """Return a short name for some books, fit for a folder: the last part of the first path that is no pattern.

    Args:
        paths: Files, folders, patterns, archives or a manifest, at least one.
    """
    parts = [part for part in Path(paths[0]).absolute().parts if not set(part) & set("*?[")]
    name = parts[-1] if parts else ""
    name = Path(name).stem.removesuffix(".tar")
    kept = "".join(character if character.isalnum() or character in "-_" else "-" for character in name)
    return "-".join(filter(None, kept.split("-")))[:MAX_NAME] or "shelf"


def new_run_dir(name: str, *, today: date | None = None, runs: Path = RUNS) -> Path:
    """Make a new folder for a run.

    Args:
        name: Name of the books, from `shelf_name`.
        today: Date to put before the name; None takes the current date.
        runs: Folder of all runs.

    Returns:
        An empty folder such as runs/2026-11-23-novels, or the same with -2, -3, ... behind it.

    Raises:
        OSError: If it cannot be made.
    """
    base = f"{today or date.today():%Y-%m-%d}-{name}"
    runs.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = runs / (base if number == 1 else f"{base}-{number}")
        try:
            path.mkdir()  # making it is what claims it: two commands started together never share a folder
        except FileExistsError:
            number += 1
        else:
            return path


def find_author(path: Path | None, *, is_boxed: bool, is_quiet: bool, runs: Path = RUNS) -> Path:
    """Return the author that a command should use, and say which it is if the user chose none.

    Args:
        path: An author file or a run folder, or "box" where no file has this name. None means the newest author under
            `runs`, or the one in the box if there is none.
        is_boxed: True if the user asked for the author in the box.
        is_quiet: True to say nothing.
        runs: Folder of all runs.

    Raises:
        UsageError: If one was named and the one in the box was asked for too.
        AuthorError: If there is none anywhere.
    """
    at_most_one({"AUTHOR": path, BOX_OPTION: is_boxed})
    if is_boxed or (path == Path(BOX_NAME) and not path.exists()):
        return boxed_author()
    if path is None and has_author() and _newest_run(runs) is None:
        if not is_quiet:
            say(f"No author under {runs}{os.sep} yet: taking the one in the box. Raise your own: penwright train PATH")
        return boxed_author()
    return find_run(path, runs=runs)


def find_run(path: Path | None, *, runs: Path = RUNS) -> Path:
    """Return the run that a command should use.

    Args:
        path: Folder of the run; None means the run under `runs` with the newest author.
        runs: Folder of all runs.

    Raises:
        AuthorError: If none was named and there is none yet.
    """
    newest = path if path is not None else _newest_run(runs)
    if newest is None:
        raise AuthorError(f"there is no author under {runs}{os.sep} yet. Name one, or raise one: penwright train PATH")
    return newest


def _newest_run(runs: Path) -> Path | None:
    from penwright.training.runs.newest import newest_run

    return newest_run(runs)
