"""A training in a log and in a notebook."""

import io

from record_samples import evaluation, progress, rolled_back, sample

from penwright.cli.display.lines import NotebookLine, PlainLines, glimpse
from penwright.training.activity import Activity
from penwright.training.records import Evaluation, Progress


def progress_after(seconds: float) -> Progress:
    """Learning, ten steps a second."""
    return progress(step=int(10 * seconds), elapsed_seconds=seconds)


def evaluation_after(seconds: float) -> Evaluation:
    """Held-out books, ten steps a second."""
    return evaluation(step=int(10 * seconds), elapsed_seconds=seconds)


def test_a_log_gets_a_line_every_half_minute() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        for second in range(1, 100):
            display.doing(Activity("counting n-grams"))
            display.show(progress_after(float(second)))
    starts = [line.partition(" · ")[0] for line in stream.getvalue().splitlines()]
    assert starts == ["step 20", "step 320", "step 620", "step 920"]


def test_a_log_is_not_flooded_with_readings_of_held_out_books() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        for second in range(1, 62):
            display.show(evaluation_after(float(second)))
    assert len(stream.getvalue().splitlines()) == 3


def test_a_sample_takes_one_line_and_cannot_steer_the_terminal() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        display.show(sample(step=7, text="a\n\ndark\x1b[2J " + "night " * 50))
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("step 7 writes: It was a dark␛[2J night night") and line.endswith(" ...")
    assert len(line) <= 90


def test_a_rollback_is_always_told() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        display.show(progress_after(1.0))
        display.show(rolled_back(step=11, elapsed_seconds=1.1, back_to_step=1))
    assert "The loss jumped to 9.00 nats per symbol after step 11" in stream.getvalue()


def test_a_notebook_gets_one_line_that_is_written_over() -> None:
    stream = io.StringIO()
    with NotebookLine(stream) as display:
        for second in (1.0, 2.0, 50.0):
            display.show(progress_after(second))
    shown = stream.getvalue()
    assert shown.count("\n") == 1 and shown.endswith("\n")
    lines = shown.rstrip("\n").split("\r")[1:]
    assert len(lines) == 3
    assert len(lines[-1]) >= len(lines[-2].rstrip()), "a shorter line must cover the longer one before it"


def test_a_glimpse_ends_between_words() -> None:
    assert glimpse("It was\n a dark  night.") == "It was a dark night."
    assert glimpse("word " * 40).endswith("word ...")
    assert len(glimpse("x" * 500)) <= 72
