import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.characters import BOUNDARY_ID, FIRST_CHARACTER_ID, Alphabet
from penwright.errors import AuthorError, ConfigError

# Every code point, lone surrogates included: a text may hold what no encoding should have let through.
any_text = st.text(st.characters(exclude_categories=()), max_size=60)


def plain_encode(alphabet: Alphabet, text: str) -> list[int]:
    """Encode one character after the other, as the module's docstring tells it."""
    ids = []
    for character in text:
        place = alphabet.characters.find(character)
        if alphabet.kind == "seed":
            ids.append(place + 1)
        elif place >= 0:
            ids.append(FIRST_CHARACTER_ID + place)
        else:
            for byte in character.encode("utf-8", "surrogatepass"):
                ids += [1 + byte // 16, 1 + byte % 16]
    return ids


def learnt(characters: str) -> Alphabet:
    return Alphabet("".join(sorted(set(characters))))


@given(any_text, any_text)
def test_every_text_round_trips_whatever_was_learnt(characters: str, text: str) -> None:
    alphabet = learnt(characters)
    assert alphabet.decode(alphabet.encode(text)) == text


@given(any_text, any_text)
def test_encoding_agrees_with_the_plain_loop(characters: str, text: str) -> None:
    for alphabet in (learnt(characters), Alphabet.seed()):
        ids = alphabet.encode(text)
        assert ids.tolist() == plain_encode(alphabet, text)
        assert ids.dtype == alphabet.dtype


@given(any_text, st.lists(st.integers(0, 20), max_size=60))
def test_decoding_at_once_agrees_with_decoding_one_by_one(characters: str, ids: list[int]) -> None:
    alphabet = learnt("abcdefgh" + characters)
    decoder = alphabet.decoder()
    one_by_one = "".join([*map(decoder.push, ids), decoder.finish()])
    assert alphabet.decode(ids) == one_by_one
    assert alphabet.decode(np.array(ids, dtype=np.uint16)) == one_by_one


def test_a_decoder_gives_a_spelled_character_with_its_last_nibble() -> None:
    alphabet = Alphabet("ab")
    decoder = alphabet.decoder()
    assert [decoder.push(symbol) for symbol in alphabet.encode("aéb").tolist()] == ["a", "", "", "", "é", "b"]


def test_nibbles_that_form_no_character_become_a_replacement() -> None:
    alphabet = Alphabet("ab")
    assert alphabet.decode([1 + 0xC, 1 + 0x3, FIRST_CHARACTER_ID]) == "\ufffda"
    assert alphabet.decode([1 + 0xC]) == "\ufffd"


def test_the_edge_of_a_book_has_no_text() -> None:
    alphabet = Alphabet("ab")
    assert alphabet.boundary_id == BOUNDARY_ID == 0
    assert alphabet.decode([0, *alphabet.encode("ab"), 0]) == "ab"
    assert BOUNDARY_ID not in Alphabet("a").encode("\0a")


def test_ids_take_one_byte_up_to_256_symbols_and_two_beyond() -> None:
    assert Alphabet("".join(map(chr, range(32, 32 + 239)))).dtype == np.uint8
    large = Alphabet("".join(map(chr, range(32, 32 + 240))))
    assert large.vocab_size == 257
    assert large.dtype == np.uint16
    assert large.decode(large.encode("\u0100!\U0001f600")) == "\u0100!\U0001f600"


def test_learning_keeps_the_most_frequent_characters_in_code_point_order() -> None:
    counts = {"z": 9, "a": 5, "m": 5, "q": 1}
    assert Alphabet.learn(counts).characters == "amqz"
    assert Alphabet.learn(counts, max_characters=2).characters == "az"
    assert Alphabet.learn(counts, min_count=2).characters == "amz"


@given(st.dictionaries(st.characters(), st.integers(1, 50), max_size=20), st.randoms())
def test_learning_does_not_depend_on_the_order_of_the_counts(counts: dict[str, int], random: object) -> None:
    shuffled = list(counts.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Alphabet.learn(dict(shuffled), max_characters=5) == Alphabet.learn(counts, max_characters=5)


def test_the_seed_has_98_symbols_and_loses_what_it_lacks() -> None:
    seed = Alphabet.seed()
    assert seed.vocab_size == 98
    assert not seed.is_lossless
    assert seed.boundary_id is None
    assert seed.encode("\t ~\né").tolist() == [1, 2, 96, 97, 0]
    assert seed.decode([1, 2, 96, 97, 0]) == "\t ~\n\0"
    assert seed.decode([seed.start_id]) == "L"


def test_the_seeds_known_symbols_round_trip() -> None:
    seed = Alphabet.seed()
    assert seed.decode(range(1, 98)) == seed.characters
    assert seed.encode(seed.characters).tolist() == list(range(1, 98))


def test_membership_tells_which_characters_have_an_id() -> None:
    assert "a" in Alphabet("ab")
    assert "é" not in Alphabet("ab")
    assert "\n" in Alphabet.seed()
    assert "é" not in Alphabet.seed()


@given(any_text)
def test_an_alphabet_survives_json(characters: str) -> None:
    alphabet = learnt(characters)
    again = Alphabet.from_dict(json.loads(json.dumps(alphabet.to_dict())))
    assert again == alphabet
    assert again.digest == alphabet.digest
    assert hash(again) == hash(alphabet)


def test_different_alphabets_have_different_digests() -> None:
    assert len({Alphabet("a").digest, Alphabet("b").digest, Alphabet.seed().digest}) == 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "must hold exactly 'kind' and 'characters'"),
        ({"kind": "learnt", "characters": "ab", "more": 1}, "must hold exactly"),
        ({"kind": "learnt", "characters": 5}, "must hold exactly"),
        ({"kind": "learnt", "characters": "aa"}, "damaged: an alphabet needs distinct characters"),
        ({"kind": "learned", "characters": "ab"}, "Did you mean 'learnt'"),
        ({"kind": "seed", "characters": "ab"}, "the seed alphabet is fixed"),
    ],
)
def test_a_damaged_alphabet_is_refused_with_a_sentence(data: dict[str, object], sentence: str) -> None:
    with pytest.raises(AuthorError, match=sentence):
        Alphabet.from_dict(data)


def test_bounds_of_learning_are_refused_with_both_numbers() -> None:
    with pytest.raises(ConfigError, match="max_characters=0 must lie between 1 and 60,000"):
        Alphabet.learn({}, max_characters=0)
    with pytest.raises(ConfigError, match="min_count=0 must be at least 1"):
        Alphabet.learn({}, min_count=0)
    with pytest.raises(ConfigError, match="at most 60,000 characters; 60,001 were given"):
        Alphabet("".join(map(chr, range(60_001))))
