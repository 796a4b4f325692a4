"""Prepare a corpus: two passes over a shelf, with the corpus put into its place only when it is whole.

    1. every book is read, cleaned and counted; its clean text is kept in the cache             (intake.py)
    2. from what is then known of all books, the alphabet, the splits and the places are chosen  (planning.py)
    3. every clean text is written as ids into its place in one file                             (encoding.py)
    4. where symbols are to be pieces, a second corpus is made from the first                    (units.py)

Memory does not grow with the texts: a worker holds one piece of one book, this process a few lines of facts on each;
what is known of them beyond that lies beside the clean texts, in a file without a name, until the corpus is done.
Killed and run again, the first pass goes on where it was. A shelf and a configuration that have not changed are
recognised by what the files hold, never by their dates, and the corpus that is there is kept.
"""

import errno
import hashlib
import json
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from penwright.corpus.book import Book
from penwright.corpus.config import CorpusConfig
from penwright.corpus.description import JSON_NAME, describe, write_description
from penwright.corpus.executor.workers import Workers, num_workers
from penwright.corpus.folders import new_folder, put_in_place, remove_abandoned
from penwright.corpus.passes.cleaning_pass import Intake, PrepareProgress, TakenBook, take_in
from penwright.corpus.passes.encoding_pass import EncodingJob, encode_book
from penwright.corpus.passes.subword_pass import in_characters, iter_units
from penwright.corpus.passes.text_cache import make_cache, remove_entries
from penwright.corpus.places import at_home, default_cache_dir
from penwright.corpus.scratch import Scratch
from penwright.corpus.shelf.selection import Plan, plan
from penwright.corpus.sources.discovery import Paths, as_list
from penwright.corpus.sources.listing import Listing, list_books
from penwright.corpus.store import IDS_NAME, Corpus
from penwright.errors import CorpusError
from penwright.files import sync_file


def prepare(
    paths: Paths,
    *,
    store_dir: str | Path,
    cache_dir: str | Path | None = None,
    config: CorpusConfig | None = None,
    workers: int | None = None,
) -> Corpus:
    """Prepare a corpus, or open the one that is there if neither the books nor the configuration changed.

    Args:
        paths: Files, folders, archives and patterns; or one manifest.
        store_dir: The corpus's folder; it is replaced as a whole.
        cache_dir: Where clean texts are kept; by default the operating system's place for caches.
        config: How to clean, encode and split.
        workers: Processes that read, 1 to 32; by default one per processor, and this one alone for a small shelf.

    Raises:
        CorpusError: If no book can be read, a manifest does not match, or the disk is full. The corpus that was there
            before is left as it was.
    """
    for _ in iter_prepare(paths, store_dir=store_dir, cache_dir=cache_dir, config=config, workers=workers):
        pass
    return Corpus.open(store_dir)


def iter_prepare(
    paths: Paths,
    *,
    store_dir: str | Path,
    cache_dir: str | Path | None = None,
    config: CorpusConfig | None = None,
    workers: int | None = None,
) -> Iterator[PrepareProgress]:
    """Do what `prepare` does, and tell after each book how far it is; then `Corpus.open(store_dir)`.

    Yields:
        Progress of stage "reading", then "encoding", then one record of stage "done". A corpus that is there already
        and has not changed has no stage "encoding"; one in pieces has it twice, since it is made from one in characters
        that stays in the cache.
    """
    config = config or CorpusConfig()
    if config.unit == "characters":
        yield from _iter_prepare(paths, store_dir=store_dir, cache_dir=cache_dir, config=config, workers=workers)
        return
    store, plain = Path(store_dir), in_characters(config)
    place = store_dir_of(paths, cache_dir=cache_dir, config=plain)
    for step in _iter_prepare(paths, store_dir=place, cache_dir=cache_dir, config=plain, workers=workers):
        if step.stage != "done":
            yield step
    with _telling_of_the_disk(store, place):
        for books_done, fraction, title in iter_units(Corpus.open(place), store_dir=store, config=config):
            bytes_done = round(fraction * step.num_bytes)
            yield replace(step, stage="encoding", books_done=books_done, bytes_done=bytes_done, name=title)
    yield step


def _iter_prepare(
    paths: Paths,
    *,
    store_dir: str | Path,
    cache_dir: str | Path | None,
    config: CorpusConfig,
    workers: int | None,
) -> Iterator[PrepareProgress]:
    """Prepare a corpus in characters."""
    store, cache = Path(store_dir), Path(cache_dir) if cache_dir is not None else default_cache_dir()
    listing = list_books(paths)
    is_known = (store / JSON_NAME).is_file()
    count = num_workers(workers, num_bytes=listing.num_bytes, num_tasks=listing.num_pieces, is_known=is_known)
    with _telling_of_the_disk(store, cache), ExitStack() as stack:
        make_cache(cache)
        scratch, pool = stack.enter_context(Scratch(cache)), stack.enter_context(Workers(count))
        intake = yield from take_in(listing, config=config, cache_dir=cache, workers=pool, scratch=scratch)
        planned = plan([taken.book for taken in intake.books], config=config, scratch_dir=cache)
        yield from _store(listing, _contents(intake, planned, config), store=store, cache_dir=cache, workers=pool)
    yield PrepareProgress.of(listing, "done", books_done=len(planned.books), bytes_done=listing.num_bytes)


