"""Whatever is typed, the program answers with a sentence and an exit code, never with a traceback."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.author import box
from penwright.cli.app import COMMANDS, build_app, main

NAMES = [command.__name__ for command in COMMANDS if command.__name__ != "fetch"]  # which may ask a network
OPTIONS = sorted(
    {
        name
        for command in NAMES
        for argument in build_app()[command].assemble_argument_collection()
        for name in argument.names
        if name.startswith("--") and name not in ("--default-shelf", "--endless")
    }
)
VALUES = [
    "",
    "-",
    "--",
    ".",
    "..",
    "/",
    "nowhere",
    "*",
    "[",
    "~",
    "0",
    "-1",
    "1",
    "1.5",
    "nan",
    "1e999",
    "9" * 40,
    "1m",
]
VALUES += [
    "seed",
    "train.steps=",
    "train.steps=1",
    "corpus.split=seed",
    "a.b=c",
    "(",
    "a\x00b",
    "Été",
    "\udcff",
    "a" * 5_000,
]
WORDS = st.sampled_from([*OPTIONS, *VALUES]) | st.text(max_size=8).filter(
    lambda word: "/" not in word and ".." not in word
)


@pytest.fixture(scope="module", autouse=True)
def _empty_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave no author to be found anywhere: one that is asked for an endless text would never end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(box, "BOXED", tmp_path_factory.mktemp("box") / "nowhere")
        yield


def answer(command: str, words: list[str], *, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command in an empty folder and check that it ends as it should."""
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    before = Path.cwd()
    os.chdir(empty)
    try:
        # Without any book these would read Python's manuals and take their time.
        code = main([command, *words, "nowhere.txt"] if command in ("train", "plan", "ladder") else [command, *words])
    finally:
        os.chdir(before)
    _, err = capsys.readouterr()
    assert code in (0, 1, 2)
    assert (code == 0) == (not err.startswith("penwright: "))


