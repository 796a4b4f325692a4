"""`penwright ladder`: seven rungs on the little shelf, kept when they have ended, gone on with when they have not."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from folders import SHELF

from penwright import Author
from penwright.cli import run_ladder
from penwright.cli.app import main
from penwright.errors import RunError
from penwright.report.ladder import RUNGS
from penwright.training.records import AnyRecord, Progress
from penwright.training.runs.folder import RunFolder

TINY = [
    *("--threads", "1", "--device", "cpu", "--quiet"),
    *("--set", "model.hidden_size=8", "--set", "model.num_layers=1", "--set", "model.embedding_dim=4"),
    *("--set", "model.mlp_size=4", "--set", "model.ngram_entries=0", "--set", "model.match_slots=64"),
    *("--set", "train.batch_size=2", "--set", "train.seq_len=16", "--set", "diary.max_chars=40"),
    *("--set", "train.val_chars=200", "--set", "train.final_val_chars=300", "--set", "train.val_every=4"),
]
NAMES = [rung.name for rung in RUNGS]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the books of the first test are ready for the others."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Race in a folder of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENWRIGHT_CACHE", str(cache))
    monkeypatch.setattr(run_ladder, "choose_precision", lambda name, device: "float32")  # it is decided by timing


def test_all_rungs_are_raced_on_the_same_books(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ladder", str(SHELF), "--steps", "12", "--run", "race", "--prompt", "A lamp", *TINY]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    rows = [re.split(r"  +", line.replace(" *", "").strip()) for line in out.splitlines()[2:9]]
    assert [row[0] for row in rows] == NAMES
    assert all(1 < float(row[1]) < 8 for row in rows)
    assert "All are scored on the same 300 held-out characters." in out and "race/ladder.html" in out
    page = Path("race/ladder.html").read_text(encoding="utf-8")
    assert page.count('<span class="prompt">A lamp</span>') == len(NAMES)
    assert page.count('<g class="curve rung-') == 2 * (len(NAMES) - 1)  # for wide and for narrow windows
    assert "<script" not in page and "http://" not in page and "https://" not in page
    cells = {name: RunFolder(Path("race", name)).config().model["cell"] for name in NAMES[1:]}
    assert list(cells.values()) == ["perceptron", "window", "elman", "gru", "lstm", "gated"]
    assert {RunFolder(Path("race", name)).config().train.precision for name in NAMES[1:]} == {"float32"}
    digests = {RunFolder(Path("race", name)).env()["corpus"]["digest"] for name in NAMES[1:]}
    assert len(digests) == 1
    assert Author.load("race/elman").card.preset == "elman"
    counted = Path("race/n-gram.json")
    kept = counted.read_text(encoding="utf-8")
    counted.write_text(kept.replace('"sample"', '"simple"'), encoding="utf-8")  # damaged: it is counted again
    assert main(["ladder", "--resume", "race", "--quiet", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["rungs"]
    assert (
        f"{again[0]['bits_per_char']:.3f}" == rows[0][1] and again[0]["sample"] == json.loads(kept)["result"]["sample"]
    )


@pytest.mark.slow
def test_ctrl_c_ends_a_rung_and_the_ladder_goes_on_where_it_was(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rung that has ended is kept to the last byte, one that was stopped becomes what it would have become."""
    assert main(["ladder", str(SHELF), "--steps", "12", "--run", "whole", "--json", *TINY]) == 0
    whole = json.loads(capsys.readouterr().out)["rungs"]
    train = run_ladder.train

    def train_until_the_window(*args: Any, run: Path, **options: Any) -> Iterator[AnyRecord]:
        for record in train(*args, run=run, **options):
            yield record
            if run.name == "window" and isinstance(record, Progress):
                os.kill(os.getpid(), signal.SIGINT)

    words = ["ladder", str(SHELF), "--steps", "12", "--run", "race", "--set", "train.progress_every=5", *TINY]
    with monkeypatch.context() as patch:
        patch.setattr(run_ladder, "train", train_until_the_window)
        assert main(words) == 130
    assert "Go on: penwright ladder --resume race" in capsys.readouterr().out
    assert RunFolder(Path("race/window")).ending() is None and not Path("race/elman").exists()
    assert "not finished" in Path("race/ladder.html").read_text(encoding="utf-8")
    kept = {name: Path("race", name).stat().st_mtime_ns for name in ("n-gram.json", "perceptron/author.safetensors")}
    assert main(["ladder", "--resume", "race", "--quiet", "--json"]) == 0
    rungs = json.loads(capsys.readouterr().out)["rungs"]
    assert {name: Path("race", name).stat().st_mtime_ns for name in kept} == kept
    for key in ("name", "ending", "bits_per_char", "accuracy", "chars_read", "num_chars", "num_parameters", "sample"):
        assert [rung[key] for rung in rungs] == [rung[key] for rung in whole], key


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--set", "model.cell=gru"], "--set model.cell would make all rungs alike"),
        (["--set", "corpus.unit=bpe"], "the ladder reads characters, not bpe"),
        (["--set", "model.embedding_dim=0"], "embedding_dim=0 (one-hot) does not fit"),
        (["--for", "2m", "--steps", "3"], "--for and --steps exclude each other"),
        (["--resume", "."], "--resume and PATH exclude each other"),
    ],
)
def test_what_makes_no_race_is_refused_before_books_are_read(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["ladder", "nowhere.txt", *words]) in (1, 2)
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_else_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    assert main(["ladder", str(SHELF), "--run", "mine", "--quiet"]) == 1
    assert "mine is not empty. Name another folder with --run." in capsys.readouterr().err
    assert main(["ladder", "--resume", "mine", "--quiet"]) == 1
    assert "mine is no ladder: it has no ladder.json" in capsys.readouterr().err
    (tmp_path / "mine" / "ladder.json").write_text("[1]", encoding="utf-8")
    assert main(["ladder", "--resume", "mine", "--quiet"]) == 1
    assert "ladder.json cannot be read" in capsys.readouterr().err


@pytest.mark.slow
def test_a_rung_that_fails_does_not_end_the_ladder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    train = run_ladder.train

    def train_all_but_elman(*args: Any, run: Path, **options: Any) -> Iterator[AnyRecord]:
        if run.name == "elman":
            raise RunError("the loss keeps exploding.")
        yield from train(*args, run=run, **options)

    with monkeypatch.context() as patch:
        patch.setattr(run_ladder, "train", train_all_but_elman)
        assert main(["ladder", str(SHELF), "--steps", "4", "--run", "race", *TINY]) == 1
    out, err = capsys.readouterr()
    assert err == "The rung elman failed: the loss keeps exploding.\n"
    assert "Go on: penwright ladder --resume race" in out and "default" in out
    page = Path("race/ladder.html").read_text(encoding="utf-8")
    assert "The rung elman failed: the loss keeps exploding." in page and "not finished" in page
