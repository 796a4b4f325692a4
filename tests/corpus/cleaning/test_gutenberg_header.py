"""Title, author, language and date are read from new headers and old ones."""

import pytest

from penwright.corpus.cleaning.gutenberg_header import read_details

NEW = """The Project Gutenberg EBook of The Lamp, by A. Keeper

This eBook is for the use of anyone anywhere.

Title: The Lamp
       A Story of the Flats

Author: A. Keeper

Posting Date: March 3, 2009 [EBook #123]
Release Date: January, 1994
[Last updated: May 1, 2015]

Language: English

Character set encoding: UTF-8

*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***
"""


def test_the_fields_of_a_new_header_are_read() -> None:
    assert read_details(NEW) == {
        "Title": "The Lamp A Story of the Flats",
        "Author": "A. Keeper",
        "Release date": "March 3, 2009",
        "Language": "English",
    }


@pytest.mark.parametrize(
    ("line", "title", "author"),
    [
        ("The Project Gutenberg Etext of The Lamp, by A. Keeper", "The Lamp", "A. Keeper"),
        ("**The Project Gutenberg Etext of The Lamp, by A. Keeper**", "The Lamp", "A. Keeper"),
        ("Project Gutenberg's Etext of The Lamp, by A. Keeper", "The Lamp", "A. Keeper"),
        ('Project Gutenberg Etext "Die Lampe" von Wärter', "Die Lampe", "Wärter"),
        ("***This is the Project Gutenberg Etext of The Lamp***", "The Lamp", None),
        (
            "*****The Project Gutenberg Etext of Standing By the Lamp, by A. Keeper*****",
            "Standing By the Lamp",
            "A. Keeper",
        ),
    ],
)
def test_an_old_header_tells_them_in_its_first_line(line: str, title: str, author: str | None) -> None:
    details = read_details(f"{line}\n\nCopyright laws are changing.\n\nJune, 1998  [Etext #1342]\n")
    assert details.pop("Release date") == "June, 1998"
    assert details == {"Title": title} | ({"Author": author} if author else {})


def test_no_header_tells_nothing() -> None:
    assert read_details("") == {}
    assert read_details("Title:\n\nText.\n") == {}


@pytest.mark.parametrize(
    "header",
    [
        " " * 300_000 + "The Lamp\n",
        "Project Gutenberg Etext of The Lamp" + " " * 300_000 + "x\n",
        "Project Gutenberg Etext of The Lamp" + " by A" * 60_000 + "*x\n",
    ],
    ids=["blanks before", "blanks behind", "by and by"],
)
def test_a_long_line_costs_no_more_than_its_length(header: str) -> None:
    """Each length of each part was tried with each of the others: minutes, at this length."""
    assert read_details(header) == {}


def test_a_long_date_costs_no_more_than_its_length() -> None:
    blanks = " " * 300_000
    assert read_details(f"Release Date: May,{blanks}1998{blanks}[EBook #1342]\n") == {"Release date": "May, 1998"}
    many = "[EBook #1342 " * 25_000
    assert read_details(f"Release Date: May 1998 {many}\n") == {"Release date": f"May 1998 {many.strip()}"}
