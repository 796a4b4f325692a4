"""The catalogue: its odd rows, and which books a wish chooses."""

import gzip
from pathlib import Path

import pytest
from gutenberg_site import BOOKS, catalogue_of

from penwright.corpus.fetching.catalogue import CatalogueBook, Wish, read_catalogue, select, usual_name
from penwright.errors import FetchError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.csv.gz").write_bytes(catalogue_of(BOOKS))
    return tmp_path / "catalogue.csv.gz"


def chosen(path: Path, **wish: object) -> list[int]:
    return [book.number for book in select(read_catalogue(path), Wish(**wish)).books]  # type: ignore[arg-type]


def test_every_row_is_one_book_whatever_its_title_holds(path: Path) -> None:
    books = {book.number: book for book in read_catalogue(path)}
    assert list(books) == [book.number for book in BOOKS]
    assert books[98].title == "A Tale of Two Cities: A Story of the French Revolution"
    assert books[135].writers == ("Victor Hugo",)
    assert (books[135].last_death, books[3000].last_death) == (1928, None)
    assert books[2229].languages == ("de", "en")


def test_a_plain_table_is_read_too(path: Path, tmp_path: Path) -> None:
    plain = tmp_path / "catalogue.csv"
    plain.write_bytes(b"\xef\xbb\xbf" + gzip.decompress(path.read_bytes()))
    assert list(read_catalogue(plain)) == list(read_catalogue(path))


def test_a_wish_chooses_by_language_subject_writer_and_death(path: Path) -> None:
    assert chosen(path) == [11, 84, 98, 135, 3000, 9001, 9002]
    assert chosen(path, limit=2) == [11, 84]
    assert chosen(path, language="es", subject="all") == [2000]
    assert chosen(path, subject="evolution") == [5000]
    assert chosen(path, authors=("shelley", "charles dickens")) == [84, 98]
    assert chosen(path, died_before=1890) == [84, 98, 9001, 9002]
    assert chosen(path, language="all", subject="all") == [11, 84, 98, 135, 2000, 2229, 3000, 5000, 9001, 9002]


def test_one_edition_of_a_work_is_chosen_and_volumes_are_works(path: Path) -> None:
    selection = select(read_catalogue(path), Wish())
    assert (selection.num_listed, selection.num_editions) == (len(BOOKS), 1)


@pytest.mark.parametrize(
    ("titles", "num_works"),
    [
        (["Frankenstein; Or, The Modern Prometheus", "Frankenstein", "Frankenstein, or, the modern Prometheus"], 1),
        (["A Tale of Two Cities: A Story of the French Revolution", "The Tale of Two Cities"], 1),
        (["Middlemarch, Volume 1", "Middlemarch, Volume 2", "Middlemarch: Volume 1"], 2),
        (["Les Misérables, v. 1/5: Fantine", "Les Miserables, v. 1/5", "Les Misérables, v. 2/5: Cosette"], 2),
        (["Mr. Midshipman Easy", "Mr. Britling"], 2),
        (["Plays: The Father; Countess Julie", "Plays: Comrades; Facing Death"], 2),
        (["Tales — first series", "Tales — second series"], 2),
    ],
)
def test_titles_of_one_work_are_known(titles: list[str], num_works: int) -> None:
    book = CatalogueBook(1, "", ("en",), ("Writer, Ann",), (), ("PR",), is_text=True)
    books = [book._replace(number=number, title=title) for number, title in enumerate(titles, start=1)]
    selection = select(books, Wish())
    assert len(selection.books) == num_works
    assert selection.num_editions == len(titles) - num_works


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("Austen, Jane, 1775-1817", "Jane Austen"),
        ("Tolstoy, Leo, graf, 1828-1910", "Leo Tolstoy"),
        ("Homer, 751? BCE-651? BCE", "Homer"),
        ("Doyle, Arthur Conan, Sir, 1859-1930", "Arthur Conan Doyle"),
        ("Living, Ann, 1960-", "Ann Living"),
        ("Wells, H. G. (Herbert George), 1866-1946 [Author of introduction, etc.]", "H. G. Wells"),
        ("Various", "Various"),
    ],
)
def test_names_are_written_as_people_write_them(name: str, usual: str) -> None:
    assert usual_name(name) == usual


@pytest.mark.parametrize(
    "data",
    [
        b"", b"a,b\r\n1,2\r\n", b"\x1f\x8bno gzip", catalogue_of(BOOKS)[:-20], b"\xff\xfe\xff",
        gzip.compress(b"<html><body>captcha</body></html>"),
    ],
)  # fmt: skip
def test_a_damaged_catalogue_is_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(data)
    with pytest.raises(FetchError, match="is damaged, or no catalogue .*Remove it, and run again"):
        list(read_catalogue(tmp_path / "c"))
