"""Credits and notes about a file are found where they have an end that can be told, and nowhere else."""

import pytest

from penwright.corpus.cleaning.spans import without
from penwright.corpus.cleaning.transcriber_notes import find_closing_notes, find_credits, find_notes

BOOK = "THE LAMP\n\nby A. Keeper\n\nThe lamp had burned low when he came down.\n"


def after_credits(head: str) -> str:
    """What is left of a book behind a header once its credits are cut."""
    text = f"{head}\n\n{BOOK}"
    return without(text, find_credits(text, start=0, end=len(text))).lstrip("\n")


@pytest.mark.parametrize(
    "head",
    [
        "Produced by Anonymous Volunteers",
        "Produced by Jason Walker, Ben Street and the Online\nDistributed Proofreading Team at http://www.pgdp.net",
        "E-text prepared by A. Reader and B. Reader",
        "This etext was created by A. Reader, Omaha, Nebraska.  The\nequipment: a flatbed scanner.",
        "This Project Gutenberg Etext was prepared by A. Reader.",
        "Transcribed from the 1908 edition by A. Reader, email reader@example.org",
        "Etext reformatted by A. Reader\nreader@example.org",
        "(Additional editing by A. Reader)",
        "Credit for e-text: A. Reader and the Distributed Proofreading Team",
        "The Project Gutenberg Etext of The Lamp",
        "*****This file should be named lamp10.txt or lamp10.zip*****",
        "Produced by A. Reader\n\nNote: Project Gutenberg also has an HTML version of this\n      file with pictures.",
        "Produced by A. Reader\n\n***\n\nWe thank the Library (www.example.org) for the images.",
        "Produced by A. Reader\n\nTranscriber's Note: Obvious errors of the printer have been put right in this text.",
        "Produced by A. Reader\n\n[Transcriber's Note:\n\nWords in [brackets] are so\nin the book.\n\nAnd so on.]",
        "Produced by A. Reader\n\n * * * *\n\nTranscriber's Note: Spelling is kept.\n\nThere is an index.\n\n * * * *",
    ],
)
def test_what_speaks_of_the_file_goes(head: str) -> None:
    assert after_credits(head) == BOOK


@pytest.mark.parametrize(
    "head",
    [
        "PREFACE\n\nProduced by long labour, this book is offered to the reader.",
        "The small print of his life was hard to read.",
        "* * * * *\n\nPART ONE",
        "Transcriber's Note\n\nSpelling has been kept.",
        "[Editor's Note: the Keeper's own hand ends here.]",
        "[Transcriber's note that is never closed",
        "Produced by " + "a great many hands, and " * 150,
        "[Transcriber's Note: spelling is kept.] The lamp was lit.",
    ],
)
def test_what_may_be_the_books_own_stays(head: str) -> None:
    assert after_credits(head) == f"{head}\n\n{BOOK}"


def test_notes_in_brackets_and_boxes_are_found_among_the_first_pages() -> None:
    box = "+---------------------+\n| Transcriber's note: |\n| All is as it was.   |\n+---------------------+"
    note = "[Project Gutenberg Editor's Note: there is also\nanother [older] version]"
    text = f"THE LAMP\n\n{note}\n\nby A. Keeper\n\n{box}\n\nI.\n"
    left = without(text, find_notes(text, start=0, end=len(text)))
    assert [line for line in left.split("\n") if line] == ["THE LAMP", "by A. Keeper", "I."]


def test_a_box_of_the_books_own_stays() -> None:
    box = "+-----------------+\n| LAMPS AND OIL   |\n| sold here       |\n+-----------------+"
    text = f"{box}\n\n[Illustration: the lamp]\n"
    assert find_notes(text, start=0, end=len(text)) == []


@pytest.mark.parametrize(
    ("tail", "kept"),
    [
        ("THE END\n\n\n\nTranscriber's Notes\n\n- One error put right.\n- Another.\n\n", "THE END"),
        ("THE END\n\n[Transcriber's Note: one error put right.]\n\n", "THE END"),
        ("THE END\n\nTranscriber's Note\n\nNo gap before it, so it may be the book's.\n", None),
        ("THE END\n", None),
    ],
)
def test_a_note_that_runs_up_to_the_footer_goes(tail: str, kept: str | None) -> None:
    text = BOOK + "\n" + tail
    left = without(text, find_closing_notes(text, start=0, end=len(text)))
    assert left.strip() == (BOOK + "\n" + (kept or tail)).strip()
