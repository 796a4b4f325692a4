"""Between the two passes, on a small shelf: the end of every book is read again, to cut passages from it.

A worker holds the last chunk of one book. This module knows nothing of alphabets or ids.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from penwright.corpus.config import CorpusConfig, SplitName
from penwright.corpus.executor.executor import Executor
from penwright.corpus.passes.clean_text import count_characters, read_bytes, read_chunk
from penwright.corpus.passes.cleaning_pass import ChunkJob, TakenBook
from penwright.corpus.passes.text_cache import iter_cached_text
from penwright.corpus.shelf.endings import Ending, Part, num_surplus_feeds, passage_starts
from penwright.corpus.sources.discovery import Source
from penwright.errors import ReadingError

SMALL_SHELF = 12
"""Number of books from which whole ones are held out. Of fewer, that would take up to half of the shelf."""


class EndingJob(NamedTuple):
    """A book whose end is to be read."""

    job: ChunkJob
    """Its last chunk."""
    key: str
    """Name of that chunk's clean text in the cache."""
    num_chars: int
    """Number of characters of the whole book."""


def read_endings(books: Sequence[TakenBook], *, config: CorpusConfig, workers: Executor) -> Mapping[Source, Ending]:
    """Return the passages to hold out, by book; nothing where whole books are held out.

    Args:
        books: All books of the shelf.
        config: How to split them.
        workers: Who reads.
    """
    num_texts = len({book.book.facts.text_sha256 for book in books})
    is_wanted = config.split == "passages" or (config.split == "auto" and num_texts < SMALL_SHELF)
    if not is_wanted or any(book.book.listed is not None and book.book.listed.split is not None for book in books):
        return {}
    jobs = [EndingJob(book.jobs[-1], book.results[-1].key, book.book.facts.num_chars) for book in books]
    found = workers.map(cut_ending, jobs)
    return {books[index].book.source: ending for index, ending in sorted(found) if ending}


def cut_ending(job: EndingJob) -> Ending:
    """Return the passages of one book; none if it is too short, or can no longer be read."""
    (chunk, config, cache_dir), key, num_chars = job
    cached = iter_cached_text(cache_dir, key) if cache_dir is not None else None
    try:
        text = read_chunk(read_bytes(chunk), chunk=chunk, config=config).text if cached is None else "".join(cached)
    except ReadingError:
        return ()
    starts = passage_starts(
        text, num_chars=num_chars, val_fraction=config.val_fraction, test_fraction=config.test_fraction
    )
    if starts is None:
        return ()
    val, test = starts
    before = num_chars - len(text)
    bounds: tuple[tuple[SplitName, int, int], ...] = (("val", val, test), ("test", test, len(text)))
    parts = []
    for split, start, stop in ((split, start, stop) for split, start, stop in bounds if start < stop):
        end = stop if stop == len(text) else stop - num_surplus_feeds(text, stop)
        characters, counts = count_characters(text[start:end])
        by_character = dict(zip(characters, counts.tolist(), strict=True))
        parts.append(Part(split, before + start, end - start, by_character, num_surplus_feeds(text, start)))
    return tuple(parts)
