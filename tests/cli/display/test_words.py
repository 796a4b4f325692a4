"""Records in words."""

import pytest
from record_samples import evaluation, finished, progress, rolled_back, saved

from penwright.cli.display.words import Status, evaluation_sentence, millions, remark, significant, status_line
from penwright.training.records import Planned, PlannedSize


def test_the_line_says_all_that_matters() -> None:
    assert (
        status_line(progress(), speed=41_234.0, held_out=1.712, best=1.7)
        == "step 1,200 · 41,200 chars/s · 1.62 bits/char (held-out 1.71, best 1.70)"
    )


def test_what_is_not_known_yet_is_left_out() -> None:
    assert status_line(progress()) == "step 1,200 · 1.62 bits/char"


@pytest.mark.parametrize("width", range(20, 130))
def test_the_line_fits(width: int) -> None:
    line = status_line(progress(), speed=41_234.0, held_out=1.712, best=1.7, width=width)
    assert len(line) <= width
    assert line.startswith("step 1,200 · ") and "1.62" in line


def test_sixty_columns_hold_what_is_learned_and_what_is_known_of_held_out_books() -> None:
    line = status_line(progress(), speed=41_234.0, held_out=1.712, best=1.7, width=60)
    assert line == "step 1,200 · 41,200 chars/s · 1.62 bits/char (held-out 1.71)"


def test_a_speed_is_told_once_enough_updates_stand_behind_it() -> None:
    """The first line used to tell the speed of one update in which kernels were compiled, and a time from that."""
    status = Status()
    for step, speed in ((1, 0.0), (2, 40.0), (5, 50.0)):
        status.take(progress(step=step, chars_per_second=speed))
        assert status.speed is None and "chars/s" not in status.line() and "ETA" not in status.line()
    status.take(progress(step=6, chars_per_second=60.0))
    assert status.speed == pytest.approx(50.0)
    assert status.line() == "step 6 · 13 % · 50 chars/s · 1.62 bits/char · ETA 4:18"


def test_the_status_keeps_the_newest_and_the_best() -> None:
    status = Status()
    assert status.figures() == ""
    for record in (
        progress(),
        evaluation(bits_per_char=1.8, is_best=True),
        evaluation(bits_per_char=1.9, is_best=False),
        progress(step=1_300),
    ):
        status.take(record)
    assert "step 1,300" in status.line() and "(held-out 1.90, best 1.80)" in status.line()


def test_a_best_of_an_earlier_session_is_not_known() -> None:
    """A resumed run's first reading may be worse than what the first session reached; it is all that is known."""
    status = Status()
    status.take(progress())
    status.take(evaluation(bits_per_char=1.9, is_best=False))
    assert "(held-out 1.90, best 1.90)" in status.line()
    status.take(evaluation(bits_per_char=1.8, is_best=False))
    assert "(held-out 1.80, best 1.80)" in status.line()
    status.take(evaluation(bits_per_char=1.85, is_best=False))
    assert "(held-out 1.85, best 1.80)" in status.line()


def test_a_rollback_is_said_in_words() -> None:
    record = rolled_back(step=400, loss=None, back_to_step=350)
    assert remark(record) == (
        "The loss was not a number after step 400 (reading The Lamp): went back to step 350 and goes on with the "
        "learning rate times 0.5."
    )


def test_an_early_end_is_said_in_words_and_a_usual_one_is_not() -> None:
    assert "no longer improves: training ends early" in str(remark(finished(reason="patience")))
    assert remark(finished(reason="done")) is None
    assert remark(progress()) is None
    assert remark(saved()) is None


def test_a_reading_of_held_out_books_is_said_in_words() -> None:
    assert evaluation_sentence(evaluation(bits_per_char=1.7123, is_best=True)) == (
        "held-out text after step 1,200: 1.712 bits/char on 1,000 characters, the best so far"
    )


@pytest.mark.parametrize(
    ("number", "rounded"),
    [(41_234.0, 41_200), (999.6, 1_000), (7.26, 7), (0.3, 0), (1.23e9, 1_230_000_000), (float("inf"), 0)],
)
def test_only_the_first_digits_are_kept(number: float, rounded: int) -> None:
    assert significant(number) == rounded


def planned(*, difficulty: float | None, chosen: str = "128x3") -> Planned:
    """A plan with three sizes."""
    sizes = tuple(
        PlannedSize(
            name=name,
            num_parameters=weights,
            batch_size=16,
            chars_per_second=31_234.0,
            chars_read=9_612_345,
            bits_per_char=bits,
            low=1.6,
            high=1.72,
        )
        for name, weights, bits in (("96x3", 300_000, 1.68), ("128x3", 500_000, 1.66), ("192x3", 1_040_000, 1.67))
    )
    return Planned(
        step=0,
        chars_read=0,
        elapsed_seconds=4.0,
        seconds=300.0,
        difficulty=difficulty,
        size=chosen,
        sizes=sizes,
    )


def test_a_plan_says_what_was_chosen_and_why() -> None:
    assert remark(planned(difficulty=2.0)) == (
        "Size 128x3, 0.5 million weights: at 31,200 chars/s in 16 lanes it will read 9.6 million characters. "
        "Expected on held-out text: 1.66 (1.60 to 1.72) bits/char. Beside it: 96x3 1.68 and 192x3 1.67."
    )
    assert str(remark(planned(difficulty=2.0, chosen="96x3"))).endswith("Beside it: 128x3 1.66.")


def test_without_held_out_books_nothing_is_expected() -> None:
    said = remark(planned(difficulty=None))
    assert said is not None and said.endswith("9.6 million characters.") and "bits/char" not in said


@pytest.mark.parametrize(("number", "said"), [(99_999, "100,000"), (100_000, "0.1 million"), (6.35e7, "63.5 million")])
def test_large_numbers_are_said_in_millions(number: float, said: str) -> None:
    assert millions(number) == said
