import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.shelf import titles
from penwright.corpus.shelf.titles import BookName, Unnamed, author_keys, name_books, title_key


def named(*names: str) -> list[BookName]:
    return name_books([Unnamed(name, {}) for name in names])


@pytest.mark.parametrize(
    ("name", "title", "author", "year"),
    [
        ("Vane_Lamp_1884.txt", "Lamp", "Vane", 1884),
        ("Mary_The_Long_Road_1901.txt", "The Long Road", "Mary", 1901),
        ("The Long Road - Edith Vane.txt", "The Long Road", "Edith Vane", None),
        ("Vane, Edith - The Long Road.txt", "The Long Road", "Vane, Edith", None),
        ("The Long Road - Vane, Edith (1901).epub", "The Long Road", "Vane, Edith", 1901),
        ("The Long Road by Edith Vane.txt", "The Long Road", "Edith Vane", None),
        ("the_long_road.txt", "the long road", "", None),
        ("Anon_Clocks_1864.txt", "Clocks", "", 1864),
        ("1601.txt", "1601", "", None),
        ("751_ruby_1539.txt", "ruby", "", 1539),
        ("Austen_Emma.txt", "Austen Emma", "", None),
        ("shelf.zip/Vane_Lamp_1884.txt", "Lamp", "Vane", 1884),
        ("archive.tar.gz", "archive", "", None),
        ("Mr. Fox.txt", "Mr. Fox", "", None),
        (".txt", ".txt", "", None),
    ],
)
def test_file_names_tell_title_author_and_year(name: str, title: str, author: str, year: int | None) -> None:
    assert named(name) == [BookName(title, author, year)]


def test_a_name_that_stands_beside_many_others_is_the_authors() -> None:
    names = named("Ashdown - Gardens.txt", "Ashdown - Wells.txt", "Soup - Wren.txt", "Bread - Wren.txt")
    assert [(name.author, name.title) for name in names] == [
        ("Ashdown", "Gardens"),
        ("Ashdown", "Wells"),
        ("Wren", "Soup"),
        ("Wren", "Bread"),
    ]


def test_what_the_header_tells_goes_before_the_file_name() -> None:
    details = {"Title": "The Lamp;\n  or, Night", "Author": "Edith Vane"}
    assert name_books([Unnamed("pg1234_Lamp_1884.txt", details)]) == [
        BookName("The Lamp; or, Night", "Edith Vane", 1884)
    ]


def test_a_folder_of_several_books_is_named_after_their_author() -> None:
    names = named("Edith Vane/lamp.txt", "Edith Vane/ferry.txt", "Jane Wren/soup.txt")
    assert [name.author for name in names] == ["Edith Vane", "Edith Vane", ""]


@pytest.mark.parametrize(
    "folder", ["novels", "French", "My Notes", "Tales of the Sea", "1884", "v2", "shelf.zip", "lamp"]
)
def test_a_folder_that_is_no_person_is_no_author(folder: str) -> None:
    assert [name.author for name in named(f"{folder}/a.txt", f"{folder}/b.txt")] == ["", ""]


def test_one_author_has_one_spelling() -> None:
    names = named("Lamp - Edith Vane.txt", "Ferry - Vane.txt", "Vane, E. - Bell.txt", "Soup - Wren.txt")
    assert [name.author for name in names] == ["Edith Vane", "Edith Vane", "Edith Vane", "Wren"]


FULL = "Charles Dickens"


@pytest.mark.parametrize(
    "spelling",
    [
        "Dickens",
        "DICKENS",
        "Dickens, Charles",
        "Dickens, Charles, 1812-1870",
        "C. Dickens",
        "Mr. Charles Dickens",
        "dickens",
    ],
)
def test_spellings_of_one_author_share_a_key(spelling: str) -> None:
    assert len(set(author_keys([FULL, spelling]))) == 1


@pytest.mark.parametrize(
    "other",
    [
        "Catherine Dickens",
        "Dickens, Mary",
        "Charles Dickinson",
        "Charles",
        "M. Dickens",
        "Charles Dickens and Wilkie Collins",
    ],
)
def test_different_persons_keep_different_keys(other: str) -> None:
    assert len(set(author_keys([FULL, other]))) == 2


