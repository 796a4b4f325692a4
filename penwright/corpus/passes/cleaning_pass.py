"""The first pass over a shelf: every book is read, cleaned, counted and kept in the cache as clean text.

A worker holds one chunk of one book. It returns the facts of the book and never its text. Long facts go to disk at
once. This module knows nothing of alphabets, splits or ids.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from penwright.corpus.archives.members import reading_position
from penwright.corpus.cleaning.clean import Cut
from penwright.corpus.config import CorpusConfig
from penwright.corpus.executor.executor import Executor
from penwright.corpus.passes.clean_text import read_bytes, read_chunk
from penwright.corpus.passes.progress import PrepareProgress, PrepareSteps
from penwright.corpus.passes.text_cache import key_of, load_facts, save_entry
from penwright.corpus.shelf.doubts import reason_to_refuse
from penwright.corpus.shelf.facts import Facts, KeptFacts, join_facts, keep, with_details
from penwright.corpus.shelf.front_matter import FrontMatter
from penwright.corpus.shelf.mixture import reason_of_language
from penwright.corpus.shelf.selection import ReadBook
from penwright.corpus.sources.chunks import FileChunk, chunks_of
from penwright.corpus.sources.discovery import Source, reading
from penwright.corpus.sources.listing import Listing
from penwright.errors import CorpusError, ManifestError, ReadingError
from penwright.files import sha256_of
from penwright.files.scratch import Scratch


class ChunkJob(NamedTuple):
    """A chunk to be read."""

    chunk: FileChunk
    config: CorpusConfig
    cache_dir: Path | None
    """Cache for its clean text; None for no cache."""


class ChunkResult(NamedTuple):
    """The result of reading a chunk."""

    start: int
    """The chunk's first byte in its file."""
    key: str
    """Name of its clean text in the cache."""
    facts: Facts | KeptFacts | None
    failure: str
    """Reason why it could not be read, if `facts` is None."""
    cuts: tuple[Cut, ...] = ()
    """Its cuts, if they were asked for."""
    compressed_fraction: float = 0.0
    """Compressed size of a sample of its text, relative to the sample, if it was asked for."""
    front_matter: tuple[FrontMatter, ...] = ()
    """Lines that look like a distributor's or a publisher's, if they were asked for."""


class TakenBook(NamedTuple):
    """A book that was read, and the position of its clean text."""

    book: ReadBook
    jobs: tuple[ChunkJob, ...]
    """Its chunks, to be read again if the cache loses one."""
    results: tuple[ChunkResult, ...]
    """The results of its chunks, in order."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of its clean chunks in the cache."""
        return tuple(result.key for result in self.results)


class Intake(NamedTuple):
    """A shelf that has been read."""

    books: tuple[TakenBook, ...]
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of each file that was not read, sorted."""


def take_chunk(job: ChunkJob) -> ChunkResult:
    """Clean one chunk of a book into the cache, unless its clean text is already there.

    Raises:
        OSError: If the cache cannot be written.
    """
    chunk, config, cache_dir = job
    assert cache_dir is not None, "books are only kept where there is a cache"
    try:
        raw = [read_bytes(chunk)]
        key = key_of(raw[0].sha256, chunk=chunk, config=config)
        facts = load_facts(cache_dir, key)
        if facts is None:
            # The only reference is handed over, so that the bytes are released before the text is cleaned.
            clean_text = read_chunk(raw.pop(), chunk=chunk, config=config)
            facts = clean_text.facts
            save_entry(cache_dir, key, data=clean_text.data, facts=facts)
    except ReadingError as error:
        return ChunkResult(chunk.start, "", None, str(error))
    return ChunkResult(chunk.start, key, facts, "")


def hash_source(source: Source) -> str:
    """Return the SHA-256 of a large file's bytes, or an empty string if it can no longer be read."""
    with suppress(ReadingError), reading(source.name):
        return sha256_of(source.path)
    return ""


