"""What the passes need of whoever runs their tasks: take tasks, give back results, in any order.

`workers` runs them in processes of this machine, `cluster` on those of a Dask cluster. A task is independent of all
others, and its output lies in a file that is named by its content or written at a fixed offset. So a task that runs
twice, because a worker died or was only slow, does no harm. This module knows nothing of books.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs one function over many tasks."""

    def map(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield the index and the result of each task, in the order of completion.

        Args:
            function: A function of a module, so that another process can import it.
            tasks: Tasks, started in this order, so the largest should come first.

        Raises:
            CorpusError: If a process dies and cannot be replaced. Errors of the function are raised here too.
        """
