"""Sentences, paragraphs, and what a paragraph leaves open."""

import pytest

from penwright.evaluation.judging.form import closers_of, paragraphs_of, sentences_of, unclosed

PAGE = (
    "The beginning is cut.\n\n"
    'Mr. Vane came in. "Who is there?" he asked; nobody answered... He sat down\n\n'
    "CHAPTER II\n\n"
    "It rained. The end is c"
)


def test_whole_sentences_and_paragraphs_only() -> None:
    assert sentences_of(PAGE) == [
        "Mr. Vane came in.",
        '"Who is there?"',
        "he asked; nobody answered...",
        "He sat down",
        "CHAPTER II",
        "It rained.",
    ]
    assert paragraphs_of(PAGE) == [PAGE.split("\n\n")[1], "CHAPTER II"]
    assert sentences_of("今日は雨。傘がない。帰ろう。また") == ["傘がない。", "帰ろう。"]
    assert sentences_of("Nothing") == paragraphs_of("Nothing") == []


@pytest.mark.parametrize(
    ("paragraphs", "is_unclosed"),
    [
        (['"Come in," he said.', "She came."], False),
        (['"Come in, he said.', "She came."], True),
        (['"This speech is long.', '"It goes on here."'], False),
        (["“This speech is long.", "“It goes on here.”"], False),
        (["“This speech is long.", "She came."], True),
        (["He left (for good.", "She came."], True),
        (["He left) for good.", "She came."], True),
        (["“He said ‘no’ (or ‘yes’).”", "She came."], False),
        (["„So redet man hier“, sagte er.", "Sie kam."], False),
        (["»So redet man hier«, sagte er.", "Sie kam."], False),
        (["« On parle ainsi », dit-il.", "Elle vint."], False),
        (["「そう」と言った。", "来た。"], False),
        (["「そうと言った。", "来た。"], True),
    ],
)
def test_what_a_paragraph_leaves_open(paragraphs: list[str], is_unclosed: bool) -> None:
    assert unclosed(paragraphs, closers_of("\n".join(paragraphs))) == paragraphs[:1] * is_unclosed
