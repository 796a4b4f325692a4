"""Members of a tar file, plain or compressed, are found and read without unpacking it to disk."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from penwright.corpus.archives import tars
from penwright.corpus.archives.tars import STREAM_OF_SUFFIX, Stream, TarMember, read_tar_member, tar_members
from penwright.errors import ReadingError

BOOKS = {"b/two.txt": b"Two. " * 40_000, "a.txt": b"One.", "../c.txt": b"", "d.txt": b"Four. " * 3}


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Put a file into an archive."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


@pytest.fixture(params=[".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A tar file of each kind, with a folder and a link among the books."""
    path = tmp_path / f"books{request.param}"
    with tarfile.open(path, "w:" + {".tar": "", ".gz": "gz", ".bz2": "bz2", ".xz": "xz"}[path.suffix]) as archive:
        folder, link = tarfile.TarInfo("b"), tarfile.TarInfo("link.txt")
        folder.type, link.type, link.linkname = tarfile.DIRTYPE, tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(folder)
        for name, content in BOOKS.items():
            add(archive, name, content)
        archive.addfile(link)
    return path


def stream_of(path: Path) -> Stream:
    """The unpacked bytes of a tar file."""
    return Stream(path, new_stream=STREAM_OF_SUFFIX.get("".join(path.suffixes)))


def test_only_files_are_listed_and_each_is_read(path: Path) -> None:
    members = tar_members(path, new_stream=STREAM_OF_SUFFIX.get("".join(path.suffixes)))
    assert {name: member.num_bytes for name, member in members.items()} == {n: len(c) for n, c in BOOKS.items()}
    stream = stream_of(path)
    for name, member in members.items():
        assert read_tar_member(stream, member, name=name) == BOOKS[name]
    stream.close()


def test_the_last_of_two_members_with_one_name_counts(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "a.txt", b"Old.")
        add(archive, "a.txt", b"New.")
    member = tar_members(tmp_path / "a.tar", new_stream=None)["a.txt"]
    stream = Stream(tmp_path / "a.tar", new_stream=None)
    assert read_tar_member(stream, member, name="a.txt") == b"New."
    stream.close()


def test_an_archive_cut_short_is_told(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ReadingError, match=r"books.tar\S* is (cut short|damaged)"):
        tar_members(path, new_stream=STREAM_OF_SUFFIX.get("".join(path.suffixes)))


def test_what_is_no_tar_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"It rained all day. " * 100)
    with pytest.raises(ReadingError, match=r"a.tar is damaged, or no tar file"):
        tar_members(tmp_path / "a.tar", new_stream=None)


def plain(*names: str) -> bytes:
    """A plain tar of members that take two blocks each, header and content, and the zeros that end it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name in names:
            add(archive, name, b"Text.")
    return stream.getvalue()


@pytest.mark.parametrize("place", [0, 148, 511])
def test_a_damaged_header_is_not_taken_for_the_end(place: int, tmp_path: Path) -> None:
    """Its book and all that follow were lost without a word."""
    data = bytearray(plain("a.txt", "b.txt", "c.txt"))
    data[1_024 + place] ^= 1
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(ReadingError, match=r"a.tar is damaged, or no tar file"):
        tar_members(tmp_path / "a.tar", new_stream=None)


def test_a_header_cut_short_is_not_taken_for_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(plain("a.txt", "b.txt")[: 1_024 + 100])
    with pytest.raises(ReadingError, match=r"a.tar is damaged, or no tar file: truncated header"):
        tar_members(tmp_path / "a.tar", new_stream=None)


@pytest.mark.parametrize("behind", [b"", bytes(100), bytes(512), bytes(1_024) + b"It rained all day. " * 100])
def test_what_stands_behind_the_last_member_plays_no_part(behind: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(plain("a.txt", "b.txt")[:2_048] + behind)
    assert list(tar_members(tmp_path / "a.tar", new_stream=None)) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_names_without_end_are_told(kind: bytes, tmp_path: Path) -> None:
    record = tarfile.TarInfo("name")
    record.type = kind
    (tmp_path / "a.tar").write_bytes(record.tobuf(tarfile.GNU_FORMAT) * 2_000)
    with pytest.raises(ReadingError, match=r"a.tar is damaged, or no tar file"):
        tar_members(tmp_path / "a.tar", new_stream=None)


@pytest.mark.parametrize("num_bytes", [1 << 60, -5])
def test_a_size_that_cannot_be_is_told(num_bytes: int, tmp_path: Path) -> None:
    """The end of the larger one was looked for until somebody lost patience."""
    record = tarfile.TarInfo("a.txt")
    record.size = num_bytes
    (tmp_path / "a.tar").write_bytes(record.tobuf(tarfile.GNU_FORMAT) + bytes(1_024))
    with pytest.raises(ReadingError, match=rf"a.tar is damaged, or no tar file: a member of {num_bytes:,} bytes"):
        tar_members(tmp_path / "a.tar", new_stream=None)


def test_a_bomb_is_refused_while_it_is_listed(tmp_path: Path) -> None:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        add(archive, "a.txt", bytes(20_000_000))
    (tmp_path / "a.tgz").write_bytes(gzip.compress(plain.getvalue()))
    with pytest.raises(ReadingError, match=r"a.tgz unpacks to more than 200 times its size"):
        tar_members(tmp_path / "a.tgz", new_stream=STREAM_OF_SUFFIX[".tgz"])


@pytest.mark.parametrize("bound", ["MAX_MEMBERS", "MAX_TOTAL_BYTES"])
def test_too_much_is_refused(bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        for name in "abcd":
            add(archive, name, b"Text.")
    monkeypatch.setattr(tars, bound, 3)
    with pytest.raises(ReadingError, match=r"a.tgz (lists more than 3 members|unpacks to more than 3 bytes)"):
        tar_members(tmp_path / "a.tgz", new_stream=STREAM_OF_SUFFIX[".tgz"])


def test_a_huge_header_is_not_read(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        add(archive, "n" * 2_000_000, b"Text.")
    with pytest.raises(ReadingError, match=r"a.tar is damaged, or no tar file: a header of 2,000,001 bytes"):
        tar_members(tmp_path / "a.tar", new_stream=None)


def test_a_member_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(bytes(1_024))
    stream = Stream(tmp_path / "a.tar", new_stream=None)
    with pytest.raises(ReadingError, match=r"a.txt has 1,000,000,000,000 bytes; at most 67,108,864 are read"):
        read_tar_member(stream, TarMember(0, 10**12), name="a.txt")
    with pytest.raises(ReadingError, match=r"a.txt is cut short: 24 of 100 bytes are there"):
        read_tar_member(stream, TarMember(1_000, 100), name="a.txt")
    stream.close()
