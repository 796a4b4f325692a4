"""Whatever is typed, the program answers with a sentence and an exit code, never with a traceback."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
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
        code = main([command, *words, "nowhere.txt"] if command in ("train", "plan") else [command, *words])
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
