"""Prepare a corpus: two passes over a shelf, with the corpus put into its folder only when it is whole.

    1. every book is read, cleaned and counted; its clean text is kept in the cache         (passes/cleaning_pass.py)
    2. books, splits and alphabet are selected from the facts of all books                  (shelf/selection.py)
    3. every clean text is written as ids into one file                                     (passes/encoding_pass.py)
    4. for an alphabet of subwords, a second corpus is made from the one in characters      (passes/subword_pass.py)

Memory does not grow with the texts. A worker holds one chunk of one book, this process a few lines of facts on each
book; fingerprints and counts lie beside the clean texts, in a file without a name, until the corpus is complete. A
preparation that was killed continues the first pass where it stopped. An unchanged shelf and configuration are
recognised by the files' bytes, never by their dates, and the existing corpus is kept.
"""

import errno
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penwright.alphabet.units import CHARACTERS
from penwright.corpus.book import Book
from penwright.corpus.config import CorpusConfig
from penwright.corpus.description import JSON_NAME, Contents, describe, write_description
from penwright.corpus.executor.executor import Executor
from penwright.corpus.folders import replacing_folder
from penwright.corpus.passes.cleaning_pass import Intake, take_in
from penwright.corpus.passes.encoding_pass import write_ids
from penwright.corpus.passes.ending_pass import read_endings
from penwright.corpus.passes.machines import open_executor
from penwright.corpus.passes.progress import PrepareProgress, PrepareSteps, run_steps
from penwright.corpus.passes.subword_pass import in_characters, write_subword_corpus
from penwright.corpus.passes.text_cache import make_cache, remove_entries
from penwright.corpus.shelf.selection import Selection, select_books
from penwright.corpus.sources.listing import Listing, list_books
from penwright.corpus.sources.patterns import Paths, as_list
from penwright.corpus.store import IDS_NAME, contents_of
from penwright.corpus.store import Corpus as Corpus
from penwright.corpus.user_dirs import at_home, default_cache_dir
from penwright.errors import CorpusError
from penwright.files.scratch import Scratch


def prepare(
    paths: Paths,
    *,
    config: CorpusConfig | None = None,
    cache_dir: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
) -> Corpus:
    """Prepare a corpus, or open the existing one if neither the books nor the configuration changed.

    Args:
        paths: Files, folders, archives and patterns, one or several; or one manifest.
        config: How to clean, encode and split.
        cache_dir: Folder of clean texts and prepared corpora; by default the operating system's folder for caches.
        workers: Processes that read, 1 to 32; by default one per processor, and only this one for a small shelf.
        cluster: Address of a Dask scheduler whose workers read instead, such as "tcp://10.0.0.1:8786". Books and cache
            must lie under the same paths on all of its machines. The corpus is the same to the byte.

    Returns:
        The corpus, in a folder of the cache that stands for these paths and this configuration.

    Raises:
        CorpusError: If no book can be read, a manifest does not match, the disk is full, or the cluster fails. The
            corpus that was there before is left as it was.
        ConfigError: If a number or an address is none.
        MissingExtraError: If a cluster is given and Dask is not installed.
    """
    return run_steps(iter_prepare(paths, config=config, cache_dir=cache_dir, workers=workers, cluster=cluster))


Corpus.from_files = staticmethod(prepare)  # the former name, set here because this module imports the store


