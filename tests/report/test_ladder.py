"""What becomes of a rung, and the page of all of them."""

import math

import pytest

from penwright.evaluation.book_score import BookScore
from penwright.report.ladder import NGRAM, RUNGS, LadderStory, RungResult, final_chars, rung_result
from penwright.report.ladder_page import COLORS, ladder_chart, render_ladder_page
from penwright.training.records import AnyRecord, Evaluation, Finished, Sample
from penwright.training.settings.presets import PRESETS

CURVE = ((0.0, 6.0), (30.0, 3.0), (70.0, 2.5), (100.0, 2.4))


def story(*results: RungResult, name: str = "books") -> LadderStory:
    """A ladder of an alphabet of 64 symbols."""
    return LadderStory(
        name=name,
        path="runs/books",
        length="2 min",
        vocab_size=64,
        train_chars=9_000,
        results=results,
        order_1_bits=3.7,
    )


def result(
    name: str, bits: float | None, *, ending: str = "done", curve: tuple[tuple[float, float], ...] = CURVE
) -> RungResult:
    """A rung that has ended."""
    return RungResult(
        name=name, ending=ending, bits_per_char=bits, accuracy=0.5, num_chars=500, curve=curve, sample="x"
    )


def test_each_rung_has_a_preset_and_a_colour() -> None:
    assert [rung.preset for rung in RUNGS if rung.preset] == [name for name, *_ in COLORS]
    assert {rung.preset for rung in RUNGS if rung.preset} <= set(PRESETS)


@pytest.mark.parametrize(
    ("ending", "curve", "gain", "verdict"),
    [
        ("done", CURVE, 0.1, "still learns"),
        ("done", ((30.0, 3.0), (70.0, 2.405), (100.0, 2.4)), 0.005, "hardly learns"),
        ("done", ((70.0, 2.4), (100.0, 2.6)), -0.2, "got worse"),
        ("done", ((0.0, 6.0), (90.0, 2.5), (100.0, 2.4)), None, "too short to tell"),
        ("done", (), None, "too short to tell"),
        ("patience", CURVE, 0.1, "learned out"),
        ("", CURVE, None, "not finished"),
        ("stopped", CURVE, None, "not finished"),
        ("counted", (), None, "all counted"),
    ],
)
def test_it_is_told_which_rungs_still_learn(
    ending: str, curve: tuple[tuple[float, float], ...], gain: float | None, verdict: str
) -> None:
    rung = result("gru", 2.4, ending=ending, curve=curve)
    assert rung.late_gain == (None if gain is None else pytest.approx(gain))
    assert rung.verdict == verdict


def test_a_rung_is_told_by_its_records() -> None:
    when = {"step": 8, "chars_read": 900, "elapsed_seconds": 5.0}
    scores = (
        BookScore(title="A", author="", num_chars=100, bits_per_char=2.0, accuracy=0.4),
        BookScore(title="B", author="", num_chars=300, bits_per_char=3.0, accuracy=0.6),
    )
    records: list[AnyRecord] = [
        Evaluation(**when, bits_per_char=2.9, accuracy=0.5, num_chars=50, is_best=True, books=()),
        Sample(**when, prompt="It ", text="was"),
    ]
    begun = rung_result("gru", records, num_parameters=7)
    assert (begun.ending, begun.bits_per_char, begun.verdict) == ("", None, "not finished")
    finished = Finished(
        **when, reason="done", best_bits_per_char=2.9, best_step=8, author="", val_books=scores, test_books=()
    )
    ended = rung_result("gru", [*records, finished], num_parameters=7)
    assert (ended.bits_per_char, ended.accuracy, ended.num_chars) == (2.75, 0.55, 400)
    assert (ended.chars_read, ended.seconds, ended.curve) == (900, 5.0, ((5.0, 2.9),))
    assert (ended.prompt, ended.sample) == ("It ", "was")


def test_the_page_tells_who_beats_counting_and_hides_nothing() -> None:
    page = render_ladder_page(
        story(result(NGRAM, 2.6, ending="counted", curve=()), result("elman", 2.9), result("gru", 2.2), name="<i>")
    )
    assert "Of 3 rungs, gru predicts these books best: <strong>2.200 bits per character</strong>." in page
    assert "Counting alone needs 2.600; gru did better, but elman did not." in page
    assert "<i>" not in page and "&lt;i&gt;" in page
    assert "6.000" in page  # a blind guess among 64 symbols
    alone = render_ladder_page(story(result(NGRAM, 2.6, ending="counted", curve=()), result("elman", 2.9)))
    assert "No network beats counting yet." in alone
    assert "No rung was scored yet." in render_ladder_page(story(RungResult(name=NGRAM), RungResult(name="elman")))


def test_long_races_are_drawn_in_minutes_and_levels_say_what_is_simpler() -> None:
    counted = result(NGRAM, 2.6, ending="counted", curve=())
    short = ladder_chart(story(counted, result("elman", 2.9)))
    assert short.x_label == "seconds of training" and short.curves[0].points[-1] == (100.0, 2.4)
    assert [level.bits_per_char for level in short.levels] == [6.0, 3.7, 2.6]
    long = ladder_chart(story(counted, result("elman", 2.9, curve=((0.0, 6.0), (600.0, 2.4)))))
    assert long.x_label == "minutes of training" and long.curves[0].points[-1] == (10.0, 2.4)


@pytest.mark.parametrize(("seconds", "chars"), [(None, 10_000), (1.0, 10_000), (60.0, 30_000), (math.inf, 60_000)])
def test_longer_races_are_scored_at_greater_length(seconds: float | None, chars: int) -> None:
    assert final_chars(seconds) == chars
