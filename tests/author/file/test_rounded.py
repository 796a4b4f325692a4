"""An author in 8 bits: it comes back as it was rounded, and nothing that is wrong with its bytes gets through."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from author_files import ALPHABET, CARD, CONFIG, about_of, body_of, has_weights, header_of, refusal, weights_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.author.author import Author
from penwright.author.file.building import build_model
from penwright.author.file.format import SCALE
from penwright.author.file.loading import AuthorParts, load_author
from penwright.author.file.saving import save_author
from penwright.errors import AuthorError
from penwright.model.config import parameter_shapes
from penwright.model.rounding import RoundedWeight, is_rounded, rounded

Forge = Callable[..., Path]
WIDE = replace(CONFIG, embedding_dim=64, hidden_size=2, mlp_size=64)
NAMES = sorted(name for name, shape in parameter_shapes(WIDE).items() if is_rounded(shape))


def save(path: Path, *, changes: dict[str, torch.Tensor] | None = None) -> None:
    """Save the author in 8 bits."""
    weights = {**weights_of(WIDE), **(changes or {})}
    save_author(path, model_config=WIDE, alphabet=ALPHABET, weights=weights, card=CARD, precision="int8")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound author file."""
    path = tmp_path_factory.mktemp("sound") / "author.safetensors"
    save(path)
    return path.read_bytes()


def is_sound(parts: AuthorParts) -> bool:
    """True if an author is the one that was rounded."""
    needed = weights_of(WIDE)
    if (parts.config, parts.alphabet, parts.card) != (WIDE, ALPHABET, CARD) or parts.weights.keys() != needed.keys():
        return False
    for name, found in parts.weights.items():
        weight = needed[name].numpy()
        if isinstance(found, RoundedWeight) != is_rounded(weight.shape):
            return False
        pairs = zip(found, rounded(weight), strict=True) if isinstance(found, RoundedWeight) else [(found, weight)]
        if not all(np.array_equal(one, other) for one, other in pairs):
            return False
    return True


def with_array(data: bytes, name: str, value: float) -> bytes:
    """The body of an author file with the first number of an array changed."""
    body = bytearray(body_of(data))
    start, _ = header_of(data)[name]["data_offsets"]
    body[start : start + 4] = np.float32(value).tobytes()
    return bytes(body)


def test_long_rows_come_back_rounded_and_all_else_as_it_was(path: Path, sound: bytes) -> None:
    assert 2 < len(NAMES) < len(weights_of(WIDE))
    assert is_sound(load_author(path))
    assert about_of(sound)["format_version"] == 4
    kinds = {name: entry["dtype"] for name, entry in header_of(sound).items() if name != "__metadata__"}
    assert sorted(name for name, kind in kinds.items() if kind == "I8") == NAMES
    assert {f"{name}{SCALE}" for name in NAMES} <= kinds.keys()


def test_an_older_penwright_reads_what_is_not_rounded(tmp_path: Path) -> None:
    """It is told to upgrade by rounded weights alone."""
    for precision in ("float32", "float16"):
        save_author(
            tmp_path / "a",
            model_config=WIDE,
            alphabet=ALPHABET,
            weights=weights_of(WIDE),
            card=CARD,
            precision=precision,
        )
        assert about_of((tmp_path / "a").read_bytes())["format_version"] == 3


def test_the_same_author_makes_the_same_file_of_a_third_of_the_size(path: Path, sound: bytes, tmp_path: Path) -> None:
    save(path)
    assert path.read_bytes() == sound
    whole = tmp_path / "whole"
    save_author(whole, model_config=WIDE, alphabet=ALPHABET, weights=weights_of(WIDE), card=CARD)
    assert len(body_of(sound)) < len(body_of(whole.read_bytes())) / 3


def test_the_safetensors_library_reads_the_file(path: Path) -> None:
    read = safetensors.numpy.load_file(path)
    for name, weight in load_author(path).weights.items():
        codes = weight.codes if isinstance(weight, RoundedWeight) else weight
        assert np.array_equal(read[name], codes)


