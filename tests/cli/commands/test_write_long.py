"""`penwright write --chapters`: a long work from the command line, stopped, killed and gone on with."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from penwright import Author, CharModel, Corpus
from penwright.author import box
from penwright.author.works.writing import write_work
from penwright.cli.app import main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def author_file(tiny_model: CharModel, corpus: Corpus, tmp_path: Path) -> Path:
    """An author file."""
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet).save(path)
    return path


def test_a_long_work_is_the_one_that_the_library_writes(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, same = tmp_path / "a-novel.md", tmp_path / "same.md"
    words = ["--words", "150", "--chapters", "2", "--by", "N. N.", "--seed", "5", "--prompt", "The lamp"]
    assert main(["write", str(author_file), *words, "-o", str(path)]) == 0
    out, err = capsys.readouterr()
    progress = write_work(
        Author.load(author_file), same, words=150, chapters=2, title="A novel", by="N. N.", seed=5, prompt="The lamp"
    )
    assert path.read_bytes() == same.read_bytes()
    assert out == f"{path}: 2 chapters, {progress.num_words} words, {progress.num_chars:,} characters, seed 5\n"
    assert err.startswith("chapter 1 of 2, ") and err.count("\n") == 1
    assert "penwright write AUTHOR --out FILE.md --words 150 --chapters 2 " in same.read_text(encoding="utf-8")


def test_the_colophon_counts_the_books_that_the_author_learned_from(tmp_path: Path) -> None:
    path = tmp_path / "short.md"
    assert main(["write", "--box", "--words", "50", "--chapters", "1", "--seed", "1", "-o", str(path)]) == 0
    num_learned = sum(book.split == "train" for book in Author.from_box().card.books)
    assert f", raised on {num_learned} books with Penwright" in path.read_text(encoding="utf-8")


def test_a_seed_that_was_not_given_is_told(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["write", str(author_file), "--words", "60", "--out", str(tmp_path / "novel.epub"), "--json"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert f"seed {facts['seed']}\n" in err
    assert facts["num_chapters"] == 1 and facts["num_words"] >= 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--chapters", "2"], "a long work needs a file: give --out novel.md"),
        (["--chapters", "2", "-o", "novel.doc"], "is written as .md, .txt, .epub, and 'novel.doc' ends otherwise"),
        (["--chapters", "2", "-o", "novel.md", "--samples", "2"], "a long work and --samples exclude each other"),
        (["--chapters", "2", "-o", "novel.md", "--chars", "9"], "a long work and --chars exclude each other"),
        (["--chapters", "2", "-o", "novel.md", "--endless"], "a long work and --endless exclude each other"),
        (["--chapters", "2", "-o", "novel.md", "--words", "99"], "leave less than 50 for each"),
        (["--chapters", "0", "-o", "novel.md"], "--chapters=0 must be a whole number from 1 to 1,000"),
        (["--language", "??", "--chapters", "1"], "--language='??' must be text of the form of a language tag"),
        (["--title", "A", "-o", "page.md"], "--title is for a long work. Give --chapters too"),
        (["--restart", "-o", "page.md"], "--restart is for a long work. Give --chapters too"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: list[str], message: str, author_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["write", str(author_file), *words]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def command(author_file: Path, path: Path, *, words: int) -> list[str]:
    call = [sys.executable, "-m", "penwright", "write", str(author_file), "--words", str(words)]
    return [*call, "--chapters", "4", "--seed", "3", "--title", "T", "--no-repeat-ngram", "3", "--out", str(path)]


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_written(tmp_path: Path) -> None:
    if not box.has_author():
        pytest.skip("there is no author in the box")
    whole, path = tmp_path / "whole.txt", tmp_path / "novel.txt"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    call = command(box.boxed_author(), path, words=2_000)
    with subprocess.Popen(call, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        while not (tmp_path / "novel.txt.unfinished" / "progress.json").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"the same command goes on from there" in err
    assert main(call[3:]) == 0 and main(command(box.boxed_author(), whole, words=2_000)[3:]) == 0
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_a_work_killed_at_any_moment_ends_as_one_that_nobody_killed(tmp_path: Path) -> None:
    if not box.has_author():
        pytest.skip("there is no author in the box")
    whole, path, draw = tmp_path / "whole.epub", tmp_path / "novel.epub", random.Random(1)  # no secret
    assert main(command(box.boxed_author(), whole, words=4_000)[3:]) == 0
    call, environment = command(box.boxed_author(), path, words=4_000), os.environ | {"PYTHONPATH": str(ROOT)}
    progress = tmp_path / "novel.epub.unfinished" / "progress.json"
    num_killed = 0
    for _ in range(4):
        before = progress.read_bytes() if progress.exists() else b""
        with subprocess.Popen(call, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and (not progress.exists() or progress.read_bytes() == before):
                time.sleep(0.02)
            time.sleep(draw.uniform(0.0, 0.7))
            process.kill()
        num_killed += process.returncode == -signal.SIGKILL
    assert num_killed >= 2
    if progress.exists():
        assert main(call[3:]) == 0
    assert path.read_bytes() == whole.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["novel.epub", "whole.epub"]
