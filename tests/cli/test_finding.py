"""Where things lie when a command is not told."""

import os
from datetime import date
from pathlib import Path

import pytest

from penwright.author import box
from penwright.cli.finding import cache_dir, find_author, find_run, new_run_dir, shelf_name
from penwright.errors import AuthorError, UsageError

TODAY = date(2026, 1, 31)


@pytest.fixture
def boxed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of an author in the box."""
    path = tmp_path / "package" / "author.safetensors"
    path.parent.mkdir()
    path.touch()
    monkeypatch.setattr(box, "BOXED", path)
    return path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of runs of which "a" has the newest author."""
    folder = tmp_path / "runs"
    for number, name in enumerate(("b", "c", "a")):
        (folder / name).mkdir(parents=True)
        for file in ("config.toml", "env.json", "author.safetensors"):
            (folder / name / file).touch()
        os.utime(folder / name / "author.safetensors", (number, number))
    (folder / "d").mkdir()
    return folder


def find(path: Path | None, *, runs: Path, is_boxed: bool = False, is_quiet: bool = False) -> Path:
    """What a command does that was told no more."""
    return find_author(path, is_boxed=is_boxed, is_quiet=is_quiet, runs=runs)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("novels", "novels"),
        ("shelf/My Novels/", "My-Novels"),
        ("novels/**/*.txt", "novels"),
        ("war.txt", "war"),
        ("books.tar.gz", "books"),
        ("books.toml", "books"),
        ("Été", "Été"),
        ("..", "shelf"),
        ("a" * 99, "a" * 40),
        ("--odd--", "odd"),
    ],
)
def test_a_shelf_is_called_after_its_path(path: str, name: str) -> None:
    assert shelf_name([path, "other"]) == name


def test_a_new_run_never_takes_a_folder_that_exists(tmp_path: Path) -> None:
    paths = [new_run_dir("novels", today=TODAY, runs=tmp_path / "runs") for _ in range(3)]
    assert [path.name for path in paths] == ["2026-01-31-novels", "2026-01-31-novels-2", "2026-01-31-novels-3"]
    assert all(path.is_dir() for path in paths)


def test_the_newest_author_is_found_before_the_one_in_the_box(
    runs: Path, boxed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find(None, runs=runs) == find_run(None, runs=runs) == runs / "a"
    assert capsys.readouterr().err == ""


def test_an_author_that_was_named_is_taken_as_it_is(tmp_path: Path, boxed: Path) -> None:
    assert find(Path("some.safetensors"), runs=tmp_path) == Path("some.safetensors")


def test_without_any_run_the_author_in_the_box_is_taken_and_named(
    tmp_path: Path, boxed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find(None, runs=tmp_path / "runs") == boxed
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith("No author under ") and err.endswith(
        "yet: taking the one in the box. Raise your own: penwright train PATH\n"
    )
    assert find(None, runs=tmp_path / "runs", is_quiet=True) == boxed
    assert capsys.readouterr() == ("", "")


def test_the_author_in_the_box_can_be_asked_for(runs: Path, boxed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert find(None, runs=runs, is_boxed=True) == boxed
    assert capsys.readouterr().err == "", "who asked for it need not be told"
    with pytest.raises(UsageError, match="AUTHOR and --box exclude each other"):
        find(Path("some.safetensors"), runs=runs, is_boxed=True)


def test_a_file_or_folder_called_box_is_meant_by_its_name(
    runs: Path, boxed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runs.parent)
    assert find(Path("box"), runs=runs) == boxed, "no file has this name"
    (runs / "a").rename("box")
    assert find(Path("box"), runs=runs) == Path("box")
    assert find(None, runs=runs, is_boxed=True) == boxed


def test_without_any_author_the_next_step_is_told(tmp_path: Path, boxed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "there is no author under .*yet. Name one, or raise one: penwright train PATH"
    with pytest.raises(AuthorError, match=message):
        find_run(None, runs=tmp_path / "runs")  # the box holds no run
    boxed.unlink()
    with pytest.raises(AuthorError, match=message):
        find(None, runs=tmp_path / "runs")
    with pytest.raises(AuthorError, match="this installation of Penwright has no author in its box"):
        find(None, runs=tmp_path / "runs", is_boxed=True)


def test_the_cache_can_be_put_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    assert cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("PENWRIGHT_CACHE")
    assert cache_dir().name == "penwright"
