"""On a small shelf, passages from the ends of the books are held out, and nothing of them is learned from."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from penwright import Corpus, prepare
from penwright.corpus.config import CorpusConfig
from penwright.corpus.inspection import inspect_shelf

LETTERS = "etaoinshrdlucmfwyp"


def write_books(folder: Path, number: int, *, chapters: int = 40) -> Path:
    """Write books of short chapters that share no sentence."""
    folder.mkdir(exist_ok=True)
    for book in range(number):
        draw = random.Random(book)
        words = ["".join(draw.choices(LETTERS, k=draw.randint(2, 9))) for _ in range(400)]
        text = "".join(
            f"CHAPTER {chapter}\n\n"
            + "".join(" ".join(draw.choices(words, k=9)) + ". " for _ in range(20)).rstrip()
            + "\n\n"
            for chapter in range(1, chapters + 1)
        )
        (folder / f"Writer{book}_Title{book}_1900.txt").write_text(text + "ЯЖ"[book % 2] + "\n", encoding="utf-8")
    return folder


def prepared(folder: Path, tmp_path: Path, **settings: object) -> Corpus:
    return prepare(folder, config=CorpusConfig(**settings), cache_dir=tmp_path / "cache", workers=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [1, 2, 4, 11])
def test_a_small_shelf_loses_at_most_a_tenth_and_no_chapter_is_on_two_sides(number: int, tmp_path: Path) -> None:
    folder = write_books(tmp_path / "books", number)
    corpus = prepared(folder, tmp_path)
    assert corpus.holds_out_passages
    assert corpus.num_books == number
    total = sum(book.num_chars for book in corpus.books)
    assert 0.9 * total <= corpus.num_chars("train") <= 0.95 * total
    for split in ("val", "test"):
        assert len(corpus.books_in(split)) == number
        assert all(corpus.book_text(book).startswith("CHAPTER ") for book in corpus.books_in(split))
    for book in corpus.books_in("train"):
        parts = sorted((part for part in corpus.books if part.source == book.source), key=lambda part: part.first_char)
        text = "\n".join(corpus.book_text(part) for part in parts)  # each part ends in one line feed, as a book does
        assert text == (folder / book.source).read_text(encoding="utf-8")
        assert [part.first_char for part in parts[1:]] == [
            parts[0].num_chars + 1,
            parts[0].num_chars + parts[1].num_chars + 2,
        ]
    # A character of the last passages only is not in the alphabet, so nothing of a passage was counted.
    assert not set("ЯЖ") & set(corpus.alphabet.characters)
    corpus.verify()


def test_the_report_says_the_same_as_the_corpus(tmp_path: Path) -> None:
    folder = write_books(tmp_path / "books", 4)
    corpus, report = prepared(folder, tmp_path), inspect_shelf(folder, workers=1)
    assert [(split.num_chars, split.is_passages) for split in report.splits] == [
        (corpus.num_chars(split.split), split.split != "train") for split in report.splits
    ]
    assert report.vocab_size == corpus.alphabet.vocab_size
    assert any("passages from the ends of the same books" in warning for warning in corpus.warnings)
    assert corpus.warnings == report.warnings
    assert all(book.split is None for book in report.manifest_books(folder)), "a manifest holds out passages again"


def test_twelve_books_are_split_as_before(tmp_path: Path) -> None:
    folder = write_books(tmp_path / "books", 12, chapters=20)
    corpus, before = prepared(folder, tmp_path), prepared(folder, tmp_path, split="author")
    assert not corpus.holds_out_passages
    assert corpus.books == before.books
    assert corpus.digest == before.digest == "f7459bf4934e401c0350e2773eb362437316f792a077012904020c2b9eda2c18"
    (folder / "Writer11_Title11_1900.txt").unlink()
    assert prepared(folder, tmp_path).holds_out_passages
    assert not prepared(folder, tmp_path, split="author").holds_out_passages


def test_no_passage_is_taken_from_a_book_that_is_on_the_shelf_twice(tmp_path: Path) -> None:
    folder = write_books(tmp_path / "books", 4)
    first = folder / "Writer0_Title0_1900.txt"
    (folder / "Another.txt").write_text(first.read_text(encoding="utf-8") + "\nAnd that was all of it.\n", "utf-8")
    corpus = prepared(folder, tmp_path)
    held_out = {book.source for book in corpus.books if book.split != "train"}
    assert held_out == {f"Writer{number}_Title{number}_1900.txt" for number in (1, 2, 3)}


def test_a_manifest_and_little_books_are_split_by_whole_books(tmp_path: Path, books_dir: Path) -> None:
    assert not prepared(books_dir, tmp_path).holds_out_passages
    assert prepared(books_dir, tmp_path).books_in("val")


def test_subwords_are_learned_without_the_passages(tmp_path: Path) -> None:
    folder = write_books(tmp_path / "books", 2)
    characters, words = prepared(folder, tmp_path), prepared(folder, tmp_path, unit="words", num_subwords=200)
    assert [replace(book, start=0, num_ids=0) for book in words.books] == [
        replace(book, start=0, num_ids=0) for book in characters.books
    ]
    assert [words.book_text(book) for book in words.books] == [characters.book_text(book) for book in characters.books]


def test_a_lost_text_is_read_again(tmp_path: Path) -> None:
    folder = write_books(tmp_path / "books", 2)
    digest = prepared(folder, tmp_path).digest
    shutil.rmtree(tmp_path / "cache" / "corpora")
    shutil.rmtree(tmp_path / "cache" / "books")
    assert prepared(folder, tmp_path).digest == digest
