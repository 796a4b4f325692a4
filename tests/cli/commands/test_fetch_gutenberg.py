"""`penwright fetch gutenberg`, from a server on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from book_server import BookServer, Served, serving
from gutenberg_site import BOOKS, FEEDS, catalogue_of, fill

from penwright.cli.app import main
from penwright.cli.commands import fetch_gutenberg
from penwright.corpus.fetching import gutenberg


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BookServer]:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with serving() as running:
        fill(running)
        yield running


def fetch(server: BookServer, *words: str) -> int:
    return main(["fetch", "gutenberg", "books", "--mirror", server.url, *words])


def test_books_are_fetched_and_what_was_done_is_told(server: BookServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(server) == 0
    out, err = capsys.readouterr()
    assert out == "books\n"
    lines = err.splitlines()
    assert lines[0] == "Wanted: 7 of the 12 books in the catalogue; 1 other edition left out. Here already: 0."
    assert lines[1].startswith(f"Fetching 7 books, about 3 MB, one by one from {server.url}, about ")
    assert lines[2] == "Left out: 3000, A Modern Story: is under copyright."
    assert lines[3].startswith("Fetched 6 books. Where they come from: ")
    assert len(list(Path("books").glob("pg*.txt"))) == 6
    assert fetch(server, "--json", "--limit", "3") == 0
    out, err = capsys.readouterr()
    assert (json.loads(out)["num_fetched"], json.loads(out)["num_present"], err) == (0, 3, "")


def test_without_a_terminal_many_books_need_a_yes(
    server: BookServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_gutenberg, "MAX_UNASKED", 6)
    assert fetch(server) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == (
        "penwright: Fetch 7 books into books? Nobody can be asked here. Give --yes to fetch them without a question, "
        "or --limit N for fewer."
    )
    assert not Path("books").exists()
    assert fetch(server, "--yes") == 0


@pytest.mark.parametrize(("answer", "num_books"), [(True, 6), (False, 0)])
def test_on_a_terminal_many_books_are_asked_for(
    answer: bool, num_books: int, server: BookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_gutenberg, "MAX_UNASKED", 6)
    monkeypatch.setattr(fetch_gutenberg, "is_agreed", lambda question, otherwise: answer)
    assert fetch(server) == 0
    assert len(list(Path("books").glob("pg*.txt"))) == num_books


def test_a_server_that_refuses_is_one_line(server: BookServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.files[f"{FEEDS}/pg_catalog.csv.gz"] = Served(catalogue_of(BOOKS), faults=["403"])
    assert fetch(server) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "refuses this request (status 403)" in err


def test_a_file_in_the_place_of_the_folder_is_told(server: BookServer, capsys: pytest.CaptureFixture[str]) -> None:
    Path("books").write_text("a book", encoding="utf-8")
    assert fetch(server) == 2
    assert "books is a file" in capsys.readouterr().err


def test_a_run_that_is_stopped_says_how_to_go_on(
    server: BookServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gutenberg, "fetch_books", stop)
    assert fetch(server) == 130
    assert capsys.readouterr().err.endswith(
        "What has been fetched stays. The same command goes on.\npenwright: stopped.\n"
    )


@pytest.mark.parametrize("words", [("--mirror", "rsync", "--archive"), ("--mirror", "rsync://a/b", "--archive")])
def test_two_ways_at_once_are_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "gutenberg", "books", *words]) == 2
    assert "--mirror rsync and --archive exclude each other" in capsys.readouterr().err
