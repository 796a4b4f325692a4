import json
from copy import copy
from pathlib import Path

import numpy as np
import pytest

from penwright.corpus.config import CorpusConfig
from penwright.corpus.description import JSON_NAME
from penwright.corpus.preparing import prepare
from penwright.corpus.store import IDS_NAME, Corpus
from penwright.errors import ConfigError, CorpusError


@pytest.fixture
def store(books_dir: Path, tmp_path: Path) -> Path:
    return prepare(books_dir, cache_dir=tmp_path / "cache").path


def test_every_book_is_its_boundary_and_its_text(corpus: Corpus) -> None:
    assert len(corpus.books) == 6
    start = 0
    for book in corpus.books:
        ids = corpus.book_ids(book)
        assert book.start == start
        assert ids[0] == corpus.alphabet.boundary_id
        assert len(ids) == book.num_ids
        assert len(corpus.book_text(book)) == book.num_chars
        assert corpus.alphabet.encode(corpus.book_text(book)).tolist() == ids[1:].tolist()
        start += book.num_ids
    assert len(corpus.ids) == start


def test_splits_are_stretches_in_the_order_train_val_test(corpus: Corpus) -> None:
    assert [book.split for book in corpus.books] == sorted(
        (book.split for book in corpus.books), key=["train", "val", "test"].index
    )
    assert sum(corpus.num_chars(split) for split in ("train", "val", "test")) == sum(b.num_chars for b in corpus.books)
    assert corpus.require_books("train") == corpus.books_in("train")


def test_ids_are_mapped_and_cannot_be_written(corpus: Corpus) -> None:
    assert isinstance(corpus.ids, np.memmap)
    assert corpus.ids.dtype == corpus.alphabet.dtype
    with pytest.raises(ValueError, match="read-only"):
        corpus.ids[0] = 1


def test_a_book_knows_where_it_comes_from(corpus: Corpus) -> None:
    lamp = next(book for book in corpus.books if book.title == "Lamp")
    assert (lamp.author, lamp.year, lamp.source) == ("Vane", 1884, "Vane_Lamp_1884.txt")
    assert len(lamp.sha256) == 64


def test_a_corpus_opened_again_is_the_same(store: Path) -> None:
    one, other = Corpus.open(store), Corpus.open(str(store))
    assert one.books == other.books
    assert one.digest == other.digest
    assert one.config == CorpusConfig()
    assert np.array_equal(one.ids, other.ids)
    one.verify()


def test_the_digest_names_the_content_and_not_the_place(books_dir: Path, tmp_path: Path) -> None:
    one = prepare(books_dir, cache_dir=tmp_path / "cache")
    moved = books_dir.rename(tmp_path / "moved")
    other = prepare(moved, cache_dir=tmp_path / "cache")
    assert one.path != other.path
    assert one.digest == other.digest
    with (moved / "Wren_Soup_1902.txt").open("a", encoding="utf-8") as file:
        file.write("More soup.\n")
    assert prepare(moved, cache_dir=tmp_path / "cache").digest != one.digest


def test_an_empty_split_is_told_where_it_is_needed(books_dir: Path, tmp_path: Path) -> None:
    corpus = prepare(books_dir / "Vane_Lamp_1884.txt", cache_dir=tmp_path / "cache")
    assert corpus.books_in("val") == ()
    assert corpus.num_chars("val") == 0
    with pytest.raises(
        CorpusError, match="a 0-book split: 'val' holds no book .1 in train, 0 in val, 0 in test.. Add books"
    ):
        corpus.require_books("val")


def test_an_unknown_split_is_refused(corpus: Corpus) -> None:
    with pytest.raises(ConfigError, match="split='valid' is unknown. Did you mean 'val'"):
        corpus.books_in("valid")  # type: ignore[arg-type]


def test_a_folder_without_a_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no corpus in .*corpus.json is missing.*Prepare the books first"):
        Corpus.open(tmp_path)


def test_ids_of_another_size_are_refused(store: Path) -> None:
    ids = store / IDS_NAME
    ids.write_bytes(ids.read_bytes()[:-1])
    with pytest.raises(CorpusError, match="is damaged: ids.bin has .* bytes, its books need .*Prepare the books again"):
        Corpus.open(store)


def test_missing_ids_are_told(store: Path) -> None:
    (store / IDS_NAME).unlink()
    with pytest.raises(CorpusError, match="ids.bin cannot be opened"):
        Corpus.open(store)


def test_verify_finds_a_changed_id(store: Path) -> None:
    data = bytearray((store / IDS_NAME).read_bytes())
    data[-1] ^= 1
    (store / IDS_NAME).write_bytes(data)
    corpus = Corpus.open(store)
    with pytest.raises(CorpusError, match=f"the ids of '{corpus.books[-1].title}' .* are damaged"):
        corpus.verify()


def test_a_description_edited_by_hand_is_refused(store: Path) -> None:
    path = store / JSON_NAME
    path.write_text(path.read_text(encoding="utf-8").replace('"Vane"', '"Vain"'), encoding="utf-8")
    with pytest.raises(CorpusError, match="does not match its checksum"):
        Corpus.open(store)


def test_a_corpus_shows_what_it_is(corpus: Corpus) -> None:
    assert repr(corpus).startswith("Corpus(6 books, ")
    assert str(corpus.alphabet.vocab_size) in repr(corpus)


def test_the_description_holds_no_folder_of_this_machine(store: Path, tmp_path: Path) -> None:
    text = json.dumps(json.loads((store / JSON_NAME).read_text(encoding="utf-8")))
    assert str(tmp_path) not in text
    assert str(Path.home()) not in text


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="Linux alone tells the pages of files")
def test_ids_that_were_read_need_not_stay_in_memory(corpus: Corpus, tmp_path: Path) -> None:
    def mapped_mb() -> float:
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return int(status["RssFile"].split()[0]) / 1e3

    num_ids = 200_000_000
    with (tmp_path / "ids.bin").open("wb") as file:
        file.truncate(num_ids)
    large = copy(corpus)
    large.ids = np.memmap(tmp_path / "ids.bin", dtype=np.uint8, mode="r")
    assert not large.ids.any()
    before = mapped_mb()
    large.release_pages()
    assert mapped_mb() < before - 150
    assert not large.ids[-1_000:].any()
    large.ids = np.zeros(3, dtype=np.uint8)  # the ids of another alphabet are held in memory
    large.release_pages()
