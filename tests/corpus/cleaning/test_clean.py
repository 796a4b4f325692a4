"""A file's text becomes the book's own, every cut is told, and a clean text stays as it is."""

import textwrap
import tracemalloc

import pytest
from folders import CORPORA
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.cleaning.clean import MAX_CUT_CHARS, CleaningConfig, clean
from penwright.corpus.cleaning.gutenberg_markers import find_markers
from penwright.corpus.formats.encodings.decoding import decode

DEFAULT = CleaningConfig()
HEADER = (
    "The Project Gutenberg EBook of The Lamp, by A. Keeper\n\n"
    "Title: The Lamp\n\nAuthor: A. Keeper\n\nLanguage: English\n\n"
    "*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n\n\nProduced by A. Reader\n\n\n\n"
)
FOOTER = (
    "\n\nEnd of Project Gutenberg's The Lamp, by A. Keeper\n\n*** END OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***\n"
)
PARAGRAPHS = [
    "The lamp had burned low when the keeper came down the stair, and he stood for a while with one hand on the rail, "
    f"listening to the water that ran beneath the floor; it was the {number} night that he had heard it, and it seemed "
    "to him that there was a second sound within it, lower and slower, like the breath of some large animal asleep."
    for number in ("first", "second", "third", "fourth")
]
WRAPPED = "\n\n".join(textwrap.fill(paragraph, 66) for paragraph in PARAGRAPHS) + "\n"
BOOK = "\n\n".join(PARAGRAPHS) + "\n"
INVISIBLE = "x\xa0\n\u200b\n\u200b\n\u200b\n"


def test_a_published_file_becomes_its_book() -> None:
    cleaned = clean(HEADER + WRAPPED + FOOTER, config=DEFAULT)
    assert cleaned.text == BOOK
    assert cleaned.details == {"Title": "The Lamp", "Author": "A. Keeper", "Language": "English"}
    assert (cleaned.is_hard_wrapped, cleaned.was_unwrapped, cleaned.warnings) == (True, True, ())


def test_every_cut_is_reported_with_its_lines() -> None:
    text = HEADER + WRAPPED + FOOTER
    cuts = clean(text, config=DEFAULT).cuts
    assert [cut.kind for cut in cuts] == ["header", "credits", "footer"]
    lines = text.split("\n")
    for cut in cuts:
        assert "\n".join(lines[cut.first_line - 1 : cut.first_line - 1 + cut.num_lines]) == cut.text.rstrip("\n")
        assert cut.num_chars == len(cut.text)


def test_a_long_cut_is_told_in_part() -> None:
    licence = "*** START: FULL LICENSE ***\n" + "You may copy it.\n" * 1_400
    cut = clean(HEADER + WRAPPED + FOOTER + licence, config=DEFAULT).cuts[-1]
    assert len(cut.text) == MAX_CUT_CHARS < cut.num_chars


def test_each_step_can_be_left_out() -> None:
    text = HEADER + WRAPPED + FOOTER
    uncut = clean(text, config=CleaningConfig(licence=False, unwrap=False))
    assert uncut.text == text.replace("\n\n\n\n", "\n\n\n")
    assert uncut.cuts == ()
    assert uncut.details["Title"] == "The Lamp"
    cut = clean(text, config=CleaningConfig(unwrap=False))
    assert cut.text == WRAPPED
    assert (cut.is_hard_wrapped, cut.was_unwrapped) == (True, False)


def test_a_text_without_markers_is_kept_whole() -> None:
    assert clean(BOOK, config=DEFAULT) == (BOOK, (), {}, False, False, (), 0, "")
    cleaned = clean("From Project Gutenberg.\n\n" + BOOK, config=DEFAULT)
    assert cleaned.text == "From Project Gutenberg.\n\n" + BOOK
    assert len(cleaned.warnings) == 1


def test_a_program_is_returned_as_it_is() -> None:
    text = HEADER + "x = 1  \n\n\n\n\n\n" + FOOTER
    assert clean(text, config=CleaningConfig(normalize_punctuation=True), is_verbatim=True) == (
        text,
        (),
        {},
        False,
        False,
        (),
        0,
        "",
    )


def test_trailing_blanks_and_surplus_blank_lines_go() -> None:
    assert clean("\n\nOne.  \n \n\t\n\n\n\nTwo.\t\nThree.", config=DEFAULT).text == "One.\n\n\nTwo.\nThree.\n"


@pytest.mark.parametrize("text", ["", "\n", " \n\n", "a"])
def test_next_to_nothing_is_cleaned_too(text: str) -> None:
    assert clean(text, config=DEFAULT).text == (text.strip() + "\n" if text.strip() else "")


def test_folding_writes_as_a_typewriter_does_and_only_when_asked() -> None:
    text = "“Zoë’s ﬁne,” he said – and—‘no’… it’s 10\xa0%.\n"
    assert clean(text, config=DEFAULT).text == text
    assert (
        clean(text, config=CleaningConfig(normalize_punctuation=True)).text
        == "\"Zoë's fine,\" he said - and--'no'... it's 10 %.\n"
    )


def test_what_folding_leaves_of_a_line_is_tidied() -> None:
    config = CleaningConfig(normalize_punctuation=True)
    assert clean("One.\xa0\nTwo.\u2003\n", config=config).text == "One.\nTwo.\n"
    assert clean("\ufeff\nOne.\n\u200b\n\u200b\n\u200b\nTwo.\n\xa0\n", config=config).text == "One.\n\n\nTwo.\n"


