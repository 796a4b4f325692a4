"""The threads of this process, for each purpose its own. Without torch."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache


def thread_pool(purpose: str) -> ThreadPoolExecutor:
    """Return the threads of this process for a purpose.

    Each purpose has threads of its own, so that work that waits for kernels never takes the threads that they need.
    """
    return _pool(os.getpid(), purpose)


@cache
def _pool(_process: int, purpose: str) -> ThreadPoolExecutor:
    """Return the threads of a process: a forked one has none of its parent's."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix=purpose)