def iter_prepare(
    paths: Paths,
    *,
    config: CorpusConfig | None = None,
    cache_dir: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
) -> PrepareSteps[Corpus]:
    """Do what `prepare` does, one book at a time.

    Yields:
        Progress of stage "reading", then "encoding", then one record of stage "done". An unchanged corpus has no stage
        "encoding". A corpus in subwords has it twice: the corpus in characters is encoded first and stays in the cache.

    Returns:
        The corpus.
    """
    config, cache = config or CorpusConfig(), Path(cache_dir) if cache_dir is not None else default_cache_dir()
    if cluster is not None:  # its workers have another working directory
        paths, cache = [at_home(path).absolute() for path in as_list(paths)], cache.absolute()
    plain = in_characters(config)
    store, listing = _store_dir(paths, cache_dir=cache, config=plain), list_books(paths)
    with _naming_the_disk(cache):
        make_cache(cache)
        is_known = (store / JSON_NAME).is_file()
        opened = open_executor(listing, cache_dir=cache, workers=workers, cluster=cluster, is_known=is_known)
        with opened as executor:
            yield from _prepare_characters(listing, config=plain, store=store, cache_dir=cache, executor=executor)
        corpus = Corpus.open(store)
        if config.unit != CHARACTERS:
            store = _store_dir(paths, cache_dir=cache, config=config)
            encoding = PrepareProgress.start(listing, "encoding")
            yield from write_subword_corpus(corpus, config=config, store_dir=store, progress=encoding)
            corpus = Corpus.open(store)
    done = PrepareProgress.start(listing, "done")
    yield done.at(books_done=corpus.num_books, bytes_done=done.num_bytes)
    return corpus


def _prepare_characters(
    listing: Listing, *, config: CorpusConfig, store: Path, cache_dir: Path, executor: Executor
) -> Iterator[PrepareProgress]:
    """Put a corpus in characters into its folder, unless the one that is there holds the same."""
    with Scratch(cache_dir) as scratch:
        intake = yield from take_in(listing, config=config, cache_dir=cache_dir, workers=executor, scratch=scratch)
        endings = read_endings(intake.books, config=config, workers=executor)
        books = [taken.book for taken in intake.books]
        selection = select_books(books, config=config, scratch=scratch, endings=endings)
        taken = {book.book.source: book for book in intake.books}
        chosen = [taken[book.source] for book in selection.books]
        contents = Contents(
            alphabet=selection.alphabet,
            config=config,
            books=_books(selection),
            cache_keys=tuple(book.keys for book in chosen),
            skipped=_skipped(intake, selection),
            warnings=(*selection.doubts, *selection.warnings),
        )
        existing = contents_of(store)
        if existing == contents:
            return
        with replacing_folder(store) as folder:
            progress = PrepareProgress.start(listing, "encoding")
            ids_sha256 = yield from write_ids(contents, chosen, folder / IDS_NAME, workers=executor, progress=progress)
            write_description(folder, describe(contents, ids_sha256))
    if existing is not None:
        remove_entries(cache_dir, existing.all_cache_keys - contents.all_cache_keys)


def _store_dir(paths: Paths, *, cache_dir: Path, config: CorpusConfig) -> Path:
    """Return the folder in the cache for the corpus of some paths, which need not exist, and a configuration."""
    given = [at_home(path).absolute() for path in as_list(paths)]
    key = json.dumps({"paths": sorted(map(str, given)), "config": config.to_dict()}, sort_keys=True)
    name = "".join(character if character.isalnum() else "-" for character in given[0].stem)[:40].strip("-")
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return cache_dir / "corpora" / f"{name or 'books'}-{digest}"


def _books(selection: Selection) -> tuple[Book, ...]:
    """Return the selected books as they lie in the corpus, one after the other."""
    books, start = [], 0
    for book in selection.books:
        books.append(
            Book(
                title=book.named.title,
                author=book.named.author,
                year=book.named.year,
                split=book.split,
                source=book.source.name,
                encoding=book.facts.encoding,
                sha256=book.facts.sha256,
                start=start,
                num_ids=book.num_ids,
                num_chars=book.facts.num_chars,
                first_char=book.first_char,
            )
        )
        start += book.num_ids
    return tuple(books)


def _skipped(intake: Intake, selection: Selection) -> tuple[tuple[str, str], ...]:
    """Return (name, reason) of each file that is not in the corpus, sorted."""
    dropped = [(copy.name, f"is the same text as {first.name}") for copy, first in selection.duplicates]
    return tuple(sorted([*intake.skipped, *dropped]))


@contextmanager
def _naming_the_disk(cache_dir: Path) -> Iterator[None]:
    """Turn the operating system's errors of writing into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise CorpusError(
                f"the disk is full: the books could not be written to {cache_dir}. Make room and run again; "
                "what is done is not done again, and the corpus that was there is untouched."
            ) from error
        raise CorpusError(
            f"the books could not be written to {cache_dir} ({error.strerror}). Choose another folder."
        ) from error
