"""A table becomes its column of text, whichever delimiter and header it has."""

import csv

import pytest

from penwright.corpus.formats.csv_tables import read_table
from penwright.errors import ReadingError

LONG = "The road went on over the hill and down to the river."


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("title,text\nA,First.\nB,Second.\n", "First.\nSecond.\n"),
        ('title;TEXT\nA;"First; with a semicolon."\n', "First; with a semicolon.\n"),
        ("author|content\nA|First, with a comma.\n", "First, with a comma.\n"),
        (f"id,year,what\n1,1900,{LONG}\n2,1901,{LONG}\n", f"{LONG}\n{LONG}\n"),
        (f"1,{LONG}\n2,{LONG}\n", f"{LONG}\n{LONG}\n"),
        ('text\n"One.\nTwo."\nThree.\n', "One.\nTwo.\n\nThree.\n"),
        ("text\nHe came, saw, and left.\n", "He came, saw, and left.\n"),
        ('text\n"She said ""no"" twice."\n', 'She said "no" twice.\n'),
        ("a,text\n1,First.\n2\n3,\n4,Last.\n", "First.\nLast.\n"),
        ('sep=;\nid;text\n1;"One; two"\n', "One; two\n"),
        ('id\ttext\n1\t"So, she said\n2\tNo.\n3\t"Well\n', '"So, she said\nNo.\n"Well\n'),
        ('id,text\n1,"He said \\"mind the step\\" and left"\n2,x\n', 'He said "mind the step" and left\nx\n'),
        (
            "The keeper came, the widow left.\nThe lamp, too, was lit.\n" * 3,
            "The keeper came, the widow left.\nThe lamp, too, was lit.\n" * 3,
        ),
        ("id,text\n1,She came, saw, and left.\n2,No.\n", "She came, saw, and left.\nNo.\n"),
    ],
)
def test_the_text_column_is_found(table: str, text: str) -> None:
    assert read_table(table, name="t.csv")[0] == text


def test_a_given_delimiter_is_used() -> None:
    assert read_table("a,b\ttext\n1,2\tFirst, of all.\n", name="t.tsv", delimiter="\t")[0] == "First, of all.\n"


def test_a_cell_may_hold_a_whole_book_and_the_limit_of_the_process_is_put_back() -> None:
    before = csv.field_size_limit(131_072)
    book = "word " * 60_000
    assert read_table(f"text\n{book}\n", name="t.csv")[0] == book.strip() + "\n"
    assert csv.field_size_limit(before) == 131_072


def test_a_table_of_numbers_names_its_columns() -> None:
    with pytest.raises(
        ReadingError, match=r"t.csv has no column of text: it has year, price. Name the column .* 'text'"
    ):
        read_table("year,price\n1900,3\n1901,4\n", name="t.csv")


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ReadingError, match=r"t.csv has no rows"):
        read_table("\n\n", name="t.csv")


def test_rows_without_text_are_told() -> None:
    assert read_table("a,text\n1,First.\n2\n3,Last.\n", name="t.csv") == (
        "First.\nLast.\n",
        ("1 of its 4 rows has no cell in the column of text",),
    )
