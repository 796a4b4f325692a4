"""What can be read off a run."""

import math

import pytest
import record_samples

from penwright.evaluation.baselines.measuring import Baseline
from penwright.evaluation.book_score import BookScore
from penwright.report.story import Exam, NearestScore, RunStory, longer_length, surviving
from penwright.training.records import Evaluation, Finished, Progress, RolledBack, Sample


def when(step: int) -> dict[str, float]:
    return {"step": step, "chars_read": 1000 * step, "elapsed_seconds": step / 2}


def progress(step: int, bits: float = 3.0, **changes: int) -> Progress:
    return record_samples.progress(**{**when(step), **changes}, bits_per_char=bits)


def evaluation(step: int, bits: float) -> Evaluation:
    return record_samples.evaluation(**when(step), bits_per_char=bits)


def sample(step: int) -> Sample:
    return Sample(**when(step), prompt="It was ", text="so.")


def finished(step: int) -> Finished:
    return Finished(
        **when(step),
        reason="done",
        best_bits_per_char=2.0,
        best_step=step,
        author="author.safetensors",
        val_books=(),
        test_books=(),
    )


def score(title: str, num_chars: int, bits: float) -> BookScore:
    return BookScore(title=title, author="", num_chars=num_chars, bits_per_char=bits, accuracy=0.5)


def baseline(name: str, bits: float) -> Baseline:
    return Baseline(
        name=name, kind="table", bits_per_char=bits, train_chars=1, seconds=0.1, book_bits_per_char=(bits, bits)
    )


def story(*records, **values) -> RunStory:
    return RunStory(name="run", path="runs/run", records=records, **values)


def test_an_exam_weighs_books_by_their_characters_and_knows_its_best_rival() -> None:
    exam = Exam(
        scores=(score("a", 300, 2.0), score("b", 100, 4.0)),
        baselines=(baseline("1-character table", 3.5), baseline("6-character table", 2.0)),
    )
    assert exam.bits_per_char == 2.5
    assert exam.best_baseline is not None and exam.best_baseline.name == "6-character table"
    assert Exam().bits_per_char is None and Exam().best_baseline is None


def test_records_are_told_apart() -> None:
    back = RolledBack(**when(3), loss=None, back_to_step=2, learning_rate_scale=0.5, book="Soup")
    told = story(progress(1), evaluation(1, 3.0), sample(1), back, progress(4))
    assert (len(told.progress), len(told.evaluations), len(told.samples), len(told.rollbacks)) == (2, 1, 1, 1)


def test_a_session_is_finished_only_if_nothing_came_after() -> None:
    assert story(progress(1), finished(2)).finished is not None
    assert story(finished(2), progress(3)).finished is None
    assert story().finished is None


def test_the_final_exam_counts_before_the_best_reading() -> None:
    readings = evaluation(1, 3.0), evaluation(2, 2.1), evaluation(3, 2.4), evaluation(4, math.nan)
    assert story(*readings).bits_per_char == 2.1
    assert story(*readings, val=Exam(scores=(score("a", 9, 2.2),))).bits_per_char == 2.2
    assert story(progress(1)).bits_per_char is None


@pytest.mark.parametrize(
    "env", [{}, {"corpus": None}, {"corpus": {"num_chars": {"train": 0}}}, {"corpus": {"num_chars": 7}}]
)
def test_an_environment_that_does_not_tell_is_no_error(env: dict[str, object]) -> None:
    told = story(env=env)
    assert (told.train_chars, told.epochs(100), told.num_parameters) == (None, None, None)


def test_epochs_are_counted_in_training_characters() -> None:
    told = story(env={"corpus": {"num_chars": {"train": 1000}}, "num_parameters": 42})
    assert (told.epochs(100), told.epochs(50_000), told.num_parameters) == (0.1, 50.0, 42)


def test_a_sample_is_told_the_nearest_figure_held_out_ones_first() -> None:
    told = story(progress(98, 3.1), evaluation(105, 3.3), progress(300, 2.8), evaluation(400, 2.7))
    assert told.bits_at(sample(100)) == NearestScore(3.3, True)
    assert told.bits_at(sample(310)) == NearestScore(2.8, False)
    assert told.bits_at(sample(0)) is None


def test_what_a_rollback_undid_is_left_out() -> None:
    records = [progress(1, chars_read=100), progress(2, chars_read=200), progress(3, chars_read=300)]
    later = [progress(4, chars_read=250), progress(5, chars_read=350)]
    assert [record.step for record in surviving([*records, *later])] == [1, 2, 4, 5]
    assert surviving([]) == ()


@pytest.mark.parametrize(
    ("train", "elapsed", "option"),
    [
        ({"seconds": 40.0}, 266.2, " --for 5m10s"),
        ({"seconds": 60.0}, 60.3, " --for 2m"),
        ({"seconds": 600.0}, 601.0, " --for 20m"),
        ({"seconds": 5400.0}, 5000.0, " --for 3h"),
        ({"steps": 100}, 9.0, " --steps 200"),
        ({"epochs": 2, "steps": None}, 9.0, " --epochs 4"),
        ({}, 9.0, ""),
        ({"seconds": "x"}, 9.0, ""),
    ],
)
def test_a_finished_run_is_given_more_than_it_has_had(train: dict[str, object], elapsed: float, option: str) -> None:
    """`--resume` alone used to be printed, and refused."""
    end = record_samples.finished(step=100, elapsed_seconds=elapsed)
    assert longer_length(RunStory(name="a", path="a", records=(end,), config={"train": train})) == option


def test_a_run_that_was_stopped_goes_on_as_it_was() -> None:
    end = record_samples.finished(reason="stopped")
    assert longer_length(RunStory(name="a", path="a", records=(end,), config={"train": {"steps": 5}})) == ""
