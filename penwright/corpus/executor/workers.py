"""Run one function over many tasks, in this process or in several, with a bounded number of tasks in progress.

Workers are started by "spawn" on every operating system, because a forked copy of a process with threads, as torch has,
may hang. They import only the function's module and its imports. This module knows nothing of books.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from types import ModuleType, TracebackType

from penwright.corpus.executor.executor import Result, Task
from penwright.errors import ConfigError, CorpusError
from penwright.kernels.allocator import give_blocks_back

MAX_WORKERS = 32
SMALL_BYTES = 16 << 20
"""Size below which one process is done before others have started (0.2 s, measured at 40 MB/s on two cores)."""
SMALL_KNOWN_BYTES = 512 << 20
"""Size below which one process is faster for books that are only hashed, at about 1 GB/s."""


def num_workers(requested: int | None, *, num_bytes: int, num_tasks: int, is_known: bool = False) -> int:
    """Return the number of processes to use; 1 means only this one.

    Args:
        requested: The user's number, from 1; None to decide here.
        num_bytes: Size of all tasks together.
        num_tasks: Number of tasks, which bounds the number of processes.
        is_known: True if the tasks have most likely been done before, so that their books are only hashed.

    Raises:
        ConfigError: If the request is out of bounds.
    """
    if requested is not None and not 1 <= requested <= MAX_WORKERS:
        raise ConfigError(f"workers={requested} must lie between 1 and {MAX_WORKERS}.")
    if requested is None:
        is_small = num_bytes < (SMALL_KNOWN_BYTES if is_known else SMALL_BYTES)
        requested = 1 if is_small else min(num_processors(), MAX_WORKERS)
    return max(1, min(requested, num_tasks))


def num_processors() -> int:
    """Return the number of processors that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Processes that run tasks; a context manager, so that none outlives its use."""

    def __init__(self, count: int) -> None:
        """Plan for `count` processes; with 1 there are none."""
        self._count = count
        self._executor: ProcessPoolExecutor | None = None
        self._others: list[BaseProcess] = []
        """Children that this process had before."""

    def __enter__(self) -> "Workers":
        """Start the processes.

        Raises:
            CorpusError: If one dies at once.
        """
        if self._count > 1:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self._count, mp_context=context, initializer=_begin)
            self._others = multiprocessing.active_children()
            # All are started at once: the executor waits forever if one dies while it is about to start another.
            try:
                with _without_main_module(), _without_interrupts(), self._telling_of_deaths():
                    for _ in range(self._count):
                        self._executor.submit(os.getpid)
            except BaseException:
                self._end()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        """End the processes once their tasks are done. A second Ctrl-C, while that is waited for, ends them at once."""
        if self._executor is None:
            return
        try:
            self._executor.shutdown(wait=True, cancel_futures=True)
        except KeyboardInterrupt:
            self._kill()  # one left alive would be waited for without end
            raise

    def _kill(self) -> None:
        for process in multiprocessing.active_children():
            if process not in self._others:
                process.kill()

    @contextmanager
    def _telling_of_deaths(self) -> Iterator[None]:
        """Turn the executor's error about a worker that died into a sentence, and end the others.

        The executor ends them itself, but not one that it was starting in that moment, and waits for that one without
        end.

        Raises:
            CorpusError: If a worker died.
        """
        try:
            yield
        except BrokenProcessPool as error:
            self._kill()
            raise CorpusError(
                "a process that was reading books died, often for lack of memory. Run again with workers=1: "
                "books that are done are not read again."
            ) from error

    def map(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield the index and the result of each task, in the order of completion.

        Args:
            function: A function of a module, so that a worker can import it.
            tasks: Tasks, started in this order, so the largest should come first. At most two per process are in
                progress.

        Raises:
            CorpusError: If a worker dies. Errors of the function are raised here too.
        """
        if self._executor is None:
            yield from ((index, function(task)) for index, task in enumerate(tasks))
            return
        under_way: dict[Future[Result], int] = {}
        waiting = iter(enumerate(tasks))
        with self._telling_of_deaths():
            while True:
                for index, task in islice(waiting, 2 * self._count - len(under_way)):
                    under_way[self._executor.submit(function, task)] = index
                if not under_way:
                    break
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    yield under_way.pop(future), future.result()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back while workers start, which inherit that: one that is still importing would end in a traceback.

    A Ctrl-C of that time reaches this process afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its own start lets Ctrl-C through again
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _begin() -> None:
    """Make a process a worker, which returns freed memory and lives as long as its parent."""
    give_blocks_back()
    _live_and_die_with_parent()


def _live_and_die_with_parent() -> None:
    """Leave Ctrl-C to the parent process, and end when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Hide the caller's script while workers start.

    Workers import it to find functions of tasks. None of our functions is there, and a script without
    `if __name__ == "__main__":` would run again in each worker.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
