"""Find the books that copied runs are looked for in, and their index.

This module knows nothing of what is looked for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from penwright.cli.output import say
from penwright.cli.shelves import prepare_books
from penwright.errors import CorpusError, UsageError
from penwright.files import is_file

if TYPE_CHECKING:
    from penwright.corpus.store import Corpus
    from penwright.originality.index import ShelfIndex

CORPUS_OPTION = "--corpus"


def corpus_of(paths: Sequence[str], *, is_quiet: bool) -> "Corpus":
    """Return the books of a run, or prepare some.

    Args:
        paths: The folder of a run; or files, folders, patterns, archives or a manifest.
        is_quiet: True to say nothing.

    Raises:
        CorpusError: If they cannot be prepared, or those of the run are gone or have changed.
        RunError: If the run's folder is damaged.
    """
    from penwright.corpus.config import CorpusConfig
    from penwright.corpus.store import Corpus

    if len(paths) == 1 and is_file(Path(paths[0]) / "env.json"):
        from penwright.training.runs.folder import RunFolder

        known = RunFolder.open(Path(paths[0])).env().get("corpus", {})
        corpus = Corpus.open(str(known.get("path", "")))
        if corpus.digest != known.get("digest"):
            raise CorpusError(f"the books of {paths[0]} have changed since the run began. Name the books themselves.")
        return corpus
    return prepare_books(paths, config=CorpusConfig(), say=_silent if is_quiet else say, is_quiet=is_quiet)


def books_of_author(path: Path, *, corpus: Path | None, needed_for: str, is_quiet: bool) -> "Corpus":
    """Return the books of an author: those that the user named, or those of its run.

    Args:
        path: The author's file, or the folder of a run.
        corpus: What the user named.
        needed_for: Option that needs the books.
        is_quiet: True to say nothing.

    Raises:
        UsageError: If none were named, and the author belongs to no run.
        CorpusError, RunError: As for `corpus_of`.
    """
    if corpus is not None:
        return corpus_of([str(corpus)], is_quiet=is_quiet)
    run = path if path.is_dir() else path.parent
    if not is_file(run / "env.json"):
        raise UsageError(
            f"{needed_for} needs the books that the author was raised on, and {path.name} is not in the folder of a "
            f"run. Name them: {CORPUS_OPTION} PATH"
        )
    return corpus_of([str(run)], is_quiet=is_quiet)


def opened_index(corpus: "Corpus") -> "ShelfIndex":
    """Open the index of a corpus, and make it first if there is none.

    Raises:
        CorpusError: If it is damaged or cannot be written.
    """
    from penwright.originality.building import index_of

    return index_of(corpus)


def _silent(sentence: str) -> None:
    pass
