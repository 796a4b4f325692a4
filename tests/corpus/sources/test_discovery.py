import gzip
import io
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from penwright.corpus.sources import discovery, examining
from penwright.corpus.sources.discovery import Source, discover, read_range, read_source
from penwright.corpus.sources.examining import MANIFEST_MARK
from penwright.errors import CorpusError, ReadingError


def write(path: Path, data: bytes = b"Some words of a book.\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(found: object) -> list[str]:
    return [source.name for source in found.sources]  # type: ignore[attr-defined]


def test_a_folder_is_read_recursively_and_sorted(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "deep/er/c.html", "Z.unheard-of"):
        write(tmp_path / name)
    assert names(discover(tmp_path)) == ["Z.unheard-of", "a.md", "b.txt", "deep/er/c.html"]


def test_a_single_file_is_named_by_itself(tmp_path: Path) -> None:
    assert names(discover(str(write(tmp_path / "one.txt")))) == ["one.txt"]


def test_the_order_of_the_paths_plays_no_part(tmp_path: Path) -> None:
    paths = [write(tmp_path / name) for name in ("a.txt", "b.txt", "deep/c.txt")]
    assert discover([tmp_path, *paths]) == discover([*reversed(paths), tmp_path])


def test_a_file_named_twice_is_one_book(tmp_path: Path) -> None:
    path = write(tmp_path / "shelf" / "a.txt")
    assert len(discover([path, tmp_path / "shelf", path]).sources) == 1


def test_a_pattern_names_files_below_its_fixed_part(tmp_path: Path) -> None:
    for name in ("x/a.txt", "x/y/b.txt", "x/c.md", "x/.hidden/d.txt"):
        write(tmp_path / name)
    assert names(discover(str(tmp_path / "x" / "**" / "*.txt"))) == ["a.txt", "y/b.txt"]


def test_a_pattern_that_matches_a_folder_reads_it(tmp_path: Path) -> None:
    write(tmp_path / "books-1" / "a.txt")
    write(tmp_path / "books-2" / "b.txt")
    assert names(discover(str(tmp_path / "books-*"))) == ["books-1/a.txt", "books-2/b.txt"]


def test_a_file_whose_name_looks_like_a_pattern_is_taken_as_it_is(tmp_path: Path) -> None:
    assert names(discover(write(tmp_path / "what[1].txt"))) == ["what[1].txt"]


def test_a_pattern_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"the pattern '.*\*\.text' matches no file"):
        discover(str(tmp_path / "*.text"))


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="from Python 3.13 on ** within a name is a plain *")
def test_a_pattern_that_cannot_be_is_told(tmp_path: Path) -> None:
    write(tmp_path / "books" / "a.txt")
    with pytest.raises(CorpusError, match=r"in '.*books.\*\*\.txt' the \*\* must stand by itself, as in 'books/\*\*/"):
        discover(str(tmp_path / "books" / "**.txt"))


def test_an_unknown_path_is_answered_with_a_near_name(tmp_path: Path) -> None:
    write(tmp_path / "novels" / "a.txt")
    with pytest.raises(CorpusError, match="there is no file or folder '.*novel'. Did you mean 'novels'"):
        discover(tmp_path / "novel")


def test_an_unknown_folder_is_named_too(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="Its folder '.*nowhere' does not exist either"):
        discover(tmp_path / "nowhere" / "a.txt")


def test_no_path_at_all_is_an_error() -> None:
    with pytest.raises(CorpusError, match="no path was given"):
        discover([])


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no book was found in .*Give text files"):
        discover(tmp_path)


