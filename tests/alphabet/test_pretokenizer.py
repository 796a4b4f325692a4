"""Every text is cut without loss, and where a text is cut does not depend on what comes after."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penwright.alphabet.pretokenizer import MAX_TOKEN_CHARS, is_token, num_stable_chars, tokens_of

TRICKY = st.text(alphabet="ab é'\u2019\n\t_.!\ud800\u00a09", max_size=80)
ANY = st.text(st.characters(exclude_categories=()), max_size=60)


@given(st.one_of(TRICKY, ANY))
def test_the_tokens_of_a_text_are_the_text(text: str) -> None:
    tokens = tokens_of(text)
    assert "".join(tokens) == text
    assert all(1 <= len(token) <= MAX_TOKEN_CHARS and is_token(token) for token in tokens)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It was a dark", ["It", " was", " a", " dark"]),
        ("don't 'tis _so_", ["don't", " '", "tis", " _", "so", "_"]),
        ("said;\n\n\t \u201cNo\u201d  he", ["said", ";", "\n\n", "\t ", "\u201c", "No", "\u201d", "  ", "he"]),
        ("x" * 45 + "'" + "y" * 25, ["x" * 40, "xxxxx'" + "y" * 20, "y" * 5]),
        ("", []),
    ],
)
def test_words_take_the_blank_before_them(text: str, tokens: list[str]) -> None:
    assert tokens_of(text) == tokens


@given(TRICKY, TRICKY)
@example("don'", "t")
@example("a" * 39 + "'", "b")
@example(" ", "word")
@example("rock'n'", "roll")
def test_what_is_settled_is_cut_the_same_whatever_follows(before: str, after: str) -> None:
    stable = num_stable_chars(before)
    assert tokens_of(before[:stable]) + tokens_of(before[stable:] + after) == tokens_of(before + after)
    assert len(before) - stable <= MAX_TOKEN_CHARS


def test_a_text_without_white_space_is_settled_all_the_same() -> None:
    assert num_stable_chars("x" * 1000) == 960
    assert num_stable_chars("don'") == 0
    assert num_stable_chars("it. don't") == 3
