"""Saving an author: whole or not at all, in the bytes that the safetensors library would write."""

import errno
import math
import os
from pathlib import Path

import pytest
import safetensors.torch
import torch
from author_files import ALPHABET, CARD, CONFIG, has_weights, header_of, weights_of

from penwright.author.card import Card
from penwright.author.file import saving
from penwright.author.file.building import build_model
from penwright.author.file.loading import load_author
from penwright.author.file.saving import save_author
from penwright.errors import AuthorError
from penwright.model.config import CELLS, ModelConfig


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("is_residual", [True, False])
def test_an_author_comes_back_as_it_was(cell: str, is_residual: bool, tmp_path: Path) -> None:
    config = ModelConfig(
        vocab_size=ALPHABET.vocab_size,
        cell=cell,
        embedding_dim=4 if is_residual else 0,
        hidden_size=16,
        num_layers=2,
        window_size=3,
        mlp_size=8,
        is_residual=is_residual,
    )
    weights = weights_of(config)
    path = tmp_path / "a.safetensors"
    save_author(path, model_config=config, alphabet=ALPHABET, weights=weights, card=CARD)
    parts = load_author(path)
    assert (parts.config, parts.alphabet, parts.card) == (config, ALPHABET, CARD)
    assert has_weights(parts, weights)
    assert has_weights(parts, build_model(parts).state_dict())


def test_the_bytes_are_those_of_the_safetensors_library(sound: bytes) -> None:
    """Our writer needs no second copy of the weights in memory; this is its plain twin."""
    weights = {name: weight.contiguous() for name, weight in weights_of(CONFIG).items()}
    assert safetensors.torch.save(weights, metadata=header_of(sound)["__metadata__"]) == sound


def test_the_safetensors_library_reads_the_file(path: Path) -> None:
    weights = weights_of(CONFIG)
    read = safetensors.torch.load_file(path)
    assert set(read) == set(weights)
    assert all(torch.equal(read[name], weights[name]) for name in weights)


def test_the_same_author_makes_the_same_file(path: Path, sound: bytes) -> None:
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights_of(CONFIG), card=CARD)
    assert path.read_bytes() == sound


def test_weights_of_another_model_are_our_own_mistake(tmp_path: Path) -> None:
    weights = dict(list(weights_of(CONFIG).items())[1:])
    with pytest.raises(AssertionError, match="weights of another model"):
        save_author(tmp_path / "a", model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD)


def test_weights_are_saved_as_float32(tmp_path: Path) -> None:
    weights = {name: weight.to(torch.bfloat16) for name, weight in weights_of(CONFIG).items()}
    path = tmp_path / "a.safetensors"
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD)
    assert has_weights(load_author(path), {name: weight.float() for name, weight in weights.items()})


def test_half_precision_takes_half_the_room_and_is_read_as_float32(tmp_path: Path, sound: bytes) -> None:
    weights = weights_of(CONFIG)
    path = tmp_path / "a.safetensors"
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD, precision="float16")
    parts = load_author(path)
    assert has_weights(parts, {name: weight.half().float() for name, weight in weights.items()})
    num_bytes = len(sound) - 8 - int.from_bytes(sound[:8], "little")
    assert len(path.read_bytes()) - 8 - int.from_bytes(path.read_bytes()[:8], "little") == num_bytes // 2

    again = build_model(parts).state_dict()
    save_author(tmp_path / "b", model_config=CONFIG, alphabet=ALPHABET, weights=again, card=CARD, precision="float16")
    assert (tmp_path / "b").read_bytes() == path.read_bytes()  # rounded once, it stays as it is


def test_weights_too_large_for_half_precision_are_not_saved_in_it(path: Path, sound: bytes) -> None:
    weights = weights_of(CONFIG)
    weights["readout_bias"][1] = 70_000.0
    with pytest.raises(AuthorError, match="'readout_bias' are too large for float16. Save the author in float32"):
        save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD, precision="float16")
    assert path.read_bytes() == sound


def test_views_are_saved_by_their_values(tmp_path: Path, sound: bytes) -> None:
    weights = {
        name: weight.t().contiguous().t() if weight.ndim == 2 else weight for name, weight in weights_of(CONFIG).items()
    }
    assert not all(weight.is_contiguous() for weight in weights.values())
    path = tmp_path / "a.safetensors"
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD)
    assert path.read_bytes() == sound


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_not_saved(path: Path, sound: bytes, value: float) -> None:
    weights = weights_of(CONFIG)
    weights["readout_bias"][1] = value
    with pytest.raises(AuthorError, match="'readout_bias' are not finite, so the author is not saved"):
        save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD)
    assert path.read_bytes() == sound


def test_a_failing_disk_is_one_sentence_and_leaves_the_old_file(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(AuthorError, match="cannot be written: No space left on device. Choose another folder"):
        save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights_of(CONFIG), card=Card())
    assert path.read_bytes() == sound


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="cannot be written: No such file or directory"):
        save_author(
            tmp_path / "none" / "a.safetensors",
            model_config=CONFIG,
            alphabet=ALPHABET,
            weights=weights_of(CONFIG),
            card=CARD,
        )


def test_a_header_that_could_not_be_read_back_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MAX_HEADER_BYTES", 500)
    with pytest.raises(AuthorError, match="the card makes a header of .* bytes; at most 500 are allowed"):
        save_author(
            tmp_path / "a.safetensors", model_config=CONFIG, alphabet=ALPHABET, weights=weights_of(CONFIG), card=CARD
        )


def test_an_author_can_be_saved_over_the_file_it_was_loaded_from(path: Path, sound: bytes) -> None:
    parts = load_author(path)
    weights = build_model(parts).state_dict()
    save_author(path, model_config=CONFIG, alphabet=parts.alphabet, weights=weights, card=parts.card)
    assert path.read_bytes() == sound
    assert has_weights(parts, weights_of(CONFIG))
