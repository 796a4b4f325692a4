"""Header, licence and footer are cut in all their forms; what is no licence, or too much of one, stays."""

import pytest
from folders import CORPORA
from hypothesis import given
from hypothesis import strategies as st
from operations import CountingText, num_lines

from penwright.corpus.cleaning.gutenberg import find_boilerplate
from penwright.corpus.cleaning.gutenberg_markers import find_markers
from penwright.corpus.cleaning.spans import without
from penwright.corpus.formats.encodings.decoding import decode

BOOK = (
    "THE LAMP\n\nThe lamp had burned low when he came down.\n\n"
    + "It rained all night on the flats.\n\n" * 40
    + "THE END\n"
)
NEW_HEADER = "The Project Gutenberg EBook of The Lamp, by A. Keeper\n\nTitle: The Lamp\n\n"
OLD_HEADER = (
    "Project Gutenberg's Etext of The Lamp, by A. Keeper\n\nCopyright laws are changing.\n\nJune, 1998  [Etext #1]\n\n"
    '***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\nWhy is this "Small Print!" statement here?\n\n'
    + "You know: lawyers.\n"
    * 100
)
SMALL_PRINT_END = "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n"
LICENCE = (
    "*** START: FULL LICENSE ***\n\n"
    + "You may copy it, give it away or re-use it.\n" * 400
    + "\nThis Web site tells how to\n"
    "subscribe to our email newsletter to hear about new eBooks.\n"
)


def cut(text: str) -> tuple[str, list[str]]:
    """The text without its boilerplate, and the kinds of what was cut."""
    found = find_boilerplate(text)
    return without(text, found.spans), [span.kind for span in found.spans]


@pytest.mark.parametrize("start", [
    "*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n",
    "*** START OF THE PROJECT GUTENBERG EBOOK, THE LAMP ***\n",
    "***START OF THE PROJECT GUTENBERG EBOOK THE LAMP***\n",
    "*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP, OR\nTHE KEEPER'S SISTER ***\n",
])  # fmt: skip
@pytest.mark.parametrize("end", [
    "End of Project Gutenberg's The Lamp, by A. Keeper\n\n"
    "*** END OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n\n" + LICENCE,
    "***END OF THE PROJECT GUTENBERG EBOOK THE LAMP***\n\n"
    "******* This file should be named 1.txt *******\n\n" + LICENCE,
    "*** END OF THE PROJECT GUTENBERG EBOOK, THE LAMP ***\n\n**The Legal Small Print**\n\n"
    "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN EBOOKS**START***\n" + "Lawyers.\n" * 99 + SMALL_PRINT_END,
])  # fmt: skip
def test_new_headers_and_footers_are_cut(start: str, end: str) -> None:
    kept, kinds = cut(f"{NEW_HEADER}{start}\n\nProduced by A. Reader\n\n\n{BOOK}\n\n\n{end}")
    assert kept.strip() == BOOK.strip()
    assert kinds == ["header", "credits", "footer"]


@pytest.mark.parametrize("end", ["End of Project Gutenberg's Etext of The Lamp, by A. Keeper\n", ""])
@pytest.mark.parametrize("small_print_end", [SMALL_PRINT_END, SMALL_PRINT_END.replace("*END*THE", "*END THE", 1)])
def test_old_headers_end_with_the_small_print_and_old_files_may_end_with_nothing(
    end: str, small_print_end: str
) -> None:
    kept, kinds = cut(f"{OLD_HEADER}{small_print_end}\n\n{BOOK}\n{end}")
    assert kept.strip() == BOOK.strip()
    assert kinds == (["header", "footer"] if end else ["header"])


def test_small_print_at_the_bottom_does_not_begin_a_book() -> None:
    bottom = OLD_HEADER[OLD_HEADER.index("***START**") :] + SMALL_PRINT_END
    kept, kinds = cut(f"{BOOK}\n{bottom}")
    assert kept.strip() == BOOK.strip()
    assert kinds == ["footer"]


def test_a_footer_alone_is_cut_and_so_is_a_header_alone() -> None:
    start = "*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n\n"
    end = "\n\n*** END OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n\n" + LICENCE
    assert cut(BOOK + end)[0].strip() == cut(start + BOOK)[0].strip() == BOOK.strip()


def test_a_text_without_markers_is_returned_whole_and_warned_of_only_if_it_names_the_project() -> None:
    assert find_boilerplate(BOOK) == ((), "", (), "")
    mentioned = "This book is from Project Gutenberg.\n\n" + BOOK
    found = find_boilerplate(mentioned)
    assert found.spans == ()
    assert found.warnings == (
        "mentions Project Gutenberg, but has no mark of where its book begins or ends, so it is kept whole",
    )


LOOK_ALIKES = [
    "On this pretext he left; that was the start of it, and the end of all.",
    "The small print of the lies stood in his face.",
    "Murtagh Gutenberg himself could not have set it in type.",
    "START OF THE SEASON",
    "*** THE SECOND PART ***",
    "End of the first volume",
    "*END* OF THE LINE",
]


