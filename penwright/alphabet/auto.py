"""Make an alphabet of any unit: learn one from texts, or rebuild one from data, which is checked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from penwright.alphabet.bpe import KIND_IN_FILES as BPE
from penwright.alphabet.bpe import BpeAlphabet, learn_bpe
from penwright.alphabet.characters import Alphabet
from penwright.alphabet.pretokenizer import tokens_of
from penwright.alphabet.subwords import SubwordAlphabet
from penwright.alphabet.units import Unit
from penwright.alphabet.words import KIND as WORDS
from penwright.alphabet.words import WordAlphabet, learn_words


def alphabet_from_dict(data: Mapping[str, Any]) -> Alphabet:
    """Rebuild an alphabet of any unit from its `to_dict`; all of it is checked.

    Raises:
        AuthorError: If the data is not what `to_dict` writes.
    """
    kind = data.get("kind")
    if kind == BPE:
        return BpeAlphabet.from_dict(data)
    if kind == WORDS:
        return WordAlphabet.from_dict(data)
    return Alphabet.from_dict(data)


def learn_subwords(alphabet: Alphabet, texts: Iterable[str], *, unit: Unit, num_symbols: int) -> SubwordAlphabet:
    """Learn which subwords get an id of their own.

    Args:
        alphabet: A learnt alphabet of characters.
        texts: The texts to learn from.
        unit: "bpe" or "words".
        num_symbols: Symbols wanted in all, including the characters. The result has fewer if the texts hold no more,
            and never fewer than `alphabet` has.

    Returns:
        An alphabet of subwords, equal for equal texts.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokens_of(text))
    assert unit != "characters", "characters are no subwords"
    learn = learn_bpe if unit == "bpe" else learn_words
    return learn(alphabet, counts, num_symbols=num_symbols)
