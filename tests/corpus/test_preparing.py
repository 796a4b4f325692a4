import errno
import os
import random
import shutil
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from folders import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.corpus import folders, preparing
from penwright.corpus import store as store_module
from penwright.corpus.config import CorpusConfig
from penwright.corpus.inspection import inspect_shelf
from penwright.corpus.passes import encoding_pass, text_cache
from penwright.corpus.passes.clean_text import read_bytes, read_chunk
from penwright.corpus.preparing import iter_prepare, prepare
from penwright.corpus.sources import chunks
from penwright.corpus.sources.discovery import discover
from penwright.corpus.sources.manifest import read_manifest, write_manifest
from penwright.corpus.sources.patterns import Paths
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError

PLAIN = CorpusConfig(licence=False, unwrap=False)


def contents(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.iterdir()}


def test_a_folder_becomes_a_corpus(books_dir: Path, tmp_path: Path) -> None:
    corpus = prepare(books_dir, cache_dir=tmp_path / "cache", config=PLAIN)
    assert len(corpus.books) == 6
    for book in corpus.books:
        assert corpus.book_text(book) == (books_dir / book.source).read_text(encoding="utf-8")
    corpus.verify()


@settings(max_examples=10)
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), min_size=1, max_size=5),
    config=st.sampled_from([PLAIN, CorpusConfig(min_count=3, max_characters=2)]),
)
def test_any_text_round_trips_through_a_corpus(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], config: CorpusConfig
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "books").mkdir()
    for number, text in enumerate(texts):
        # The letter makes it a book, and the mark leaves no doubt about its encoding, however odd the text.
        (folder / "books" / f"{number}.txt").write_text(f"{number}{text}", encoding="utf-8-sig", newline="")
    corpus = prepare(folder / "books", cache_dir=folder / "cache", config=config)
    found = {book.source: corpus.book_text(book) for book in corpus.books}
    cleaned = {}
    for source in discover(folder / "books").sources:
        chunk = chunks.chunks_of(source)[0]
        cleaned[source.name] = read_chunk(read_bytes(chunk), chunk=chunk, config=config).text
    assert found == cleaned
    assert all(text.startswith(name.removesuffix(".txt")) for name, text in found.items())


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_store_is_the_same_whatever_the_workers_and_the_order(books_dir: Path, tmp_path: Path, workers: int) -> None:
    paths = sorted(books_dir.iterdir())
    one = prepare(paths, cache_dir=tmp_path / "cache-1", workers=1)
    shuffled = random.Random(1).sample(paths, len(paths))
    other = prepare(shuffled, cache_dir=tmp_path / "cache-2", workers=workers)
    assert contents(one.path) == contents(other.path)


def test_the_seed_takes_files_as_they_are_and_joins_them(tmp_path: Path) -> None:
    texts = {f"{letter}.txt": f"\tAct {letter}\n" * 3000 for letter in "edcba"}
    (tmp_path / "plays").mkdir()
    for name, text in texts.items():
        (tmp_path / "plays" / name).write_text(text, encoding="ascii", newline="\r\n")
    config = CorpusConfig(alphabet="seed", split="seed")
    corpus = prepare(tmp_path / "plays", cache_dir=tmp_path / "cache", config=config)
    assert [book.source for book in corpus.books_in("val")] == ["e.txt"]
    assert corpus.alphabet.decode(corpus.ids) == "".join(texts[name] for name in sorted(texts))


def test_an_unchanged_shelf_is_recognised_and_nothing_is_written(books_dir: Path, tmp_path: Path) -> None:
    store = prepare(books_dir, cache_dir=tmp_path / "cache").path
    before = {path.name: path.stat() for path in store.iterdir()}
    stages = [record.stage for record in iter_prepare(books_dir, cache_dir=tmp_path / "cache")]
    assert "encoding" not in stages
    assert stages[-1] == "done"
    after = {path.name: path.stat() for path in store.iterdir()}
    assert {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in before.items()} == {
        name: (stat.st_ino, stat.st_mtime_ns) for name, stat in after.items()
    }


def test_a_changed_text_is_prepared_again_whatever_its_date(books_dir: Path, tmp_path: Path) -> None:
    path = books_dir / "Wren_Soup_1902.txt"
    one = prepare(books_dir, cache_dir=tmp_path / "cache")
    stat = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("the", "teh"), encoding="utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other = prepare(books_dir, cache_dir=tmp_path / "cache")
    assert one.digest != other.digest
    assert "teh" in other.book_text(next(book for book in other.books if book.title == "Soup"))
    old_keys = {key for keys in one.cache_keys for key in keys} - {key for keys in other.cache_keys for key in keys}
    assert len(old_keys) == 1
    assert not any(text_cache.entry_path(tmp_path / "cache", key).exists() for key in old_keys)


