"""Reading and writing in subwords: a prompt that ends within a word is continued exactly, one character at a time."""

from itertools import islice

import numpy as np
import pytest
import torch
from engines import MAKERS, Noting, loud_model
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import FIRST_CHARACTER_ID, Alphabet
from penwright.alphabet.subwords import MAX_SUBWORD_CHARS, SubwordAlphabet
from penwright.writing import generation
from penwright.writing.generation import Bookmark, iter_text, read_text
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import draws_of

PROSE = "The lamp went out at nine. \u201cWho is there?\u201d asked the keeper; the lamps didn't say. The lamplight"
PROSE += " went.\n\n"
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))
BPE = learn_subwords(LEARNT, [PROSE * 3], unit="bpe", num_symbols=100)
WORDS = learn_subwords(LEARNT, [PROSE * 3], unit="words", num_symbols=70)
BOTH = pytest.mark.parametrize("alphabet", [BPE, WORDS], ids=lambda alphabet: alphabet.unit)
EACH_KIND = pytest.mark.parametrize("kind", MAKERS)
SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)
PROMPTS = st.one_of(
    st.text(alphabet="The lamp'dint\n \u706f\ud800", max_size=20),
    st.integers(0, len(PROSE)).map(lambda stop: PROSE[:stop]),
)
ENGINES = {
    (kind, alphabet.unit): make(loud_model(alphabet), alphabet)
    for kind, make in MAKERS.items()
    for alphabet in (BPE, WORDS)
}


def noting_engine(alphabet: SubwordAlphabet, kind: str = "compiled") -> Noting:
    """An engine that notes the ids it reads."""
    return Noting(ENGINES[kind, alphabet.unit])


def assert_same_end(first: Bookmark, second: Bookmark) -> None:
    """Both expect the same, and have the same text to read yet."""
    assert first.unread == second.unread
    np.testing.assert_allclose(first.logits, second.logits, rtol=0, atol=1e-5)


@EACH_KIND
@BOTH
@given(prompt=PROMPTS.filter(bool), seed=st.integers(0, 2**32))
@example(prompt="The la", seed=1)
@example(prompt="they didn'", seed=1)
@example(prompt="The \u706f", seed=1)
@settings(max_examples=30)
def test_a_text_continues_exactly_the_prompt(kind: str, alphabet: SubwordAlphabet, prompt: str, seed: int) -> None:
    engine = noting_engine(alphabet, kind)
    strings = iter_text(engine, alphabet, prompt, sampling=SAMPLING, draws=draws_of(seed))
    text = ""
    for char in islice(strings, 30):
        assert len(char) == 1
        text += char
    "".join(islice(strings, MAX_SUBWORD_CHARS))  # by then the subword that `text` ends in has been read
    assert alphabet.decode(engine.ids).startswith(prompt + text)


@BOTH
def test_a_word_that_is_begun_is_completed_with_the_subwords_of_its_whole(alphabet: SubwordAlphabet) -> None:
    """A model that is sure of " lamp" writes it after " la" as one subword, as its books have it."""
    model = loud_model(alphabet)
    with torch.no_grad():
        model.readout_bias[alphabet.id_of_text[" lamp"]] = 1e6
    engine = Noting(MAKERS["compiled"](model, alphabet))
    strings = iter_text(engine, alphabet, "The la", sampling=SAMPLING, draws=draws_of(1))
    assert next(strings) + next(strings) == "mp"
    expected = [0, *alphabet.encode("The").tolist(), alphabet.id_of_text[" lamp"]]
    assert engine.ids[: len(expected)] == expected


@EACH_KIND
@BOTH
@given(first=PROMPTS, second=PROMPTS)
@settings(max_examples=20)
def test_reading_on_equals_reading_at_once(kind: str, alphabet: SubwordAlphabet, first: str, second: str) -> None:
    engine = ENGINES[kind, alphabet.unit]
    first_read = read_text(engine, alphabet, first)
    assert_same_end(read_text(engine, alphabet, second, after=first_read), read_text(engine, alphabet, first + second))


@BOTH
def test_a_text_is_read_to_the_beginning_of_its_last_word(alphabet: SubwordAlphabet) -> None:
    engine = noting_engine(alphabet)
    bookmark = read_text(engine, alphabet, "The lamp went o")
    assert bookmark.unread == " o"
    assert engine.ids == [0, *alphabet.encode("The lamp went").tolist()]
    assert read_text(engine, alphabet, "", after=bookmark) is bookmark


@BOTH
def test_a_long_text_is_read_in_stretches_as_the_whole(
    alphabet: SubwordAlphabet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "CHARS_ENCODED_AT_ONCE", 256)
    engine = noting_engine(alphabet)
    read_text(engine, alphabet, PROSE * 8 + "end")
    assert engine.ids == [0, *alphabet.encode(PROSE * 8).tolist()]


def written(kind: str, alphabet: SubwordAlphabet, prompt: str, number: int, *, seed: int) -> str:
    """The first characters of an endless text."""
    engine = ENGINES[kind, alphabet.unit]
    return "".join(islice(iter_text(engine, alphabet, prompt, sampling=SAMPLING, draws=draws_of(seed)), number))


@BOTH
def test_the_same_seed_writes_the_same_text_by_every_engine(alphabet: SubwordAlphabet) -> None:
    texts = [written("plain", alphabet, "The la", 60, seed=seed) for seed in range(5)]
    assert texts == [written("compiled", alphabet, "The la", 60, seed=seed) for seed in range(5)]
    assert len(set(texts)) > 1


@BOTH
def test_a_subword_may_follow_wherever_a_character_may(alphabet: SubwordAlphabet) -> None:
    gate = ByteFallbackGate(alphabet)
    assert not {*range(FIRST_CHARACTER_ID, alphabet.vocab_size)} & {*gate.banned_ids}
    gate.push(1 + 0xE)
    assert {*range(FIRST_CHARACTER_ID, alphabet.vocab_size)} <= {*gate.banned_ids}


def test_with_characters_nothing_is_left_unread() -> None:
    assert read_text(MAKERS["compiled"](loud_model(LEARNT), LEARNT), LEARNT, "The la").unread == ""
