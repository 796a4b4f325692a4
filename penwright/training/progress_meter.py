"""Measure the progress of one session: loss, accuracy, speed of learning, and the time left.

The first update of a session is left out of the speed, because kernels may be compiled in it. So is all that is not
learning: counting, held-out books, samples and checkpoints. This module reads no clock.
"""

from math import log
from typing import NamedTuple

from penwright.training.records import Progress
from penwright.training.session import Session, WindowResult

ASSUMED_SPEED = 20_000.0
"""Characters a second before the first update: what the default preset learns from on two slow cores."""


class _Tick(NamedTuple):
    """Where the session stood when an update began."""

    elapsed_seconds: float
    chars_read: int
    fraction_done: float


class ProgressMeter:
    """Figures since the last progress record, and since the second update of the session."""

    def __init__(self, session: Session) -> None:
        """Begin to measure a session."""
        self._session = session
        self._losses: list[float] = []
        self._accuracies: list[float] = []
        self._first: _Tick | None = None  # of the second update
        self._last: _Tick | None = None  # of the newest update
        self._paused = 0.0  # since the last tick
        self._seconds, self._chars = 0.0, 0  # learned in and from, between both ticks
        self._told = (0.0, 0)  # the same, at the last record
        self.num_updates = 0
        """Number of updates that have begun."""

    def tick(self) -> None:
        """Note that an update is about to begin, and how much time is over until then."""
        self.num_updates += 1
        if self.num_updates == 1:
            return
        counters, before = self._session.counters, self._last
        self._last = _Tick(counters.elapsed_seconds, counters.chars_read, self._session.fraction_done)
        if before is None:
            self._first = self._last
        else:
            self._seconds += max(0.0, self._last.elapsed_seconds - before.elapsed_seconds - self._paused)
            self._chars += self._last.chars_read - before.chars_read
        self._paused = 0.0

    def pause(self, seconds: float) -> None:
        """Note time that was spent on something else than learning."""
        self._paused += seconds

    def add(self, result: WindowResult) -> None:
        """Note the loss and the accuracy of an update."""
        self._losses.append(result.loss)
        self._accuracies.append(result.accuracy)

    def record(self, result: WindowResult, *, learning_rate: float, fraction_done: float) -> Progress:
        """Return a record of the updates since the last one.

        Args:
            result: The newest window.
            learning_rate: Rate of its update.
            fraction_done: Share of the run that was done before it.
        """
        session = self._session
        loss, accuracy = (sum(values) / len(values) for values in (self._losses, self._accuracies))
        seconds, chars = self._seconds - self._told[0], self._chars - self._told[1]
        self._losses, self._accuracies, self._told = [], [], (self._seconds, self._chars)
        return Progress(
            **session.when(),
            epoch=result.epoch,
            loss=loss,
            bits_per_char=loss / log(2) * session.symbols_per_char,
            accuracy=accuracy,
            learning_rate=learning_rate,
            chars_per_second=chars / seconds if seconds > 0 else 0.0,
            fraction_done=fraction_done,
            eta_seconds=self._seconds_left(fraction_done),
        )

    def total_chars(self) -> float:
        """Return the characters that the whole run will learn from; an estimate where seconds limit it."""
        session, counters, train = self._session, self._session.counters, self._session.config.train
        if train.seconds is None:
            windows = train.steps or (train.epochs or 1) * session.lanes.windows_per_epoch
            return windows * train.batch_size * train.seq_len / session.symbols_per_char
        if self._seconds:
            speed = self._chars / self._seconds
        elif counters.chars_read:
            speed = counters.chars_read / max(counters.elapsed_seconds, 1e-9)
        else:
            speed = ASSUMED_SPEED
        return counters.chars_read + max(0.0, train.seconds - counters.elapsed_seconds) * speed

    def _seconds_left(self, fraction_done: float) -> float:
        """Return the seconds until the end: by the clock where seconds limit the run, else by the updates so far."""
        first, last, limit = self._first, self._last, self._session.config.train.seconds
        seconds, done = self._session.counters.elapsed_seconds, fraction_done
        if limit is not None:
            return max(0.0, limit - seconds)
        if first is not None and last is not None and last.fraction_done > first.fraction_done:
            seconds = last.elapsed_seconds - first.elapsed_seconds
            done = last.fraction_done - first.fraction_done
        return seconds * (1.0 - fraction_done) / done if done else 0.0
