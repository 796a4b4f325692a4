"""Whatever the subwords, no text is lost, and no stretch of it is read otherwise than the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet import subwords
from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import FIRST_CHARACTER_ID, Alphabet
from penwright.alphabet.subwords import SubwordAlphabet
from penwright.errors import ConfigError

PROSE = (
    "The lamp went out at nine. \u201cWho is there?\u201d asked the keeper of the lamp; the keeper didn't know.\n\n" * 3
)
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))
BPE = learn_subwords(LEARNT, [PROSE], unit="bpe", num_symbols=80)
WORDS = learn_subwords(LEARNT, [PROSE], unit="words", num_symbols=60)
BOTH = pytest.mark.parametrize("alphabet", [BPE, WORDS], ids=lambda alphabet: alphabet.unit)
ANY = st.text(st.characters(exclude_categories=()), max_size=60)
TEXTS = st.one_of(
    ANY, st.lists(st.sampled_from([*PROSE.split(" "), " ", "\n", "\u706f", "\ud800", "x'"])).map(" ".join)
)


@BOTH
@given(text=TEXTS)
def test_any_text_round_trips(alphabet: SubwordAlphabet, text: str) -> None:
    ids = alphabet.encode(text)
    assert ids.dtype == alphabet.dtype
    assert alphabet.decode(ids) == alphabet.decode(ids.tolist()) == text
    decoder = alphabet.decoder()
    assert "".join([*map(decoder.push, ids.tolist()), decoder.finish()]) == text


@BOTH
def test_prose_takes_fewer_symbols_than_characters(alphabet: SubwordAlphabet) -> None:
    assert len(alphabet.encode(PROSE)) < 0.6 * len(PROSE)


@BOTH
@given(text=TEXTS)
def test_a_text_spelled_out_is_the_text_in_characters(alphabet: SubwordAlphabet, text: str) -> None:
    assert alphabet.of_characters == LEARNT
    spelled = alphabet.spell(alphabet.encode(text))
    assert spelled.dtype == LEARNT.dtype
    assert spelled.tolist() == LEARNT.encode(text).tolist()


@BOTH
@given(texts=st.lists(TEXTS, max_size=4))
def test_a_text_that_comes_in_parts_is_encoded_as_the_whole(alphabet: SubwordAlphabet, texts: list[str]) -> None:
    ids: list[int] = []
    rest = ""
    for text in texts:
        rest += text
        stable = alphabet.num_stable_chars(rest)
        ids += alphabet.encode(rest[:stable]).tolist()
        rest = rest[stable:]
    assert [*ids, *alphabet.encode(rest).tolist()] == alphabet.encode("".join(texts)).tolist()


@BOTH
def test_stretches_are_encoded_as_the_whole(alphabet: SubwordAlphabet) -> None:
    text = PROSE * 20 + "x" * 2_000 + "\u706f" * 300 + PROSE
    stretches = list(alphabet.iter_stretches(text, size=256))
    assert "".join(stretches) == text
    assert max(map(len, stretches)) <= 256
    ids = [symbol for stretch in stretches for symbol in alphabet.encode(stretch).tolist()]
    assert ids == alphabet.encode(text).tolist()


@BOTH
def test_forgetting_tokens_changes_nothing(alphabet: SubwordAlphabet, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = alphabet.encode(PROSE).tolist()
    again = type(alphabet).from_dict(alphabet.to_dict())
    monkeypatch.setattr(subwords, "TOKENS_REMEMBERED", 2)
    monkeypatch.setattr(subwords, "CHARS_AT_ONCE", 256)
    assert again.encode(PROSE).tolist() == expected
    assert len(again._ids_of_tokens) <= 2


@BOTH
def test_the_ids_are_those_of_a_learnt_alphabet_and_then_the_subwords(alphabet: SubwordAlphabet) -> None:
    first_subword = FIRST_CHARACTER_ID + len(LEARNT.characters)
    assert alphabet.texts[:first_subword] == LEARNT.texts
    assert tuple(alphabet.texts[first_subword:]) == alphabet.subwords
    assert alphabet.vocab_size == len(alphabet.texts) == first_subword + len(alphabet.subwords)
    assert all(
        alphabet.decode([symbol]) == alphabet.texts[symbol] for symbol in range(first_subword, len(alphabet.texts))
    )
    assert (alphabet.boundary_id, alphabet.start_id, alphabet.is_lossless) == (0, 0, True)
    assert alphabet.num_chars_of_ids.tolist() == list(map(len, alphabet.texts))
    assert "T" in alphabet
    assert "\u706f" not in alphabet
    assert alphabet.digest != LEARNT.digest


@BOTH
def test_equal_alphabets_are_equal_and_no_alphabet_of_characters(alphabet: SubwordAlphabet) -> None:
    again = type(alphabet).from_dict(alphabet.to_dict())
    assert again == alphabet
    assert hash(again) == hash(alphabet)
    assert again.digest == alphabet.digest
    assert alphabet != LEARNT


def test_an_alphabet_of_characters_is_stable_at_once_and_spells_nothing() -> None:
    assert LEARNT.num_stable_chars("The lam") == 7
    assert LEARNT.of_characters is LEARNT
    ids = LEARNT.encode("The lam")
    assert LEARNT.spell(ids) is ids
    assert list(LEARNT.iter_stretches("abcde", size=2)) == ["ab", "cd", "e"]


@pytest.mark.parametrize(
    ("subwords", "sentence"),
    [
        (["a"], "a subword has 2 to 64 characters; one has 1"),
        (["ab" * 33], "one has 66"),
        (["az"], "a character that the alphabet lacks"),
        (["ab", "ab"], "distinct subwords"),
        (["ab"] * 70_000, "at most 65,536 symbols; 70,019 were given"),
    ],
)
def test_subwords_that_cannot_be_are_refused(subwords: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        SubwordAlphabet("ab", unit="bpe", subwords=subwords)


def test_many_symbols_have_ids_of_two_bytes() -> None:
    words = learn_subwords(
        LEARNT, [" ".join(f"{n} {n}" for n in map(str, range(9))) + PROSE], unit="words", num_symbols=400
    )
    assert words.dtype is np.uint8
    wide = SubwordAlphabet(
        "abcdefgh", unit="words", subwords=[a + b + c for a in "abcdefgh" for b in "abcd" for c in "abcdefgh"]
    )
    assert wide.dtype is np.uint16
