import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from penwright.corpus.archives import members as archives
from penwright.corpus.config import CorpusConfig
from penwright.corpus.executor.workers import Workers
from penwright.corpus.passes import clean_text, cleaning_pass
from penwright.corpus.passes.cleaning_pass import Intake, take_in
from penwright.corpus.passes.progress import PrepareProgress, run_steps
from penwright.corpus.passes.text_cache import entry_path
from penwright.corpus.sources.listing import list_books
from penwright.corpus.sources.manifest import ManifestBook, write_manifest
from penwright.errors import CorpusError, ManifestError
from penwright.files.scratch import Scratch


def taken(path: Path, cache_dir: Path, *, config: CorpusConfig | None = None) -> tuple[Intake, list[PrepareProgress]]:
    records: list[PrepareProgress] = []
    listing, config = list_books(path), config or CorpusConfig()
    with Workers(1) as workers, Scratch(None) as scratch:
        steps = take_in(listing, config=config, cache_dir=cache_dir, workers=workers, scratch=scratch)
        return run_steps(steps, records.append), records


def count_cleanings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    read_chunk = cleaning_pass.read_chunk

    def counted(raw: object, **keywords: object) -> object:
        names.append(keywords["chunk"].source.name)  # type: ignore[attr-defined]
        return read_chunk(raw, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(cleaning_pass, "read_chunk", counted)
    return names


def test_every_book_is_read_and_kept(books_dir: Path, tmp_path: Path) -> None:
    found, _ = taken(books_dir, tmp_path / "cache")
    assert [one.book.source.name for one in found.books] == sorted(path.name for path in books_dir.iterdir())
    for one in found.books:
        assert all(entry_path(tmp_path / "cache", key).is_file() for key in one.keys)
        assert one.book.facts.num_chars > 100


def test_progress_ends_with_all_books_and_bytes(books_dir: Path, tmp_path: Path) -> None:
    _, records = taken(books_dir, tmp_path / "cache")
    assert (records[0].books_done, records[0].bytes_done, records[0].name) == (0, 0, "")
    assert (records[-1].books_done, records[-1].bytes_done) == (6, records[-1].num_bytes)
    assert {record.stage for record in records} == {"reading"}
    assert [record.books_done for record in records] == list(range(7))


def test_an_unchanged_book_is_never_cleaned_twice(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = count_cleanings(monkeypatch)
    taken(books_dir, tmp_path / "cache")
    assert len(cleaned) == 6
    (books_dir / "Wren_Soup_1902.txt").rename(books_dir / "Another_Name_1902.txt")
    (books_dir / "Vane_Lamp_1884.txt").touch()
    taken(books_dir, tmp_path / "cache")
    assert len(cleaned) == 6
    with (books_dir / "Vane_Lamp_1884.txt").open("a", encoding="utf-8") as file:
        file.write("One more line.\n")
    taken(books_dir, tmp_path / "cache")
    assert cleaned[6:] == ["Vane_Lamp_1884.txt"]
    taken(books_dir, tmp_path / "cache", config=CorpusConfig(unwrap=False))
    assert len(cleaned) == 13


def test_what_cannot_be_read_is_passed_over_with_its_reason(books_dir: Path, tmp_path: Path) -> None:
    (books_dir / "blank.txt").write_text(" \n \n", encoding="utf-8")
    (books_dir / "late.txt").write_bytes(b"Text at first. " * 1000 + bytes(5000))
    listing = list_books(books_dir)
    (books_dir / "Wren_Soup_1902.txt").unlink()
    with Workers(1) as workers, Scratch(None) as scratch:
        steps = take_in(listing, config=CorpusConfig(), cache_dir=tmp_path / "cache", workers=workers, scratch=scratch)
        with pytest.raises(StopIteration) as end:
            while True:
                next(steps)
    found: Intake = end.value.value
    assert len(found.books) == 5
    reasons = dict(found.skipped)
    assert "has vanished since" in reasons["Wren_Soup_1902.txt"]
    assert {"late.txt", "Wren_Soup_1902.txt", "blank.txt"} == set(reasons)


def test_a_compressed_archive_is_read_in_one_pass(
    tmp_path: Path, prose: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(prose, key=lambda name: len(prose[name]))
    with tarfile.open(tmp_path / "shelf.tar.gz", "w:gz") as archive:
        for name in reversed(names):
            info = tarfile.TarInfo(name)
            info.size = len(prose[name].encode())
            archive.addfile(info, io.BytesIO(prose[name].encode()))
    opened = []
    stream = archives.Stream

    def counted(*arguments: object, **keywords: object) -> object:
        opened.append(1)
        return stream(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(archives, "Stream", counted)
    found, _ = taken(tmp_path / "shelf.tar.gz", tmp_path / "cache")
    assert {one.book.source.member for one in found.books} == set(prose)
    assert len(opened) == 1


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "a.txt").write_bytes(b"Text at first. " * 1000 + bytes(5000))
    with pytest.raises(CorpusError, match="none of the 1 files found holds a book. a.txt"):
        taken(tmp_path / "books", tmp_path / "cache")


def test_a_book_of_a_manifest_must_be_readable(books_dir: Path, tmp_path: Path) -> None:
    (books_dir / "late.txt").write_bytes(b"Text at first. " * 1000 + bytes(5000))
    write_manifest(books_dir / "shelf.toml", [ManifestBook(path="late.txt")])
    with pytest.raises(ManifestError, match="late.txt.*Restore the file, or set keep = false in the manifest"):
        taken(books_dir / "shelf.toml", tmp_path / "cache")


def test_a_book_of_a_manifest_must_be_what_was_listed(books_dir: Path, tmp_path: Path) -> None:
    write_manifest(books_dir / "shelf.toml", [ManifestBook(path="Vane_Lamp_1884.txt", sha256="0" * 64)])
    with pytest.raises(
        ManifestError, match=r"no longer what the manifest lists .its sha256 is [0-9a-f]{64}.. Restore it"
    ):
        taken(books_dir / "shelf.toml", tmp_path / "cache")


def test_a_manifest_may_list_books_of_an_archive_too_large_to_be_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "shelf.zip", "w") as archive:
        archive.writestr("a.txt", "The lamp was out, and nobody had thought of oil.\n")
        archive.writestr("b.txt", "The rain was over, and nobody had heard it stop.\n")
    monkeypatch.setattr(clean_text, "MAX_WHOLE_BYTES", 100)
    assert (tmp_path / "shelf.zip").stat().st_size > 100
    members = [ManifestBook(path="shelf.zip", member=name) for name in ("a.txt", "b.txt")]
    write_manifest(tmp_path / "shelf.toml", members)
    found, _ = taken(tmp_path / "shelf.toml", tmp_path / "cache")
    assert [one.book.facts.num_chars for one in found.books] == [49, 49]