def take_in(
    listing: Listing,
    *,
    config: CorpusConfig,
    cache_dir: Path | None,
    workers: Executor,
    scratch: Scratch,
    take: Callable[[ChunkJob], ChunkResult] = take_chunk,
) -> PrepareSteps[Intake]:
    """Read all books of a shelf.

    Args:
        listing: The books.
        config: How to clean them.
        cache_dir: Cache for clean texts.
        workers: Who reads.
        scratch: File for the arrays of facts. The result is valid while it is open.
        take: Called with each chunk.

    Yields:
        Progress at the start and after each book.

    Returns:
        The books and their facts.

    Raises:
        CorpusError: If not one book could be read.
        ManifestError: If a book of a manifest cannot be read or has changed.
        OSError: If the cache cannot be written.
    """
    jobs = [_jobs(source, config, cache_dir) for source in listing.sources]
    results: list[list[ChunkResult]] = [[] for _ in jobs]
    tasks = sorted(((owner, job) for owner, chunks in enumerate(jobs) for job in chunks), key=_order)
    books_done = bytes_done = 0
    progress = PrepareProgress.start(listing, "reading")
    yield progress
    for index, result in workers.map(take, [job for _, job in tasks]):
        owner = tasks[index][0]
        facts = None if result.facts is None else keep(result.facts, scratch=scratch)
        results[owner].append(result._replace(facts=facts))
        if len(results[owner]) == len(jobs[owner]):
            books_done += 1
            bytes_done += listing.sources[owner].num_bytes
            yield progress.at(books_done=books_done, bytes_done=bytes_done, name=listing.sources[owner].name)
    large = [source for source, chunks in zip(listing.sources, jobs, strict=True) if len(chunks) > 1]
    hashes = {large[index]: sha256 for index, sha256 in workers.map(hash_source, large)}
    return _conclude(listing, jobs, results, hashes, config, scratch)


def _order(task: tuple[int, ChunkJob]) -> tuple[int, str, int]:
    """Return the sort key of a chunk: members of an archive in its order, then large chunks before small ones.

    A compressed tar is only read forwards, and no worker should start a large chunk at the end.
    """
    _, job = task
    source = job.chunk.source
    if source.member is None:
        return 1, "", job.chunk.start - job.chunk.stop
    try:
        return 0, source.name.removesuffix(source.member), reading_position(source.path, source.member)
    except (ReadingError, OSError):  # it has changed since it was listed; reading it will report that
        return 0, source.name, 0


def _jobs(source: Source, config: CorpusConfig, cache_dir: Path | None) -> tuple[ChunkJob, ...]:
    """Return the chunks of a book. A large file that has vanished is one chunk, and reading it reports that."""
    try:
        chunks = chunks_of(source)
    except ReadingError:
        chunks = (FileChunk(source, 0, source.num_bytes, b""),)
    return tuple(ChunkJob(chunk, config, cache_dir) for chunk in chunks)


def _conclude(
    listing: Listing,
    jobs: Sequence[tuple[ChunkJob, ...]],
    results: Sequence[Sequence[ChunkResult]],
    hashes: Mapping[Source, str],
    config: CorpusConfig,
    scratch: Scratch,
) -> Intake:
    """Join the chunks of each book, and list the books that could not be read."""
    taken, skipped = [], list(listing.skipped)
    for index, (source, listed, chunks, found) in enumerate(
        zip(listing.sources, listing.listed, jobs, results, strict=True)
    ):
        in_order = sorted(found, key=lambda result: result.start)
        facts = [with_details(result.facts, listing.details_of(index)) for result in in_order if result.facts]
        sha256 = hashes.get(source) or facts[0].sha256 if facts else ""
        failure = next((result.failure for result in found if result.failure), "")
        if hashes.get(source) == "":
            failure = f"{source.name} vanished while it was being read"
        book = ReadBook(source, keep(join_facts(facts, sha256=sha256), scratch=scratch), listed) if facts else None
        if book is not None and not failure and not config.is_raw and not config.accept_doubtful:
            doubt = reason_to_refuse(book.facts)
            failure = f"{source.name} {doubt}" if doubt else ""
        if book is not None and not failure and config.refuse_large_cuts and book.facts.refusal:
            failure = f"{source.name}: {book.facts.refusal}, more than corpus.max_cut_fraction allows"
        if listed is not None and (failure or listed.sha256 not in ("", sha256)):
            raise ManifestError(
                f"{failure}. Restore the file, or set keep = false in the manifest."
                if failure
                else f"{source.name} is no longer what the manifest lists (its sha256 is {sha256}). Restore it, or put "
                "its new sha256 into the manifest."
            )
        foreign = reason_of_language(book.facts, config.languages) if book is not None else ""
        if book is None or failure or foreign:
            skipped.append((source.name, failure or f"{source.name} {foreign}"))
        else:
            taken.append(TakenBook(book, chunks, tuple(in_order)))
    if not taken:
        reasons = " ".join(f"{reason}." for _, reason in skipped[:3])
        raise CorpusError(f"none of the {len(listing.sources)} files found holds a book. {reasons}")
    return Intake(tuple(taken), tuple(sorted(skipped)))
