"""The thread that writes for all clients: requests go in from any thread, tokens come out, and nothing kills it."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil
from queue import Empty, SimpleQueue

from penwright.alphabet.characters import Alphabet
from penwright.errors import counted
from penwright.serving.engine.metrics import Metrics
from penwright.serving.engine.request import QueueFullError, StoppingError
from penwright.serving.engine.rows import Job, Row
from penwright.serving.engine.scheduler import DEADLINES_EVERY, Scheduler
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.generation import iter_ids, read_on

MAX_RETRY_SECONDS = 60
USUAL_SPEED = 10_000.0
"""Characters a second that are assumed before any were written."""

Deed = Callable[[], None]


class EngineThread:
    """An author that writes for many."""

    def __init__(
        self,
        engine: CompiledEngine,
        alphabet: Alphabet,
        *,
        max_rows: int,
        max_waiting: int,
        max_waiting_chars: int,
        num_threads: int | None = None,
    ) -> None:
        """Prepare the thread; `start` starts it.

        Args:
            engine: Engine that reads and writes.
            alphabet: Alphabet of its model.
            max_rows: Largest number of texts side by side.
            max_waiting: Largest number of texts that wait for their turn.
            max_waiting_chars: Largest number of characters of all prompts that are not answered yet.
            num_threads: Number of threads that write, None for as many as this process may use.
        """
        self.engine, self.alphabet = engine, alphabet
        self.max_rows, self._max_waiting, self._max_waiting_chars = max_rows, max_waiting, max_waiting_chars
        self._scheduler = Scheduler(engine, alphabet, max_rows=max_rows, num_threads=num_threads)
        self._inbox: SimpleQueue[Deed] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writing", daemon=True)
        self._lock = threading.Lock()
        self._outstanding: dict[Job, int] = {}  # with the characters of each prompt
        self._is_stopping = False
        self.is_warm = False
        """True once the kernels are compiled and the author has read a first symbol."""

    @property
    def metrics(self) -> Metrics:
        """What is counted."""
        return self._scheduler.metrics

    @property
    def is_ready(self) -> bool:
        """True if requests are answered."""
        return self.is_warm and self._thread.is_alive() and not self._is_stopping

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """End everything soon, and take nothing more."""
        self._is_stopping = True
        self._inbox.put(lambda: None)

    def stop(self) -> None:
        """End everything and wait for the thread."""
        self.end()
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, jobs: Sequence[Job]) -> None:
        """Take requests, all or none.

        Raises:
            QueueFullError: If more would wait than may.
            StoppingError: If the engine is being stopped.
        """
        with self._lock:
            self._outstanding = {job: size for job, size in self._outstanding.items() if not job.is_done}
            num_rows = sum(len(job.rows) for job in (*self._outstanding, *jobs))
            sizes = {job: len(job.request.prompt) for job in jobs}
            num_chars = sum(self._outstanding.values()) + sum(sizes.values())
            if num_rows > self.max_rows + self._max_waiting or num_chars > self._max_waiting_chars:
                self.metrics.num_refused += 1
                raise self._full(num_rows - sum(len(job.rows) for job in jobs))
            self._outstanding |= sizes
        for job in jobs:
            self._inbox.put(partial(self._scheduler.submit, job))
        if self._is_stopping:  # looked at last: what came before it was set is still ended by the thread
            raise StoppingError

    def cancel(self, jobs: Sequence[Job]) -> None:
        """End requests that nobody waits for, within one step."""
        for job in jobs:
            if not job.is_done:
                self._inbox.put(partial(self._scheduler.cancel, job))

    def resume(self, row: Row) -> None:
        """Let a text go on whose reader has caught up."""
        self._inbox.put(partial(self._scheduler.resume, row))

    def _full(self, num_rows: int) -> QueueFullError:
        left = sum(
            job.request.max_symbols - row.num_written
            for job in self._outstanding
            for row in job.rows
            if row.finish is None
        )
        seconds = max(1, min(MAX_RETRY_SECONDS, ceil(left / USUAL_SPEED / 2)))
        return QueueFullError(
            f"{counted(num_rows, 'text')} are being written or wait already, and there is no room for these. "
            f"Try again in {counted(seconds, 'second')}.",
            retry_after=seconds,
        )

    def _run(self) -> None:
        """Write until it is stopped."""
        opening = iter_ids(self.alphabet, "", is_new=True)
        list(read_on(self.engine, opening, after=None))  # compiles the kernels where that is needed
        self.is_warm = True
        is_busy = False
        while not self._is_stopping:
            try:
                self._do_what_came(waits=not is_busy)
                is_busy = self._scheduler.tick()
            except Exception as error:  # nothing that a request does may end this thread
                self._scheduler.recover(error)
                is_busy = True
        while not self._inbox.empty():
            self._inbox.get()()
        self._scheduler.cancel_all(StoppingError())

    def _do_what_came(self, *, waits: bool) -> None:
        """Do what other threads asked for, and wait for it if there is nothing else to do."""
        try:
            deed = self._inbox.get(timeout=DEADLINES_EVERY) if waits else self._inbox.get_nowait()
            while True:
                deed()
                deed = self._inbox.get_nowait()
        except Empty:
            if waits:
                self._scheduler.check_deadlines()