def store_dir_of(paths: Paths, *, cache_dir: str | Path | None, config: CorpusConfig) -> Path:
    """Return the folder in the cache for the corpus of some paths and a configuration.

    Args:
        paths: What the user named; it need not exist.
        cache_dir: The cache; by default the operating system's place for caches.
        config: How to clean, encode and split.
    """
    given = [at_home(path).absolute() for path in as_list(paths)]
    key = json.dumps({"paths": sorted(map(str, given)), "config": config.to_dict()}, sort_keys=True)
    name = "".join(character if character.isalnum() else "-" for character in given[0].stem)[:40].strip("-")
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    cache = Path(cache_dir) if cache_dir is not None else default_cache_dir()
    return cache / "corpora" / f"{name or 'books'}-{digest}"


class _Contents(NamedTuple):
    """All that a corpus holds but the ids."""

    planned: Plan
    books: tuple[Book, ...]
    taken: tuple[TakenBook, ...]
    """Where each of the books comes from."""
    skipped: tuple[tuple[str, str], ...]
    config: CorpusConfig

    @property
    def cache_keys(self) -> tuple[tuple[str, ...], ...]:
        return tuple(taken.keys for taken in self.taken)

    def described(self, ids_sha256: Sequence[str]) -> dict[str, Any]:
        return describe(
            alphabet=self.planned.alphabet,
            config=self.config,
            books=self.books,
            ids_sha256=ids_sha256,
            cache_keys=self.cache_keys,
            skipped=self.skipped,
            warnings=self.planned.warnings,
        )


class _Existing(NamedTuple):
    """What is known of the corpus that is there; itself it is not held open, or Windows would not let it go."""

    checksum: str
    ids_sha256: tuple[str, ...]
    cache_keys: tuple[tuple[str, ...], ...]


def _contents(intake: Intake, planned: Plan, config: CorpusConfig) -> _Contents:
    taken = {book.book.source: book for book in intake.books}
    dropped = [(copy.name, f"is the same text as {first.name}") for copy, first in planned.duplicates]
    return _Contents(
        planned=planned,
        books=_books(planned),
        taken=tuple(taken[book.source] for book in planned.books),
        skipped=tuple(sorted([*intake.skipped, *dropped])),
        config=config,
    )


def _store(
    listing: Listing, contents: _Contents, *, store: Path, cache_dir: Path, workers: Workers
) -> Iterator[PrepareProgress]:
    """Put the corpus into its place, unless the one that is there holds the same."""
    existing = _existing(store)
    if existing is not None and contents.described(existing.ids_sha256)["checksum"] == existing.checksum:
        return
    remove_abandoned(store)
    with new_folder(store) as folder:
        ids_sha256 = yield from _write_ids(listing, contents, folder / IDS_NAME, workers)
        write_description(folder, contents.described(ids_sha256))
        put_in_place(folder, store)
    if existing is not None:
        needed = set(chain.from_iterable(contents.cache_keys))
        remove_entries(cache_dir, set(chain.from_iterable(existing.cache_keys)) - needed)


def _write_ids(
    listing: Listing, contents: _Contents, ids_path: Path, workers: Workers
) -> Generator[PrepareProgress, None, list[str]]:
    """Write all ids, and return the SHA-256 of each book's."""
    alphabet, sources = contents.planned.alphabet, [book.source for book in contents.planned.books]
    _reserve(ids_path, num_bytes=sum(book.num_ids for book in contents.books) * np.dtype(alphabet.dtype).itemsize)
    jobs = [
        EncodingJob(taken.jobs, taken.keys, ids_path, book.start, book.num_ids, alphabet.kind, alphabet.characters)
        for taken, book in zip(contents.taken, contents.books, strict=True)
    ]
    ids_sha256, bytes_done = [""] * len(jobs), 0
    yield PrepareProgress.of(listing, "encoding")
    for books_done, (place, sha256) in enumerate(workers.map(encode_book, jobs), start=1):
        ids_sha256[place] = sha256
        bytes_done += sources[place].num_bytes
        name = sources[place].name
        yield PrepareProgress.of(listing, "encoding", books_done=books_done, bytes_done=bytes_done, name=name)
    sync_file(ids_path)
    return ids_sha256


def _books(planned: Plan) -> tuple[Book, ...]:
    """Return the planned books with their places, one after the other."""
    books, start = [], 0
    for book in planned.books:
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
            )
        )
        start += book.num_ids
    return tuple(books)


def _existing(store: Path) -> _Existing | None:
    """Return what is known of the corpus that is there, or None where there is none that can be used."""
    try:
        corpus = Corpus.open(store)
    except CorpusError:
        return None
    return _Existing(corpus.checksum, corpus.ids_sha256, corpus.cache_keys)


def _reserve(path: Path, *, num_bytes: int) -> None:
    """Make the file of ids in its full size, if the disk has room for it.

    Raises:
        CorpusError: If it has not.
    """
    free = shutil.disk_usage(path.parent).free
    if free < num_bytes:
        raise CorpusError(
            f"the corpus needs {num_bytes:,} bytes in {path.parent.parent}, where {free:,} are free. Make room, or "
            "choose another folder; books that are cleaned already are not read again."
        )
    with path.open("xb") as file:
        file.truncate(num_bytes)


@contextmanager
def _telling_of_the_disk(store: Path, cache_dir: Path) -> Iterator[None]:
    """Turn what the operating system says about writing into one sentence."""
    try:
        yield
    except OSError as error:
        places = f"{cache_dir} or {store.parent}"
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise CorpusError(
                f"the disk is full: the books could not be written to {places}. Make room and run again; "
                "what is done is not done again, and the corpus that was there is untouched."
            ) from error
        raise CorpusError(
            f"the books could not be written to {places} ({error.strerror}). Choose another folder."
        ) from error
