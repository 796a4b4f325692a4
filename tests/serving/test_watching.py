"""A run is read while it grows: whole lines only, from the beginning after it was cut back."""

import json
from pathlib import Path
from typing import Any

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
