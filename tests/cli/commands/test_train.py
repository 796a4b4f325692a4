"""`penwright train` from books to an author, with a network so small that it learns nothing."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from folders import ROOT, SHELF

from penwright import Author
from penwright.author.file import saving
from penwright.cli.app import main
from penwright.originality.index import INDEX_NAME
from penwright.training import distributed, start
from penwright.training.records import AnyRecord, Evaluation
from penwright.training.runs.folder import RunFolder

TINY = [
    *("--threads", "1", "--device", "cpu"),
    *("--set", "model.cell=gru", "--set", "model.hidden_size=8", "--set", "model.num_layers=1"),
    *("--set", "model.embedding_dim=4", "--set", "model.is_residual=false", "--set", "model.mlp_size=0"),
    *("--set", "train.batch_size=2", "--set", "train.seq_len=16", "--set", "diary.max_chars=12"),
    *("--set", "train.val_chars=200", "--set", "train.final_val_chars=200"),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the books of the first test are ready for the others."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in a folder of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENWRIGHT_CACHE", str(cache))


def train(*words: str | Path, exit_code: int = 0) -> None:
    """Run the command."""
    assert main(["train", *map(str, words)]) == exit_code


def test_from_books_to_an_author(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--steps", "4", "--run", "runs/first", "--prompt", "A lamp", *TINY)
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith("Done: 4 steps, ")
    assert "The author: runs/first/author.safetensors" in out
    assert "penwright write runs/first" in out and "penwright report runs/first" in out
    assert "Books (and their characters): 4 to learn from" in err
    assert "step 0 writes: A lamp" in err
    assert Author.load("runs/first").card.preset == "default"
    assert main(["write", "runs/first", "--prompt", "A ", "--chars", "5", "--seed", "1"]) == 0


def test_the_books_are_indexed_when_the_training_ends(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--steps", "2", "--run", "runs/indexed", *TINY)
    train(SHELF, *words, "--json", "--quiet")
    assert "index" not in json.loads(capsys.readouterr().out)
    train("--resume", "runs/indexed", "--steps", "3", "--index", "--json", "--quiet")
    index = Path(json.loads(capsys.readouterr().out)["index"])
    assert index.is_file() and index.name == INDEX_NAME
    index.write_bytes(b"damaged")
    train("--resume", "runs/indexed", "--steps", "4", "--index", "--quiet")
    out, err = capsys.readouterr()
    assert out.startswith("Done: ") and "The books were not indexed: the index" in err and "damaged" in err
    index.unlink()


def test_a_unit_is_named_in_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--unit", "bpe", "--set", "corpus.num_subwords=200", "--steps", "4", "--run", "runs/bpe", *TINY)
    assert "Alphabet: 200 symbols (bpe, of 1." in capsys.readouterr().err
    assert RunFolder.open(Path("runs/bpe")).config().corpus.unit == "bpe"
    assert Author.load("runs/bpe").alphabet.unit == "bpe"
    assert main(["card", "runs/bpe"]) == 0
    card = capsys.readouterr().out
    assert "bpe, 200 symbols" in card and "symbols guessed right" in card
    train(SHELF, "--resume", "runs/bpe", "--steps", "6")
    assert main(["write", "runs/bpe", "--prompt", "The la", "--chars", "5", "--seed", "1"]) == 0


def test_the_seeds_alphabet_has_characters_only(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--preset", "seed", "--unit", "words", "--steps", "1", exit_code=2)
    assert "unit='words' needs a learnt alphabet" in capsys.readouterr().err
    train("--resume", ".", "--unit", "words", exit_code=2)
    assert "--unit exclude each other" in capsys.readouterr().err


def test_a_run_without_a_name_gets_a_new_one_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        train(SHELF, "--steps", "1", *TINY)
    names = sorted(path.name for path in Path("runs").iterdir())
    assert names[0].endswith("-shelf") and names[1] == f"{names[0]}-2"


def test_json_is_one_object_and_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--steps", "3", "--run", "runs/a", "--json", "--quiet", *TINY)
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert err == ""
    assert (facts["run"], facts["step"], facts["reason"]) == ("runs/a", 3, "done")
    assert facts["bits_per_char"] > 0 and facts["chars_per_second"] > 0


def test_a_prompt_that_is_not_utf_8_is_refused_before_anything_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    """It used to end in a traceback and leave half a folder."""
    train(SHELF, "--steps", "1", "--prompt", "\udcff", *TINY, exit_code=2)
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "UTF-8" in err
    assert not list(Path("runs").glob("*"))


@pytest.mark.parametrize(
    "words", [["--device", "cuda"], ["--device", "gpu"], ["--set", "train.device=gpu"]], ids=" ".join
)
@pytest.mark.parametrize("command", ["train", "plan"])
def test_a_device_that_is_not_there_is_refused_before_books_are_prepared(
    command: str, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main([command, str(SHELF), *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("penwright: the device 'cuda' is not available here; available: cpu")
    assert err.count("\n") == 1 and not Path("runs").exists()


def test_flags_reach_the_run() -> None:
    train(SHELF, "--steps", "1", "--run", "runs/a", "--seed", "7", "--quiet", "--preset", "lstm", *TINY)
    config = (Path("runs/a/config.toml")).read_text(encoding="utf-8")
    assert (
        'preset = "lstm"' in config and "seed = 7" in config and "steps = 1" in config and "hidden_size = 8" in config
    )


def test_a_manifest_takes_the_place_of_books(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(SHELF), "--manifest", "shelf.toml", "--json"]) == 0
    train("shelf.toml", "--steps", "1", *TINY)
    assert "4 to learn from" in capsys.readouterr().err
    assert next(Path("runs").iterdir()).name.endswith("-shelf")


@pytest.mark.slow
def test_a_stopped_run_says_how_to_go_on_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C in the second step: the step is finished, the run saved, and resumed it ends as if nothing had been."""
    original = start.train

    def interrupted(*words: object, **options: object) -> Iterator[AnyRecord]:
        ask, asked = options["stop"], 0

        def stop() -> bool:
            nonlocal asked
            asked += 1
            if asked == 3:
                signal.raise_signal(signal.SIGINT)
            return bool(ask())  # type: ignore[operator]

        return original(*words, **{**options, "stop": stop})  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "train", interrupted)
        train(SHELF, "--steps", "5", "--run", "runs/stopped", *TINY, exit_code=130)
    out, _ = capsys.readouterr()
    assert out.startswith("Stopped and saved: 2 steps, ")
    assert "penwright train --resume runs/stopped" in out
    train("--resume", "runs/stopped", "--json")
    resumed = json.loads(capsys.readouterr().out)
    train(SHELF, "--steps", "5", "--run", "runs/whole", "--json", "--quiet", *TINY)
    whole = json.loads(capsys.readouterr().out)
    assert resumed["step"] == whole["step"] == 5
    assert resumed["val_books"] == whole["val_books"]


