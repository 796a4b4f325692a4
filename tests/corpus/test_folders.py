import os
from pathlib import Path

import pytest

from penwright.corpus import folders
from penwright.corpus.folders import replacing_folder
from penwright.errors import CorpusError


def build(target: Path, content: str) -> None:
    with replacing_folder(target) as folder:
        (folder / "content").write_text(content, encoding="utf-8")


def test_a_folder_takes_its_place_with_the_ones_above_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "store"
    build(target, "new")
    assert (target / "content").read_text(encoding="utf-8") == "new"
    assert [path.name for path in target.parent.iterdir()] == ["store"]


def test_a_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    target = tmp_path / "store"
    build(target, "old")
    (target / "more").touch()
    build(target, "new")
    assert [path.name for path in target.iterdir()] == ["content"]
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_an_error_while_building_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "store"
    build(target, "old")
    with pytest.raises(RuntimeError), replacing_folder(target) as folder:
        (folder / "content").touch()
        raise RuntimeError
    assert (target / "content").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_folder_in_use_gives_a_sentence_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "store"
    build(target, "old")
    rename = Path.rename

    def refuse(path: Path, new: Path) -> Path:
        if new == target and ".new-" in path.name:
            raise PermissionError(13, "Permission denied")
        return rename(path, new)

    monkeypatch.setattr(Path, "rename", refuse)
    monkeypatch.setattr(folders.time, "sleep", lambda _: None)
    with pytest.raises(CorpusError, match="could not be replaced .Permission denied.. Close the programs that use it"):
        build(target, "new")
    assert (target / "content").read_text(encoding="utf-8") == "old"


def test_another_process_that_is_faster_does_not_stop_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "store"
    rename, others = Path.rename, iter(["other"])

    def race(path: Path, new: Path) -> Path:
        for content in others if new == target and ".new-" in path.name else ():
            target.mkdir()
            (target / "content").write_text(content, encoding="utf-8")
        return rename(path, new)

    monkeypatch.setattr(Path, "rename", race)
    build(target, "mine")
    assert (target / "content").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_only_abandoned_folders_are_removed(tmp_path: Path) -> None:
    target = tmp_path / "store"
    for name in (".store.new-1", ".store.new-2", ".other.new-3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ids.bin").touch()
    for path in (tmp_path / ".store.new-1" / "ids.bin", tmp_path / ".store.new-1", tmp_path / ".other.new-3"):
        os.utime(path, (0, 0))
    build(target, "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.new-3", ".store.new-2", "store"]


def test_what_a_killed_process_left_is_removed_at_once_and_what_another_builds_stays(tmp_path: Path) -> None:
    target = tmp_path / "store"
    with replacing_folder(target) as building:
        left = tmp_path / ".store.new-00000000"
        left.mkdir()
        (left / "ids.bin").touch()
        (tmp_path / ".store.new-00000000.lock").touch()
        build(target, "of another process")
        assert building.is_dir() and not left.exists()
        (building / "content").write_text("mine", encoding="utf-8")
    assert (target / "content").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
