"""Pairs are joined as the plain algorithm joins them, and a stranger's pairs are refused with a sentence."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.alphabet.bpe import BpeAlphabet, learn_bpe
from penwright.alphabet.characters import FIRST_CHARACTER_ID, Alphabet
from penwright.alphabet.pretokenizer import tokens_of
from penwright.errors import AuthorError

LEARNT = Alphabet("abcd ")
SMALL = st.text(alphabet="abcd e\u706f", max_size=60)


def joined(row: list[str], pair: tuple[str, str]) -> list[str]:
    """A row of symbols with each occurrence of a pair joined, from the left."""
    out: list[str] = []
    for symbol in row:
        if out and (out[-1], symbol) == pair and not out[-1].endswith("|"):
            out[-1] = out[-1] + symbol + "|"  # done, and not to be joined again in this go
        else:
            out.append(symbol)
    return [symbol.removesuffix("|") for symbol in out]


def plain_pairs(counts: Mapping[str, int], *, num_symbols: int) -> list[tuple[str, str]]:
    """The algorithm as Sennrich, Haddow and Birch print it: count all pairs anew, join the most frequent one."""
    rows = {token: list(token) for token in counts}
    texts = ["\0"] * FIRST_CHARACTER_ID + list(LEARNT.characters)
    joins: list[tuple[str, str]] = []
    while len(texts) < num_symbols:
        met: Counter[tuple[str, str]] = Counter()
        for token, row in rows.items():
            for pair in pairwise(row):
                if set("".join(pair)) <= set(LEARNT.characters):
                    met[pair] += counts[token]
        best = min(met, key=lambda pair: (-met[pair], *map(texts.index, pair)), default=None)
        if best is None or met[best] < 2:
            break
        joins.append(best)
        if "".join(best) not in texts:
            texts.append("".join(best))
        rows = {token: joined(row, best) for token, row in rows.items()}
    return joins


@given(SMALL)
@settings(max_examples=100)
def test_pairs_are_those_of_the_plain_algorithm(text: str) -> None:
    counts = Counter(tokens_of(text))
    alphabet = learn_bpe(LEARNT, counts, num_symbols=40)
    plain = plain_pairs(counts, num_symbols=40)
    assert [(alphabet.texts[left], alphabet.texts[right]) for left, right in alphabet.joins] == plain


@given(SMALL, SMALL)
def test_encoding_joins_pair_after_pair(text: str, other: str) -> None:
    alphabet = learn_bpe(LEARNT, Counter(tokens_of(text)), num_symbols=40)
    expected: list[int] = []
    for token in tokens_of(other):
        row = list(token)
        for left, right in alphabet.joins:
            row = joined(row, (alphabet.texts[left], alphabet.texts[right]))
        for symbol in row:
            known = alphabet.id_of_text.get(symbol)
            expected += LEARNT.encode(symbol).tolist() if known is None else [known]
    assert alphabet.encode(other).tolist() == expected


def test_the_order_of_the_counts_does_not_matter() -> None:
    counts = Counter(tokens_of("abc abd dab cab bad abcd " * 3))
    other = dict(reversed(counts.items()))
    assert learn_bpe(LEARNT, counts, num_symbols=30) == learn_bpe(LEARNT, other, num_symbols=30)


def test_what_meets_only_once_is_not_joined() -> None:
    assert learn_bpe(LEARNT, {"ab": 1, "cd": 1}, num_symbols=100).joins == ()
    assert learn_bpe(LEARNT, {"ab": 2, "cd": 1}, num_symbols=100).subwords == ("ab",)
    assert learn_bpe(LEARNT, {"ab": 5}, num_symbols=5).vocab_size == LEARNT.vocab_size


def test_two_pairs_of_one_text_share_a_symbol() -> None:
    a, b, c = (17 + "abc".index(letter) for letter in "abc")
    alphabet = BpeAlphabet("abc", joins=[(a, b), (b, c), (20, c), (a, 21)])
    assert alphabet.subwords == ("ab", "bc", "abc")
    assert BpeAlphabet.from_dict(alphabet.to_dict()) == alphabet


@given(SMALL)
def test_a_dict_is_read_back(text: str) -> None:
    alphabet = learn_bpe(LEARNT, Counter(tokens_of(text)), num_symbols=40)
    assert BpeAlphabet.from_dict(alphabet.to_dict()) == alphabet


DOUBLING = [[17, 17], *([symbol, symbol] for symbol in range(19, 40))]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "exactly 'kind', 'characters' and 'pieces'"),
        ({"kind": "pairs", "characters": "ab"}, "exactly"),
        ({"kind": "pairs", "characters": "ab", "pieces": [], "more": 1}, "exactly"),
        ({"kind": "words", "characters": "ab", "pieces": []}, "must be pairs of ids"),
        ({"kind": "pairs", "characters": 5, "pieces": []}, "exactly"),
        ({"kind": "pairs", "characters": "ab", "pieces": {}}, "exactly"),
        ({"kind": "pairs", "characters": "ab", "pieces": ["ab"]}, "pairs of ids"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[17, True]]}, "pairs of ids"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[17, 18.0]]}, "pairs of ids"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[17, 18, 17]]}, "pairs of ids"),
        ({"kind": "pairs", "characters": "aa", "pieces": []}, "distinct characters"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[16, 17]]}, r"\(16, 17\) joins symbols that are not there"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[17, 19]]}, "not there"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[17, -1]]}, "not there"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[17, 18], [17, 18]]}, "given twice"),
        ({"kind": "pairs", "characters": "ab", "pieces": DOUBLING}, "at most 64 characters; one has 128"),
        ({"kind": "pairs", "characters": "ab", "pieces": [[17, 18]] * 65_537}, "at most 65,536 pairs"),
    ],
)
def test_a_strangers_pairs_are_refused_with_a_sentence(data: dict[str, object], sentence: str) -> None:
    with pytest.raises(AuthorError, match=sentence):
        BpeAlphabet.from_dict(data)