def test_a_folder_of_empty_files_says_why_nothing_is_left(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", b"")
    with pytest.raises(CorpusError, match=r"no book was found .* a\.txt: is empty"):
        discover(tmp_path)


def test_an_empty_file_and_a_binary_among_books_are_passed_over_with_a_reason(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "empty.txt", b"")
    write(tmp_path / "picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    found = discover(tmp_path)
    assert names(found) == ["a.txt"]
    assert [name for name, _ in found.skipped] == ["empty.txt", "picture.png"]
    assert found.skipped[0][1] == "is empty"
    assert "no text" in found.skipped[1][1]


def test_hidden_files_and_folders_of_programs_are_passed_over(tmp_path: Path) -> None:
    for name in ("a.txt", ".git/config", ".secret.txt", "node_modules/b.txt"):
        write(tmp_path / name)
    found = discover(tmp_path)
    assert names(found) == ["a.txt"]
    assert [name for name, _ in found.skipped] == [".git", ".secret.txt", "node_modules"]


def test_what_this_program_made_is_not_taken_for_books(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "list.toml", f"{MANIFEST_MARK}, version 1.\n".encode())
    for name in ("runs/one/config.toml", "runs/one/metrics.jsonl", "runs/one/samples/1.txt"):
        write(tmp_path / name)
    for name in ("store/corpus.json", "store/ids.bin", "cache/CACHEDIR.TAG", "cache/ab/text"):
        write(tmp_path / name)
    found = discover(tmp_path)
    assert names(found) == ["a.txt"]
    assert [name for name, _ in found.skipped] == ["cache", "list.toml", "runs/one", "store"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path / "shelf" / "a.txt")
    (tmp_path / "shelf" / "again").symlink_to(tmp_path / "shelf")
    (tmp_path / "shelf" / "self").symlink_to(tmp_path / "shelf" / "self")
    (tmp_path / "shelf" / "lost").symlink_to(tmp_path / "nothing")
    found = discover(tmp_path / "shelf")
    assert names(found) == ["a.txt"]
    reasons = dict(found.skipped)
    assert reasons["again"] == "is a link to a folder that is read already"
    assert reasons["lost"] == "is a link to a file that does not exist"
    assert "cannot be read" in reasons["self"]


def test_a_pipe_is_no_book(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this operating system has no named pipes")
    write(tmp_path / "a.txt")
    os.mkfifo(tmp_path / "pipe")
    assert dict(discover(tmp_path).skipped) == {"pipe": "is no ordinary file"}


def test_a_folder_that_may_not_be_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "closed" / "b.txt")
    listing = Path.iterdir

    def iterdir(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    found = discover(tmp_path)
    assert names(found) == ["a.txt"]
    assert "may not be read by this user" in dict(found.skipped)["closed"]


def test_a_link_that_cannot_be_followed_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    (tmp_path / "long").symlink_to("x" * 300)
    found = discover([tmp_path, tmp_path / "long"])
    assert names(found) == ["a.txt"]
    assert "cannot be read" in dict(found.skipped)["long"]
    with pytest.raises(CorpusError, match="there is no file or folder"):
        discover(tmp_path / ("x" * 300) / "a.txt")


def test_files_of_a_folder_that_may_be_listed_only_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "listed" / "b.txt")
    write(tmp_path / "listed" / "c.zip")
    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))
    found = discover(tmp_path)
    assert names(found) == ["a.txt"]
    reason = "may not be read by this user; change its permissions or leave it out"
    assert dict(found.skipped) == {"listed/b.txt": reason, "listed/c.zip": reason}


def refusing(status: Any) -> Any:
    """Return the operating system's function, but without permission to enter the folder `listed`."""

    def refused(path: Any, *args: Any, **settings: Any) -> Any:
        if not isinstance(path, int) and Path(path).parent.name == "listed":
            raise PermissionError(13, "Permission denied")
        return status(path, *args, **settings)

    return refused


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError(2, "No such file"), "was there when the files were listed and has vanished since"),
        (OSError(5, "Input/output error"), "cannot be read (Input/output error)"),
    ],
)
def test_an_archive_that_cannot_be_opened_any_more_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    """It is opened after all files have been looked at."""
    write(tmp_path / "a.txt")
    write(tmp_path / "b.zip", b"PK")

    def fail(path: Path) -> Any:
        raise error

    monkeypatch.setattr(discovery, "list_members", fail)
    found = discover(tmp_path)
    assert (names(found), dict(found.skipped)) == (["a.txt"], {"b.zip": reason})


