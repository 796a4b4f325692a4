"""A training in a log and in a notebook."""

import io

from penwright.cli.display.lines import NotebookLine, PlainLines, glimpse
from penwright.training.records import Evaluation, Progress, RolledBack, Sample


def progress(elapsed_seconds: float) -> Progress:
    """Learning, ten steps a second."""
    return Progress(
        step=int(10 * elapsed_seconds),
        chars_read=int(1_000 * elapsed_seconds),
        elapsed_seconds=elapsed_seconds,
        epoch=1,
        loss=1.0,
        bits_per_char=1.5,
        accuracy=0.5,
        learning_rate=1e-3,
        chars_per_second=1_000.0,
        fraction_done=elapsed_seconds / 100,
        eta_seconds=100 - elapsed_seconds,
    )


def evaluation(elapsed_seconds: float) -> Evaluation:
    """Held-out books."""
    return Evaluation(
        step=int(10 * elapsed_seconds),
        chars_read=1,
        elapsed_seconds=elapsed_seconds,
        bits_per_char=1.7,
        accuracy=0.5,
        num_chars=1,
        is_best=True,
        books=(),
    )


def test_a_log_gets_a_line_every_half_minute() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        for second in range(1, 100):
            display.show(progress(float(second)))
    starts = [line.partition(" · ")[0] for line in stream.getvalue().splitlines()]
    assert starts == ["step 10", "step 310", "step 610", "step 910"]


def test_a_log_is_not_flooded_with_readings_of_held_out_books() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        for second in range(1, 62):
            display.show(evaluation(float(second)))
    assert len(stream.getvalue().splitlines()) == 3


def test_a_sample_takes_one_line_and_cannot_steer_the_terminal() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        display.show(
            Sample(
                step=7, chars_read=1, elapsed_seconds=0.0, prompt="It was ", text="a\n\ndark\x1b[2J " + "night " * 50
            )
        )
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("step 7 writes: It was a dark␛[2J night night") and line.endswith(" ...")
    assert len(line) <= 90


def test_a_rollback_is_always_told() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as display:
        display.show(progress(1.0))
        display.show(
            RolledBack(
                step=11,
                chars_read=1,
                elapsed_seconds=1.1,
                loss=9.0,
                back_to_step=1,
                learning_rate_scale=0.5,
                book="The Lamp",
            )
        )
    assert "The loss jumped to 9.00 nats per symbol after step 11" in stream.getvalue()


def test_a_notebook_gets_one_line_that_is_written_over() -> None:
    stream = io.StringIO()
    with NotebookLine(stream) as display:
        for second in (1.0, 2.0, 50.0):
            display.show(progress(second))
    shown = stream.getvalue()
    assert shown.count("\n") == 1 and shown.endswith("\n")
    lines = shown.rstrip("\n").split("\r")[1:]
    assert len(lines) == 3
    assert len(lines[-1]) >= len(lines[-2].rstrip()), "a shorter line must cover the longer one before it"


def test_a_glimpse_ends_between_words() -> None:
    assert glimpse("It was\n a dark  night.") == "It was a dark night."
    assert glimpse("word " * 40).endswith("word ...")
    assert len(glimpse("x" * 500)) <= 72