@given(st.lists(st.sampled_from([*LOOK_ALIKES, "It rained.", "", "***"]), min_size=1, max_size=30))
def test_look_alikes_in_a_book_are_left_alone(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert find_boilerplate(text).spans == ()
    header = f"{NEW_HEADER}*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n\n"
    framed = f"{header}{BOOK}\n{text}\n{BOOK}\nEnd of Project Gutenberg's X\n"
    assert cut(framed)[0].strip() == f"{BOOK}\n{text}\n{BOOK}".strip()


def test_a_cut_that_would_leave_little_is_not_believed() -> None:
    header = "*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n"
    for text in (
        header + "*** END OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n" + LICENCE,
        "Words of the book. " * 3_500 + "\n" + header + BOOK,
    ):
        found = find_boilerplate(text)
        assert found.spans == ()
        assert found.warnings[0].startswith("cutting what looks like a licence would take ")
        assert found.warnings[0].endswith(" of the text, so it is kept whole")


def test_several_books_in_one_file_lose_the_licences_between_them() -> None:
    start, end = (
        "*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n\n",
        "*** END OF THIS PROJECT GUTENBERG EBOOK X ***\n\n",
    )
    books = [f"BOOK {number}\n\n{BOOK}" for number in range(4)]
    text = (
        f"{NEW_HEADER}{start}{books[0]}\n{end}{LICENCE}\n{NEW_HEADER}{start}Produced by A. Reader\n\n{books[1]}\n"
        f"{OLD_HEADER}{SMALL_PRINT_END}\n{books[2]}\nEnd of Project Gutenberg's X\n"
        f"{NEW_HEADER}{start}{books[3]}\n{end}{LICENCE}"
    )
    kept, kinds = cut(text)
    assert kept.split() == "\n".join(books).split()
    assert kinds == ["header", "licence", "credits", "licence", "licence", "footer"]
    assert find_boilerplate(text).warnings[0].startswith("holds 4 Project Gutenberg books in one")


def test_a_story_that_somebody_put_behind_the_licence_is_kept() -> None:
    story = "MY STORY\n\n" + "The birds sang in the trees by the river, and nobody came.\n" * 10
    start, end = (
        "*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n\n",
        "*** END OF THIS PROJECT GUTENBERG EBOOK X ***\n\n",
    )
    assert cut(f"{NEW_HEADER}{start}{BOOK}\n{end}{LICENCE}\n\n{story}")[0].split() == (BOOK + story).split()


def test_only_the_first_chunk_has_a_header_and_only_the_last_a_footer() -> None:
    start, end = (
        "*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n\n",
        "*** END OF THIS PROJECT GUTENBERG EBOOK X ***\n\n",
    )
    first = find_boilerplate(f"{NEW_HEADER}{start}{BOOK}", is_last=False)
    middle = find_boilerplate(BOOK, is_first=False, is_last=False)
    last = find_boilerplate(f"{BOOK}{end}{LICENCE}", is_first=False)
    assert [[span.kind for span in found.spans] for found in (first, middle, last)] == [["header"], [], ["footer"]]
    assert "Title: The Lamp" in first.header


def test_an_edition_under_copyright_is_told() -> None:
    header = "**This is a COPYRIGHTED Project Gutenberg Etext, Details Below**\n\n"
    start = "*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n\n"
    assert find_boilerplate(header + start + BOOK).warnings == ("its header says that this edition is under copyright",)


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the books to test on are not beside the checkout")
def test_published_files_keep_their_books_and_lose_their_licences() -> None:
    for path in sorted(
        [*(CORPORA / "gutenberg-raw").rglob("*.txt"), *(CORPORA / "gutenberg-golden/raw").glob("*.txt")]
    ):
        text = decode(path.read_bytes(), name=path.name).text
        kept, kinds = cut(text)
        assert len(kept) >= 0.9 * (len(text) - 25_000), path.name
        assert find_markers(kept) == [], path.name
        assert find_boilerplate(kept).spans == (), path.name
        assert kinds[:1] == ["header"] or path.name == "old-pandp09.txt", path.name


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the books to test on are not beside the checkout")
def test_a_published_cleaner_keeps_the_same_text_but_for_notes() -> None:
    """What another cleaner keeps and this one cuts are transcriber's notes; nothing is kept that it cuts."""
    for path in sorted((CORPORA / "gutenberg-golden/raw").glob("*.txt")):
        text = decode(path.read_bytes(), name=path.name).text
        theirs = decode((CORPORA / "gutenberg-golden/clean" / path.name).read_bytes(), name=path.name).text.split()
        found = find_boilerplate(text)
        ours = without(text, found.spans).split()
        notes = [text[span.start : span.end].split() for span in found.spans if span.kind == "note"]
        assert len(theirs) == len(ours) + sum(map(len, notes)), path.name
        place = 0
        for word in ours:
            place = theirs.index(word, place) + 1


@pytest.mark.parametrize(
    "mark",
    [
        "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n",
        "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\nProduced by A. Keeper\n\n",
        "End of the Project Gutenberg EBook of X\n",
        "*** END OF THE PROJECT GUTENBERG EBOOK X ***\n",
        SMALL_PRINT_END,
    ],
)
def test_many_marks_take_time_in_proportion(mark: str) -> None:
    """All bounded stretches around a mark are shorter than the smaller text."""

    def operations(num_marks: int) -> int:
        text = CountingText(mark * num_marks + "\n" + BOOK)
        return num_lines(lambda: find_boilerplate(text)) + text.num_chars

    fewer = 90_000 // len(mark)
    assert operations(2 * fewer) < 3 * operations(fewer)  # the square would be 4
