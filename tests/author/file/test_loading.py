"""Loading an author: it comes back as it was, and nothing that is wrong with its bytes gets through."""

import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from author_files import ALPHABET, CARD, CONFIG, header_of, is_sound, refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.author.file import loading
from penwright.author.file.format import MAX_HEADER_BYTES
from penwright.author.file.loading import load_author
from penwright.author.file.saving import save_author
from penwright.errors import AuthorError
from penwright.model.char_model import CharModel

Forge = Callable[..., Path]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.data())
def test_a_mutated_file_is_refused_or_the_same_author(sound: bytes, path: Path, data: st.DataObject) -> None:
    mutated = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 3))):
        offset = data.draw(st.integers(0, max(0, len(mutated) - 1)))
        match data.draw(st.sampled_from(["flip", "cut", "remove", "insert", "repeat", "zero"])):
            case "flip" if mutated:
                mutated[offset] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del mutated[offset:]
            case "remove":
                del mutated[offset : offset + data.draw(st.integers(1, 40))]
            case "insert":
                mutated[offset:offset] = data.draw(st.binary(min_size=1, max_size=20))
            case "repeat":
                mutated[offset:offset] = mutated[offset : offset + data.draw(st.integers(1, 40))]
            case "zero":
                size = data.draw(st.integers(1, 40))
                mutated[offset : offset + size] = bytes(len(mutated[offset : offset + size]))
    path.write_bytes(mutated)
    try:
        parts = load_author(path)
    except AuthorError:
        return
    assert is_sound(parts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    refusal(path)


@pytest.mark.slow
def test_a_file_cut_anywhere_is_refused(sound: bytes, path: Path) -> None:
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        refusal(path)


@pytest.mark.slow
def test_a_flipped_bit_in_any_byte_is_refused_or_harmless(sound: bytes, path: Path) -> None:
    """Harmless: a blank of the padding that becomes another blank."""
    refused = 0
    for offset in range(len(sound)):
        mutated = bytearray(sound)
        mutated[offset] ^= 1 << offset % 7  # neighbours get different bits
        path.write_bytes(mutated)
        try:
            assert is_sound(load_author(path))
        except AuthorError:
            refused += 1
    assert refused > len(sound) - 8


def test_every_flipped_weight_is_noticed(sound: bytes, path: Path) -> None:
    start = 8 + int.from_bytes(sound[:8], "little")
    for offset in range(start, len(sound), 37):
        path.write_bytes(sound[:offset] + bytes([sound[offset] ^ 1]) + sound[offset + 1 :])
        assert "its weights were changed after they were written" in refusal(path)


def test_every_changed_word_of_the_card_is_noticed(sound: bytes, path: Path) -> None:
    assert sound.count(b"heir") == 1
    path.write_bytes(sound.replace(b"heir", b"duke"))
    assert "its header was changed after it was written" in refusal(path)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is no author: it is empty"),
        (b"PK\x03\x04" + bytes(40), "can hold code and is never opened"),
        (b"\x80\x02}q\x00.", "can hold code and is never opened"),
        (b"Once upon a time", "it is a text file. To learn from it"),
        ((2**60).to_bytes(8, "little") + b"{}", "claims 1,152,921,504,606,846,976 bytes; at most 16,777,216"),
        ((MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{}", "claims 16,777,217 bytes; at most 16,777,216"),
        ((100).to_bytes(8, "little") + b"{}", "should be at least 108 bytes long and has 10; it was cut short"),
        ((2).to_bytes(8, "little") + b"{]", "its header cannot be read"),
        ((14).to_bytes(8, "little") + b'{"a":1,"a":1} ', "a key is there twice"),
        ((2).to_bytes(8, "little") + b"{}", "a safetensors file of another kind (tensors: none)"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_file_of_another_kind_says_what_it_is(path: Path, data: bytes, sentence: str) -> None:
    path.write_bytes(data)
    assert sentence in refusal(path)


def test_a_deeply_nested_header_is_refused(path: Path) -> None:
    data = b'{"a":' * 3_000_000
    path.write_bytes(len(data).to_bytes(8, "little") + data)
    assert "its header cannot be read" in refusal(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "there is no file" in refusal(tmp_path / "none.safetensors")
    assert "is not a file" in refusal(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in refusal(tmp_path / "pipe")


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(AuthorError, match="cannot be read"):
        load_author(Path("a\0b"))


def test_a_model_larger_than_the_file_is_refused_before_anything_is_built(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be built for a file of this size")

    path = forge(about={"model": {**CONFIG.to_dict(), "hidden_size": 8_192, "num_layers": 4}})
    monkeypatch.setattr(np, "empty", fail)
    assert "its model needs weights of" in refusal(path)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused(forge: Forge, sound: bytes, value: float) -> None:
    tensors = bytearray(sound[8 + int.from_bytes(sound[:8], "little") :])
    tensors[-4:] = torch.tensor([value]).numpy().tobytes()
    assert "its weights are not finite" in refusal(forge(body=bytes(tensors)))


@pytest.mark.parametrize("change", [-4, -1, 1, 4])
def test_weights_of_another_length_are_refused(forge: Forge, sound: bytes, change: int) -> None:
    tensors = sound[8 + int.from_bytes(sound[:8], "little") :]
    tensors = tensors + bytes(change) if change > 0 else tensors[:change]
    assert "bytes are there" in refusal(forge(body=tensors))


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {"dtype": "F16"},
        {"dtype": "I32"},
        {"shape": []},
        {"shape": [2**62, 2**62]},
        {"data_offsets": [0, 4]},
        {"data_offsets": [2**63, 2**63 + 8]},
        {"data_offsets": [-8, 0]},
        {"data_offsets": None},
        {"order": "C"},
    ],
)
def test_a_tensor_other_than_the_model_needs_is_refused(
    forge: Forge, sound: bytes, entry: dict[str, Any] | None
) -> None:
    name = "readout_bias"
    entries = {name: None if entry is None else {**header_of(sound)[name], **entry}}
    assert f"the tensor '{name}' is not what its model needs" in refusal(forge(entries=entries))


def test_a_tensor_too_many_is_refused(forge: Forge) -> None:
    entries = {"backdoor": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}
    assert "the tensor 'backdoor' is not what its model needs" in refusal(forge(entries=entries))


def test_half_precision_of_one_tensor_alone_is_refused(forge: Forge, sound: bytes) -> None:
    entries = {"readout_bias": {**header_of(sound)["readout_bias"], "dtype": "F16"}}
    assert "the tensor 'readout_bias' is not what its model needs" in refusal(forge(entries=entries))


@pytest.mark.parametrize("kind", [["F32"], {"F": 32}, 7, None, "F64"])
def test_a_type_that_is_none_is_refused(forge: Forge, sound: bytes, kind: Any) -> None:
    entries = {"readout_bias": {**header_of(sound)["readout_bias"], "dtype": kind}}
    assert "the tensor 'readout_bias' is not what its model needs" in refusal(forge(entries=entries))


def test_half_precision_that_the_file_is_too_long_for_is_refused(forge: Forge, sound: bytes) -> None:
    entries = {name: {**entry, "dtype": "F16"} for name, entry in header_of(sound).items() if name != "__metadata__"}
    assert "its model needs weights of" in refusal(forge(entries=entries))


def test_two_tensors_in_one_place_are_refused(forge: Forge, sound: bytes) -> None:
    """The shapes are the same, so only the offsets tell."""
    header = header_of(sound)
    names = sorted(header.keys() - {"__metadata__"})
    same = next((a, b) for a in names for b in names if a < b and header[a]["shape"] == header[b]["shape"])
    assert f"the tensor '{same[1]}'" in refusal(forge(entries={same[1]: header[same[0]]}))


def test_too_little_memory_is_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", fail)
    assert "there is not enough memory for" in refusal(path)


def test_too_little_memory_for_tables_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    path = tmp_path / "heir.safetensors"
    model = CharModel(replace(CONFIG, ngram_entries=10))
    save_author(
        path, model_config=model.config, alphabet=ALPHABET, weights=model.state_dict(), tables=model.tables, card=CARD
    )
    monkeypatch.setattr(loading, "checked_tables", fail)
    assert "there is not enough memory for" in refusal(path)
