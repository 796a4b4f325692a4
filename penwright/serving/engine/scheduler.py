"""Continuous batching: in each tick, requests join, prompts are read a little, and every text is written one symbol on.

A text is the same, to the last byte, alone and beside any others: its state, its random numbers and its rules are its
own. A request that fails fails alone.

This module runs in one thread and knows nothing of it; `thread` does.
"""

import os
from collections import deque
from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.serving.engine.metrics import Metrics
from penwright.serving.engine.prompt_queue import PromptQueue
from penwright.serving.engine.prompts import BookmarkCache, PromptReading, begun_tokens
from penwright.serving.engine.request import Token, token_of
from penwright.serving.engine.rows import MAX_BACKLOG, Finish, Job, Row
from penwright.writing.beginning import begin
from penwright.writing.costs import log_softmax
from penwright.writing.crowd import Crowd, Written
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.pen import ReadingGuide
from penwright.writing.sampling import Draws

MAX_LAW_CHARS = 100_000
"""Number of last characters of a prompt that laws look at: they take no time that others would have to wait."""
DEADLINES_EVERY = 0.25
"""Seconds between two looks at the deadlines."""


class Scheduler:
    """The requests of all clients, and the texts that are written for them."""

    def __init__(
        self,
        engine: CompiledEngine,
        alphabet: Alphabet,
        *,
        max_rows: int,
        num_threads: int | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Begin without requests.

        Args:
            engine: Engine that reads and writes.
            alphabet: Alphabet of its model.
            max_rows: Largest number of texts side by side.
            num_threads: Number of threads, None for as many as this process may use.
            clock: Seconds from any point.
        """
        self._engine, self._alphabet, self._max_rows, self._clock = engine, alphabet, max_rows, clock
        self._num_threads = num_threads or os.cpu_count() or 1
        self.metrics = Metrics()
        self._cache = BookmarkCache()
        self._waiting: deque[Job] = deque()
        self._prompts = PromptQueue(num_threads=self._num_threads, clock=clock)
        self._deadlines: dict[Job, float] = {}
        self._begun_at: dict[Job, float] = {}
        self._looked_at = clock()
        self._stepped_at = self._looked_at  # end of the last step, or when there was none to wait for
        self._crowd = self._new_crowd()
        self._rows: dict[int, Row] = {}

    def submit(self, job: Job) -> None:
        """Take a request. It must not ask for more texts than there may be side by side."""
        assert len(job.rows) <= self._max_rows, (len(job.rows), self._max_rows)
        self._waiting.append(job)
        self._begun_at[job] = self._clock()
        self._deadlines[job] = self._begun_at[job] + job.seconds
        self.metrics.num_waiting += len(job.rows)

    def cancel(self, job: Job, *, finish: Finish = "cancelled", error: Exception | None = None) -> None:
        """End all texts of a request that have not ended."""
        for row in job.rows:
            if row.finish is None:
                self._end(row, finish, error=error)

    def resume(self, row: Row) -> None:
        """Let a text go on whose reader has caught up."""
        if row.is_paused and row.finish is None:
            row.is_paused = False
            self._crowd.resume(row.key)

    def cancel_all(self, error: Exception) -> None:
        """End everything with an error."""
        for job in list(self._deadlines):
            self.cancel(job, finish="failed", error=error)

    def recover(self, error: Exception) -> None:
        """Go on after a fault: everything that was asked for ends with an error, and a new crowd begins."""
        self.metrics.num_recoveries += 1
        self._crowd = self._new_crowd()
        self._rows.clear()
        for job in list(self._deadlines):
            for row in job.rows:
                if row.finish is None:
                    self.metrics.finished["failed"] += 1
                    row.end("failed", error=error)
            job.listener.ring()
            self._prompts.discard(job)
        for kept in (self._waiting, self._deadlines, self._begun_at):
            kept.clear()
        self.metrics.num_running = self.metrics.num_waiting = 0

    def _new_crowd(self) -> Crowd:
        """Return a crowd with room for as many texts as there may be, which is not taken before it is used."""
        return Crowd(self._engine, self._alphabet, num_threads=self._num_threads, min_capacity=self._max_rows)

    def tick(self) -> bool:
        """Do a little of everything that is to be done.

        Returns:
            True if there is more to do at once, False if it has to wait for readers or requests.
        """
        if not self._crowd.num_active:
            self._stepped_at = self._clock()  # nobody waits for a next symbol
        self._admit()
        self._read()
        self._write()
        if self._clock() - self._looked_at > DEADLINES_EVERY:
            self.check_deadlines()
        return bool(self._crowd.num_active or self._prompts or self._has_room())

    def check_deadlines(self) -> None:
        """End what has taken too long."""
        self._looked_at = self._clock()
        for job, deadline in list(self._deadlines.items()):
            if self._looked_at > deadline:
                self.cancel(job, finish="length")

    def _admit(self) -> None:
        """Let requests in, in their order, while there is room."""
        while self._has_room():
            job = self._waiting.popleft()
            self.metrics.num_waiting -= len(job.rows)
            self.metrics.num_running += len(job.rows)
            try:
                self._prompts.add(job, PromptReading(self._engine, self._alphabet, job.request, self._cache))
            except Exception as error:
                self.cancel(job, finish="failed", error=error)

    def _has_room(self) -> bool:
        """Return True if the next request can be let in."""
        return bool(self._waiting) and self.metrics.num_running + len(self._waiting[0].rows) <= self._max_rows

    def _read(self) -> None:
        """Read prompts for a while, and let the texts after them begin."""
        for job, reading, error in self._prompts.read(has_writers=self._crowd.num_active > 0):
            try:
                if error is not None:
                    raise error
                self._join(job, reading)
            except Exception as found:
                self.cancel(job, finish="failed", error=found)

    def _join(self, job: Job, reading: PromptReading) -> None:
        """Let the texts of a request begin."""
        assert reading.bookmark is not None
        job.prompt_text, job.prompt_tokens = reading.text, reading.tokens
        job.num_prompt_symbols = reading.num_symbols
        job.is_read = True
        self.metrics.num_read += job.num_prompt_symbols
        for row in job.rows:
            if not job.request.max_symbols:
                self._end(row, "length")
            elif row.finish is None:
                self._begin(row, reading)

    def _begin(self, row: Row, reading: PromptReading) -> None:
        """Let a text begin."""
        request, bookmark = row.job.request, reading.bookmark
        assert bookmark is not None
        draws = Draws(request.seed, row.index)
        begun = begin(
            self._engine,
            self._alphabet,
            bookmark,
            is_opening=reading.is_opening,
            sampling=request.sampling,
            draws=draws,
        )
        tokens = begun_tokens(
            self._engine, self._alphabet, bookmark, begun, is_opening=reading.is_opening, num_top=request.num_top
        )
        for token in tokens:
            if row.finish is None:
                row.push(token)
        self.metrics.num_written += len(tokens)
        if tokens:
            self._note_first(row)
            self._tell(row)
        if row.finish is not None:
            self._end(row, row.finish)
            return
        guides = list(request.guides())
        for guide in guides:
            if isinstance(guide, ReadingGuide):
                guide.read((reading.text + begun.text)[-MAX_LAW_CHARS:])
        row.key = self._crowd.join(begun.bookmark, sampling=request.sampling, draws=draws, guides=guides)
        self._rows[row.key] = row

    def _write(self) -> None:
        """Write one symbol of every text."""
        began = self._clock()
        scored = {
            key: self._crowd.prediction(key)
            for key, row in self._rows.items()
            if row.job.request.num_top is not None and not row.is_paused
        }
        written = self._crowd.step()
        now = self._clock()
        self._prompts.pay(now - began)
        since_last, self._stepped_at = now - self._stepped_at, now
        num_first = 0
        rows, touched = self._rows, []
        for each in written:
            row = rows[each.key]
            if row.is_plain and 0 < row.num_written < row.job.request.max_symbols - 1:  # most tokens, as fast as can be
                row.num_written += 1
                row.tokens.append(Token(each.symbol, each.text))
                if row.job.listener.is_waiting or len(row.tokens) >= MAX_BACKLOG:
                    touched.append(row)
            else:
                prediction = scored.get(each.key)
                if not row.num_written:
                    num_first += 1
                    self._note_first(row)
                row.push(Token(each.symbol, each.text) if prediction is None else _scored(each, prediction, row))
                touched.append(row)
        self.metrics.num_written += len(written)
        if len(written) > num_first:
            self.metrics.step_seconds.observe(since_last, count=len(written) - num_first)
        for row in touched:
            self._tell(row)
            if row.finish is not None:
                self._end(row, row.finish)
            elif len(row.tokens) >= MAX_BACKLOG:
                row.is_paused = True
                self._crowd.pause(row.key)
                if len(row.tokens) < MAX_BACKLOG:  # the reader came between, and saw no pause to end
                    self.resume(row)
        for key, error in list(self._crowd.failures.items()):
            self._end(self._rows[key], "failed", error=error)

    def _note_first(self, row: Row) -> None:
        """Note how long a text has waited for its first symbol."""
        self.metrics.first_seconds.observe(self._clock() - self._begun_at[row.job])

    def _tell(self, row: Row) -> None:
        """Tell whoever waits that there are tokens."""
        if row.tokens and row.job.listener.is_waiting:
            row.job.listener.ring()

    def _end(self, row: Row, finish: Finish, *, error: Exception | None = None) -> None:
        """Take a text out of everything."""
        job = row.job
        if row.key in self._rows:
            self._crowd.drop(row.key)
            del self._rows[row.key]
        if job in self._waiting:
            self.metrics.num_waiting -= 1
        else:
            self.metrics.num_running -= 1
        self.metrics.finished[finish] += 1
        if row.finish is None:
            row.end(finish, error=error)
        job.num_open -= 1
        if not job.num_open:
            del self._deadlines[job], self._begun_at[job]
            if job in self._waiting:
                self._waiting.remove(job)
            self._prompts.discard(job)
        job.listener.ring()


def _scored(written: Written, prediction: NDArray[np.float32], row: Row) -> Token:
    """Return the token of a symbol with its probability."""
    num_top = row.job.request.num_top or 0
    return token_of(written.symbol, written.text, log_softmax(prediction), num_top=num_top)
