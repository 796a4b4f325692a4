"""Threads that do one long task together: each takes a part, and follows the part before from stage to stage.

A part is at a stage only after the part before it has left that stage, so what a stage remembers goes from part to part
in order. With two threads, one is at the upper stages of a part while the other is at the lower stages of the next.

This module knows nothing of what is done.
"""

from collections.abc import Callable
from threading import Event

from penwright.kernels.threads import thread_pool


def relay(run: Callable[[int, int], None], *, num_parts: int, num_stages: int) -> None:
    """Do all parts of a task.

    Args:
        run: Function that does a stage of a part, given the numbers of both.
        num_parts: Number of parts.
        num_stages: Number of stages of each.
    """
    left = [[Event() for _ in range(num_stages)] for _ in range(num_parts)]

    def run_part(part: int) -> None:
        try:
            for stage in range(num_stages):
                if part:
                    left[part - 1][stage].wait()
                run(part, stage)
                left[part][stage].set()
        finally:  # whoever waits for a part that failed is not to wait for ever
            for event in left[part]:
                event.set()

    # Parts are begun in their order, so one that waits is behind one that runs, however few threads there are.
    waiting = [thread_pool("relay").submit(run_part, part) for part in range(num_parts)]
    for part in waiting:
        part.result()
