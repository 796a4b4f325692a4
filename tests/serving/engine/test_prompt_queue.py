"""Prompts that are read side by side: no thread waits for another."""

from threading import Event

from penwright.serving.engine.prompt_queue import PromptQueue
from penwright.serving.engine.request import TextRequest
from penwright.serving.engine.rows import Job
from penwright.writing.options import SamplingConfig

SECONDS = 20


class Reading:
    """A prompt of one stretch."""

    num_left = 1

    def __init__(self, *, waits_for: Event | None = None, sets: Event | None = None) -> None:
        self.waits_for, self.sets, self.is_done, self.is_in_time = waits_for, sets, False, True

    def advance(self) -> None:
        """Read it."""
        if self.waits_for is not None:
            self.is_in_time = self.waits_for.wait(SECONDS)
        if self.sets is not None:
            self.sets.set()
        self.is_done = True


def test_a_thread_reads_one_prompt_after_another_while_another_is_busy() -> None:
    queue, last = PromptQueue(num_threads=2, clock=lambda: 0.0), Event()
    readings = [Reading(waits_for=last), Reading(), Reading(), Reading(sets=last)]
    jobs = [Job(TextRequest(prompt="a", max_symbols=1, sampling=SamplingConfig(), seed=0)) for _ in readings]
    for job, reading in zip(jobs, readings, strict=True):
        queue.add(job, reading)  # type: ignore[arg-type]
    read = list(queue.read(has_writers=False))
    assert [each.job for each in read] == jobs and not len(queue)
    assert all(each.is_in_time for each in readings)
