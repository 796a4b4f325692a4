"""Where a chapter ends."""

import pytest

from penwright.author.works.chapter import PARAGRAPH_WAIT_CHARS, ChapterLength
from penwright.writing.stopping import SENTENCE_CHARS


def length_after(text: str, *, num_words: int) -> ChapterLength:
    length = ChapterLength(num_words)
    for character in text:
        length.push(character)
    return length


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_words_are_counted_however_the_text_comes(step: int) -> None:
    text = 'The lamp, "it" went\n\nout. 日本語 a-b'
    length = ChapterLength(9)
    for start in range(0, len(text), step):
        length.push(text[start : start + step])
    assert (length.num_words, length.num_chars) == (9, len(text))


@pytest.mark.parametrize(
    ("text", "is_over"),
    [
        ("The lamp went out.\n", True),
        ("The lamp went out\n", False),  # a line wrapped
        ("The lamp went out\n\n", True),
        ("The lamp went out. ", False),
        ("The lamp went to Mr.\n", False),
        ("The lamp\n\n", False),
        ("", False),
    ],
)
def test_a_chapter_ends_with_a_paragraph(text: str, is_over: bool) -> None:
    assert length_after(text, num_words=4).is_over is is_over


def test_a_paragraph_without_end_is_ended_by_a_sentence_and_a_sentence_by_a_word() -> None:
    words = "word " * (PARAGRAPH_WAIT_CHARS // 5 + 2)
    assert not length_after(words + "ends.", num_words=2).ends_before("x")
    sentence = length_after(words + 'ends."', num_words=2)
    assert sentence.may_end and sentence.ends_before(" ") and not sentence.ends_before(")")
    word = length_after(words + "ends, and goes on", num_words=2)
    assert not word.may_end
    late = length_after("word " * ((PARAGRAPH_WAIT_CHARS + SENTENCE_CHARS) // 5 + 2) + "wor", num_words=2)
    assert late.may_end and late.ends_before(" The") and not late.ends_before("d")
