"""The doors to alphabets of any unit: learn one from books, or rebuild one from data that trusts nobody."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from penwright.alphabet.bpe import KIND as PAIRS
from penwright.alphabet.bpe import PairAlphabet, learn_pairs
from penwright.alphabet.characters import Alphabet
from penwright.alphabet.pretokenizer import tokens_of
from penwright.alphabet.subwords import PieceAlphabet
from penwright.alphabet.units import Unit
from penwright.alphabet.words import KIND as WORDS
from penwright.alphabet.words import WordAlphabet, learn_words


def alphabet_from_dict(data: Mapping[str, Any]) -> Alphabet:
    """Rebuild an alphabet of any unit from its `to_dict`, trusting nothing.

    Raises:
        AuthorError: If the data is not what `to_dict` writes.
    """
    kind = data.get("kind")
    if kind == PAIRS:
        return PairAlphabet.from_dict(data)
    if kind == WORDS:
        return WordAlphabet.from_dict(data)
    return Alphabet.from_dict(data)


def learn_pieces(alphabet: Alphabet, texts: Iterable[str], *, unit: Unit, num_symbols: int) -> PieceAlphabet:
    """Learn the pieces that are worth an id of their own.

    Args:
        alphabet: A learnt one, in characters.
        texts: What to learn from, in stretches.
        unit: "pairs" or "words".
        num_symbols: Symbols wanted in all, those of the characters included. There are fewer where the texts have
            no more, and as many as without pieces where that is more already.

    Returns:
        The same for the same texts.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokens_of(text))
    assert unit != "characters", "characters are no pieces"
    learn = learn_pairs if unit == PAIRS else learn_words
    return learn(alphabet, counts, num_symbols=num_symbols)
