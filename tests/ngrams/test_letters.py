"""Which symbols words are made of, and which open or close what words stand in."""

from penwright.alphabet.characters import FIRST_CHARACTER_ID, Alphabet
from penwright.alphabet.subwords import SubwordAlphabet
from penwright.kernels.contexts import BRACKET, CLOSES, LETTER, QUOTATION, TOGGLES
from penwright.ngrams.letters import letters_of, marks_of


def test_letters_digits_and_what_joins_them_make_words() -> None:
    characters = "\n !'-.09AZ_azéя’"
    alphabet = Alphabet.learn(dict.fromkeys(characters, 1))
    found = letters_of(alphabet)
    assert {c for c in characters if found[alphabet.encode(c)[0]]} == set("'09AZ_azéя’")


def test_the_edge_of_a_book_ends_a_word_and_a_spelled_character_does_not() -> None:
    found = letters_of(Alphabet.learn({"a": 1}))
    assert not found[0]
    assert found[1:FIRST_CHARACTER_ID].all()


def test_the_seed_alphabet_has_words_too() -> None:
    alphabet = Alphabet.seed()
    assert letters_of(alphabet)[alphabet.encode("k")[0]]
    assert not letters_of(alphabet)[alphabet.encode(" ")[0]]


SUBWORDS = SubwordAlphabet("\n 'abé", unit="words", subwords=[" a", "ab", "a'b", " '", "\n\n", " é'"])


def test_a_subword_continues_a_word_if_it_is_made_of_letters_only() -> None:
    found = letters_of(SUBWORDS)
    assert {text for text in SUBWORDS.texts if text and found[SUBWORDS.id_of_text[text]]} == {*"'abé", "ab", "a'b"}
    assert found[1:FIRST_CHARACTER_ID].all()
    assert not found[0]


def test_quotation_marks_turn_brackets_shut_and_line_ends_shut_everything() -> None:
    alphabet = Alphabet.learn(dict.fromkeys("\n \"'()[a\u201d", 1))
    marks = {text: int(mark) for text, mark in zip(alphabet.texts, marks_of(alphabet), strict=True)}
    assert marks["a"] == marks["'"] == LETTER and marks[" "] == 0
    assert marks['"'] == marks["\u201d"] == QUOTATION << TOGGLES
    assert marks["("] == marks["["] == BRACKET << CLOSES | BRACKET << TOGGLES
    assert marks[")"] == BRACKET << CLOSES and marks["\n"] == (BRACKET | QUOTATION) << CLOSES


def test_every_unit_has_its_letters_among_its_marks() -> None:
    for alphabet in (Alphabet.seed(), SUBWORDS, Alphabet.learn({"a": 1})):
        assert ((marks_of(alphabet) & LETTER != 0) == letters_of(alphabet)).all()