@pytest.mark.slow
def test_a_finished_run_can_be_given_more_and_its_books_again(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--steps", "2", "--run", "runs/a", "--quiet", *TINY)
    capsys.readouterr()
    train("--resume", "runs/a", exit_code=1)
    assert "is finished" in capsys.readouterr().err
    train("--resume", "runs/a", SHELF, "--steps", "4", "--json", "--quiet")
    assert json.loads(capsys.readouterr().out)["step"] == 4


def test_an_author_is_taught_other_books(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--steps", "2", "--run", "runs/a", "--quiet", *TINY)
    capsys.readouterr()
    train(SHELF, "--from", "runs/a", "--steps", "2", "--run", "runs/b")
    out, err = capsys.readouterr()
    assert "Held-out books of this shelf: " in out
    assert "name them with --old-books PATH" in out
    assert "The author has learned from" in err
    train("--resume", "runs/b", "--steps", "3", "--quiet", "--old-books", SHELF, "--json")
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["old_books"]["is_of_card"]
    assert outcome["old_books"]["before"] == pytest.approx(outcome["bits_per_char_before"], abs=0.5)
    train(SHELF, "--from", "runs/a", "--print-config")
    printed = capsys.readouterr().out
    assert re.search(r"hidden_size = \d+ +# author", printed)
    Path("again.toml").write_text(printed, encoding="utf-8")  # what it prints can be read back
    train(SHELF, "--from", "runs/a", "--config", "again.toml", "--print-config")


@pytest.mark.parametrize(
    ("options", "exit_code", "sentence"),
    [
        (["--from", "runs/none"], 2, "--from runs/none: there is no such file or folder"),
        (["--from", "box", "--size", "96x2"], 2, "--from and --size exclude each other"),
        (["--from", "box", "--preset", "gru"], 2, "the author one of the kind gated, which goes on"),
        (["--from", "box", "--unit", "bpe"], 2, "the author reads and writes characters"),
        (["--from", "box", "--resume", "."], 2, "--resume and --from exclude each other"),
        (["--from", "box", "--config", "other.toml"], 2, "model.hidden_size cannot be chosen"),
        (["--from", "box", "--old-books", "none"], 1, "there is no file or folder 'none'"),
        (["--old-books", SHELF], 2, "Name it with --from AUTHOR"),
    ],
)
def test_what_an_author_cannot_be_taught_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], options: list[str], exit_code: int, sentence: str
) -> None:
    Path("other.toml").write_text("[model]\nhidden_size = 64\n", encoding="utf-8")
    train(SHELF, "--steps", "2", *options, exit_code=exit_code)
    assert sentence in capsys.readouterr().err.replace("\n", " ")
    assert not list(Path("runs").glob("*/config.toml"))


