"""One door for alphabets of all units."""

import pytest

from penwright.alphabet.auto import alphabet_from_dict, learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.alphabet.units import UNITS, Unit
from penwright.errors import AuthorError

PROSE = "the lamp the keeper the lamp of the keeper"
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit != "characters"])
def test_learnt_subwords_are_rebuilt_from_their_dict(unit: Unit) -> None:
    alphabet = learn_subwords(LEARNT, [PROSE[:20], PROSE[20:]], unit=unit, num_symbols=40)
    assert alphabet.unit == alphabet.kind == unit
    assert alphabet.subwords
    assert alphabet.to_dict()["kind"] == {"bpe": "pairs"}.get(unit, unit), "digests of older corpora depend on it"
    assert alphabet_from_dict(alphabet.to_dict()) == alphabet


def test_alphabets_of_characters_are_rebuilt_as_ever() -> None:
    for alphabet in (LEARNT, Alphabet.seed()):
        assert alphabet_from_dict(alphabet.to_dict()) == alphabet
        assert alphabet.unit == "characters"


@pytest.mark.parametrize("kind", ["other", None, 5, [], {}])
def test_an_unknown_kind_is_refused(kind: object) -> None:
    with pytest.raises(AuthorError):
        alphabet_from_dict({"kind": kind, "characters": "ab", "pieces": []})
