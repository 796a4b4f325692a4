from pathlib import Path

from penwright.corpus.passes.progress import PrepareProgress, PrepareSteps, run_steps
from penwright.corpus.sources.listing import list_books


def test_steps_run_to_their_end_and_give_their_result(books_dir: Path) -> None:
    start = PrepareProgress.start(list_books(books_dir), "reading")

    def steps() -> PrepareSteps[str]:
        yield start
        yield start.at(books_done=1, bytes_done=20, name="a.txt")
        return "result"

    seen: list[PrepareProgress] = []
    assert run_steps(steps()) == run_steps(steps(), seen.append) == "result"
    assert [(step.num_books, step.books_done, step.bytes_done, step.name) for step in seen] == [
        (6, 0, 0, ""),
        (6, 1, 20, "a.txt"),
    ]
