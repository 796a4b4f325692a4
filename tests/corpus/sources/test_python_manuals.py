import platform
import shutil
from pathlib import Path

import pytest

from penwright.corpus.preparing import prepare
from penwright.corpus.sources import python_manuals
from penwright.corpus.sources.manifest import read_manifest
from penwright.errors import CorpusError

JSON_MODULE = '''"""Read and write notes."""
import antigravity
raise SystemExit("a manual is never run")

class Note:
    """One note."""

    def read(self):
        """Read it aloud."""
        def inside():
            """Not shown: nobody can call it."""

def bare(): ...

async def write(text):
    """Write it down.

    Twice.
    """
'''


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    for name, source in {
        "json/__init__.py": JSON_MODULE,
        "json/tool.py": '"""Tidy notes."""\n',
        "socket.py": '"""Talk to others."""\n',
        "unheard.py": '"""Something else."""\n',
        "broken.py": "def (",
        "test/test_json.py": '"""No manual."""\n',
        "site-packages/other/__init__.py": '"""Somebody else\'s."""\n',
        "pydoc_data/topics.py": "# written by a program\n"
        "topics = {'while': 'The while statement ...\\n', 'if': 'The if statement ...'}\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return folder


def test_docstrings_stand_under_their_names_in_the_order_of_the_source(library: Path) -> None:
    manuals = python_manuals.manuals_of(library)
    assert manuals["files and formats"] == (
        "json\n\nRead and write notes.\n\n\n"
        "json.Note\n\nOne note.\n\n\n"
        "json.Note.read\n\nRead it aloud.\n\n\n"
        "json.Note.read.inside\n\nNot shown: nobody can call it.\n\n\n"
        "json.write\n\nWrite it down.\n\nTwice.\n\n\n"
        "json.tool\n\nTidy notes.\n"
    )


def test_modules_are_grouped_by_topic_and_tests_and_strangers_left_out(library: Path) -> None:
    manuals = python_manuals.manuals_of(library)
    assert list(manuals) == ["everything else", "files and formats", "the internet", "the language"]
    assert manuals["the language"] == "The if statement ...\n\n\nThe while statement ...\n"
    assert "No manual" not in "".join(manuals.values())
    assert "Somebody else" not in "".join(manuals.values())


def test_no_module_belongs_to_two_topics() -> None:
    modules = [module for group in python_manuals.GROUPS.values() for module in group.split()]
    assert len(modules) == len(set(modules))


def test_manuals_become_a_shelf_that_says_what_it_is(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_manuals.sysconfig, "get_paths", lambda: {"stdlib": str(library)})
    path = python_manuals.python_manuals(tmp_path / "cache")
    books = read_manifest(path)
    assert [book.title for book in books] == [
        "Python manual: everything else",
        "Python manual: files and formats",
        "Python manual: the internet",
        "Python manual: the language",
    ]
    assert {book.author for book in books} == {f"Python {platform.python_version()} documentation"}
    shutil.rmtree(library)
    assert python_manuals.python_manuals(tmp_path / "cache") == path, "written once"
    corpus = prepare(path, cache_dir=tmp_path / "cache")
    assert corpus.books_in("val")


def test_a_python_without_its_source_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_manuals.sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path / "nothing")})
    with pytest.raises(CorpusError, match="came without the source of its standard library.*Name some books"):
        python_manuals.python_manuals(tmp_path / "cache")


@pytest.mark.slow
def test_the_running_python_has_manuals_enough_to_learn_from(tmp_path: Path) -> None:
    corpus = prepare(python_manuals.python_manuals(tmp_path), cache_dir=tmp_path)
    assert sum(book.num_chars for book in corpus.books) > 1_000_000
    assert corpus.books_in("val")
    assert corpus.books_in("test")
