"""A run is read while it grows: whole lines only, from the beginning after it was cut back."""

import json
from pathlib import Path
from typing import Any

import pytest

from penwright.files import write_text
from penwright.serving.watching import MAX_POINTS, MAX_SAMPLES, METRICS_NAME, RunWatch, run_near


def line(kind: str, step: int, **fields: Any) -> str:
    return json.dumps({"kind": kind, "step": step, "chars_read": 10 * step, "elapsed_seconds": 1.0, **fields}) + "\n"


def test_a_run_is_watched_as_it_grows(tmp_path: Path) -> None:
    assert run_near(tmp_path) is None and RunWatch(tmp_path).look()["step"] == 0
    path, watch = tmp_path / METRICS_NAME, RunWatch(tmp_path)
    path.write_text(line("progress", 1, bits_per_char=4.0) + line("evaluation", 1, bits_per_char=5.0)[:30], "utf-8")
    assert run_near(tmp_path) == run_near(tmp_path / "author.safetensors") == tmp_path
    told = watch.look()
    assert (told["trained"], told["held_out"], told["ending"]) == ([(10, 4.0)], [], None)
    with path.open("a", encoding="utf-8") as file:
        file.write(line("evaluation", 1, bits_per_char=5.0)[30:] + "no json\n" + '{"kind": "new"}\n')
        for step in range(2, 1_000):
            file.write(line("progress", step, bits_per_char=3.0))
            file.write(line("sample", step, prompt="It", text=" was"))
        file.write(line("finished", 1_000, reason="done"))
    told = watch.look()
    assert told["held_out"] == [(10, 5.0)] and told["ending"] == "done" and told["step"] == 1_000
    assert len(told["trained"]) <= MAX_POINTS and told["trained"][-1] == (9_990, 3.0)
    assert len(told["samples"]) == MAX_SAMPLES and told["samples"][-1] == {"step": 999, "prompt": "It", "text": " was"}
    path.write_text(line("progress", 1, bits_per_char=4.0), "utf-8")
    assert watch.look()["trained"] == [(10, 4.0)] and watch.look()["ending"] is None
    path.unlink()
    assert watch.look()["trained"] == [(10, 4.0)]


def test_a_run_that_was_resumed_is_read_anew_however_long_its_records_are(tmp_path: Path) -> None:
    """Where it had written more than it had dropped, the points of steps that are no more stayed in the curve."""
    path, watch = tmp_path / METRICS_NAME, RunWatch(tmp_path)
    write_text(path, "".join(line("progress", step, bits_per_char=4.0) for step in (1, 2, 3)))
    assert len(watch.look()["trained"]) == 3
    write_text(path, line("progress", 1, bits_per_char=4.0))
    with path.open("a", encoding="utf-8") as file:
        file.writelines(line("progress", step, bits_per_char=3.0) for step in (2, 3, 4))
    assert watch.look()["trained"] == [(10, 4.0), (20, 3.0), (30, 3.0), (40, 3.0)]


@pytest.mark.parametrize(
    "fields",
    [
        {"bits_per_char": 10**400},
        {"bits_per_char": float("nan")},
        {"bits_per_char": 2.0, "chars_read": float("inf")},
        {"bits_per_char": 2.0, "elapsed_seconds": float("nan")},
        {"bits_per_char": 2.0, "elapsed_seconds": [1]},
        {"bits_per_char": 2.0, "step": {"a": 1}},
    ],
)
def test_a_record_whose_numbers_are_none_is_passed_over(tmp_path: Path, fields: dict[str, Any]) -> None:
    """A run may be a stranger's. The server answered with an error, for ever where a number was not finite."""
    good = line("progress", 1, bits_per_char=3.0)
    (tmp_path / METRICS_NAME).write_text(
        good + json.dumps({**json.loads(line("progress", 2)), **fields}) + "\n", "utf-8"
    )
    told = RunWatch(tmp_path).look()
    assert (told["step"], told["trained"]) == (1, [(10, 3.0)])
    assert json.dumps(told, allow_nan=False)


def test_what_a_page_of_the_diary_holds_is_text(tmp_path: Path) -> None:
    (tmp_path / METRICS_NAME).write_text(line("sample", 1, prompt={"a": float("nan")}, text=[]), "utf-8")
    assert json.dumps(RunWatch(tmp_path).look(), allow_nan=False)
