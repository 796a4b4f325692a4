"""Open whoever runs the tasks of a preparation: processes of this machine, or a cluster that sees the same files.

A task names its book and the cache by their paths. So before any work is sent to a cluster, each worker is asked if it
finds both, and if it would clean a text in the same way.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import penwright
from penwright.corpus.cleaning.clean import CLEANING_VERSION
from penwright.corpus.executor.cluster import Cluster
from penwright.corpus.executor.executor import Executor
from penwright.corpus.executor.workers import Workers, num_workers
from penwright.corpus.passes.text_cache import ENTRY_VERSION
from penwright.corpus.sources.listing import Listing
from penwright.errors import ConfigError, CorpusError

VERSION = f"{penwright.__version__}, cleaning {CLEANING_VERSION}, cache {ENTRY_VERSION}"


@contextmanager
def open_executor(
    listing: Listing, *, cache_dir: Path, workers: int | None, cluster: str | None, is_known: bool
) -> Iterator[Executor]:
    """Open the executor of a preparation for the time of the block.

    Args:
        listing: The books.
        cache_dir: Folder of clean texts, which exists.
        workers: Number of processes of this machine; None to decide here.
        cluster: Address of a Dask scheduler; None for this machine alone.
        is_known: True if the books have most likely been prepared before.

    Raises:
        ConfigError: If both `workers` and `cluster` are given, or one is out of bounds.
        CorpusError: If the cluster does not answer, or one of its workers does not see the same files.
    """
    if cluster is None:
        count = num_workers(workers, num_bytes=listing.num_bytes, num_tasks=listing.num_chunks, is_known=is_known)
        with Workers(count) as pool:
            yield pool
        return
    if workers is not None:
        raise ConfigError("workers and cluster exclude each other: a cluster has its own number of workers.")
    with Cluster(cluster) as running:
        _check(running, listing, cache_dir)
        yield running


def _check(cluster: Cluster, listing: Listing, cache_dir: Path) -> None:
    """Refuse a cluster with a worker that would read other files or clean them in another way."""
    book = listing.sources[0].path
    mark = cache_dir / f".seen-{secrets.token_hex(8)}"
    mark.touch()
    try:
        answers = cluster.ask_all(what_a_worker_has, str(book), str(mark))
    finally:
        with suppress(OSError):
            mark.unlink()
    for worker, (version, sees_book, sees_cache) in sorted(answers.items()):
        if version != VERSION:
            raise CorpusError(
                f"the worker {worker} has Penwright {version}, this process has {VERSION}. Install the same version "
                "on every machine."
            )
        if not (sees_book and sees_cache):
            missing = book if not sees_book else cache_dir
            raise CorpusError(
                f"the worker {worker} does not see {missing}. Books and cache must lie in folders that every machine "
                "has under the same path: name a shared one with --cache, or set PENWRIGHT_CACHE."
            )


def what_a_worker_has(book: str, mark: str) -> tuple[str, bool, bool]:
    """Return a worker's version, and whether it sees a book and a file in the cache."""
    return VERSION, Path(book).is_file(), Path(mark).is_file()