def test_an_interrupt_waits_for_no_file_that_was_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow disk all files of a library take minutes."""
    for number in range(300):
        write(tmp_path / f"{number:03d}.txt")
    begun: list[str] = []

    def slowly(path: Path) -> Any:
        begun.append(path.name)
        if path.name == "010.txt":
            raise KeyboardInterrupt
        time.sleep(0.01)
        return examining.Examined(1, "")

    monkeypatch.setattr(examining, "_examine", slowly)
    with pytest.raises(KeyboardInterrupt):
        discover(tmp_path)
    assert len(begun) < 200


def test_more_files_than_are_examined_at_a_time_are_all_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "BATCH_FILES", 2)
    needed = [write(tmp_path / f"{number}.txt", b"Words.\n" * (number + 1)).name for number in range(5)]
    found = discover(tmp_path)
    assert names(found) == needed
    assert [source.num_bytes for source in found.sources] == [7, 14, 21, 28, 35]


def test_members_whose_names_are_no_text_are_shown_as_text(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "shelf.tar", "w") as archive:
        for name in ("a\udcff.txt", ".b\udcff.txt", "void\udcff.txt"):
            member = tarfile.TarInfo(name)
            member.size = 7 * ("void" not in name)
            archive.addfile(member, io.BytesIO(b"Words.\n"))
    found = discover(tmp_path)
    for shown in (*names(found), *(name for name, _ in found.skipped)):
        assert shown.encode("utf-8")


def test_the_members_of_an_archive_are_books(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shelf.zip", "w") as archive:
        archive.writestr("in/b.txt", "Words.\n")
        archive.writestr("a.txt", "More words.\n")
        archive.writestr(".hidden", "No book.\n")
        archive.writestr("void.txt", "")
    found = discover(tmp_path / "shelf.zip")
    assert names(found) == ["shelf.zip/a.txt", "shelf.zip/in/b.txt"]
    assert [read_source(source) for source in found.sources] == [b"More words.\n", b"Words.\n"]
    assert dict(found.skipped) == {"shelf.zip/.hidden": "is hidden", "shelf.zip/void.txt": "is empty"}


def test_a_gzip_file_that_ends_in_an_empty_part_is_a_book(tmp_path: Path) -> None:
    write(tmp_path / "a.txt.gz", gzip.compress(b"Words.\n") + gzip.compress(b""))
    (source,) = discover(tmp_path).sources
    assert read_source(source) == b"Words.\n"


def test_a_damaged_archive_is_passed_over_with_a_reason(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "b.zip", b"PK\x03\x04 this is no zip at all")
    found = discover(tmp_path)
    assert names(found) == ["a.txt"]
    assert [name for name, _ in found.skipped] == ["b.zip"]


def source_of(path: Path) -> Source:
    return Source(path, None, path.stat().st_size, path.parent)


def test_a_book_that_vanished_is_told(tmp_path: Path) -> None:
    source = source_of(write(tmp_path / "a.txt"))
    source.path.unlink()
    with pytest.raises(ReadingError, match="a.txt was there when the files were listed and has vanished since"):
        read_source(source)


def test_a_member_whose_archive_vanished_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shelf.zip", "w") as archive:
        archive.writestr("a.txt", "Words.\n")
    (source,) = discover(tmp_path).sources
    source.path.unlink()
    with pytest.raises(ReadingError, match=r"shelf\.zip/a\.txt was there .* and has vanished since"):
        read_source(source)


@pytest.mark.parametrize("data", [b"longer than it was before, by far", b"short"])
def test_a_book_that_changed_its_size_is_told(tmp_path: Path, data: bytes) -> None:
    source = source_of(write(tmp_path / "a.txt", b"ten bytes!"))
    source.path.write_bytes(data)
    with pytest.raises(ReadingError, match="a.txt changed while it was being read"):
        read_source(source)


def test_a_book_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(write(tmp_path / "a.txt"))

    def refuse(*args: object, **keywords: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ReadingError, match="a.txt may not be read by this user; change its permissions"):
        read_source(source)


def test_a_stretch_of_a_file_is_read(tmp_path: Path) -> None:
    source = source_of(write(tmp_path / "a.txt", b"0123456789"))
    assert read_range(source, start=2, stop=5) == b"234"
