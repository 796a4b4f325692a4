"""Which prompt is read next, and for how long: short ones first, long ones in turn and in half of the time.

A short prompt is read to its end before anything else is done, within some milliseconds in each tick. A long one waits,
after each stretch, until the texts that are being written have had as much time as it had.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from penwright.kernels.threads import thread_pool
from penwright.serving.engine.prompts import PromptReading
from penwright.serving.engine.rows import Job

SHORT_PROMPT = 1_024
"""Number of symbols up to which a prompt is short."""
READING_SECONDS = 0.008
"""Time for prompts in each tick, within which nobody else is heard."""


class Read(NamedTuple):
    """A prompt that is read to its end, or has failed."""

    job: Job
    reading: PromptReading
    error: Exception | None


class PromptQueue:
    """The prompts that are being read."""

    def __init__(self, *, num_threads: int, clock: Callable[[], float]) -> None:
        """Begin empty.

        Args:
            num_threads: Number of prompts that are read side by side.
            clock: Seconds from any point.
        """
        self._num_threads, self._clock = num_threads, clock
        self._waiting: deque[tuple[Job, PromptReading]] = deque()
        self._debt = 0.0  # seconds that long prompts took and texts have not had yet

    def __len__(self) -> int:
        """Return the number of prompts."""
        return len(self._waiting)

    def add(self, job: Job, reading: PromptReading) -> None:
        """Take a prompt."""
        self._waiting.append((job, reading))

    def discard(self, job: Job) -> None:
        """Forget the prompt of a request, if it is here."""
        self._waiting = deque(each for each in self._waiting if each[0] is not job)

    def pay(self, seconds: float) -> None:
        """Note that texts were written for a while."""
        self._debt = max(0.0, self._debt - seconds)

    def read(self, *, has_writers: bool) -> Iterator[Read]:
        """Read prompts for a while, and yield those that are read or have failed. They are here no more.

        Args:
            has_writers: True if texts are being written meanwhile.
        """
        until = self._clock() + READING_SECONDS
        while self._waiting:
            began = self._clock()
            short = [each for each in self._waiting if each[1].num_left <= SHORT_PROMPT]
            chosen = short or (list(self._waiting) if self._debt <= 0 or not has_writers else [])
            if not chosen:
                return
            for job, reading, error in self._read_side_by_side(chosen, until=until if short else began):
                if error is not None or reading.is_done:
                    self.discard(job)
                    yield Read(job, reading, error)
                elif not short:
                    self.discard(job)
                    self.add(job, reading)
            now = self._clock()
            if not short:
                self._debt += now - began
            if now > until or (has_writers and not short):
                return

    def _read_side_by_side(self, chosen: Sequence[tuple[Job, PromptReading]], *, until: float) -> list[Read]:
        """Let each thread read one prompt after another until it is time, a stretch at least. None waits for another.

        Returns:
            The prompts that were looked at, in their order, whether they are read to their end or not.
        """
        left = iter(enumerate(chosen))  # a step of it is one instruction, so threads may share it

        def work() -> list[tuple[int, Read]]:
            done: list[tuple[int, Read]] = []
            for number, (job, reading) in left:
                error = _advance(reading)
                while error is None and not reading.is_done and self._clock() < until:
                    error = _advance(reading)
                done.append((number, Read(job, reading, error)))
                if self._clock() >= until:
                    break
            return done

        pool, num_others = thread_pool("crowd"), min(self._num_threads, len(chosen)) - 1
        others = [pool.submit(work) for _ in range(num_others)]
        found = work()
        for other in others:
            found += other.result()
        return [read for _, read in sorted(found, key=lambda each: each[0])]


def _advance(reading: PromptReading) -> Exception | None:
    """Read the next stretch of a prompt and return what went wrong."""
    try:
        reading.advance()
    except Exception as error:
        return error
    return None
