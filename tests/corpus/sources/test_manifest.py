import tomllib
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.sources.manifest import ManifestBook, is_manifest, read_manifest, sources_of, write_manifest
from penwright.errors import ManifestError

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@given(
    st.lists(
        st.builds(
            ManifestBook,
            path=words.filter(bool),
            member=words,
            sha256=st.sampled_from(["", "ab" * 32]),
            title=words,
            author=words,
            year=st.none() | st.integers(-3000, 3000),
            split=st.sampled_from(["train", "val", "test"]),
            keep=st.booleans(),
            reason=words,
        ),
        min_size=1,
        max_size=5,
    ).filter(lambda books: any(book.keep for book in books))
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, books: list[ManifestBook]) -> None:
    path = tmp_path_factory.mktemp("manifest") / "shelf.toml"
    write_manifest(path, books)
    assert read_manifest(path) == books


def test_a_manifest_explains_its_fields_and_is_toml(tmp_path: Path) -> None:
    write_manifest(tmp_path / "shelf.toml", [ManifestBook(path="a.txt", title="Lamp", split="train", year=1884)])
    text = (tmp_path / "shelf.toml").read_text(encoding="utf-8")
    head, _, rest = text.partition("\n\n")
    assert all(line.startswith("#") for line in head.splitlines())
    for field in ManifestBook.__dataclass_fields__:
        assert field in head
    assert tomllib.loads(rest)["book"] == [
        {"path": "a.txt", "title": "Lamp", "author": "", "year": 1884, "split": "train", "keep": True}
    ]


def test_a_person_needs_to_write_little(tmp_path: Path) -> None:
    path = write(tmp_path / "shelf.toml", '\ufeffversion = 1\n[[book]]\npath = "a.txt"\n')
    assert read_manifest(path) == [ManifestBook(path="a.txt")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version = 1\n[[book]\n", "is not valid TOML: .*line 2"),
        ("version = " + "9" * 5_000, "is not valid TOML: "),
        ("version = " + "[" * 5_000, "is not valid TOML: "),
        ("", r"version is None, this program reads 1. Put 'version = 1' above"),
        ("version = 2\n", "version is 2, this program reads 1"),
        ("version = 1\nbok = 1\n", "there is no entry 'bok'. Did you mean 'book'"),
        ("version = 1\nbook = 5\n", r"books are written as \[\[book\]\]"),
        ("version = 1\n", "keeps none of its 0 books"),
        ('version = 1\n[[book]]\npath = "a"\nkeep = false\n', "keeps none of its 1 books. Set keep = true"),
        (
            'version = 1\n[[book]]\npath = "a"\nspilt = "val"\n',
            r"book 1 \(a\): there is no field 'spilt'. Did you mean 'split'",
        ),
        ('version = 1\n[[book]]\ntitle = "a"\n', r"book 1 \(without a path\): path is missing"),
        ('version = 1\n[[book]]\npath = "a"\nsplit = "valid"\n', "there is no split 'valid'. Did you mean 'val'"),
        ('version = 1\n[[book]]\npath = "a"\nsplit = ["val"]\n', "there is no split"),
        ('version = 1\n[[book]]\npath = "a"\nkeep = "no"\n', "keep must be true or false, not 'no'"),
        ('version = 1\n[[book]]\npath = "a"\nyear = "1884"\n', "year must be a whole number such as 1859"),
        ('version = 1\n[[book]]\npath = "a"\nyear = 99999\n', "year must be a whole number"),
        ('version = 1\n[[book]]\npath = "a"\ntitle = 5\n', "title must be text, not 5"),
        (
            'version = 1\n[[book]]\npath = "a"\nsha256 = "ABC"\n',
            "sha256 must be 64 hexadecimal digits in small letters",
        ),
        (
            'version = 1\n[[book]]\npath = "a"\nsplit = "val"\n[[book]]\npath = "b"\n',
            "1 of 2 books have no split, b the first. Give every book one, or none",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ManifestError, match=sentence):
        read_manifest(write(tmp_path / "shelf.toml", text))


def test_a_book_that_is_left_out_needs_no_split(tmp_path: Path) -> None:
    text = 'version = 1\n[[book]]\npath = "a"\nsplit = "val"\n[[book]]\npath = "b"\nkeep = false\n'
    assert [book.keep for book in read_manifest(write(tmp_path / "shelf.toml", text))] == [True, False]


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="there is no manifest .*shelf.toml"):
        read_manifest(tmp_path / "shelf.toml")


def test_a_manifest_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "shelf.toml").write_bytes("# Müller\n".encode("latin-1"))
    with pytest.raises(ManifestError, match="is not UTF-8. Save it as UTF-8"):
        read_manifest(tmp_path / "shelf.toml")


def test_only_a_file_with_the_right_suffix_is_a_manifest() -> None:
    assert is_manifest("deep/shelf.TOML")
    assert not is_manifest("shelf.txt")
    assert not is_manifest("settings/*.toml")


def test_books_are_found_from_the_manifests_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "list").mkdir()
    for name in ("list/a.txt", "deep/b.txt"):
        write(tmp_path / name, "words")
    books = [
        ManifestBook(path="a.txt"),
        ManifestBook(path="../deep/b.txt"),
        ManifestBook(path=str(tmp_path / "deep/b.txt")),
    ]
    sources = sources_of(tmp_path / "list" / "shelf.toml", books)
    assert [source.name for source in sources] == ["a.txt", "b.txt", "b.txt"]
    assert [source.num_bytes for source in sources] == [5, 5, 5]


def test_a_name_that_is_no_text_is_told() -> None:
    with pytest.raises(ManifestError, match="path holds bytes that are no text: .*Rename the file"):
        ManifestBook(path="l\udce4mp.txt")


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"lists a\.txt, which is not there. Restore it, or set keep = false"):
        sources_of(tmp_path / "shelf.toml", [ManifestBook(path="a.txt")])


def test_a_member_of_an_archive_has_its_own_size(tmp_path: Path) -> None:
    """It had that of the whole archive, and of a large one no book could be read."""
    with zipfile.ZipFile(tmp_path / "shelf.zip", "w") as archive:
        archive.writestr("a.txt", "The lamp was out.\n")
        archive.writestr("deep/b.txt", "The rain was over.\n")
    books = [ManifestBook(path="shelf.zip", member="deep/b.txt"), ManifestBook(path="shelf.zip", member="a.txt")]
    sources = sources_of(tmp_path / "shelf.toml", books)
    assert [source.name for source in sources] == ["shelf.zip/deep/b.txt", "shelf.zip/a.txt"]
    assert [source.num_bytes for source in sources] == [19, 18]


def test_a_member_that_is_missing_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shelf.zip", "w") as archive:
        archive.writestr("a.txt", "The lamp was out.\n")
    with pytest.raises(ManifestError, match=r"lists b\.txt, which shelf\.zip does not hold\. Correct it, or set keep"):
        sources_of(tmp_path / "shelf.toml", [ManifestBook(path="shelf.zip", member="b.txt")])


def test_an_archive_that_is_damaged_is_told(tmp_path: Path) -> None:
    (tmp_path / "shelf.zip").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(ManifestError, match=r"lists an archive that cannot be read: shelf\.zip is damaged"):
        sources_of(tmp_path / "shelf.toml", [ManifestBook(path="shelf.zip", member="b.txt")])
