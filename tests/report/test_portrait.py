"""What the finished author does."""

import json
from dataclasses import asdict

import torch

from penwright.author.author import Author
from penwright.corpus.store import Corpus
from penwright.evaluation.texts import MIN_PASSAGE_CHARS
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig
from penwright.report.portrait import LENGTHS, paint, portrait_from


def test_a_portrait_is_measured_told_and_comes_back(corpus: Corpus) -> None:
    config = ModelConfig(vocab_size=corpus.alphabet.vocab_size, hidden_size=8, embedding_dim=8, num_layers=1)
    author = Author(CharModel(config, generator=torch.Generator().manual_seed(0)), corpus.alphabet)
    told: list[str] = []
    portrait = paint(author, corpus, seed=1, tell=told.append)
    assert len(told) == 3 and portrait.page
    assert [length for length, _, _ in portrait.shares] == list(LENGTHS)
    assert all(own == 0 for length, own, _ in portrait.shares if length >= 30), "noise is no copy"
    assert portrait.num_searched_chars == corpus.num_chars("train")
    bits = [each.bits_per_char for each in portrait.surprising]
    assert bits == sorted(bits, reverse=True) and bits
    assert all(len(each.text) >= MIN_PASSAGE_CHARS for each in (*portrait.surprising, *portrait.expected))
    assert portrait_from(json.loads(json.dumps(asdict(portrait)))) == portrait