@pytest.mark.parametrize("command", NAMES)
@pytest.mark.parametrize("word", ["a\x00b", "\udcff", "[", "~nobody", "~no such user", "a" * 5_000, "--", "-"])
def test_odd_names_are_answered(command: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(command, [word], folder=tmp_path, capsys=capsys)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@given(command=st.sampled_from(NAMES), words=st.lists(WORDS, max_size=5))
def test_nothing_that_is_typed_leads_to_a_traceback(
    command: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(command, words, folder=tmp_path, capsys=capsys)


IMPOSSIBLE = {
    "--as": ["", " , ", "austen:2000000"],
    "--author": ["nowhere"],
    "--allowed-host": ["", "a/b", "a:80", "x" * 300],
    "--authors": ["nowhere"],
    "--best-of": ["0", "many"],
    "--cache": ["a-file.txt"],
    "--by": ["", " ", "a\nb", "x" * 201],
    "--chapters": ["0", "1_001", "many"],
    "--chars": ["-1", "ten"],
    "--check": ["", "no-such-program", "cc '-x"],
    "--check-tries": ["0", "65", "many"],
    "--check-unit": ["", "lines"],
    "--cluster": ["", "nowhere", "tcp://here", "tcp://here:0", "tcp://a b:1"],
    "--config": ["nowhere.toml"],
    "--device": ["abacus"],
    "--died-before": ["soon", "9" * 9],
    "--epochs": ["0", "1.5"],
    "--for": ["0s", "soon", "10"],
    "--from": ["nowhere"],
    "--corpus": ["nowhere"],
    "--count": ["0", "101", "many"],
    "--heading": ["", "a\tb", "x" * 201],
    "--host": ["", "example.com", "0.0.0.0", "127.0.0.1:80"],
    "--html": ["nowhere/a.html", "."],
    "--labels": ["writer", ""],
    "--language": ["", "English", "en_GB", "e"],
    "--limit": ["0", "-1", "all", "10_000_000"],
    "--logit-bias": ["x", "=3", "x=hot", "x=101", "x=nan"],
    "--machines": ["0", "4_097", "many"],
    "--manifest": ["nowhere/a.toml", "a.txt", "."],
    "--max-match-length": ["-1", "1_000_001", "long"],
    "--max-quote": ["0", "19", "-1", "many"],
    "--mirror": ["", "books", "ftp://a/b", "rsync://a", "https://www.gutenberg.org@a/"],
    "--min-p": ["1.1", "-1"],
    "--network": ["0", "10_001", "fast"],
    "--no-repeat-ngram": ["1", "21"],
    "--old-books": ["nowhere"],
    "--out": ["nowhere/a.txt", "."],
    "--pages": ["0", "1_001", "some"],
    "--paragraph-length": ["0", "5"],
    "--paragraphs": ["0"],
    "--port": ["-1", "65536", "many"],
    "--preset": ["nowhere"],
    "--price": ["-1", "dear"],
    "--prompt-file": ["nowhere"],
    "--queue": ["-1", "1.5"],
    "--resume": ["nowhere"],
    "--run": ["a-file.txt/"],
    "--run-dir": ["a-file.txt"],
    "--save": ["nowhere/a.mark", "."],
    "--samples": ["0", "10_000_000"],
    "--seed": ["-1", "9" * 40],
    "--sentence-length": ["0", "long"],
    "--set": ["train", "train.steps=0", "corpus.num_subwords=0", "corpus.nothing=1"],
    "--size": ["0x0", "9", "99999x3", "9x999"],
    "--speed": ["0"],
    "--steps": ["0"],
    "--stop": ["", "x" * 1_001],
    "--stories": ["a-file.txt"],
    "--temperature": ["-1", "nan", "hot"],
    "--temps": ["", "0.5;0.8", "0.5,11", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"],
    "--texts": ["0", "1_025"],
    "--threads": ["-1"],
    "--time": ["0s", "soon"],
    "--title": ["", "\n", "x" * 201],
    "--token-file": ["nowhere/a.txt", "."],
    "--top": ["-1"],
    "--top-k": ["-1"],
    "--top-p": ["0", "2"],
    "--unit": ["syllables"],
    "--until": ["(", "x*"],
    "--word-temperature": ["-1", "warm"],
    "--words": ["0"],
    "--workers": ["0", "33", "many"],
}
ANYTHING_GOES = {"write --prompt", "judge --prompt"}
ANYTHING_GOES |= {f"fetch hub --{name}" for name in ("files", "language")}
ANYTHING_GOES |= {f"fetch gutenberg --{name}" for name in ("language", "subject", "author")}


def command_of(path: str) -> App:
    """The part of the program that is called by these words."""
    app = build_app()
    for name in path.split():
        app = app[name]
    return app


SIMPLE_OPTIONS = [
    (command, name, argument.hint is bool)
    for command in [*NAMES, "fetch", "fetch gutenberg", "fetch hub"]
    for argument in command_of(command).assemble_argument_collection()
    for name in argument.names
    if name.startswith("--") and f"{command} {name}" not in ANYTHING_GOES
]


@pytest.mark.parametrize(("command", "option", "is_flag"), SIMPLE_OPTIONS)
def test_an_impossible_value_is_refused_by_the_name_that_was_typed(
    command: str,
    option: str,
    is_flag: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file.txt").write_text("A book.", encoding="utf-8")
    values = ["perhaps"] if is_flag else ["x" * 100_001] if option == "--prompt" else IMPOSSIBLE[option]
    for value in values:
        if command in ("plan", "inspect", "prepare") and value == "train.steps=0":
            continue  # needs no time of its own; inspect knows settings of the corpus only
        words = ["html"] if command == "export" else ["a-folder"] if command == "fetch gutenberg" else ["a-file.txt"]
        words = ["a/b", "a-folder"] if command == "fetch hub" else words
        words = [] if command in ("write", "report", "card", "fetch") else words
        assert main([*command.split(), *words, f"{option}={value}"]) == 2, value
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("penwright: ") and err.count("\n") == 1
        assert option in err or (option == "--set" and value.partition("=")[0] in err), err


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("Once upon a time", "'Once upon a time'"),
        ("Once upon --words 30", "'Once upon'"),
        ("--prompt Once upon a time --seed 3", "'Once upon a time'"),
        ("--words 30 Once upon a time", "'Once upon a time'"),
        ("a-file.txt Once upon a time", "'Once upon a time'"),
    ],
)
def test_a_prompt_without_quotes_is_shown_with_them(
    words: str, prompt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file.txt").write_text("A book.", encoding="utf-8")
    assert main(["write", *words.split()]) == 2
    assert capsys.readouterr().err.endswith(f"Put a prompt in quotes: penwright write --prompt {prompt}\n")
