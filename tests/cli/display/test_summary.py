"""What is said when a training has ended."""

import json
from pathlib import Path

import pytest

from penwright.cli.display.summary import beginning, outcome_json, outcome_lines, plan_of
from penwright.evaluation.book_score import BookScore
from penwright.model.config import num_parameters_of
from penwright.training.records import Finished, Planned, PlannedSize
from penwright.training.runs.folder import RunFolder
from penwright.training.settings.resolve import resolve_config


def finished(reason: str = "done", *, best: float | None = 1.7023) -> Finished:
    """The last record of a session."""
    return Finished(
        step=2_431,
        chars_read=4_978_688,
        elapsed_seconds=600.4,
        reason=reason,
        best_bits_per_char=best,
        best_step=None if best is None else 2_400,
        author="runs/my books/author.safetensors",
        val_books=(BookScore(title="The Lamp", author="Orla Vane", num_chars=9, bits_per_char=1.7, accuracy=0.5),),
        test_books=(),
    )


def planned() -> Planned:
    """The plan that the run began with."""
    size = PlannedSize(
        name="192x3",
        num_parameters=10**6,
        batch_size=16,
        chars_per_second=9e3,
        chars_read=5 * 10**6,
        bits_per_char=1.69,
        low=1.62,
        high=1.76,
    )
    return Planned(
        step=0,
        chars_read=0,
        elapsed_seconds=5.0,
        seconds=600.0,
        difficulty=2.0,
        size="192x3",
        sizes=(size,),
    )


@pytest.mark.parametrize(
    ("limit", "length"), [({"steps": 1_200}, "1,200 steps"), ({"epochs": 3}, "3 readings of all books"), ({}, "10:00")]
)
def test_before_it_begins_its_length_and_its_folder_are_told(limit: dict[str, int], length: str) -> None:
    config = resolve_config("gru", overrides={"train": limit}).config
    parameters = num_parameters_of(config.model_config(vocab_size=90))
    assert beginning(config, vocab_size=90, run=Path("runs/a"), is_planned=False) == (
        f"Training a gru network of {parameters:,} parameters for {length}, in runs/a. Ctrl-C saves and ends."
    )


def test_before_a_size_is_found_none_is_told() -> None:
    config = resolve_config(overrides={"train": {"seconds": 90.0}}).config
    said = beginning(config, vocab_size=90, run=Path("runs/a"), is_planned=True)
    assert said.startswith("Training for 1:30, in runs/a; first a few seconds") and "parameters" not in said


def test_the_author_and_the_two_commands_to_try_are_named() -> None:
    assert outcome_lines(finished(), run=Path("runs/my books")) == [
        "Done: 2,431 steps, 4,978,688 characters read, 10:00.",
        "Best on held-out text during training: 1.702 bits/char, after step 2,400.",
        "The final figure, on the card: 1.700 bits/char, measured on 9 held-out characters, 1 book.",
        "The author: runs/my books/author.safetensors",
        "  Let it write:       penwright write 'runs/my books'",
        "  See how it learned: penwright report 'runs/my books'",
    ]


def test_the_outcome_stands_beside_what_was_expected() -> None:
    (best,) = [line for line in outcome_lines(finished(), run=Path("runs/a"), planned=planned()) if "Best" in line]
    assert best.endswith("after step 2,400; expected 1.69 (1.62 to 1.76).")
    stopped = outcome_lines(finished("stopped"), run=Path("runs/a"), planned=planned())
    assert not any("expected" in line for line in stopped)  # it was expected of the whole time


def test_a_run_that_was_stopped_says_how_to_go_on() -> None:
    lines = outcome_lines(finished("stopped"), run=Path("runs/a"))
    assert lines[0].startswith("Stopped and saved: ")
    assert lines[4] == f"It is the author of step 2,400; --resume goes on from step {finished('stopped').step:,}."
    assert lines[5] == "  Go on:              penwright train --resume runs/a"


def test_an_early_end_is_called_so_and_no_held_out_books_are_no_score() -> None:
    lines = outcome_lines(finished("patience", best=None), run=Path("runs/a"))
    assert lines[0].startswith("Ended early: ")
    assert not any("Best on held-out" in line for line in lines)


def test_json_has_the_names_of_the_glossary() -> None:
    facts = outcome_json(finished(), run=Path("runs/a"))
    assert json.loads(json.dumps(facts)) == {
        "run": "runs/a",
        "author": "runs/my books/author.safetensors",
        "reason": "done",
        "step": 2_431,
        "best_step": 2_400,
        "bits_per_char": 1.7023,
        "chars_read": 4_978_688,
        "chars_per_second": 4_978_688 / 600.4,
        "elapsed_seconds": 600.4,
        "val_books": [
            {"title": "The Lamp", "author": "Orla Vane", "num_chars": 9, "bits_per_char": 1.7, "accuracy": 0.5}
        ],
        "test_books": [],
    }


def test_what_was_expected_of_one_time_is_not_held_against_another(tmp_path: Path) -> None:
    seconds = planned().seconds
    config = resolve_config(overrides={"train": {"seconds": seconds}}).config
    folder = RunFolder.create(tmp_path / "run", config=config, env={})
    assert plan_of(folder.path) is None
    folder.append(planned())
    assert plan_of(folder.path) == planned(), "whichever session it was that planned"
    folder.write_config(resolve_config(overrides={"train": {"seconds": 2 * seconds}}).config)
    assert plan_of(folder.path) is None
