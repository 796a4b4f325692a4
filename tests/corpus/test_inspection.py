import json
import random
from pathlib import Path

import pytest

from penwright.corpus.config import CorpusConfig
from penwright.corpus.inspection import MAX_CUT_CHARS, ShelfReport, compressed_fraction, inspect_shelf
from penwright.corpus.preparing import prepare
from penwright.corpus.sources.manifest import read_manifest, write_manifest
from penwright.errors import CorpusError

PAGE = """The Project Gutenberg EBook of The Lamp, by Edith Vane

This eBook is for the use of anyone anywhere at no cost and with almost no restrictions whatsoever.

Title: The Lamp

Author: Edith Vane

*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***

{}

*** END OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***

{}
"""


@pytest.fixture(scope="module")
def report(prose: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> ShelfReport:
    folder = tmp_path_factory.mktemp("shelf")
    for name, text in prose.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "Copy_Soup_1902.txt").write_text(prose["Wren_Soup_1902.txt"], encoding="utf-8-sig", newline="\r\n")
    licence = "You may copy it, give it away or re-use it under the terms of the licence.\n" * 60
    (folder / "pg1.txt").write_text(
        PAGE.format(prose["Vane_Lamp_1884.txt"] * 3, licence), encoding="latin-1", errors="replace"
    )
    (folder / "rows.txt").write_text("0;0;0;0\n" * 3000, encoding="ascii")
    (folder / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    return inspect_shelf(folder)


def test_every_book_is_reported_sorted_by_name(report: ShelfReport) -> None:
    names = [book.name for book in report.books]
    assert names == sorted(names)
    assert len(names) == 9
    assert [name for name, _ in report.skipped] == ["cover.png"]


def book_named(report: ShelfReport, name: str) -> object:
    return next(book for book in report.books if book.name == name)


def test_the_distributors_pages_are_shown_with_the_book_they_were_cut_from(report: ShelfReport) -> None:
    book = book_named(report, "pg1.txt")
    assert (book.title, book.author) == ("The Lamp", "Edith Vane")
    assert [cut.kind for cut in book.cuts] == ["header", "footer"]
    assert "START OF THIS PROJECT GUTENBERG" in book.cuts[0].text
    assert all(len(cut.text) <= MAX_CUT_CHARS + 10 for cut in book.cuts)
    assert book.cuts[1].num_chars > MAX_CUT_CHARS
    assert book.encoding_reason


def test_a_copy_is_told_with_its_original_and_not_taken(report: ShelfReport) -> None:
    copy, original = book_named(report, "Copy_Soup_1902.txt"), book_named(report, "Wren_Soup_1902.txt")
    assert (copy.duplicate_of, original.duplicate_of) == ("", "Copy_Soup_1902.txt")
    assert copy.split is not None
    assert original.split is None


def test_another_edition_is_told_on_both_sides_and_stays_on_one(report: ShelfReport) -> None:
    first, second = book_named(report, "Vane_Lamp_1884.txt"), book_named(report, "pg1.txt")
    assert [edition.name for edition in first.editions] == ["pg1.txt"]
    assert [edition.name for edition in second.editions] == ["Vane_Lamp_1884.txt"]
    assert first.editions[0].similarity >= 0.5
    assert first.split == second.split


def test_a_table_is_an_outlier_and_prose_is_none(report: ShelfReport) -> None:
    assert [book.name for book in report.books if book.is_outlier] == ["rows.txt"]


def test_splits_hold_what_the_books_say(report: ShelfReport) -> None:
    assert [split.split for split in report.splits] == ["train", "val", "test"]
    for split in report.splits:
        books = [book for book in report.books if split.split in (book.split, *book.passages)]
        chars = (book.passages.get(split.split, book.num_chars - sum(book.passages.values())) for book in books)
        assert split.num_books == len(books)
        assert split.num_chars == sum(chars)
        assert split.is_passages == (split.split != "train")
        assert set(split.authors) == {book.author for book in books if book.author}


def test_characters_outside_the_alphabet_are_named(books_dir: Path) -> None:
    (books_dir / "Ashdown_Garden_1911.txt").write_text("Ĉu vi ĉeestis? " * 30, encoding="utf-8")
    lossy = inspect_shelf(books_dir, config=CorpusConfig(alphabet="seed"))
    assert not lossy.is_lossless
    assert lossy.vocab_size == 98
    book = book_named(lossy, "Ashdown_Garden_1911.txt")
    assert book.num_unknown_chars == 60
    assert [(unknown.character, unknown.count) for unknown in book.unknown_characters] == [("Ĉ", 30), ("ĉ", 30)]
    assert book.unknown_characters[0].name == "U+0108 Ĉ LATIN CAPITAL LETTER C WITH CIRCUMFLEX"


def test_the_report_agrees_with_the_corpus_that_is_prepared(books_dir: Path, tmp_path: Path) -> None:
    shelf = inspect_shelf(books_dir)
    corpus = prepare(books_dir, cache_dir=tmp_path / "cache")
    assert {(b.name, b.split, b.num_chars, b.title, b.author, b.year, b.sha256) for b in shelf.books} == {
        (b.source, b.split, b.num_chars, b.title, b.author, b.year, b.sha256) for b in corpus.books
    }
    assert (shelf.characters, shelf.warnings) == (corpus.alphabet.characters, corpus.warnings)


def test_inspecting_writes_nothing(books_dir: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in books_dir.parent.rglob("*"))
    home = sorted(Path.home().rglob("*"))
    inspect_shelf(books_dir)
    assert sorted((path, path.stat().st_mtime_ns) for path in books_dir.parent.rglob("*")) == before
    assert sorted(Path.home().rglob("*")) == home


@pytest.mark.slow
def test_several_workers_report_the_same(books_dir: Path) -> None:
    assert inspect_shelf(books_dir, workers=2) == inspect_shelf(books_dir, workers=1)


def test_the_report_is_plain_data_without_folders_of_this_machine(report: ShelfReport, tmp_path: Path) -> None:
    text = json.dumps(report.to_json(), allow_nan=False)
    assert str(tmp_path.parent) not in text
    data = json.loads(text)
    assert data["books"][0].keys() >= {
        "title",
        "author",
        "split",
        "num_chars",
        "encoding",
        "cuts",
        "compressed_fraction",
    }
    assert data["vocab_size"] == report.vocab_size
    assert data["skipped"][0].keys() == {"name", "reason"}


def test_the_time_of_a_pass_follows_from_the_speed(report: ShelfReport) -> None:
    assert report.epoch_seconds(1000.0) == report.splits[0].num_chars / 1000
    with pytest.raises(CorpusError, match="chars_per_second=0 must be above 0"):
        report.epoch_seconds(0)


def test_the_manifest_of_a_report_prepares_the_same_corpus(books_dir: Path, tmp_path: Path) -> None:
    (books_dir / "Copy_Soup_1902.txt").write_bytes((books_dir / "Wren_Soup_1902.txt").read_bytes())
    shelf = inspect_shelf(books_dir)
    for place in (books_dir, tmp_path / "elsewhere"):
        place.mkdir(exist_ok=True)
        write_manifest(place / "shelf.toml", shelf.manifest_books(place))
    books = read_manifest(books_dir / "shelf.toml")
    assert [book.reason for book in books if not book.keep] == ["the same text as Copy_Soup_1902.txt"]
    assert not any(Path(book.path).is_absolute() for book in books)
    digests = {
        prepare(paths, cache_dir=tmp_path / "cache").digest
        for paths in (books_dir, books_dir / "shelf.toml", tmp_path / "elsewhere" / "shelf.toml")
    }
    assert len(digests) == 1


def test_compression_tells_prose_from_repetition_and_noise(prose: dict[str, str]) -> None:
    generator = random.Random(0)
    noise = "".join(
        generator.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/") for _ in range(400_000)
    )
    assert compressed_fraction("0;0\n" * 200_000) < 0.05
    assert 0.25 < compressed_fraction("\n".join(prose.values())) < 0.55
    assert compressed_fraction(noise) > 0.7
    assert compressed_fraction("") == 0
