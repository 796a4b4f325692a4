"""Lines are joined where they were full and only there: verse, headings, lists, tables, paragraphs' ends survive."""

import random
import textwrap
from pathlib import Path

import pytest
from folders import CORPORA
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.code_points import code_points_of, text_of
from penwright.corpus.cleaning import breaks
from penwright.corpus.cleaning.unwrapping import unwrap
from penwright.corpus.cleaning.whitespace import characters_of, lines_of, text_of_characters

NOVELS = CORPORA / "novels"
PARAGRAPHS = [
    "The lamp had burned low when the keeper came down the stair, and he stood for a while with one hand on the rail, "
    "listening to the water that ran beneath the floor. It was a sound he had known since he was a boy, and yet it "
    "seemed to him now that there was a second sound within it, lower and slower, like the breath of a large animal.",
    '"Who is there?" he asked, though he knew that nobody would answer him, and when nobody did he went to the door '
    "and looked out over the flats, where the tide was coming in as it always came, without any hurry at all.",
    "No one.",
    "He told his sister of it in the morning, while she was cutting the bread. She laughed at him at first, but when "
    "she saw his face she put the knife down and asked him to tell it again from the beginning, leaving nothing out.",
    '"It was only the river," she said at last, when he had finished, "and you were tired; there has never been '
    'anything under that floor but mud and eels, and our grandfather could have told you so."',
    "But she did not sleep that night either, and towards morning she rose and lit the lamp herself, and sat with it "
    "until the window turned grey, counting the strokes of the clock in the hall as if they had been coins.",
]
VERSE = "O hush thee, my river, and lie thou still,\n  The moon is asleep on the side of the hill,\nAnd nobody wakes."


def unwrapped(text: str) -> tuple[str, bool]:
    """The text without forced breaks, and whether it was wrapped."""
    result = unwrap(characters_of(text))
    wide = unwrap(code_points_of(text))
    assert text_of(wide.characters) == text_of_characters(result.characters), "whatever a character takes"
    return text_of_characters(result.characters), result.is_hard_wrapped


def wrapped(paragraph: str, *, width: int = 66, indent: str = "") -> str:
    """A paragraph as somebody's editor wrapped it."""
    return textwrap.fill(paragraph, width, initial_indent=indent, break_long_words=False, break_on_hyphens=False)


@pytest.mark.parametrize("stretch", [1, 2, 3, 7, 4_096])
def test_stretches_of_lines_are_joined_like_the_whole(stretch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaks, "STRETCH_LINES", stretch)
    parts = [*(wrapped(paragraph) for paragraph in PARAGRAPHS), VERSE, "-- \n-\n--a", "a  b   c\nd"]
    for gap in ("\n\n", "\n"):
        found = breaks.find_breaks(code_points_of(gap.join(parts)), *lines_of(code_points_of(gap.join(parts))))
        monkeypatch.setattr(breaks, "STRETCH_LINES", 4_096)
        whole = breaks.find_breaks(code_points_of(gap.join(parts)), *lines_of(code_points_of(gap.join(parts))))
        monkeypatch.setattr(breaks, "STRETCH_LINES", stretch)
        assert all((one == other).all() for one, other in zip(found[1], whole[1], strict=True))
        assert [column.tolist() for column in found[0]] == [column.tolist() for column in whole[0]]


@pytest.mark.parametrize("width", [45, 66, 72, 100])
def test_paragraphs_between_blank_lines_are_joined(width: int) -> None:
    text = "\n\n".join(wrapped(paragraph, width=width) for paragraph in PARAGRAPHS)
    assert unwrapped(text) == ("\n\n".join(PARAGRAPHS), True)


def test_indented_paragraphs_are_joined_and_keep_their_indent() -> None:
    text = "\n".join(wrapped(paragraph, indent="   ") for paragraph in PARAGRAPHS)
    assert unwrapped(text) == ("\n".join("   " + paragraph for paragraph in PARAGRAPHS), True)


def test_paragraphs_without_a_gap_are_told_by_their_short_last_lines() -> None:
    text = "\n".join(wrapped(paragraph) for paragraph in PARAGRAPHS)
    assert unwrapped(text) == ("\n".join(PARAGRAPHS), True)


