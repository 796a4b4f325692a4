"""Lanes divided among threads, each of which reads its own by itself, from the first product to the last.

Threads that share every product and every loop wait for each other at the end of each, hundreds of times a window;
threads that share the lanes wait once. On two cores the default preset learns from a third more characters a second
(`benchmarks/throughput.py`).

Lanes are divided by the number of threads alone, so what is added up is the same whichever thread is done first.

Shapes: B = lanes, T = symbols per window.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import wait
from typing import TypeVar

import torch

from penwright.kernels.threads import thread_pool

MIN_SYMBOLS = 1_024
"""Smallest number of symbols of a window that a thread is given: products of fewer rows are slow for their size."""
_Group = TypeVar("_Group")
_Found = TypeVar("_Found")


def divided(num_lanes: int, *, seq_len: int) -> list[slice]:
    """Return the lanes of each group, as even as they can be: one group for each thread that torch uses, fewer if they
    would have too little to do.

    Args:
        num_lanes: B, from 1.
        seq_len: T, from 1.
    """
    num_groups = max(1, min(torch.get_num_threads(), num_lanes, num_lanes * seq_len // MIN_SYMBOLS))
    edges = [num_lanes * group // num_groups for group in range(num_groups + 1)]
    return [slice(first, stop) for first, stop in zip(edges, edges[1:], strict=False)]


def in_threads(work: Callable[[_Group], _Found], groups: Sequence[_Group]) -> list[_Found]:
    """Do some work for every group, side by side, and return what each has found, in their order.

    Torch's threads are divided among the groups. A single group is done by the caller's own thread. In the others
    torch is as in every new thread: it keeps gradients and does not round.

    Raises:
        Exception: The first group's that fails, once all are done.
    """
    if len(groups) == 1:
        return [work(groups[0])]
    num_threads = torch.get_num_threads()
    each = max(1, num_threads // len(groups))

    def limited(group: _Group) -> _Found:
        if torch.get_num_threads() != each:
            torch.set_num_threads(each)
        return work(group)

    try:
        waiting = [thread_pool("lanes").submit(limited, group) for group in groups]
        wait(waiting)
        return [part.result() for part in waiting]
    finally:
        torch.set_num_threads(num_threads)  # what was set last is what new threads begin with
