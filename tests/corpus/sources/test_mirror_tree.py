"""One form of each book is read from the tree of a mirror, on disk or in an archive."""

import zipfile
from pathlib import Path

import pytest

from penwright.corpus.sources.discovery import discover
from penwright.corpus.sources.mirror_tree import best_form, book_number

TREE = {
    "GUTINDEX.ALL": False,
    "1/2/3/4/12345/12345-0.txt": True,
    "1/2/3/4/12345/12345-8.txt": False,
    "1/2/3/4/12345/12345.txt": False,
    "1/2/3/4/12345/12345-0.zip": False,
    "1/2/3/4/12345/12345-h/12345-h.htm": False,
    "1/2/3/4/12345/old/12345-8.txt": False,
    "0/7/7.txt": True,
    "1/10/10-8.txt": True,
    "1/10/10.txt": False,
    "1/10/old/bible10.txt": False,
    "1/11/11-h/11-h.htm": True,
    "1/11/11-h/images/cover.txt": False,
    "cache/epub/98/pg98.txt": True,
    "cache/epub/98/pg98-images.html": False,
    "2/2/222/notes.txt": True,
    "mine/98.txt": True,
    "mine/98-0.txt": True,
    "2020/diary.txt": True,
}
"""Files of a tree, and whether each is a book to read. A folder of the user's own is no mirror's."""


def put(root: Path) -> Path:
    for name in TREE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"<html><body>The book of {name}.</body></html>" if "htm" in name else f"Of {name}.\n")
    return root


def test_one_form_of_each_book_of_a_tree_is_read(tmp_path: Path) -> None:
    found = discover(put(tmp_path / "mirror"))
    assert [source.name for source in found.sources] == sorted(name for name, is_book in TREE.items() if is_book)
    assert [name for name, _ in found.skipped] == ["(other editions)", "GUTINDEX.ALL"]


@pytest.mark.parametrize("start", ["1/2/3", "1/2/3/4/12345"])
def test_a_part_of_a_tree_is_known_as_one(start: str, tmp_path: Path) -> None:
    found = discover(put(tmp_path) / start)
    assert [source.path.name for source in found.sources] == ["12345-0.txt"]


def test_one_form_of_each_book_of_an_archive_is_read(tmp_path: Path) -> None:
    root = put(tmp_path / "mirror")
    with zipfile.ZipFile(tmp_path / "mirror.zip", "w") as archive:
        for name in TREE:
            archive.write(root / name, name)
    found = discover(tmp_path / "mirror.zip")
    wanted = sorted(name for name, is_book in TREE.items() if is_book or name == "GUTINDEX.ALL")
    assert [source.member for source in found.sources] == wanted


@pytest.mark.parametrize(
    ("path", "names", "number"),
    [
        ("a/1/2/3/4/12345", [], "12345"),
        ("0/7", [], "7"),
        ("7", [], ""),
        ("1/2/4/12345", [], ""),
        ("epub/12345", ["pg12345.txt"], "12345"),
        ("epub/12345", ["pg1234.txt"], ""),
        ("0/0", [], ""),
        ("1/2/¹²", [], ""),
    ],
)
def test_the_folder_of_a_book_is_known_by_its_path_or_its_files(path: str, names: list[str], number: str) -> None:
    assert book_number(path.split("/"), names) == number


def test_the_best_form_keeps_most_of_the_text() -> None:
    assert best_form("98", {"98.txt", "98-8.txt", "98-0.txt"}) == "98-0.txt"
    assert best_form("98", {"98.txt", "98-8.txt"}) == "98-8.txt"
    assert best_form("98", {"98-0.zip", "98.txt"}) == "98.txt"
    assert best_form("98", {"readme.txt"}) == ""