def test_nothing_of_the_old_corpus_is_open_when_it_is_replaced(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows renames no folder of which a file is mapped."""
    maps: list[weakref.ref[object]] = []
    num_open: list[int] = []
    map_ids, put_in_place = store_module._map_ids, folders._put_in_place

    def mapped(*arguments: object) -> object:
        ids = map_ids(*arguments)  # type: ignore[arg-type]
        maps.append(weakref.ref(ids))
        return ids

    def counted(folder: Path, target: Path) -> None:
        num_open.append(sum(ids() is not None for ids in maps))
        put_in_place(folder, target)

    monkeypatch.setattr(store_module, "_map_ids", mapped)
    monkeypatch.setattr(folders, "_put_in_place", counted)
    prepare(books_dir, cache_dir=tmp_path / "cache")
    (books_dir / "Wren_Soup_1902.txt").unlink()
    prepare(books_dir, cache_dir=tmp_path / "cache")
    assert num_open == [0, 0]
    assert len(maps) >= 2


def test_another_picture_in_the_folder_is_told_and_changes_no_id(books_dir: Path, tmp_path: Path) -> None:
    one = prepare(books_dir, cache_dir=tmp_path / "cache")
    (books_dir / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    other = prepare(books_dir, cache_dir=tmp_path / "cache")
    assert one.skipped == ()
    assert [name for name, _ in other.skipped] == ["cover.png"]
    assert one.digest == other.digest


def test_a_large_file_goes_in_chunks_and_comes_out_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_CHUNK_BYTES", 1000)
    text = "\n".join(f"Paragraph {number}: all was well — or so they said.\n" for number in range(100))
    (tmp_path / "book.txt").write_text(text, encoding="utf-8")
    corpus = prepare(tmp_path / "book.txt", cache_dir=tmp_path / "cache", config=PLAIN)
    assert corpus.book_text(corpus.books[0]) == text
    assert len(corpus.cache_keys[0]) == 5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MAX_CHUNK_BYTES", 1 << 20)
        whole = prepare(tmp_path / "book.txt", cache_dir=tmp_path / "cache", config=PLAIN)
    assert whole.digest == corpus.digest


class Killed(BaseException):
    """Stands for a signal that no handler sees."""


def test_a_preparation_that_was_killed_goes_on_where_it_was(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_dir = tmp_path / "cache"
    for record in iter_prepare(books_dir, cache_dir=cache_dir):
        if record.books_done == 4:
            break
    assert not list((cache_dir / "corpora").glob("[!.]*"))
    kept = {path for path in (cache_dir / "books").rglob("*") if len(path.name) == 64}
    assert len(kept) == 4
    times = {path: path.stat().st_mtime_ns for path in kept}
    corpus = prepare(books_dir, cache_dir=cache_dir)
    assert {path: path.stat().st_mtime_ns for path in kept} == times
    assert corpus.digest == prepare(books_dir, cache_dir=tmp_path / "new").digest


def test_a_kill_while_ids_are_written_leaves_the_last_good_corpus(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = prepare(books_dir, cache_dir=tmp_path / "cache").path
    before = contents(store)
    (books_dir / "Wren_Soup_1902.txt").unlink()

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(encoding_pass, "encode_book", die)
    with pytest.raises(Killed):
        prepare(books_dir, cache_dir=tmp_path / "cache")
    assert contents(store) == before
    assert list(store.parent.iterdir()) == [store]


def test_a_full_disk_gives_a_sentence_and_leaves_the_last_good_corpus(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = prepare(books_dir, cache_dir=tmp_path / "cache").path
    before = contents(store)
    (books_dir / "New_Book_1900.txt").write_text("A new book.\n", encoding="utf-8")

    @contextmanager
    def full(path: Path) -> Iterator[IO[bytes]]:
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    monkeypatch.setattr(text_cache, "replacing_unflushed", full)
    with pytest.raises(
        CorpusError, match="the disk is full: .*Make room and run again; what is done is not done again"
    ):
        prepare(books_dir, cache_dir=tmp_path / "cache")
    assert contents(store) == before


def test_too_little_room_is_told_before_ids_are_written(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(encoding_pass.shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(CorpusError, match=r"the corpus needs [0-9,]+ bytes in .*, where 100 are free. Make room"):
        prepare(books_dir, cache_dir=tmp_path / "cache")


def test_a_place_that_cannot_be_written_is_told(books_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="the books could not be written to .*Choose another folder"):
        prepare(books_dir, cache_dir=tmp_path / "file")


def test_books_in_many_encodings_are_told_apart(tmp_path: Path) -> None:
    text = "Über den Dächern ging der Mond auf, und die Bäume rauschten. Es war spät geworden.\n" * 40
    (tmp_path / "books").mkdir()
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"):
        (tmp_path / "books" / f"{encoding}.txt").write_text(f"{encoding}\n{text}", encoding=encoding)
    corpus = prepare(tmp_path / "books", cache_dir=tmp_path / "cache", config=PLAIN)
    for book in corpus.books:
        assert corpus.book_text(book) == f"{book.source.removesuffix('.txt')}\n{text}"


def test_a_file_name_that_is_no_text_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    name = os.fsdecode(b"l\xe4mp_\xff.txt")
    try:
        (tmp_path / "books" / name).write_text("A lamp.\n", encoding="utf-8")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes names in UTF-8 only")
    corpus = prepare(tmp_path / "books", cache_dir=tmp_path / "cache")
    assert [book.source for book in corpus.books] == ["l\ufffdmp_\ufffd.txt"]


def test_an_edited_manifest_decides(books_dir: Path, tmp_path: Path) -> None:
    path = books_dir / "shelf.toml"
    write_manifest(path, inspect_shelf(books_dir).manifest_books(books_dir))
    text = path.read_text(encoding="utf-8").replace('title = "Lamp"', 'title = "The Lamp"').replace('"val"', '"test"')
    path.write_text(text, encoding="utf-8")
    corpus = prepare(path, cache_dir=tmp_path / "cache")
    assert {book.title: book.split for book in corpus.books} == {book.title: book.split for book in read_manifest(path)}
    assert corpus.books_in("val") == ()
    assert "The Lamp" in {book.title for book in corpus.books}


def test_the_folder_in_the_cache_depends_on_paths_and_configuration(books_dir: Path, tmp_path: Path) -> None:
    def folder(paths: Paths, config: CorpusConfig | None = None) -> Path:
        return preparing._store_dir(paths, cache_dir=tmp_path, config=config or CorpusConfig())

    one, other = books_dir / "Vane_Lamp_1884.txt", books_dir / "Wren_Soup_1902.txt"
    assert folder([one, other]).name.rpartition("-")[2] == folder([other, one]).name.rpartition("-")[2]
    assert folder([str(one)]) == folder(one)
    assert len({folder(one), folder(other), folder(one, CorpusConfig(split_seed=1))}) == 3
    units = [CorpusConfig(unit="bpe"), CorpusConfig(unit="words"), CorpusConfig(unit="bpe", num_subwords=200)]
    assert len({folder(one, config) for config in [CorpusConfig(), *units]}) == 4
    assert folder(books_dir).parent == tmp_path / "corpora"
    assert folder(books_dir).name.startswith("books-")


@pytest.mark.slow
def test_two_processes_preparing_one_store_do_each_other_no_harm(books_dir: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from penwright.corpus import preparing; "
        "preparing._store_dir = lambda *_, **__: Path(sys.argv[2]); "
        "[preparing.prepare(sys.argv[1], cache_dir=sys.argv[3]) for _ in range(5)]"
    )
    others = tmp_path / "others"
    shutil.copytree(books_dir, others)
    (others / "Wren_Soup_1902.txt").unlink()
    root = ROOT
    environment = {**os.environ, "PYTHONPATH": str(root)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(shelf), str(tmp_path / "store"), str(tmp_path / "cache")],
            env=environment,
            stderr=subprocess.PIPE,
        )
        for shelf in (books_dir, others, books_dir, others)
    ]
    problems = [process.communicate()[1].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], problems
    corpus = Corpus.open(tmp_path / "store")
    corpus.verify()
    assert len(corpus.books) in (5, 6)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".store")]


def test_the_former_name_of_prepare_opens_the_same_corpus(books_dir: Path, tmp_path: Path) -> None:
    corpus = prepare([books_dir], cache_dir=tmp_path / "cache")
    assert corpus.path.is_relative_to(tmp_path / "cache")
    again = Corpus.from_files(str(books_dir), cache_dir=str(tmp_path / "cache"))
    assert again.path == corpus.path
    assert np.array_equal(again.ids, corpus.ids)


def test_progress_counts_each_book_once_though_it_is_written_in_passages(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("".join(f"Paragraph {index} tells of the ferry.\n\n" for index in range(2_000)), "utf-8")
    seen = list(iter_prepare([path], cache_dir=tmp_path / "cache"))
    assert len(Corpus.open(next((tmp_path / "cache").rglob("corpus.json")).parent).books) > 1
    encoding = [each for each in seen if each.stage == "encoding"]
    assert (encoding[-1].books_done, encoding[-1].bytes_done) == (1, path.stat().st_size)
    assert all(each.books_done <= each.num_books and each.bytes_done <= each.num_bytes for each in seen)
