"""Where things lie when a command is not told."""

import os
from datetime import date
from pathlib import Path

import pytest

from penwright.cli.places import cache_dir, find_author, find_run, new_run_dir, shelf_name
from penwright.errors import AuthorError

TODAY = date(2026, 1, 31)


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


def test_the_newest_author_is_found(tmp_path: Path) -> None:
    for number, name in enumerate(("b", "c", "a")):
        folder = tmp_path / name
        folder.mkdir()
        for file in ("config.toml", "env.json", "author.safetensors"):
            (folder / file).touch()
        os.utime(folder / "author.safetensors", (number, number))
    (tmp_path / "d").mkdir()
    assert find_author(None, runs=tmp_path) == tmp_path / "a"
    assert find_run(None, runs=tmp_path) == tmp_path / "a"


def test_an_author_that_was_named_is_taken_as_it_is(tmp_path: Path) -> None:
    assert find_author(Path("some.safetensors"), runs=tmp_path) == Path("some.safetensors")


def test_without_any_author_the_next_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        AuthorError, match="there is no author under .*yet. Name one, or raise one: penwright train PATH"
    ):
        find_author(None, runs=tmp_path / "runs")


def test_the_cache_can_be_put_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    assert cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("PENWRIGHT_CACHE")
    assert cache_dir().name == "penwright"
