from pathlib import Path

import pytest

from penwright.corpus.sources.listing import list_books
from penwright.corpus.sources.manifest import ManifestBook, write_manifest
from penwright.errors import ManifestError


def test_books_are_found_in_a_folder(books_dir: Path) -> None:
    (books_dir / "empty.txt").touch()
    listing = list_books(books_dir)
    assert len(listing.sources) == len(listing.listed) == 6
    assert set(listing.listed) == {None}
    assert listing.skipped == (("empty.txt", "is empty"),)
    assert listing.num_bytes == sum(path.stat().st_size for path in books_dir.iterdir())


def test_a_manifest_names_the_books_it_keeps(books_dir: Path) -> None:
    books = [
        ManifestBook(path="Vane_Lamp_1884.txt", title="The Lamp"),
        ManifestBook(path="Wren_Soup_1902.txt", keep=False),
        ManifestBook(path="Vane_Ferry_1891.txt", keep=False, reason="too short"),
    ]
    write_manifest(books_dir / "shelf.toml", books)
    listing = list_books(str(books_dir / "shelf.toml"))
    assert [source.name for source in listing.sources] == ["Vane_Lamp_1884.txt"]
    assert listing.listed == (books[0],)
    assert listing.skipped == (
        ("Wren_Soup_1902.txt", "is left out by the manifest"),
        ("Vane_Ferry_1891.txt", "too short"),
    )


def test_a_manifest_stands_alone(books_dir: Path) -> None:
    write_manifest(books_dir / "shelf.toml", [ManifestBook(path="Vane_Lamp_1884.txt")])
    with pytest.raises(ManifestError, match="lists a whole shelf. Name it alone, or add the other books to it"):
        list_books([books_dir / "shelf.toml", books_dir])
