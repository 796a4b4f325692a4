"""`penwright plan`: a choice without a training."""

import io
import json
from pathlib import Path

import pytest
from folders import SHELF
from rich.console import Console

from penwright.cli.app import main
from penwright.cli.commands.plan import size_table
from penwright.training.planning.sizes import Size
from penwright.training.planning.throughput import ThroughputTrial
from penwright.training.records import Planned, PlannedSize

SHELF = str(SHELF)
FAST = ["--threads", "1", "--device", "cpu", "--set", "train.batch_size=2", "--set", "train.seq_len=16"]


@pytest.fixture(autouse=True)
def _no_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(ThroughputTrial, "chars_per_second", lambda self, size, *, batch_size: 1e6 / size.width)


def test_the_sizes_stand_side_by_side_and_the_choice_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", SHELF, "--for", "5m", *FAST]) == 0
    out = capsys.readouterr().out
    assert "96x2" in out and "bits/char expected" in out and " *" in out
    assert "lanes it will read" in out and "Expected on held-out text" in out
    assert not Path("runs").exists()


def test_the_table_of_an_hour_fits_eighty_columns() -> None:
    size = PlannedSize(
        name="192x3",
        num_parameters=1_252_025,
        batch_size=64,
        chars_per_second=127_003.0,
        chars_read=473_600_000,
        bits_per_char=1.4151,
        low=1.351,
        high=1.479,
    )
    planned = Planned(
        step=0, chars_read=0, elapsed_seconds=9.0, seconds=3600.0, difficulty=2.5, size="192x3", sizes=(size,)
    )
    page = Console(width=80, file=io.StringIO(), record=True)
    page.print(size_table(planned))
    _, _, row = page.export_text().splitlines()
    assert row.split() == "192x3 * 1.3 million 64 127,000 473.6 million 1.415 (1.35 to 1.48)".split()


def test_one_size_can_be_looked_at_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", SHELF, "--for", "5m", "--size", "64x2", "--json", *FAST]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [size["name"] for size in facts["sizes"]] == ["64x2"] and facts["size"] == "64x2"
    assert facts["seconds"] == 300.0 and facts["difficulty"] > 0
    assert Size(64, 2).name == facts["size"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "10s"], "at least 30 seconds"),
        (["--for", "5m", "--set", "model.hidden_size=64"], "has chosen the network already"),
        (["--for", "5m", "--size", "large"], "such as 192x3"),
        (["--for", "5m", "--size", "9000x2"], "must be a whole number from"),
    ],
)
def test_what_cannot_be_planned_is_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", SHELF, *words]) == 2
    assert said in capsys.readouterr().err


def test_train_takes_a_size_and_refuses_one_for_another_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", SHELF, "--size", "48x2", "--print-config", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["config"]["model"]["hidden_size"], facts["config"]["model"]["mlp_size"]) == (48, 96)
    assert main(["train", SHELF, "--size", "48x2", "--preset", "seed", "--print-config"]) == 2
    assert "a size of its own" in capsys.readouterr().err


def test_one_reading_of_a_library_has_hours_and_a_cost(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", SHELF, "--one-pass", "--chars", "13_000_000_000", "--machines", "16", "--price", "0.1", *FAST]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "96x2" in out and "hours" in out and "cost" in out
    assert "13,000,000,000 characters by 16 machines like this one" in out
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["machines"] == 16 and found["sizes"][0]["seconds"] > 0


def test_what_is_for_one_reading_needs_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", SHELF, "--machines", "16", *FAST]) == 2
    assert "--machines is for one reading of a library. Add --one-pass." in capsys.readouterr().err
    assert main(["plan", SHELF, "--one-pass", "--machines", "0", *FAST]) == 2
    assert "--machines" in capsys.readouterr().err
    assert main(["plan", SHELF, "--one-pass", "--for", "5m", *FAST]) == 2
