"""The most frequent tokens have an id each; a stranger's words are refused with a sentence."""

from collections import Counter

import pytest

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.pretokenizer import tokens_of
from penwright.alphabet.words import WordAlphabet, learn_words
from penwright.errors import AuthorError

LEARNT = Alphabet("\n abcd")
COUNTS = Counter(tokens_of("ab ab ab cd cd\n\nab\n\n dab dab cad e\u706f e\u706f a a a"))


def test_the_most_frequent_tokens_are_taken() -> None:
    words = learn_words(LEARNT, COUNTS, num_symbols=LEARNT.vocab_size + 4)
    assert words.subwords == (" a", "\n\n", " ab", " cd")
    assert learn_words(LEARNT, dict(reversed(COUNTS.items())), num_symbols=LEARNT.vocab_size + 4) == words


def test_what_occurs_once_or_holds_a_character_without_an_id_is_not_taken() -> None:
    assert learn_words(LEARNT, COUNTS, num_symbols=1_000).subwords == (" a", "\n\n", " ab", " cd", " dab", "ab")
    assert learn_words(LEARNT, COUNTS, num_symbols=5).subwords == ()


def test_a_word_is_one_symbol_and_any_other_is_spelled() -> None:
    words = WordAlphabet("\n abcd", words=[" ab", "cd"])
    first = LEARNT.vocab_size
    spelled = LEARNT.encode(" cd").tolist()
    assert words.encode("cd ab cd").tolist() == [first + 1, first, *spelled]
    assert words.encode(" abc").tolist() == LEARNT.encode(" abc").tolist()


def test_a_dict_is_read_back() -> None:
    words = learn_words(LEARNT, COUNTS, num_symbols=40)
    assert WordAlphabet.from_dict(words.to_dict()) == words


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "exactly 'kind', 'characters' and 'pieces'"),
        ({"kind": "words", "characters": "ab"}, "exactly"),
        ({"kind": "pairs", "characters": "ab", "pieces": []}, "must be texts"),
        ({"kind": "words", "characters": None, "pieces": []}, "exactly"),
        ({"kind": "words", "characters": "ab", "pieces": "ab"}, "exactly"),
        ({"kind": "words", "characters": "ab", "pieces": [5]}, "must be texts"),
        ({"kind": "words", "characters": "ab", "pieces": ["abc"]}, "lacks"),
        ({"kind": "words", "characters": "ab", "pieces": ["a"]}, "2 to 64"),
        ({"kind": "words", "characters": "ab", "pieces": ["ab", "ab"]}, "distinct"),
        ({"kind": "words", "characters": "ab ", "pieces": ["a b"]}, "is not one word"),
        ({"kind": "words", "characters": "ab", "pieces": ["ab" * 1_000]}, "2 to 64"),
    ],
)
def test_a_strangers_words_are_refused_with_a_sentence(data: dict[str, object], sentence: str) -> None:
    with pytest.raises(AuthorError, match=sentence):
        WordAlphabet.from_dict(data)
