"""Run tasks on a Dask cluster: only `Client.submit` and the gathering of results are asked of it.

Several tasks travel together, since a cluster takes about a millisecond for each delivery. Dask runs a delivery again
elsewhere if its worker dies. After several deaths in the same delivery it gives up, and blames deliveries too that only
waited behind it. Therefore few wait at once, and the tasks of such a delivery are sent once more, each alone.

Everything that tasks name by a path must lie under the same path on every machine. This module knows nothing of books.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from types import TracebackType
from typing import Any

from penwright.corpus.executor.executor import Result, Task
from penwright.errors import ConfigError, CorpusError, MissingExtraError
from penwright.kernels.allocator import give_blocks_back

EXTRA = "cluster"
TASKS_TOGETHER = 8
"""Largest number of tasks in one delivery."""
DELIVERIES_EACH = 3
"""Number of deliveries in progress for each thread of the cluster."""
MAX_DELIVERIES = 1_000
CONNECT_SECONDS = 10


class Cluster:
    """The workers of a running Dask scheduler; a context manager, which leaves the cluster itself running."""

    def __init__(self, address: str) -> None:
        """Plan to use a cluster.

        Args:
            address: Address of its scheduler, such as "tcp://10.0.0.1:8786".

        Raises:
            MissingExtraError: If Dask is not installed.
            ConfigError: If the address is none.
        """
        check_address(address)
        self._address = address
        self._dask = _distributed()
        self._stack = ExitStack()
        self._client: Any = None

    def __enter__(self) -> "Cluster":
        try:
            # Dask tells of every lost worker in the log of whoever is connected; the result says it in one sentence.
            logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
            client = self._dask.Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError, ImportError) as error:
            raise CorpusError(
                f"no Dask scheduler answers at {self._address}. Start one with `dask scheduler`, and workers with "
                "`dask worker ADDRESS`, or check the address."
            ) from error
        self._client = self._stack.enter_context(client)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def num_threads(self) -> int:
        """Number of threads of all workers together; 0 if there is no worker."""
        return sum(int(count) for count in self._client.nthreads().values())

    def ask_all(self, function: Callable[..., Result], *arguments: object) -> dict[str, Result]:
        """Call a function once on every worker and return the answers by the workers' addresses.

        Raises:
            CorpusError: If there is no worker, or one does not answer.
        """
        if not self.num_threads:
            raise CorpusError(
                f"the scheduler at {self._address} has no worker. Start some with: dask worker {self._address}"
            )
        try:
            answers: dict[str, Result] = self._client.run(function, *arguments)
        except Exception as error:  # whatever the worker raised travels here, an import that fails included
            raise CorpusError(
                f"a worker of {self._address} cannot take part ({type(error).__name__}: {error}). Install the same "
                "version of Penwright on every machine."
            ) from error
        return answers

    def map(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield the index and the result of each task, in the order of completion.

        Args:
            function: A function of a module, so that a worker can import it.
            tasks: Tasks, started in this order, so the largest should come first.

        Raises:
            CorpusError: If every worker that tries a task dies, or the scheduler is lost. Errors of the function are
                raised here too.
        """
        run = secrets.token_hex(8)
        size = max(1, min(TASKS_TOGETHER, len(tasks) // (4 * max(1, self.num_threads))))
        waiting = iter([range(start, min(start + size, len(tasks))) for start in range(0, len(tasks), size)])
        finished = self._dask.as_completed(loop=self._client.loop, with_results=True, raise_errors=False)
        under_way: dict[Any, range] = {}

        def send(indices: range) -> None:
            key = f"{function.__name__}-{run}-{indices.start}-{len(indices)}"
            future = self._client.submit(_run_all, function, [tasks[index] for index in indices], key=key, pure=False)
            under_way[future] = indices
            finished.add(future)

        try:
            for indices in islice(waiting, self._num_deliveries()):
                send(indices)
            while under_way:
                future, results = next(finished)
                indices = under_way.pop(future)
                if future.status == "finished":
                    for indices_left in islice(waiting, max(0, self._num_deliveries() - len(under_way))):
                        send(indices_left)
                    yield from zip(indices, results, strict=True)
                else:
                    for index in self._sent_again(future, indices):
                        send(range(index, index + 1))
        except (OSError, self._dask.CancelledError) as error:
            if isinstance(error, OSError) and error.filename is not None:  # of a file, on a worker
                raise
            raise CorpusError(
                f"the connection to the Dask scheduler at {self._address} was lost. Run again: books that are done are "
                "not read again."
            ) from error
        finally:
            self._client.cancel(list(under_way))

    def _num_deliveries(self) -> int:
        return min(MAX_DELIVERIES, max(1, DELIVERIES_EACH * self.num_threads))

    def _sent_again(self, future: Any, indices: range) -> range:
        """Return the tasks of a failed delivery that are worth another try; raise the error if there are none."""
        error = future.exception()
        if not isinstance(error, self._dask.KilledWorker):
            raise error
        if len(indices) > 1:
            return indices
        raise CorpusError(
            "every worker of the cluster that tried to read one of the books died, often for lack of memory. Give the "
            "workers more memory, or prepare on one machine with --workers 1: books that are done are not read again."
        ) from error


def check_address(address: str) -> None:
    """Check that a text is the address of a scheduler, without asking it.

    Raises:
        ConfigError: If it is not.
    """
    scheme, separator, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 1 << 16
    is_host = host.isprintable() and not set(host) & set(" /")
    if not (separator and scheme.isalpha() and host and is_host and is_port):
        raise ConfigError(
            f"{address[:100]!r} is not the address of a Dask scheduler. Give the one that it prints when it starts, "
            "such as tcp://10.0.0.1:8786."
        )


def _run_all(function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """Run some tasks on a worker."""
    give_blocks_back()
    return [function(task) for task in tasks]


def _distributed() -> Any:
    """Return Dask's module of clusters.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError("preparing books on a cluster", extra=EXTRA) from error
    return distributed