def test_chunks_of_a_file_join_to_what_the_whole_gives() -> None:
    chunks = [HEADER + BOOK, "\n\n" + BOOK * 3, "\n" + BOOK + FOOTER]
    places = [(True, False), (False, False), (False, True)]
    cleaned = [
        clean(chunk, config=DEFAULT, is_first=is_first, is_last=is_last).text
        for chunk, (is_first, is_last) in zip(chunks, places, strict=True)
    ]
    assert "".join(cleaned) == clean("".join(chunks), config=DEFAULT).text


@given(
    st.lists(
        st.sampled_from(
            [HEADER, FOOTER, WRAPPED, BOOK, "  \n", "\n\n\n\n", "***\n", "CHAPTER I\n", "¡Olé!\n", INVISIBLE]
        ),
        max_size=9,
    ),
    st.booleans(),
    st.booleans(),
)
def test_cleaning_a_clean_text_changes_nothing(parts: list[str], unwrap: bool, normalize: bool) -> None:
    config = CleaningConfig(unwrap=unwrap, normalize_punctuation=normalize)
    once = clean("".join(parts), config=config).text
    assert clean(once, config=config).text == once


@given(st.text(st.characters(exclude_characters="\r"), max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    cleaned = clean(text, config=DEFAULT)
    assert "".join(cleaned.text.split()) == "".join(text.split())


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the books to test on are not beside the checkout")
def test_real_books_keep_their_words_and_are_clean_afterwards() -> None:
    for path in sorted((CORPORA / "gutenberg-raw").rglob("*.txt")):
        text = decode(path.read_bytes(), name=path.name).text
        cleaned = clean(text, config=DEFAULT)
        assert clean(cleaned.text, config=DEFAULT).text == cleaned.text, path.name
        assert find_markers(cleaned.text) == [], path.name
        num_cut = sum(len("".join(cut.text.split())) for cut in cleaned.cuts)
        assert len("".join(cleaned.text.split())) >= len("".join(text.split())) - num_cut - 10, path.name


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the books to test on are not beside the checkout")
def test_plays_in_verse_are_not_touched() -> None:
    for path in sorted((CORPORA / "shakespeare").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").split("\n")
        cleaned = clean("\n".join(lines), config=DEFAULT)
        assert [line for line in cleaned.text.split("\n") if line] == [line.rstrip() for line in lines if line.strip()]
        assert not cleaned.is_hard_wrapped


@pytest.mark.parametrize(("letter", "num_bytes"), [("e", 1), ("œ", 2)])
def test_memory_is_a_few_copies_of_the_text(letter: str, num_bytes: int) -> None:
    """Fewer than four beside the text given; four bytes a character and a number for each are eighteen."""
    paragraph = f"The lamp had burned low wh{letter}n the keeper came down the stair, and he stood for a while. " * 6
    text = "\n\n".join([textwrap.fill(paragraph, 70)] * 3_000) + "\n"
    config = CleaningConfig()
    clean(text[:10_000], config=config)
    tracemalloc.start()
    cleaned = clean(text, config=config)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert cleaned.was_unwrapped
    assert peak < 4 * num_bytes * len(text) + (1 << 20), f"{peak / len(text):.1f} bytes a character"


def test_lines_of_a_page_are_its_own() -> None:
    text = (
        "\n".join(["she went down to the bridge before the sun was up and counted all the boats that lay"] * 40) + "\n"
    )
    assert clean(text, config=CleaningConfig()).was_unwrapped
    assert clean(text, config=CleaningConfig(), has_own_lines=True).text == text


def test_a_headed_note_at_the_front_takes_no_chapter_with_it() -> None:
    chapter = "Anna went down to the harbour, and counted what David had left.\n\n" * 40 + "[Illustration]\n\n"
    for note in ("Transcriber's note:\n\n  Spelling is kept.", "Transcriber's Notes\n\nSpelling is kept."):
        text = (
            "*** START OF THIS PROJECT GUTENBERG EBOOK A WALK ***\n\n\n\n\n"
            f"{note}\n\n\n\nA WALK\n\nCHAPTER I\n\n{chapter}*** END OF THIS PROJECT GUTENBERG EBOOK A WALK ***\n"
        )
        cleaned = clean(text, config=CleaningConfig())
        assert cleaned.text.count("Anna went down") == 40
        assert "A WALK\n\nCHAPTER I" in cleaned.text


def test_an_old_header_without_a_mark_is_cut_and_told() -> None:
    text = (
        "The Project Gutenberg Etext of A Walk by N. Body\n\nCopyright laws are changing all over the world.\n\n"
        "**Welcome To The World of Free Plain Vanilla Electronic Texts**\n\nTitle: A Walk\nAuthor: N. Body\n\n"
        "Scanned and proofed by Somebody\n\nCHAPTER I\n\n" + "Anna went to the harbour.\n\n" * 400
    )
    cleaned = clean(text, config=CleaningConfig())
    assert cleaned.text.startswith("CHAPTER I\n\nAnna")
    assert cleaned.details == {"Title": "A Walk", "Author": "N. Body"}
    assert "has no mark of where its book begins" in cleaned.warnings[0]
