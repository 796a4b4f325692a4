"""What a shelf report says below its table."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from penwright.cli.display.shelf_table import MAX_NOTES, MAX_SKIPPED, book_label, notes, shelf_table, totals
from penwright.corpus.inspection import BookReport, Edition, ShelfReport, SplitReport, UnknownCharacter


def book(name: str, **changes: object) -> BookReport:
    """A book about which there is nothing to say."""
    values: dict[str, object] = {
        "name": name,
        "path": Path(name),
        "member": None,
        "sha256": "0" * 64,
        "title": "",
        "author": "",
        "year": None,
        "split": "train",
        "num_bytes": 9,
        "num_chars": 9,
        "encoding": "utf-8",
        "encoding_reason": "valid UTF-8",
        "cuts": (),
        "is_hard_wrapped": False,
        "was_unwrapped": False,
        "num_unknown_chars": 0,
        "unknown_characters": (),
        "duplicate_of": "",
        "editions": (),
        "compressed_fraction": 0.4,
        "is_outlier": False,
        "warnings": (),
    }
    return BookReport(**{**values, **changes})  # type: ignore[arg-type]


def shelf(*books: BookReport, skipped: tuple[tuple[str, str], ...] = (), authors: tuple[str, ...] = ()) -> ShelfReport:
    """A shelf of these books."""
    return ShelfReport(
        books=books,
        skipped=skipped,
        splits=(SplitReport(split="train", num_books=len(books), num_chars=7_200_000, authors=authors),),
        vocab_size=90,
        characters="ab",
        is_lossless=True,
        warnings=("Something about all books.",),
    )


def test_nothing_is_said_of_ordinary_books() -> None:
    assert list(notes(shelf(book("a.txt"), book("b.txt", encoding="utf-8-sig")))) == ["Something about all books."]


def test_editions_that_hang_together_are_told_in_one_sentence() -> None:
    def like(*names: str) -> tuple[Edition, ...]:
        return tuple(Edition(name=name, similarity=0.9) for name in names)

    books = (
        book("a", editions=like("b")),
        book("b", editions=like("a", "c")),
        book("c", editions=like("b")),
        book("d"),
    )
    assert list(notes(shelf(*books)))[0] == "much the same text, kept on one side of the split: a, b, c"


def test_encodings_are_told_together() -> None:
    changes = {"encoding": "cp1252", "encoding_reason": "declared, and reads as French"}
    found = list(notes(shelf(*(book(f"{number}", **changes) for number in range(9)))))
    assert found[0] == "read as cp1252 (declared, and reads as French): 0, 1, 2, 3, 4, 5 and 3 more"


def test_odd_characters_and_odd_texts_are_named() -> None:
    unknown = UnknownCharacter(character="é", name="U+00E9 é LATIN SMALL LETTER E WITH ACUTE", count=3)
    odd = book("a", unknown_characters=(unknown,), is_outlier=True, compressed_fraction=0.07, warnings=("odd",))
    assert list(notes(shelf(odd)))[:3] == [
        "a: characters without a symbol of their own: U+00E9 é LATIN SMALL LETTER E WITH ACUTE (3)",
        "a: compresses to 7%, unlike a book: repeated, tabular or garbled text?",
        "a: odd",
    ]


def test_long_lists_are_cut_short() -> None:
    books = [book(f"{number:03}", warnings=("odd",)) for number in range(100)]
    found = list(notes(shelf(*books, skipped=tuple((f"{number}", f"{number} is no text: 9") for number in range(50)))))
    assert len(found) == MAX_NOTES + MAX_SKIPPED + 3
    assert found[MAX_NOTES] == "... and 61 more notes; --json lists all."
    assert found[-2:] == ["... and 40 more files not read; --json lists all.", "by reason: is no text (50)"]


def test_totals_name_some_authors_and_the_time_of_one_reading() -> None:
    report = shelf(book("a"), authors=("A", "B", "C", "D", "E"))
    lines = list(totals(report, chars_per_second=20_000))
    assert lines[0] == "train  1 book, 7,200,000 characters, by A, B, C, D and others"
    assert lines[-1] == "One reading of the training books at 20,000 characters a second takes 6:00."


def test_a_book_without_a_title_is_called_by_its_file() -> None:
    assert book_label(book("a.txt")) == "a.txt"
    assert book_label(book("a.txt", title="Rain")) == "Rain"
    assert book_label(book("a.txt", title="Rain", author="Ida Vane")) == "Rain (Ida Vane)"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_narrow_table_lacks_columns_and_no_letters(width: int) -> None:
    books = [book(f"{number}.txt", num_chars=1_234_567, encoding="iso2022_jp_2", split="val") for number in range(3)]
    paper = Console(file=StringIO(), width=width)
    paper.print(shelf_table(shelf(*books), width=width))
    lines = paper.file.getvalue().splitlines()
    assert all(len(line.rstrip()) <= width for line in lines)
    assert "…" not in "".join(lines) and "book" in lines[0] and "split" in lines[0]
    assert [name in lines[0] for name in ("lines", "characters")] == [width >= 80, True]
