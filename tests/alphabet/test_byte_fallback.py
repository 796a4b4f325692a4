"""The gate: only characters that have to be spelled can be spelled, and every one of them can."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.byte_fallback import ByteFallbackGate, reachable, spelling
from penwright.alphabet.characters import Alphabet

ALPHABET = Alphabet.learn(dict.fromkeys("abcé€. \n", 1))


def can_be_spelled(character: str, alphabet: Alphabet = ALPHABET) -> bool:
    """What the gate promises, in one line."""
    return (
        character not in alphabet.characters and character != "\ufffd" and unicodedata.category(character) not in "CcCs"
    )


def passes(ids: list[int], alphabet: Alphabet = ALPHABET) -> bool:
    """Whether a fresh gate lets all of these through."""
    gate = ByteFallbackGate(alphabet)
    for symbol in ids:
        if symbol in gate.banned_ids:
            return False
        gate.push(symbol)
    return not gate.is_inside


@given(st.characters())
def test_a_character_passes_if_it_has_to_be_spelled(character: str) -> None:
    known = character in ALPHABET.characters
    assert passes(ALPHABET.encode(character).tolist()) == (known or can_be_spelled(character))


@pytest.mark.parametrize(
    "code_point", [0x20, 0x7E, 0xA0, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFC, 0xFFFE, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF]
)
def test_every_limit_of_utf_8_passes(code_point: int) -> None:
    alphabet = Alphabet.learn({"a": 1})
    assert passes(alphabet.encode(chr(code_point)).tolist(), alphabet)


@pytest.mark.parametrize("code_point", [0x00, 0x1B, 0x1F, 0x7F, 0x80, 0x9F, 0xD800, 0xDFFF, 0xFFFD])
def test_controls_surrogates_and_the_replacement_character_never_pass(code_point: int) -> None:
    assert not passes(ALPHABET.encode(chr(code_point)).tolist())


def test_a_known_character_is_never_spelled() -> None:
    """Else reading the text back would not give the ids that were written."""
    for character in "a€é":
        spelled = [1 + int(digit, 16) for digit in spelling(ord(character))]
        assert not passes(spelled)


@given(st.lists(st.integers(0, 10**6), min_size=40, max_size=200))
def test_whatever_is_chosen_is_text_that_reads_back(choices: list[int]) -> None:
    gate, decoder = ByteFallbackGate(ALPHABET), ALPHABET.decoder()
    written: list[int] = []
    text = ""
    whole = 0
    for choice in choices:
        allowed = sorted(set(range(ALPHABET.vocab_size)) - set(gate.banned_ids))
        assert allowed, "there must always be a way on"
        written.append(allowed[choice % len(allowed)])
        gate.push(written[-1])
        text += decoder.push(written[-1])
        whole = whole if gate.is_inside else len(written)
    assert ALPHABET.encode(text).tolist() == written[:whole]
    assert "\ufffd" not in text


def test_a_begun_character_must_be_completed() -> None:
    gate = ByteFallbackGate(ALPHABET)
    gate.push(1 + 0xE)
    assert gate.is_inside
    assert set(range(17, ALPHABET.vocab_size)) <= set(gate.banned_ids)


def test_the_edge_of_a_book_and_the_seeds_unknown_symbol_are_banned() -> None:
    assert 0 in ByteFallbackGate(ALPHABET).banned_ids
    assert ByteFallbackGate(Alphabet.seed()).banned_ids == (0,)


def test_the_seed_spells_nothing() -> None:
    gate = ByteFallbackGate(Alphabet.seed())
    for symbol in range(1, 98):
        gate.push(symbol)
        assert gate.banned_ids == (0,)


def test_an_alphabet_without_characters_spells_all_it_writes() -> None:
    gate = ByteFallbackGate(Alphabet.learn({"a": 1}, min_count=2))
    assert set(range(17)) - set(gate.banned_ids) == {1 + digit for digit in (2, 3, 4, 5, 6, 7, 0xC, 0xD, 0xE, 0xF)}


@pytest.mark.parametrize(
    ("spelled", "first", "last"),
    [
        ("4", 0x40, 0x4F),
        ("c", 0x80, 0x3FF),
        ("c2", 0x80, 0xBF),
        ("e0", 0x800, 0xFFF),
        ("ed", 0xD000, 0xDFFF),
        ("f", 0x10000, 0x10FFFF),
        ("f48", 0x100000, 0x10FFFF),
        ("efbfbd", 0xFFFD, 0xFFFD),
    ],
)
def test_reachable_code_points_are_those_of_the_standards_table(spelled: str, first: int, last: int) -> None:
    assert reachable(spelled) == range(first, last + 1)


@pytest.mark.parametrize("spelled", ["8", "b", "c0", "c1", "e09", "f08", "f49", "f5", "ff", "410"])
def test_what_begins_no_character_reaches_nothing(spelled: str) -> None:
    assert len(reachable(spelled)) == 0


def test_a_fresh_gate_is_between_two_characters_and_apart_from_the_first() -> None:
    gate = ByteFallbackGate(ALPHABET)
    first, *_ = ALPHABET.encode("é€🕯").tolist()[-8:]
    gate.push(first)
    fresh = gate.fresh()
    assert gate.is_inside and not fresh.is_inside and fresh.banned_ids == ByteFallbackGate(ALPHABET).banned_ids
    fresh.push(first)
    gate.push(ALPHABET.encode("🕯").tolist()[1])
    assert fresh.is_inside and fresh.banned_ids != gate.banned_ids
