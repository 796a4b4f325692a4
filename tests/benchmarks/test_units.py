"""Every unit is scored on the same characters of held-out books."""

import math
from pathlib import Path

import pytest
import torch
from folders import SHELF
from units import bits_per_char, ends_between_words, unit_of

from penwright import CharModel, Corpus, ModelConfig, prepare
from penwright.errors import ConfigError


def test_a_unit_is_written_with_its_number_of_symbols() -> None:
    assert unit_of("characters").config.unit == "characters"
    config = unit_of("bpe:1024").config
    assert (config.unit, config.num_subwords) == ("bpe", 1024)
    with pytest.raises(ConfigError):
        unit_of("letters")


@pytest.mark.parametrize("spec", ["characters", "bpe:200", "words:200"])
def test_the_same_characters_are_scored_in_each_unit(corpus: Corpus, tmp_path: Path, spec: str) -> None:
    ends = ends_between_words(corpus, "val", scored_chars=500)
    assert len(ends) == len(corpus.books_in("val"))
    assert 400 < sum(ends) <= 500
    other = prepare([SHELF], cache_dir=tmp_path, config=unit_of(spec).config)
    shape = {"cell": "gru", "embedding_dim": 2, "hidden_size": 2, "num_layers": 1, "is_residual": False}
    config = ModelConfig.from_dict({**shape, "vocab_size": other.alphabet.vocab_size})
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model.readout_weight.zero_()
    texts = [corpus.book_text(book)[:end] for book, end in zip(corpus.books_in("val"), ends, strict=True)]
    num_symbols = sum(len(other.alphabet.encode(text)) for text in texts)
    uniform = math.log2(other.alphabet.vocab_size) * num_symbols / sum(ends)
    assert bits_per_char(model, other, "val", ends) == pytest.approx(uniform, rel=1e-6)
