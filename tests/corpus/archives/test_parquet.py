"""Tables of books in Parquet: rows are read by themselves, in any order, with what the other columns say of them."""

from pathlib import Path

import pytest

from penwright.corpus.archives.members import list_members, read_member, reading_position
from penwright.corpus.archives.parquet import table_details
from penwright.corpus.preparing import prepare
from penwright.errors import ReadingError

pyarrow = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")

TEXTS = [f"This is book {number}, which tells of é and of little else. " * 40 for number in range(50)]


def write(path: Path, columns: dict[str, list[object]], *, group: int = 8) -> Path:
    # Small pages, with checksums: a page is what has to be held at once.
    options = {"use_dictionary": False, "write_batch_size": 1, "data_page_size": 1 << 18, "write_page_checksum": True}
    parquet.write_table(pyarrow.table(columns), path, row_group_size=group, **options)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    titles = [f"Title {number}" for number in range(50)]
    meta = [{"language": "en", "authors": [f"Writer, {number % 5}"]} for number in range(50)]
    return write(tmp_path / "books.parquet", {"TEXT": TEXTS, "book_title": titles, "METADATA": meta})


def test_every_row_is_a_book_and_is_read_in_any_order(path: Path) -> None:
    members = list_members(path)
    assert [member.name for member in members] == [f"{number:06d}.txt" for number in range(50)]
    assert sum(member.num_bytes for member in members) == pytest.approx(sum(map(len, TEXTS)), rel=0.9)
    order = sorted((member.name for member in members), key=lambda name: reading_position(path, name))
    for name in [*order, *order[::-7], order[20], order[3]]:
        assert read_member(path, name).decode("utf-8") == TEXTS[int(name[:6])]


def test_the_other_columns_tell_of_the_book(path: Path) -> None:
    assert table_details(path)["000007.txt"] == {"Title": "Title 7", "Author": "Writer, 2", "Language": "en"}


def test_a_table_is_a_shelf(path: Path, tmp_path: Path) -> None:
    corpus = prepare(path, cache_dir=tmp_path / "cache", workers=1)
    assert corpus.num_books == 50
    assert {book.title for book in corpus.books} == {f"Title {number}" for number in range(50)}
    assert {book.source for book in corpus.books} >= {"books.parquet/000000.txt"}


def test_pages_are_joined_and_rows_without_text_are_left_out(tmp_path: Path) -> None:
    pages: list[object] = [["Page one.", "Page two."], [], None]
    path = write(tmp_path / "p.parquet", {"text_by_page_gen": pages, "title_src": ["A", "B", "C"]})
    assert [read_member(path, member.name) for member in list_members(path)] == [b"Page one.\nPage two.", b"", b""]


def test_a_row_that_is_too_large_or_missing_is_told(path: Path) -> None:
    with pytest.raises(ReadingError, match="at most 100 are read"):
        read_member(path, "000001.txt", max_bytes=100)
    for name in ("000050.txt", "a.txt", "¹.txt"):
        with pytest.raises(ReadingError, match="has no row"):
            read_member(path, name)


def test_a_table_without_texts_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "n.parquet", {"number": [1, 2], "name": ["a", "b"]})
    with pytest.raises(ReadingError, match="n.parquet has no column of texts: it has number, name"):
        list_members(path)


@pytest.mark.parametrize("place", [0, 10, -8])
def test_a_damaged_table_is_told(place: int, path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[place : place + 8 or None] = b"\xff" * 8
    path.write_bytes(data if place else b"It rained all day.")
    with pytest.raises(ReadingError, match="is damaged, or no table in Parquet"):
        for member in list_members(path):
            read_member(path, member.name)


def test_memory_does_not_grow_with_a_group_of_rows(tmp_path: Path) -> None:
    text = "".join(f"{number:x} " for number in range(200_000))
    path = write(tmp_path / "large.parquet", {"text": [f"{number} {text}" for number in range(40)]}, group=40)
    before = pyarrow.total_allocated_bytes()
    most = 0
    for member in list_members(path):
        read_member(path, member.name)
        most = max(most, pyarrow.total_allocated_bytes() - before)
    assert path.stat().st_size > 20 << 20
    assert most < 12 << 20
