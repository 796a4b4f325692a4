"""The 2017 system's display: what is written, in which order, and a bar that is always full in the end."""

import io

import pytest

from penwright.cli.display.seed import SeedDisplay
from penwright.training.records import (
    AnyRecord,
    Comparison,
    ComparisonRow,
    Evaluation,
    Finished,
    Progress,
    RolledBack,
    Sample,
    Saved,
)

WHEN = {"step": 1, "chars_read": 6_000, "elapsed_seconds": 1.0}
ROW = ComparisonRow(
    lane=0,
    book="lamp.txt",
    inputs="It\twas\na dark and stormy night;",
    predictions="e t\x1bhe  sark tnd ttarm  tight;",
    loss=4.5,
)
COMPARISON = Comparison(**WHEN, epoch=1, window=0, num_windows=856, loss=4.5, accuracy=0.01, rows=(ROW,))  # type: ignore[arg-type]
PROGRESS = Progress(
    **WHEN,  # type: ignore[arg-type]
    epoch=2,
    loss=4.5,
    bits_per_char=6.5,
    accuracy=0.01,
    learning_rate=1e-3,
    chars_per_second=1e3,
    fraction_done=0.1,
    eta_seconds=1.0,
)
EVALUATION = Evaluation(**WHEN, bits_per_char=6.4, accuracy=0.15, num_chars=9, is_best=True, books=())  # type: ignore[arg-type]
SAMPLE = Sample(**WHEN, prompt="K", text="ing " * 60)  # type: ignore[arg-type]
SAVED = Saved(**WHEN, path="runs/a/checkpoints/step-1", reason="step")  # type: ignore[arg-type]


def display_on(stream: io.StringIO, *, compare_every: int = 5) -> SeedDisplay:
    """A display for a small shelf."""
    return SeedDisplay(
        stream, train_chars=5_138_001, val_chars=145_794, val_titles=["winter.txt"], compare_every=compare_every
    )


def shown_for(*records: AnyRecord) -> str:
    """What is written for records without any update between them."""
    stream = io.StringIO()
    with display_on(stream) as display:
        for record in records:
            display.show(record)
    return stream.getvalue()


def test_a_comparison_is_a_table_with_its_statistics_and_first_the_sizes() -> None:
    lines = shown_for(COMPARISON, COMPARISON).splitlines()
    assert lines[0].startswith(
        "Training text size is 4.90MB with 142.38KB set aside for validation. There will be 856 "
    )
    assert lines[1] == "Validating on winter.txt"
    assert (
        "lamp.txt" in lines[2]
        and "│ It was\\a dark and stormy night; │ e t␛he  sark tnd ttarm  tight; │ loss: 4.50000" in lines[2]
    )
    assert lines[3].startswith("└") and "TRAINING SEQUENCE" in lines[3]
    assert lines[4].startswith("TRAINING STATS: batch 0/856 in epoch 1,")
    assert "lamp.txt" in lines[5], "the sizes are told once"


def test_the_other_records_have_their_lines() -> None:
    lines = shown_for(PROGRESS, EVALUATION, SAVED).splitlines()
    assert lines[0] == "Epoch 2, Step 6000, Minibatch Loss=4.5000, Minibatch Accuracy=1.00"
    assert lines[1] == "Running current model on validation data"
    assert lines[2].startswith("Epoch 2, Step 6000, Validation Loss=4.4361, Validation Accuracy=15.00")
    assert lines[3].startswith("VALIDATION STATS:")
    assert lines[4:] == ["Saved model weights", "Saved file: runs/a/checkpoints/step-1"]


def test_a_sample_stands_in_a_frame_and_breaks_after_a_hundred_columns() -> None:
    lines = shown_for(SAMPLE).splitlines()
    assert "Generating random text from learned state" in lines[0] and "End of generation" in lines[-1]
    assert len(lines[0]) == len(lines[-1]) == 113
    assert lines[1].startswith("King ing") and [len(line) for line in lines[1:3]] == [100, 100]


@pytest.mark.parametrize("compare_every", [1, 2, 5, 50, 113, 333])
def test_the_bar_grows_with_every_update_and_is_full_at_the_next_comparison(compare_every: int) -> None:
    stream = io.StringIO()
    with display_on(stream, compare_every=compare_every) as display:
        display.show(COMPARISON)
        display.show(EVALUATION)
        for _ in range(compare_every):
            display.step()  # asked before each update
        display.show(COMPARISON)
    lines = stream.getvalue().splitlines()
    header = next(number for number, line in enumerate(lines) if "Training on next" in line)
    assert lines[header] == f"0%{f'Training on next {compare_every} batches':^107}100%"
    assert lines[header + 1] == "=" * 113
    assert "lamp.txt" in lines[header + 2]


def test_a_bar_that_something_interrupts_ends_its_line() -> None:
    stream = io.StringIO()
    with display_on(stream) as display:
        display.show(COMPARISON)
        for _ in range(3):
            display.step()
        display.show(EVALUATION)
        display.step()
    lines = stream.getvalue().splitlines()
    assert set(lines[-4]) == {"="} and len(lines[-4]) == 113 * 2 // 5
    assert lines[-3] == "Running current model on validation data"


def test_what_comes_one_step_early_waits_for_the_bar() -> None:
    stream = io.StringIO()
    with display_on(stream) as display:
        display.show(COMPARISON)
        for number in range(5):
            display.step()
            if number == 4:
                display.show(PROGRESS)
                display.show(SAVED)
        display.show(COMPARISON)
    lines = stream.getvalue().splitlines()
    bar = lines.index("=" * 113)
    assert lines[bar + 1].startswith("Epoch 2, Step 6000, Minibatch Loss")
    assert lines[bar + 2 : bar + 4] == ["Saved model weights", "Saved file: runs/a/checkpoints/step-1"]
    assert "lamp.txt" in lines[bar + 4]


def test_leaving_in_the_middle_of_a_bar_ends_its_line() -> None:
    stream = io.StringIO()
    with display_on(stream) as display:
        display.show(COMPARISON)
        for _ in range(3):
            display.step()
    assert stream.getvalue().endswith("=\n")


def test_without_comparisons_there_is_no_bar() -> None:
    stream = io.StringIO()
    with display_on(stream, compare_every=0) as display:
        for _ in range(3):
            display.step()
        display.show(PROGRESS)
    assert len(stream.getvalue().splitlines()) == 1


def test_what_went_wrong_is_said_and_the_end_is_not() -> None:
    rolled_back = RolledBack(**WHEN, loss=9.0, back_to_step=0, learning_rate_scale=0.5, book="lamp.txt")  # type: ignore[arg-type]
    finished = Finished(
        **WHEN,  # type: ignore[arg-type]
        reason="done",
        best_bits_per_char=None,
        best_step=None,
        author="a",
        val_books=(),
        test_books=(),
    )
    (line,) = shown_for(rolled_back, finished).splitlines()
    assert line.startswith("The loss jumped to 9.00")