def test_a_bare_surname_of_two_persons_is_neither_of_them() -> None:
    keys = author_keys(["Charlotte Brontë", "Emily Bronte", "Brontë", "E. Bronte"])
    assert len(set(keys)) == 3
    assert keys[1] == keys[3]
    assert keys[2] not in keys[:2]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Goethe, Johann Wolfgang von, 1749-1832", "Johann Wolfgang von Goethe", "von Goethe, J. W.", "Goethe"),
        ("Balzac, Honoré de", "Honoré de Balzac", "Balzac", "de Balzac"),
        ("García Márquez, Gabriel", "Gabriel García Márquez", "Garcia Marquez"),
        ("Alexandre Dumas, père", "Alexandre Dumas", "Dumas, Alexandre, père", "Dumas père"),
        ("Oliver Vane, Jr.", "Vane, Oliver, Sr.", "Oliver Vane", "Jr. Oliver Vane"),
        ("Ortega y Gasset, José", "José Ortega y Gasset", "Ortega y Gasset"),
        ("HG Wells", "H. G. Wells", "H.G. Wells"),
        ("HG Wells", "Herbert George Wells", "Wells, H. G. (Herbert George), 1866-1946"),
        ("Tolstoy, Leo, graf", "graf Leo Tolstoy", "Leo Tolstoy", "Count Leo Tolstoy"),
        ("Graf, Oskar Maria", "Oskar Maria Graf", "Graf"),
    ],
)
def test_catalogues_and_title_pages_name_one_author(spellings: tuple[str, ...]) -> None:
    assert len(set(author_keys(spellings))) == 1
    for spelling in spellings[1:]:
        assert len(set(author_keys([spellings[0], spelling]))) == 1


def test_a_header_and_a_file_name_name_one_author() -> None:
    books = [
        Unnamed("pg2229.txt", {"Author": "Johann Wolfgang von Goethe"}),
        Unnamed("Goethe, Johann Wolfgang von - Egmont.txt", {}),
    ]
    assert {book.author for book in name_books(books)} == {"Johann Wolfgang von Goethe"}


@pytest.mark.parametrize(
    ("author", "key"),
    [
        ("Charles Dickens", "dickens, charles"),
        ("D. H. Lawrence", "lawrence, d h"),
        ("Mary Ann Evans", "evans, mary ann"),
        ("Austen, Jane, 1775-1817", "austen, jane"),
        ("Mrs. Humphry Ward", "ward, humphry"),
        ("Kipling", "kipling"),
    ],
)
def test_the_key_of_an_ordinary_name_stays_what_it_is(author: str, key: str) -> None:
    """Another key is another chance: it would hold out other books of shelves that people have trained on."""
    assert author_keys([author]) == [key]


@pytest.mark.parametrize("unknown", ["", "Anonymous", "ANON", "Unknown", "Various", " "])
def test_an_unknown_author_has_no_key(unknown: str) -> None:
    assert author_keys([unknown, FULL])[0] == ""


@given(
    st.lists(st.sampled_from([FULL, "Dickens", "Mary Dickens", "M. Dickens", "", "Wren", "J. Wren", "Jane Wren"])),
    st.randoms(),
)
def test_keys_do_not_depend_on_the_order_of_the_books(authors: list[str], shuffler: random.Random) -> None:
    keys = dict(zip(authors, author_keys(authors), strict=True))
    shuffled = list(authors)
    shuffler.shuffle(shuffled)
    assert dict(zip(shuffled, author_keys(shuffled), strict=True)) == keys


def test_spellings_of_one_title_share_a_key() -> None:
    titles = ["The Lamp", "lamp", "A Lamp!", "The Lamp; or, Night", "Lámp"]
    assert {title_key(title) for title in titles} == {"lamp"}
    assert title_key("Lamps: The First") != title_key("Lamps: The Second")
    assert title_key("The") == "the"
    assert title_key("...") == ""


def test_names_before_an_underscore_are_writers_where_several_stand_beside_many() -> None:
    names = named("Carter_Boat.txt", "Carter_Road.txt", "Miller_The_Mill.txt", "Miller_Lamp.txt", "Stone_Gate.txt")
    assert [(name.author, name.title) for name in names] == [
        ("Carter", "Boat"),
        ("Carter", "Road"),
        ("Miller", "The Mill"),
        ("Miller", "Lamp"),
        ("Stone", "Gate"),
    ]


@pytest.mark.parametrize(
    "stems",
    [["Moby_Dick", "Bleak_House", "Hard_Times"], ["Great_Gatsby", "Great_Expectations", "Little_Dorrit", "Emma"]],
)
def test_titles_of_two_words_have_no_writer(stems: list[str]) -> None:
    assert {name.author for name in named(*(f"{stem}.txt" for stem in stems))} == {""}


def test_only_writers_of_one_surname_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compare, compared = titles._may_be_same, []
    monkeypatch.setattr(titles, "_may_be_same", lambda one, other: compared.append(one) or compare(one, other))
    author_keys([f"Ada Writer{'abcdefghij'[number % 10]}{number}" for number in range(1_000)])
    assert len(compared) <= 1_000


def test_the_habit_of_a_folder_counts_and_not_that_of_the_shelf() -> None:
    names = named(
        "a/Carter_Boat.txt",
        "a/Carter_Road.txt",
        "a/Miller_Mill.txt",
        "a/Miller_Lamp.txt",
        *(f"{n}.txt" for n in range(9)),
    )
    assert [name.author for name in names][:5] == ["Carter", "Carter", "Miller", "Miller", ""]
