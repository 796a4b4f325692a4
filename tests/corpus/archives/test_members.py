"""Archives of every kind list their members and give the bytes of each, in whatever order they are asked."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from penwright.corpus.archives import members as archives
from penwright.corpus.archives.members import Member, is_archive, list_members, read_member
from penwright.errors import ReadingError

BOOKS = {"c.txt": b"Three. " * 9_000, "a.txt": b"One. " * 7_000, "b/b.txt": b"Two. " * 5_000}


def write(path: Path, books: dict[str, bytes]) -> Path:
    """An archive of these books, of the kind its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in books.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(
        path, "w:" + {".tar": "", ".gz": "gz", ".tgz": "gz", ".bz2": "bz2", ".xz": "xz"}[path.suffix]
    ) as tar:
        for name, content in books.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["z.zip", "z.tar", "z.tar.gz", "Z.TGZ", "z.tar.bz2", "z.tar.xz"])
def test_members_are_listed_by_name_and_read_in_any_order(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name.lower(), BOOKS).rename(tmp_path / name)
    assert list_members(path) == [Member(name, len(BOOKS[name])) for name in sorted(BOOKS)]
    for member in [*BOOKS, *sorted(BOOKS), "a.txt"]:
        assert read_member(path, member) == BOOKS[member]


def test_a_single_file_under_gzip_is_named_without_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "Emma.txt.gz"
    path.write_bytes(gzip.compress(b"Emma. ") + gzip.compress(b"The end."))
    assert list_members(path) == [Member("Emma.txt", 8)]
    assert read_member(path, "Emma.txt") == b"Emma. The end."


@pytest.mark.parametrize("behind", [gzip.compress(b""), bytes(8)], ids=["an empty part", "zeros"])
def test_a_gzip_file_that_ends_in_nothing_is_not_taken_for_empty(behind: bytes, tmp_path: Path) -> None:
    """Every file of bgzip's ends in an empty part, and tapes pad with zeros: neither is the size of the whole."""
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"Words.\n") + behind)
    assert list_members(path) == [Member("a.txt", path.stat().st_size)]
    assert read_member(path, "a.txt") == b"Words.\n"


@pytest.mark.parametrize("name", ["z.zip", "z.tar", "z.tar.gz"])
def test_a_member_larger_than_the_bound_given_is_refused_and_the_next_one_read(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, BOOKS)
    with pytest.raises(ReadingError, match=rf"{name}/c.txt (has 63,000 bytes; at most|is larger than) 30,000"):
        read_member(path, "c.txt", max_bytes=30_000)
    assert read_member(path, "b/b.txt", max_bytes=30_000) == BOOKS["b/b.txt"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.zip", True), ("a.TAR.GZ", True), ("a.txt.gz", True), ("a.txz", True), ("a.txt", False), ("zip", False)],
)
def test_archives_are_told_by_their_names(name: str, expected: bool) -> None:
    assert is_archive(Path(name)) is expected


def test_a_compressed_tar_is_passed_over_once_when_read_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "z.tar.gz", {f"{number:03}.txt": b"word " * 100 for number in range(50)})
    members = list_members(path)
    opened = []
    original = archives.Stream
    monkeypatch.setattr(archives, "Stream", lambda *args, **kwargs: opened.append(1) or original(*args, **kwargs))
    archives._open_stream.cache_clear()
    for member in members:
        assert read_member(path, member.name) == b"word " * 100
    assert len(opened) == 1
    archives._open_stream.cache_clear()


def test_an_archive_that_changed_is_listed_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "z.zip", {"a.txt": b"One."})
    assert [member.name for member in list_members(path)] == ["a.txt"]
    write(path, {"b.txt": b"Another text."})
    assert [member.name for member in list_members(path)] == ["b.txt"]
    with pytest.raises(ReadingError, match=r"z.zip holds no member 'a.txt'. It may have changed"):
        read_member(path, "a.txt")