def test_a_full_last_line_before_a_speech_or_a_heading_still_ends_its_paragraph() -> None:
    full = "He had a way of looking at a man that made it hard to answer well."
    assert len(full) == 66
    lines = [*(wrapped(paragraph) for paragraph in PARAGRAPHS[:3]), full, '"Indeed," she said.', full, "CHAPTER IV"]
    text = "\n".join([*lines, *(wrapped(paragraph) for paragraph in PARAGRAPHS[3:])])
    joined, _ = unwrapped(text)
    assert f'{full}\n"Indeed," she said.\n{full}\nCHAPTER IV\nHe told' in joined


def test_a_text_of_long_lines_is_returned_as_it_is() -> None:
    characters = code_points_of("\n\n".join(PARAGRAPHS * 5))
    result = unwrap(characters)
    assert not result.is_hard_wrapped
    assert result.characters is characters


@pytest.mark.parametrize(
    "kept",
    [
        VERSE,
        "CHAPTER THE SECOND\nOf what the Keeper heard",
        "I. What the Keeper heard below the Floor                         1\n"
        "II. What his Sister said of it in the Morning                   17",
        "Lamps, with a glass, a wick and all that is needed          12s. 6d.\nEels",
        "Lamps, with glass, wick, oil and all that is needed for their use\nEels                2d.",
        "- a great many eels, of all the sizes that there are in such water\n- a coin",
        "Yours in haste,\nthe Keeper",
        "His sister, who was never wrong in any matter that had to do with\n    Indented matter, which is set apart",
    ],
)
def test_what_is_not_running_prose_survives_among_it(kept: str) -> None:
    blocks = [*(wrapped(paragraph) for paragraph in PARAGRAPHS), kept, *(wrapped(p) for p in PARAGRAPHS[:2])]
    expected = "\n\n".join([*PARAGRAPHS, kept, *PARAGRAPHS[:2]])
    assert unwrapped("\n\n".join(blocks)) == (expected, True)


def test_verse_alone_is_not_taken_for_prose() -> None:
    text = "\n".join(
        f"{first} {second} along the {third} shore,\nAnd nobody {verb} as they {verb} before;"
        for first in ("The grey tide", "The old bell", "The white moon")
        for second, third in (("is creeping", "eastern"), ("is calling", "desolate"), ("was hanging", "silvery"))
        for verb in ("came", "sang", "walked")
    )
    assert unwrapped(text) == (text, False)


def test_a_play_laid_out_with_tabs_is_left_alone() -> None:
    speech = wrapped(PARAGRAPHS[0], width=52).replace("\n", "\n\t")
    text = "\n\n".join(f"KEEPER\t{speech}" for _ in range(10))
    assert unwrapped(text) == (text, False)


def test_a_program_is_not_taken_for_prose() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert unwrapped(text) == (text, False)


def test_names_in_a_list_of_imports_are_not_running_prose() -> None:
    text = "".join(
        f"from keeper.house.the_lamp_on_the_stair_{number} import all_of_it_{number}()\n" for number in range(40)
    )
    assert unwrapped(text) == (text, False)


def test_a_wrapped_page_in_a_book_of_long_lines_is_left_as_it_is() -> None:
    text = "\n\n".join([*PARAGRAPHS * 5, *(wrapped(paragraph) for paragraph in PARAGRAPHS)])
    assert unwrapped(text) == (text, False)


def test_a_quoted_block_is_joined_within_its_indent() -> None:
    letter = textwrap.indent(wrapped(PARAGRAPHS[3], width=62), "    ")
    text = "\n\n".join([*(wrapped(paragraph) for paragraph in PARAGRAPHS), letter])
    assert unwrapped(text)[0].endswith("\n\n    " + PARAGRAPHS[3])


@pytest.mark.parametrize(
    ("end", "start", "joined"),
    [
        ("the well-", "known house", "the well-known house"),
        ("and then--", "but no", "and then--but no"),
        ("and then", "--but no", "and then--but no"),
        ("and then --", "but no", "and then -- but no"),
        ("and then -", "but no", "and then - but no"),
        ("and then—", "but no", "and then—but no"),
        ("and then", "—but no", "and then—but no"),
        ("and then —", "but no", "and then — but no"),
        ("the years 1914-", "18 of it", "the years 1914- 18 of it"),
        ("and then,", "but no", "and then, but no"),
    ],
)
def test_hyphens_and_dashes_touch_what_they_touched(end: str, start: str, joined: str) -> None:
    filler = "x" * (65 - len(end)) + " "
    lines = ["so it came about in the end that all of them went on to the place", f"where it was {filler[12:]}{end}"]
    block = "\n".join([*lines, f"{start} and so on"])
    text = "\n\n".join([*(wrapped(paragraph) for paragraph in PARAGRAPHS), block])
    assert unwrapped(text)[0].endswith(f"{joined} and so on")