def make_checkpoint(run: Path) -> None:
    """Make what looks like a checkpoint of a run."""
    checkpoint = run / "checkpoints" / "step-000000001"
    checkpoint.mkdir(parents=True)
    (checkpoint / "manifest.json").touch()


def test_two_ctrl_c_stop_at_once_and_name_the_last_checkpoint(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*words: object, run: Path, **options: object) -> Iterator[AnyRecord]:
        make_checkpoint(run)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(start, "train", interrupted)
    train(SHELF, "--run", "runs/a", *TINY, exit_code=130)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == (
        "penwright: stopped at once. Go on from the last checkpoint: penwright train --resume runs/a"
    )


@pytest.mark.slow
def test_a_training_that_never_began_leaves_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--steps", "1", *TINY, "--set", "train.order=rolled", "--set", "model.window_size=2", exit_code=0)
    train(SHELF, "--steps", "1", "--set", "train.batch_size=9999", "--set", "train.seq_len=9999", exit_code=1)
    assert capsys.readouterr().err.splitlines()[-1].startswith("penwright: ")
    assert len(list(Path("runs").iterdir())) == 1


def test_a_disk_that_fills_up_is_one_line_that_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = RunFolder.append

    def append(self: RunFolder, record: AnyRecord) -> None:
        if isinstance(record, Evaluation):
            make_checkpoint(self.path)
            raise OSError(errno.ENOSPC, "No space left on device", str(self.metrics_path))
        real(self, record)

    monkeypatch.setattr(RunFolder, "append", append)
    train(SHELF, "--steps", "2", "--run", "runs/a", *TINY, exit_code=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == (
        "penwright: the disk is full (runs/a/metrics.jsonl). What was saved before is whole; free some space and "
        "repeat the command. Then go on from the last checkpoint: penwright train --resume runs/a"
    )


def test_a_run_cut_off_before_its_first_checkpoint_is_begun_again_in_its_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It used to be told to go on from a checkpoint that was not there, and could not be begun again."""

    def append(self: RunFolder, record: AnyRecord) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(self.metrics_path))

    with monkeypatch.context() as full:
        full.setattr(RunFolder, "append", append)
        train(SHELF, "--steps", "2", "--run", "runs/a", *TINY, exit_code=1)
    assert "checkpoint" not in capsys.readouterr().err
    train("--resume", "runs/a", exit_code=1)
    assert "Begin it again in the same folder: penwright train PATH --run runs/a" in capsys.readouterr().err
    train(SHELF, "--steps", "2", "--run", "runs/a", "--quiet", *TINY)


def test_a_disk_that_fills_up_while_the_author_is_written_is_one_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It used to advise another place, though the run's author has its own."""

    def replacing(path: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(saving, "replacing", replacing)
    train(SHELF, "--steps", "2", "--run", "runs/a", *TINY, exit_code=1)
    err = capsys.readouterr().err
    assert "the disk is full (runs/a/author.safetensors)" in err
    assert "another place" not in err


@pytest.mark.parametrize(
    ("words", "message", "exit_code"),
    [
        (["{books}", "--run", "runs/old"], "runs/old already holds a run. Resume it with: penwright train --resume", 1),
        (["nowhere"], "there is no file or folder", 1),
        (["--resume", "nowhere"], "--resume nowhere: there is no such file or folder. Begin one with", 2),
        (["--resume", "{books}"], "{books} is not a run", 1),
    ],
)
def test_what_goes_wrong_is_one_line(
    words: list[str], message: str, exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    make_checkpoint(Path("runs/old"))
    Path("runs/old/config.toml").touch()
    train(*(word.replace("{books}", str(SHELF)) for word in words), exit_code=exit_code)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"penwright: {message.replace('{books}', str(SHELF))}") and err.count("\n") == 1


def test_a_run_in_use_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    train(SHELF, "--steps", "2", "--run", "runs/a", "--quiet", *TINY)
    capsys.readouterr()
    with RunFolder.open(Path("runs/a")).locked():
        train("--resume", "runs/a", "--steps", "4", exit_code=1)
    assert "penwright: runs/a is in use by another process." in capsys.readouterr().err


def test_books_that_are_no_longer_prepared_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    train(SHELF, "--steps", "2", "--run", "runs/a", "--quiet", *TINY)
    shutil.rmtree(tmp_path / "cache")
    capsys.readouterr()
    train("--resume", "runs/a", "--steps", "3", exit_code=1)
    _, err = capsys.readouterr()
    assert err.startswith("penwright: there is no corpus in ") and err.count("\n") == 1
    assert err.endswith("To do so, name them: penwright train --resume runs/a PATH\n")


def test_several_processes_need_one_folder_and_only_the_first_speaks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def joined() -> Iterator[distributed.World]:
        yield distributed.World(1, 2)

    monkeypatch.setattr(distributed, "joined", joined)
    monkeypatch.setattr(distributed, "wait_for_all", lambda world: None)
    train(SHELF, "--steps", "2", *TINY, exit_code=2)
    assert "several processes train together and need one folder. Name it: --run-dir DIR" in capsys.readouterr().err
    train(SHELF, "--steps", "2", "--run", "runs/a", *TINY)
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch was built without distributed processes")
def test_two_processes_train_together(cache: Path) -> None:
    launcher = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--standalone",
        "-m",
        "penwright",
    ]
    words = ["train", str(SHELF), "--steps", "3", "--run-dir", "runs/two", "--json", *TINY]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*launcher, *words], env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["step"] == 3
    assert done.stderr.count("Books (and their characters)") == 1


def test_the_seed_preset_is_shown_as_in_2017_with_curves(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboard")
    words = ["--preset", "seed", "--steps", "3", "--run", "runs/seed", "--set", "model.hidden_size=8"]
    words += ["--set", "train.batch_size=2", "--set", "train.compare_every=2", "--set", "diary.max_chars=20"]
    train(SHELF, *words, "--threads", "1")
    _, err = capsys.readouterr()
    assert "TRAINING STATS: batch 0/" in err and "Training on next 2 batches" in err
    assert "Generating random text from learned state" in err
    assert "Curves for TensorBoard: tensorboard --logdir runs/seed/tensorboard" in err
    folders = sorted(path.name for path in Path("runs/seed/tensorboard").iterdir())
    assert folders == ["seed-training", "seed-validation"]