def test_the_model_of_the_file_holds_the_values_of_its_codes(path: Path) -> None:
    parts = load_author(path)
    found = build_model(parts).state_dict()
    values = {name: each.values() if isinstance(each, RoundedWeight) else each for name, each in parts.weights.items()}
    assert has_weights(parts._replace(weights=values), found)
    for name, weight in weights_of(WIDE).items():
        assert float((found[name] - weight).abs().max()) <= float(weight.abs().max()) / 254 * 1.001


def test_rounded_once_it_stays_as_it_is(path: Path, tmp_path: Path) -> None:
    author = Author.load(path)
    author.save(tmp_path / "b.safetensors", precision="int8")
    again = load_author(tmp_path / "b.safetensors").weights
    for name, weight in load_author(path).weights.items():
        if isinstance(weight, RoundedWeight):
            assert np.array_equal(again[name].codes, weight.codes)
            assert again[name].scales == pytest.approx(weight.scales, rel=1e-6)
        else:
            assert np.array_equal(again[name], weight)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", [NAMES[-1], "readout_bias"])
def test_weights_that_are_not_finite_are_not_saved(path: Path, sound: bytes, name: str, value: float) -> None:
    weight = weights_of(WIDE)[name]
    weight.view(-1)[1] = value
    with pytest.raises(AuthorError, match=f"'{name}' are not finite, so the author is not saved"):
        save(path, changes={name: weight})
    assert path.read_bytes() == sound


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_mutated_file_is_refused_or_the_same_author(sound: bytes, path: Path, data: st.DataObject) -> None:
    mutated = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 3))):
        offset = data.draw(st.integers(0, len(mutated) - 1))
        match data.draw(st.sampled_from(["flip", "remove", "insert"])):
            case "flip":
                mutated[offset] ^= 1 << data.draw(st.integers(0, 7))
            case "remove":
                del mutated[offset : offset + data.draw(st.integers(1, 40))]
            case "insert":
                mutated[offset:offset] = data.draw(st.binary(min_size=1, max_size=20))
    path.write_bytes(mutated)
    try:
        parts = load_author(path)
    except AuthorError:
        return
    assert is_sound(parts)


def test_every_flipped_byte_is_noticed(sound: bytes, path: Path) -> None:
    start = len(sound) - len(body_of(sound))
    for offset in range(start, len(sound), 37):
        path.write_bytes(sound[:offset] + bytes([sound[offset] ^ 1]) + sound[offset + 1 :])
        assert "its weights were changed after they were written" in refusal(path)


@pytest.mark.slow
def test_a_file_cut_anywhere_is_refused(sound: bytes, path: Path) -> None:
    for length in range(0, len(sound), 7):
        path.write_bytes(sound[:length])
        refusal(path)


@pytest.mark.parametrize("change", [-4, -1, 1, 4])
def test_weights_of_another_length_are_refused(forge: Forge, sound: bytes, change: int) -> None:
    body = body_of(sound)
    assert "bytes are there" in refusal(forge(body=body + bytes(change) if change > 0 else body[:change]))


@pytest.mark.parametrize("name", NAMES)
def test_an_array_that_is_announced_wrongly_is_refused(forge: Forge, sound: bytes, name: str) -> None:
    for own in (name, f"{name}{SCALE}"):
        entry = header_of(sound)[own]
        start, stop = entry["data_offsets"]
        wrong: list[Any] = [None, *({**entry, **change} for change in ({"shape": []}, {"dtype": "U8"}))]
        wrong.append({**entry, "data_offsets": [start + 1, stop + 1]})
        for each in wrong:
            sentence = refusal(forge(entries={own: each}))
            assert f"the tensor '{own}' is not what its model needs" in sentence


def test_a_scale_too_many_is_refused(forge: Forge) -> None:
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    assert f"the tensor 'readout_bias{SCALE}' is not what" in refusal(forge(entries={f"readout_bias{SCALE}": entry}))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e38, -3e38])
def test_scales_that_make_infinite_weights_are_refused(forge: Forge, sound: bytes, value: float) -> None:
    body = with_array(sound, f"{NAMES[0]}{SCALE}", value)
    assert "its weights are not finite" in refusal(forge(body=body))


def test_too_little_memory_is_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", fail)
    assert "there is not enough memory for" in refusal(path)
