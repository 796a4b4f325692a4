"""The 2017 system's display."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_samples import evaluation, progress

from penwright.report.seed_format import (
    LineBreaker,
    bar_header,
    bar_part,
    comparison_table,
    generation_footer,
    generation_header,
    progress_line,
    saved_line,
    sizes_line,
    training_stats,
    validating_line,
    validation_line,
    validation_stats,
)
from penwright.training.records import Comparison, ComparisonRow, Saved


def row(lane: int, book: str, inputs: str, predictions: str, loss: float) -> ComparisonRow:
    return ComparisonRow(lane=lane, book=book, inputs=inputs, predictions=predictions, loss=loss)


def comparison(*rows: ComparisonRow) -> Comparison:
    return Comparison(
        step=21,
        chars_read=126_000,
        elapsed_seconds=1.0,
        epoch=2,
        window=20,
        num_windows=856,
        loss=3.374123,
        accuracy=0.153211,
        rows=rows,
    )


EVALUATION = evaluation(chars_read=126_000, bits_per_char=3.0, accuracy=0.36718)
ROWS = (
    row(0, "A Short History of Soup", "the soup was thick ", "ahe toup aas ahe tt", 3.14159),
    row(199, "The Lamp", "lit.\n\t\tNobody spok", "iit  \nTTobody took", 12.5),
)


def test_the_table_sets_what_was_read_beside_what_was_predicted() -> None:
    assert comparison_table(comparison(*ROWS)).splitlines() == [
        "   0 (epoch 2) A Short History of Soup │ the soup was thick  │ ahe toup aas ahe tt │ loss: 3.14159",
        r" 199 (epoch 2) The Lamp                │ lit.\  Nobody spok  │ iit  \TTobody took  │ loss: 12.50000",
        "└─────INDEX────────────BOOK NAME───────┴──TRAINING SEQUENCE──┴─PREDICTED SEQUENCE──┴─────LOSS─────┘",
    ]


@given(
    titles=st.lists(st.text(alphabet="abc \n\té", max_size=60), min_size=1, max_size=4),
    sequence=st.text(alphabet="ab\n\t ", max_size=40),
)
def test_every_row_is_one_line_and_the_footer_meets_the_separators(titles: list[str], sequence: str) -> None:
    rows = [row(lane, title, sequence, sequence[lane:], 1.5) for lane, title in enumerate(titles)]
    *lines, footer = comparison_table(comparison(*rows)).split("\n")
    assert len(lines) == len(titles)
    separators = [column for column, character in enumerate(footer) if character == "┴"]
    for line in lines:
        assert [column for column, character in enumerate(line) if character == "│"] == separators


def test_long_titles_are_cut_and_short_ones_padded() -> None:
    short = comparison_table(comparison(row(0, "Emma", "ab", "ab", 1.0)))
    assert short.startswith("   0 (epoch 2) Emma       │ ab │")
    long = comparison_table(comparison(row(0, "x" * 60, "ab", "ab", 1.0)))
    assert long.startswith(f"   0 (epoch 2) {'x' * 40} │ ab │")


def test_the_statistics_of_training_and_validation_stand_below_each_other() -> None:
    training, validation = training_stats(comparison(*ROWS)), validation_stats(EVALUATION)
    assert training == "TRAINING STATS: batch 20/856 in epoch 2,     batch loss: 3.37412, batch accuracy: 0.15321"
    assert validation == "VALIDATION STATS:                                  loss: 2.07944,       accuracy: 0.36718"
    assert training.index("3.37412") == validation.index("2.07944")
    assert training.index("0.15321") == validation.index("0.36718")


def test_steps_are_characters_and_accuracies_percentages() -> None:
    read = progress(chars_read=126_000, loss=3.345912, accuracy=0.153211)
    assert progress_line(read) == "Epoch 1, Step 126000, Minibatch Loss=3.3459, Minibatch Accuracy=15.32"
    expected = "Epoch 1, Step 126000, Validation Loss=2.0794, Validation Accuracy=36.72"
    assert validation_line(EVALUATION, epoch=1) == expected


def test_sizes_books_and_checkpoints_are_named() -> None:
    assert sizes_line(train_chars=5_138_001, val_chars=145_794, windows_per_epoch=856) == (
        "Training text size is 4.90MB with 142.38KB set aside for validation. There will be 856 batches per epoch"
    )
    assert validating_line(["The Ferry", "Soup"]) == "Validating on The Ferry, Soup"
    saved = Saved(step=1, chars_read=1, elapsed_seconds=1.0, path="checkpoints/step-1", reason="step")
    assert saved_line(saved) == "Saved file: checkpoints/step-1"


def test_the_sample_frame_is_111_wide_between_its_corners() -> None:
    for line, corners in ((generation_header(), "┌┐"), (generation_footer(), "└┘")):
        assert len(line) == 113
        assert line[0] + line[-1] == corners
    assert "─Generating random text from learned state─" in generation_header()
    assert "─End of generation─" in generation_footer()


@pytest.mark.parametrize("size", [113, 100, 7, 1])
@pytest.mark.parametrize("num_steps", [50, 51, 49, 1, 2, 3, 1000, 333, 101])
def test_a_full_bar_is_always_exactly_as_wide_as_it_should_be(num_steps: int, size: int) -> None:
    pieces = [bar_part(step, num_steps=num_steps, size=size) for step in range(1, num_steps + 1)]
    assert "".join(pieces) == "=" * size
    lengths = set(map(len, pieces))
    assert max(lengths) - min(lengths) <= 1


def test_the_bars_header_is_as_wide_as_the_bar() -> None:
    header = bar_header("Training on next 50 batches")
    assert len(header) == 113
    assert header.startswith("0% ") and header.endswith(" 100%") and " Training on next 50 batches " in header


@given(text=st.text(alphabet="ab\n", max_size=60), width=st.integers(1, 9), cut=st.integers(0, 60))
def test_lines_are_broken_after_so_many_characters_without_a_break(text: str, width: int, cut: int) -> None:
    breaker = LineBreaker(width)
    broken = breaker.push(text[:cut]) + breaker.push(text[cut:])
    assert broken == LineBreaker(width).push(text)
    assert broken.replace("\n", "") == text.replace("\n", "")
    assert max(map(len, broken.split("\n"))) <= width


def test_a_hundred_characters_are_a_line() -> None:
    assert LineBreaker().push("a" * 250) == "a" * 100 + "\n" + "a" * 100 + "\n" + "a" * 50
    assert LineBreaker().push("a" * 99 + "\n" + "b") == "a" * 99 + "\nb"
