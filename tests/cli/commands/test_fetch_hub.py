"""`penwright fetch hub`, from a server on this machine."""

import json
from pathlib import Path

import pytest

from penwright.cli.app import main
from penwright.corpus.fetching import hub as hub_module
from penwright.corpus.fetching.hub import Hub, HubDataset, HubFile


class FewBooks(Hub):
    """A hub with one data set, whose file lies on the disk."""

    def __init__(self) -> None:
        rows = [{"text": f"The story of book {number}. " * 30, "title": f"Book {number}"} for number in range(4)]
        Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def dataset(self, name: str, *, pattern: str = "*") -> HubDataset:
        return HubDataset(name, "c0ffee", "cc0-1.0", (HubFile("a.jsonl", 3_000_000),))

    def open(self, dataset: HubDataset, file: HubFile) -> object:  # type: ignore[override]
        return Path(file.path).open("rb", buffering=0)


@pytest.fixture(autouse=True)
def _few_books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hub_module, "Hub", FewBooks)


def test_books_are_fetched_and_what_was_done_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "hub", "people/books", "books", "--limit", "3"]) == 0
    out, err = capsys.readouterr()
    assert out == "books\n"
    lines = err.splitlines()
    assert lines[0] == "people/books: 1 file, 3 MB. Its card names the licence cc0-1.0."
    assert lines[1].startswith("Fetched 3 books; 0 were here. Where they come from: ")
    assert len(list(Path("books").glob("*.txt"))) == 3
    assert main(["fetch", "hub", "people/books", "books", "--yes", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["num_fetched"], facts["num_present"], facts["commit"]) == (1, 3, "c0ffee")


def test_without_a_terminal_all_books_need_a_yes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "hub", "people/books", "books"]) == 2
    assert "Fetch all its books into books? Nobody can be asked here. Give --yes" in capsys.readouterr().err
    assert not Path("books").exists()