def bytes_of(name: str, books: dict[str, bytes], folder: Path) -> bytes:
    return write(folder / name, books).read_bytes()


@pytest.mark.parametrize("outer", ["z.zip", "z.tar", "z.tar.gz"])
def test_archives_inside_an_archive_are_opened(outer: str, tmp_path: Path) -> None:
    kinds = ["i.zip", "i.tar", "i.tar.gz", "i.tar.xz"]
    inner = {f"some/{kind}": bytes_of(kind, BOOKS, tmp_path) for kind in kinds}
    inner["one.txt.gz"] = gzip.compress(b"One packed book.")
    path = write(tmp_path / outer, {**inner, "plain.txt": b"A plain book."})
    listed = {member.name: member.num_bytes for member in list_members(path)}
    nested = {f"some/{kind}/{name}": content for kind in kinds for name, content in BOOKS.items()}
    assert set(listed) == {*nested, "one.txt.gz/one.txt", "plain.txt"}
    assert all(listed[name] == len(content) for name, content in nested.items())
    for name, content in [*nested.items(), *reversed(nested.items())]:
        assert read_member(path, name) == content
    assert read_member(path, "one.txt.gz/one.txt") == b"One packed book."
    assert read_member(path, "plain.txt") == b"A plain book."
    with pytest.raises(ReadingError, match="holds no 'nothing'|holds no member"):
        read_member(path, "some/i.zip/nothing")
    with pytest.raises(ReadingError, match="larger than 10 bytes|at most 10 are read"):
        read_member(path, "some/i.tar/a.txt", max_bytes=10)


def test_a_folder_that_is_named_like_an_archive_is_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "z.zip", {"i.zip/a.txt": b"In a folder."})
    assert list_members(path) == [Member("i.zip/a.txt", 12)]
    assert read_member(path, "i.zip/a.txt") == b"In a folder."


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_tar_alone_in_a_zip_is_read_as_a_stream(method: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "texts.tar.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("texts.tar", bytes_of("z.tar", BOOKS, tmp_path))
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 1)  # the tar as a whole may be of any size
    assert list_members(path) == [Member(name, len(BOOKS[name])) for name in sorted(BOOKS)]
    in_order = sorted(BOOKS, key=lambda name: archives.reading_position(path, name))
    assert in_order == list(BOOKS)
    for name in [*in_order, *sorted(BOOKS)]:
        assert read_member(path, name) == BOOKS[name]
    archives._open_stream.cache_clear()


def test_an_archive_too_deep_or_damaged_is_listed_but_not_opened(tmp_path: Path) -> None:
    deep = bytes_of("i.zip", {"deeper.zip": bytes_of("d.zip", BOOKS, tmp_path)}, tmp_path)
    path = write(tmp_path / "z.zip", {"i.zip": deep})
    assert [member.name for member in list_members(path)] == ["i.zip/deeper.zip"]
    path = write(tmp_path / "z.zip", {"inner.zip": b"PK", "inner.tar.gz": b"\x1f\x8b"})
    assert len(list_members(path)) == 2
    for name in ("inner.zip", "inner.tar.gz"):
        with pytest.raises(ReadingError, match=rf"z.zip/{name} is an archive inside an archive"):
            read_member(path, name)


@pytest.mark.parametrize("name", ["z.zip", "z.tar", "z.tar.gz", "z.tar.xz", "z.gz"])
def test_what_is_no_archive_is_told_with_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"It rained all day, and nobody came. " * 50)
    with pytest.raises(ReadingError, match=rf"{name} is damaged"):
        list_members(path)


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(bytes(20_000_000)))
    with pytest.raises(ReadingError, match=r"a.txt.gz/a.txt unpacks to more than 200 times its size"):
        read_member(path, "a.txt")


def test_a_missing_archive_is_the_systems_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list_members(tmp_path / "gone.zip")
