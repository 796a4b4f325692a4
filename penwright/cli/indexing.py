"""Find the books that a text is held against, and their index.

This module knows nothing of what is looked for in them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from penwright.cli.finding import cache_dir
from penwright.cli.output import say
from penwright.cli.shelves import prepare_books
from penwright.errors import CorpusError, RunError, UsageError
from penwright.files import entries, is_file

if TYPE_CHECKING:
    from penwright.corpus.store import Corpus
    from penwright.originality.index import ShelfIndex

CORPUS_OPTION = "--corpus"


class Shelf(NamedTuple):
    """The books that an author was raised on, or the reason why they are not here."""

    corpus: "Corpus | None"
    missing: str = ""
    """Reason in a few words; empty where the books are here."""


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
    problem: CorpusError | UsageError = UsageError(
        f"{needed_for} needs the books that the author was raised on, and {path.name} is not in the folder of a run; "
        f"nor are the books on its card prepared here. Name them: {CORPUS_OPTION} PATH"
    )
    if is_file(run / "env.json"):
        try:
            return corpus_of([str(run)], is_quiet=is_quiet)
        except CorpusError as error:
            problem = error
    found = _books_on_card(path)
    if found is None:
        raise problem
    return found


def shelf_of(path: Path | None, *, corpus: Path | None, is_quiet: bool) -> Shelf:
    """Return the books of an author, or say why they are not here.

    Args:
        path: The author's file, or the folder of a run. None only if `corpus` is given.
        corpus: What the user named.
        is_quiet: True to say nothing.

    Raises:
        CorpusError, RunError: If the user named books, and they cannot be prepared.
    """
    if corpus is not None:
        return Shelf(corpus_of([str(corpus)], is_quiet=is_quiet))
    assert path is not None
    try:
        return Shelf(books_of_author(path, corpus=None, needed_for="this", is_quiet=is_quiet))
    except UsageError:
        return Shelf(None, f"{path.name} is in no run, and the books on its card are not prepared on this machine")
    except (CorpusError, RunError) as error:
        return Shelf(None, str(error))


def _books_on_card(path: Path) -> "Corpus | None":
    """Return the prepared books whose digest is on an author's card, if they are in the cache.

    Raises:
        AuthorError: If the author cannot be read.
    """
    from penwright.author.file.header import open_author
    from penwright.author.file.naming import author_file_of
    from penwright.corpus.description import read_description
    from penwright.corpus.store import Corpus

    with open_author(author_file_of(path)) as opened:
        digest = opened.claims.card.corpus_digest
    for folder in entries(cache_dir() / "corpora") if digest else ():
        try:
            if read_description(folder)["digest"] == digest:
                return Corpus.open(folder)
        except CorpusError:
            continue
    return None


def cleaned_text(file: Path, corpus: "Corpus | None") -> str:
    """Return the text of a file, cleaned as the books of a corpus were, or as for a training.

    Raises:
        ReadingError: If it is no text.
    """
    from penwright.corpus.cleaning.clean import CleaningConfig, clean
    from penwright.corpus.config import CorpusConfig
    from penwright.corpus.formats.document import decode

    text = decode(file.read_bytes(), name=str(file)).text
    settings = CorpusConfig() if corpus is None else corpus.config
    if settings.is_raw:
        return text
    config = CleaningConfig(
        licence=settings.licence, unwrap=settings.unwrap, normalize_punctuation=settings.normalize_punctuation
    )
    return clean(text, config=config).text


def opened_index(corpus: "Corpus") -> "ShelfIndex":
    """Open the index of a corpus, and make it first if there is none.

    Raises:
        CorpusError: If it is damaged or cannot be written.
    """
    from penwright.originality.building import index_of

    return index_of(corpus)


def _silent(sentence: str) -> None:
    pass
