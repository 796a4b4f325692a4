"""Members of a zip file are read within bounds; what the directory declares is not believed."""

import struct
import zipfile
from io import BytesIO

import pytest

from penwright.corpus.archives.zips import ZipBytes, ZipMember, read_zip_member, zip_members
from penwright.errors import ReadingError


def packed(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def with_field(data: bytes, *, signature: bytes, offset: int, value: int, form: str = "<I") -> bytes:
    """The zip file with one number changed in each record that begins with a signature."""
    changed = bytearray(data)
    place = changed.find(signature)
    while place >= 0:
        struct.pack_into(form, changed, place + offset, value)
        place = changed.find(signature, place + 1)
    return bytes(changed)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_come_out_as_they_went_in(method: int) -> None:
    archive = ZipBytes(
        packed({"a.txt": b"One. " * 5_000, "empty.txt": b"", "b/c.txt": b"Two."}, method=method), name="z.zip"
    )
    assert list(archive.names) == ["a.txt", "empty.txt", "b/c.txt"]
    assert archive.read("a.txt") == b"One. " * 5_000
    assert archive.read("empty.txt") == b""
    assert archive.read("b/c.txt") == b"Two."


def test_folders_and_links_are_left_out() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("folder/", b"")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, b"/etc/passwd")
        archive.writestr("book.txt", b"Text.")
    assert list(ZipBytes(stream.getvalue(), name="z.zip").names) == ["book.txt"]


def test_a_path_that_climbs_out_is_only_a_name() -> None:
    archive = ZipBytes(packed({"../../etc/passwd": b"Text."}), name="z.zip")
    assert archive.read("../../etc/passwd") == b"Text."


def test_a_declared_size_that_lies_changes_nothing() -> None:
    data = packed({"a.txt": b"Only these words."})
    for size in (3, 1_000_000_000):
        lying = with_field(data, signature=b"PK\x01\x02", offset=24, value=size)
        archive = ZipBytes(lying, name="z.zip")
        assert archive.names["a.txt"].declared_bytes == size
        assert archive.read("a.txt") == b"Only these words."


def test_a_bomb_is_refused() -> None:
    archive = ZipBytes(packed({"a.txt": bytes(20_000_000)}), name="z.zip")
    with pytest.raises(ReadingError, match=r"z.zip/a.txt unpacks to more than 200 times its size"):
        archive.read("a.txt")


def test_the_bound_given_holds_for_stored_members_too() -> None:
    archive = ZipBytes(packed({"a.txt": b"x" * 200_000}, method=zipfile.ZIP_STORED), name="z.zip")
    with pytest.raises(ReadingError, match=r"z.zip/a.txt is larger than 1,000 bytes"):
        archive.read("a.txt", max_bytes=1_000)


def test_members_that_overlap_are_refused() -> None:
    data = packed({f"{number}.txt": b"word " * 1_000 for number in range(50)})
    overlapping = with_field(data, signature=b"PK\x01\x02", offset=20, value=len(data) // 2)
    with pytest.raises(ReadingError, match=r"z.zip lists members that overlap"):
        ZipBytes(overlapping, name="z.zip")


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penwright.corpus.archives.zips.MAX_MEMBERS", 3)
    with pytest.raises(ReadingError, match=r"z.zip lists 4 members; at most 3 are read"):
        ZipBytes(packed({name: b"a" for name in "abcd"}), name="z.zip")


def test_an_encrypted_archive_is_refused_and_an_encrypted_member_among_others_when_read() -> None:
    data = with_field(packed({"a.txt": b"Text."}), signature=b"PK\x01\x02", offset=8, value=1, form="<H")
    with pytest.raises(ReadingError, match=r"z.zip is encrypted. Unpack it with its password"):
        ZipBytes(data, name="z.zip")
    both = packed({"a.txt": b"One.", "b.txt": b"Two."})
    members = zip_members(BytesIO(both), num_bytes=len(both), name="z.zip")
    secret = members["a.txt"]._replace(is_encrypted=True)
    with pytest.raises(ReadingError, match=r"a.txt is encrypted"):
        read_zip_member(BytesIO(both), secret, name="a.txt")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method": 9}, r"a.txt is packed by a method that is not read here \(number 9\)"),
        ({"checksum": 1}, r"a.txt is damaged: its checksum does not match"),
        ({"header_offset": 5}, r"a.txt is damaged: the archive's directory points where no member begins"),
        ({"packed_bytes": 4}, r"a.txt is cut short"),
    ],
)
def test_a_member_that_is_not_what_the_directory_says_is_told(change: dict[str, int], sentence: str) -> None:
    data = packed({"a.txt": b"It rained all day. " * 10})
    member = zip_members(BytesIO(data), num_bytes=len(data), name="z.zip")["a.txt"]
    with pytest.raises(ReadingError, match=sentence):
        read_zip_member(BytesIO(data), ZipMember(**member._asdict() | change), name="a.txt")


@pytest.mark.parametrize("distance", [1, 1_000, 1 << 31])
def test_a_directory_said_to_lie_further_back_is_told(distance: int) -> None:
    """The library then takes every member to lie before the beginning of the file."""
    data = packed({"a.txt": b"Only these words."})
    (offset,) = struct.unpack_from("<I", data, data.rfind(b"PK\x05\x06") + 16)
    moved = with_field(data, signature=b"PK\x05\x06", offset=16, value=offset + distance)
    with pytest.raises(ReadingError, match=r"z.zip is damaged"):
        ZipBytes(moved, name="z.zip")


def test_a_member_said_to_lie_behind_the_end_is_told() -> None:
    data = with_field(packed({"a.txt": b"Words."}), signature=b"PK\x01\x02", offset=42, value=1 << 31)
    with pytest.raises(ReadingError, match=r"z.zip is damaged: its directory points outside the file"):
        ZipBytes(data, name="z.zip")


@pytest.mark.parametrize("data", [b"", b"no zip file", packed({"a.txt": b"Text." * 100})[:-30]])
def test_what_is_no_zip_file_is_told(data: bytes) -> None:
    with pytest.raises(ReadingError, match=r"z.zip is damaged, or no zip file"):
        ZipBytes(data, name="z.zip")


def test_a_member_that_is_not_there_is_told() -> None:
    with pytest.raises(ReadingError, match=r"z.zip holds no 'b.txt'"):
        ZipBytes(packed({"a.txt": b""}), name="z.zip").read("b.txt")
