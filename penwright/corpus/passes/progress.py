"""Progress of the preparation of a corpus, and a function that runs its steps to the end."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Literal, Self, TypeVar

from penwright.corpus.sources.listing import Listing

Stage = Literal["reading", "encoding", "done"]
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class PrepareProgress:
    """Books and bytes done in one stage of the preparation."""

    stage: Stage
    """"reading": clean and count. "encoding": write ids. "done": the corpus is complete."""
    num_books: int
    """Books of this stage."""
    num_bytes: int
    """Size of this stage's books, in bytes as they lie in their files."""
    books_done: int = 0
    bytes_done: int = 0
    name: str = ""
    """The book that was just done; empty at a stage's beginning and end."""

    @classmethod
    def start(cls, listing: Listing, stage: Stage) -> Self:
        """Return the progress at the start of a stage that goes over the books of a listing."""
        return cls(stage=stage, num_books=len(listing.sources), num_bytes=listing.num_bytes)

    def at(self, *, books_done: int, bytes_done: int, name: str = "") -> Self:
        """Return the progress of the same stage at another point."""
        return replace(self, books_done=books_done, bytes_done=bytes_done, name=name)


PrepareSteps = Generator[PrepareProgress, None, Result]
"""Steps of the preparation: they yield how far it is and return a result."""


def run_steps(steps: PrepareSteps[Result], show: Callable[[PrepareProgress], object] | None = None) -> Result:
    """Run steps to their end and return their result.

    Args:
        steps: What to run.
        show: Called with each progress.
    """
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        if show is not None:
            show(progress)
