"""Suggestions: the probabilities are those of the author, never too high, and 1 at most in all. By every engine."""

from functools import cache

import numpy as np
import pytest
from engines import MAKERS, loud_model
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright import Author
from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.errors import ConfigError
from penwright.writing.engines.base import Engine
from penwright.writing.generation import Bookmark, read_text
from penwright.writing.suggesting import JOINTS, begun_word, first_word, is_of_word, suggest_words

PROSE = "The lamp isn't out; “who is there?” asked Mr. Vane.\n" * 2
CHARACTERS = Alphabet.learn(dict.fromkeys(PROSE, 1))
ALPHABETS = {
    "characters": CHARACTERS,
    "bpe": learn_subwords(CHARACTERS, [PROSE], unit="bpe", num_symbols=100),
    "words": learn_subwords(CHARACTERS, [PROSE], unit="words", num_symbols=70),
    "seed": Alphabet.seed(),
}


@cache
def engine_of(kind: str, unit: str) -> Engine:
    """An engine that is sure enough of some words."""
    model = loud_model(ALPHABETS[unit])
    model.readout_bias.data.normal_(0.0, 2.0)
    return MAKERS[kind](model, ALPHABETS[unit])


def chances(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits."""
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum())


def share_of(engine: Engine, alphabet: Alphabet, bookmark: Bookmark, text: str) -> float:
    """The probability of all cuts that spell a text, or go beyond it."""
    if not text:
        return 1.0
    own, total = chances(bookmark.logits), 0.0
    for symbol, added in enumerate(alphabet.texts):
        if added and symbol and (added.startswith(text) or text.startswith(added)):
            left = text[len(added) :]
            after = bookmark
            if left:
                logits, state = engine.read(np.array([[symbol]]), bookmark.state)
                after = Bookmark(logits[0, 0], state)
            total += float(own[symbol]) * share_of(engine, alphabet, after, left)
    return total


@pytest.mark.parametrize("text", ["The la", "asked ", "isn", "“", ""])
@pytest.mark.parametrize("unit", ["characters", "bpe", "words"])
@pytest.mark.parametrize("kind", MAKERS)
def test_a_probability_is_that_of_all_ways_to_write_the_word(kind: str, unit: str, text: str) -> None:
    engine, alphabet = engine_of(kind, unit), ALPHABETS[unit]
    bookmark = read_text(engine, alphabet, text)
    words = [each for each in suggest_words(engine, alphabet, bookmark, text, count=30) if len(each.rest) < 5]
    assert words and words == sorted(words, key=lambda each: -each.probability)
    begun, total = begun_word(text), share_of(engine, alphabet, bookmark, bookmark.unread)
    for word, rest, probability in words[:4]:
        assert word.startswith(begun) and (text + rest).endswith(word)
        ends = {mark for mark in alphabet.characters if not is_of_word(mark) and mark not in JOINTS}
        ways = [bookmark.unread + rest + end for end in ends]
        ways += [bookmark.unread + rest + joint + mark for joint in JOINTS for mark in alphabet.characters
                 if joint in alphabet and not is_of_word(mark)]  # fmt: skip
        exact = sum(share_of(engine, alphabet, bookmark, way) for way in ways) / total
        if not begun:  # the word may come after other signs as well, which the sum above leaves out
            exact = max(exact, probability)
        assert exact * 0.7 <= probability <= exact + 1e-6, word


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(ALPHABETS)), st.text("Thelamp isn't“’\n日é", max_size=12))
def test_all_probabilities_are_one_at_most(unit: str, text: str) -> None:
    engine, alphabet = engine_of("compiled", unit), ALPHABETS[unit]
    words = suggest_words(engine, alphabet, read_text(engine, alphabet, text), text, count=100)
    assert sum(word.probability for word in words) <= 1 + 1e-9
    assert len({word.word for word in words}) == len(words)
    for word in words:
        assert word.word.startswith(begun_word(text)[:-1]) and 0 < word.probability <= 1


def test_the_search_is_bounded() -> None:
    engine = engine_of("compiled", "characters")
    assert len(suggest_words(engine, CHARACTERS, read_text(engine, CHARACTERS, "a"), "a", count=100, max_reads=3)) < 10


@pytest.mark.parametrize(
    ("text", "begun"),
    [("She opened the d", "d"), ("the ", ""), ("I don'", "don'"), ("I don't", "don't"), ("“'", ""), ("naïve", "naïve")],
)
def test_the_begun_word(text: str, begun: str) -> None:
    assert begun_word(text) == begun


@pytest.mark.parametrize(
    ("text", "word", "has_ended"),
    [
        ("door", "door", False),
        ("door ", "door", True),
        (" “door", "door", False),
        ("don'", "don", False),
        ("don't.", "don't", True),
        ("don' t", "don", True),
        ("dogs''", "dogs", True),
        ("… ", "", False),
        ("कि ", "कि", True),
    ],
)
def test_the_first_word(text: str, word: str, has_ended: bool) -> None:
    start, stop, ended = first_word(text)
    assert (text[start:stop], ended) == (word, has_ended)


def test_an_author_suggests_after_a_bookmark() -> None:
    author = Author(loud_model(CHARACTERS), CHARACTERS)
    whole, parts = author.suggest("The la"), author.suggest("la", after=author.read("The "))
    assert whole == parts and len(author.suggest("The la", count=2)) == 2
    for count in (0, 101, 1.5):
        with pytest.raises(ConfigError, match="count"):
            author.suggest("a", count=count)  # type: ignore[arg-type]