@given(st.lists(st.sampled_from(PARAGRAPHS + [VERSE, "THE END", ""]), max_size=12), st.integers(40, 90), st.booleans())
def test_no_word_is_lost_and_a_second_time_changes_nothing(paragraphs: list[str], width: int, has_gaps: bool) -> None:
    text = ("\n\n" if has_gaps else "\n").join(wrapped(p, width=width) if len(p) > 99 else p for p in paragraphs)
    once, _ = unwrapped(text)
    assert once.split() == text.split()
    assert unwrapped(once)[0] == once


@pytest.mark.slow
@pytest.mark.skipif(not NOVELS.is_dir(), reason="the books to test on are not beside the checkout")
def test_novels_keep_every_letter_and_hardly_any_forced_break() -> None:
    wrapped_books = {"Dickens_Bleak_1853", "Trollope_Phineas_1869", "Chesterton_Thursday_1908", "Ward_Ashe_1905"}
    for name in [*wrapped_books, "Gaskell_Ruth_1855", "Cbronte_Jane_1847", "Lee_Brown_1884"]:
        text = (NOVELS / f"{name}.txt").read_text(encoding="utf-8-sig")
        joined, is_hard_wrapped = unwrapped(text)
        assert is_hard_wrapped == (name in wrapped_books), name
        assert "".join(joined.split()) == "".join(text.split())
        lines = joined.split("\n")
        mid_sentence = [a for a, b in zip(lines, lines[1:], strict=False) if a[-1:].islower() and b[:1].islower()]
        assert len(mid_sentence) < 0.02 * len(lines) if is_hard_wrapped else joined == text


def verse(low: int, high: int, *, stanza: int, lines: int = 300) -> str:
    """Stanzas whose first line alone begins with a capital, and whose lines end where their verse does."""
    words = "alto lume sera vento porta mare canto passo luna strada pietra fiume e a che non per con mia sua".split()
    rng, made = random.Random(low), []
    for number in range(lines):
        target, line = rng.randint(low, high), ""
        while len(line) < target - 2:
            word = rng.choice(words)
            if len(line) + 1 + len(word) <= target + 2:
                line = f"{line} {word}".strip()
        is_last = number % stanza == stanza - 1
        made.append((line.capitalize() if number % stanza == 0 else line) + ("." if is_last else ""))
        made += [""] * is_last
    return "\n".join(made).strip()


@pytest.mark.parametrize(
    ("low", "high", "stanza"), [(33, 40, 3), (43, 54, 50), (22, 29, 12), (33, 40, 2), (25, 40, 300)]
)
def test_verse_whose_lines_begin_with_small_letters_stays(low: int, high: int, stanza: int) -> None:
    text = verse(low, high, stanza=stanza)
    assert unwrapped(text) == (text, False)


def test_a_sequence_of_letters_stays() -> None:
    rng = random.Random(1)
    text = "\n".join("".join(rng.choice("acgt") for _ in range(60)) for _ in range(200))
    assert unwrapped(text) == (text, False)


@pytest.mark.parametrize("gap", ["\xa0", " "])
def test_a_blank_that_wrapping_left_at_a_line_start_is_no_indent(gap: str) -> None:
    numbers = "one two three four eleven twelve nineteen hundred".split()
    sentences = [
        f"The miller counted {number} boats on day {day} and went home." for day in range(12) for number in numbers
    ]
    lines = wrapped(" ".join(sentences)).split("\n")
    text = "\n".join(
        gap + line if before.endswith(".") else line for before, line in zip(["", *lines[:-1]], lines, strict=True)
    )
    assert f"\n{gap}The" in text
    assert unwrapped(text)[0].count("\n") == 0


def test_an_indent_of_one_blank_stays_one() -> None:
    text = "\n".join(" " + wrapped(paragraph) for paragraph in PARAGRAPHS)
    assert unwrapped(text)[0].count("\n") == len(PARAGRAPHS) - 1
