"""A small author file, its parts, and the sentence with which a damaged one is refused."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card
from penwright.author.file.loading import AuthorParts, load_author
from penwright.errors import AuthorError
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig

ALPHABET = Alphabet.learn(dict.fromkeys("ab\n é“", 1))
CONFIG = ModelConfig(
    vocab_size=ALPHABET.vocab_size, cell="gru", embedding_dim=2, hidden_size=3, num_layers=1, mlp_size=2
)
CARD = Card(name="Test «heir» \ud800", steps=3, bits_per_char=2.5, baselines={"xz": 3.25})


def weights_of(config: ModelConfig) -> dict[str, Tensor]:
    """Weights that differ from each other."""
    return CharModel(config, generator=torch.Generator().manual_seed(1)).state_dict()


def has_weights(parts: AuthorParts, weights: Mapping[str, Tensor]) -> bool:
    """True if an author's weights are these, in float32 and of the same names."""
    return parts.weights.keys() == weights.keys() and all(
        isinstance(found, np.ndarray) and found.dtype == np.float32 and np.array_equal(found, weights[name].numpy())
        for name, found in parts.weights.items()
    )


def is_sound(parts: AuthorParts) -> bool:
    """True if an author is the one of `CONFIG`, `ALPHABET` and `CARD`."""
    return (
        parts.config == CONFIG
        and parts.alphabet == ALPHABET
        and parts.card == CARD
        and has_weights(parts, weights_of(CONFIG))
    )


def header_of(data: bytes) -> dict[str, Any]:
    """The header of an author file, parsed."""
    header: dict[str, Any] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header


def about_of(data: bytes) -> dict[str, Any]:
    """The part of the header that describes the author, parsed."""
    about: dict[str, Any] = json.loads(header_of(data)["__metadata__"]["penwright"])
    return about


def body_of(data: bytes) -> bytes:
    """The bytes after the header."""
    return data[8 + int.from_bytes(data[:8], "little") :]


def signed(about: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The same claims with the digests that a forger would compute."""
    claims = {**about, "tensors_sha256": hashlib.sha256(body).hexdigest()}
    claims.pop("header_sha256", None)
    return {**claims, "header_sha256": hashlib.sha256(json.dumps(claims, sort_keys=True).encode()).hexdigest()}


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(AuthorError) as caught:
        load_author(path)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) < 1_000
    assert str(path) in sentence
    return sentence
