"""The author's file: it comes back as it was, and nothing that is wrong with it gets through."""

import errno
import hashlib
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright import author_file
from penwright.alphabet import Alphabet
from penwright.author_file import AuthorParts, load_author, save_author
from penwright.author_file.format import MAX_HEADER_BYTES
from penwright.card import Card
from penwright.errors import AuthorError
from penwright.model import CharModel
from penwright.model_config import CELLS, ModelConfig
from penwright.sampling import generator_from

ALPHABET = Alphabet.learn(dict.fromkeys("ab\n é“", 1))
CONFIG = ModelConfig(
    vocab_size=ALPHABET.vocab_size, cell="gru", embedding_dim=2, hidden_size=3, num_layers=1, mlp_size=2
)
CARD = Card(name="Test «heir» \ud800", steps=3, bits_per_char=2.5, baselines={"xz": 3.25})

Forge = Callable[..., Path]


def weights_of(config: ModelConfig) -> dict[str, Tensor]:
    """Weights that differ from each other."""
    return CharModel(config, generator=generator_from(1)).state_dict()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound author file."""
    path = tmp_path / "author.safetensors"
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights_of(CONFIG), card=CARD)
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound author file."""
    path = tmp_path_factory.mktemp("sound") / "author.safetensors"
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights_of(CONFIG), card=CARD)
    return path.read_bytes()


def is_sound(parts: AuthorParts) -> bool:
    """Whether an author is the one that was saved."""
    weights = weights_of(CONFIG)
    return (
        parts.model_config == CONFIG
        and parts.alphabet == ALPHABET
        and parts.card == CARD
        and set(parts.weights) == set(weights)
        and all(torch.equal(parts.weights[name], weights[name]) for name in weights)
    )


def header_of(data: bytes) -> dict[str, Any]:
    """The header of an author file, parsed."""
    header: dict[str, Any] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header


def about_of(data: bytes) -> dict[str, Any]:
    """What the header says of the author, parsed."""
    about: dict[str, Any] = json.loads(header_of(data)["__metadata__"]["penwright"])
    return about


def signed(about: dict[str, Any], tensors: bytes) -> dict[str, Any]:
    """The same with the digests that a forger would compute."""
    about = {name: value for name, value in about.items() if name != "header_sha256"}
    about["tensors_sha256"] = hashlib.sha256(tensors).hexdigest()
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    return {**about, "header_sha256": digest}


@pytest.fixture
def forge(sound: bytes, tmp_path: Path) -> Forge:
    """Make a file whose digests are right but whose content is not."""

    def make(
        *,
        about: dict[str, Any] | None = None,
        entries: dict[str, Any] | None = None,
        tensors: bytes | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Path:
        length = int.from_bytes(sound[:8], "little")
        body = sound[8 + length :] if tensors is None else tensors
        header = header_of(sound)
        text = json.dumps(signed({**about_of(sound), **(about or {})}, body))
        header["__metadata__"] = metadata if metadata is not None else {"penwright": text}
        header = {name: entry for name, entry in {**header, **(entries or {})}.items() if entry is not None}
        data = json.dumps(header).encode()
        path = tmp_path / "forged.safetensors"
        path.write_bytes(len(data).to_bytes(8, "little") + data + body)
        return path

    return make


# What is saved


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
    assert (parts.model_config, parts.alphabet, parts.card) == (config, ALPHABET, CARD)
    assert list(parts.weights) == list(weights)
    assert all(torch.equal(parts.weights[name], weights[name]) for name in weights)


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
    assert path.read_bytes() == sound


def test_weights_of_another_model_are_our_own_mistake(tmp_path: Path) -> None:
    weights = dict(list(weights_of(CONFIG).items())[1:])
    with pytest.raises(AssertionError, match="weights of another model"):
        save_author(tmp_path / "a", model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD)


def test_weights_are_saved_as_float32(tmp_path: Path) -> None:
    weights = {name: weight.to(torch.bfloat16) for name, weight in weights_of(CONFIG).items()}
    path = tmp_path / "a.safetensors"
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights, card=CARD)
    read = load_author(path).weights
    assert all(torch.equal(read[name], weights[name].float()) for name in weights)


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
    with pytest.raises(AuthorError, match="cannot be written: No space left on device. Choose another place"):
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
    monkeypatch.setattr(author_file.format, "MAX_HEADER_BYTES", 500)
    with pytest.raises(AuthorError, match="the card makes a header of .* bytes; at most 500 are allowed"):
        save_author(
            tmp_path / "a.safetensors", model_config=CONFIG, alphabet=ALPHABET, weights=weights_of(CONFIG), card=CARD
        )


def test_an_author_can_be_saved_over_the_file_it_was_loaded_from(path: Path, sound: bytes) -> None:
    parts = load_author(path)
    save_author(path, model_config=CONFIG, alphabet=parts.alphabet, weights=parts.weights, card=parts.card)
    assert path.read_bytes() == sound
    assert is_sound(parts)


# What is damaged


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(AuthorError) as caught:
        load_author(path)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) < 1_000
    assert str(path) in sentence
    return sentence


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.data())
def test_a_mutated_file_is_refused_or_the_same_author(sound: bytes, path: Path, data: st.DataObject) -> None:
    mutated = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, max(0, len(mutated) - 1)))
        match data.draw(st.sampled_from(["flip", "cut", "remove", "insert", "repeat", "zero"])):
            case "flip" if mutated:
                mutated[place] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del mutated[place:]
            case "remove":
                del mutated[place : place + data.draw(st.integers(1, 40))]
            case "insert":
                mutated[place:place] = data.draw(st.binary(min_size=1, max_size=20))
            case "repeat":
                mutated[place:place] = mutated[place : place + data.draw(st.integers(1, 40))]
            case "zero":
                size = data.draw(st.integers(1, 40))
                mutated[place : place + size] = bytes(len(mutated[place : place + size]))
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
    for place in range(len(sound)):
        mutated = bytearray(sound)
        mutated[place] ^= 1 << place % 7  # neighbours get different bits
        path.write_bytes(mutated)
        try:
            assert is_sound(load_author(path))
        except AuthorError:
            refused += 1
    assert refused > len(sound) - 8


def test_every_flipped_weight_is_noticed(sound: bytes, path: Path) -> None:
    start = 8 + int.from_bytes(sound[:8], "little")
    for place in range(start, len(sound), 37):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
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


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_weights_of_other_programs_are_named(path: Path, metadata: dict[str, str] | None) -> None:
    safetensors.torch.save_file({"wte.weight": torch.zeros(2), "x" * 99: torch.zeros(1)}, path, metadata=metadata)
    sentence = refusal(path)
    assert "of another kind (tensors: 'wte.weight', 'xxxxxxxx" in sentence
    assert "weights alone are no author" in sentence
    assert "x" * 41 not in sentence


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


# What is hostile: every digest is right


def test_a_forger_who_changes_nothing_makes_a_sound_file(forge: Forge) -> None:
    """So that the refusals below are for the reason they name."""
    assert is_sound(load_author(forge()))


def test_a_newer_format_asks_for_an_upgrade(forge: Forge) -> None:
    assert "written by a newer Penwright (format 2; this one reads up to 1). Upgrade" in refusal(
        forge(about={"format_version": 2, "news": []})
    )


@pytest.mark.parametrize("version", [None, "1", 1.0, True, [], -1, 0])
def test_a_strange_format_version_is_refused(forge: Forge, version: Any) -> None:
    assert "is damaged" in refusal(forge(about={"format_version": version}))


def test_another_format_is_refused_by_its_name(forge: Forge) -> None:
    assert "it calls itself 'penwright corpus'" in refusal(forge(about={"format": "penwright corpus"}))


def test_an_entry_too_many_is_refused(forge: Forge) -> None:
    assert "lacks an entry or has one too many" in refusal(forge(about={"auto_map": "os.system"}))


def test_more_than_one_text_about_it_is_refused(forge: Forge, sound: bytes) -> None:
    metadata = {**header_of(sound)["__metadata__"], "format": "pt"}
    assert "lacks an entry or has one too many" in refusal(forge(metadata=metadata))


@pytest.mark.parametrize("metadata", [[], "penwright", {"penwright": {}}, {"penwright": None}, 5, {}])
def test_metadata_of_another_type_is_refused(forge: Forge, metadata: Any) -> None:
    refusal(forge(metadata=metadata))


@pytest.mark.parametrize("text", ["", "[]", "{}", "NaN", '{"a":1,"a":1}', "\ud800", "[" * 100_000])
def test_a_text_that_is_no_table_is_refused(forge: Forge, text: str) -> None:
    assert "is damaged" in refusal(forge(metadata={"penwright": text}))


def test_a_model_larger_than_the_file_is_refused_before_anything_is_built(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be built for a file of this size")

    path = forge(about={"model": {**CONFIG.to_dict(), "hidden_size": 8_192, "num_layers": 4}})
    monkeypatch.setattr(author_file.format, "CharModel", fail)
    assert "its model needs weights of" in refusal(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", 2**40),
        ("num_layers", 10**9),
        ("vocab_size", 2**63),
        ("vocab_size", CONFIG.vocab_size + 1),
        ("hidden_size", -1),
        ("hidden_size", 3.0),
        ("cell", "os.system"),
        ("cell", ["gru"]),
        ("gru_reset", None),
        ("dropout", 10**19),
        ("dropout", "0"),
        ("_target_", "os.system"),
    ],
)
def test_a_model_that_cannot_be_is_refused(forge: Forge, name: str, value: Any) -> None:
    assert "is damaged" in refusal(forge(about={"model": {**CONFIG.to_dict(), name: value}}))


@pytest.mark.parametrize("name", ["model", "alphabet", "card", "tensors_sha256"])
@pytest.mark.parametrize("value", [None, [], "x", 1, {"a": 1}])
def test_parts_of_another_type_are_refused(forge: Forge, name: str, value: Any, sound: bytes) -> None:
    if name == "tensors_sha256":
        about = signed({**about_of(sound)}, b"other weights")
        path = forge(metadata={"penwright": json.dumps({**about, name: value})})
        assert "its header was changed" in refusal(path)
    else:
        assert "is damaged" in refusal(forge(about={name: value}))


@pytest.mark.parametrize(
    "alphabet",
    [
        {"kind": "learnt", "characters": "aab c"},
        {"kind": "learnt", "characters": "ab"},
        {"kind": "seed", "characters": "ab\n é“"},
        {"kind": "other", "characters": ""},
        {"kind": "learnt", "characters": "ab\n é“", "path": "a"},
    ],
)
def test_an_alphabet_that_does_not_fit_is_refused(forge: Forge, alphabet: dict[str, str]) -> None:
    assert "is damaged" in refusal(forge(about={"alphabet": alphabet}))


def test_a_card_out_of_bounds_is_refused(forge: Forge, sound: bytes) -> None:
    card = {**about_of(sound)["card"], "steps": -1}
    assert "the card is damaged: steps must be a whole number" in refusal(forge(about={"card": card}))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused(forge: Forge, sound: bytes, value: float) -> None:
    tensors = bytearray(sound[8 + int.from_bytes(sound[:8], "little") :])
    tensors[-4:] = torch.tensor([value]).numpy().tobytes()
    assert "its weights are not finite" in refusal(forge(tensors=bytes(tensors)))


@pytest.mark.parametrize("change", [-4, -1, 1, 4])
def test_weights_of_another_length_are_refused(forge: Forge, sound: bytes, change: int) -> None:
    tensors = sound[8 + int.from_bytes(sound[:8], "little") :]
    tensors = tensors + bytes(change) if change > 0 else tensors[:change]
    assert "bytes are there" in refusal(forge(tensors=tensors))


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


def test_two_tensors_in_one_place_are_refused(forge: Forge, sound: bytes) -> None:
    """The shapes are the same, so only the places tell."""
    header = header_of(sound)
    names = sorted(header.keys() - {"__metadata__"})
    same = next((a, b) for a in names for b in names if a < b and header[a]["shape"] == header[b]["shape"])
    assert f"the tensor '{same[1]}'" in refusal(forge(entries={same[1]: header[same[0]]}))


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats(0, 1e300) | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_junk_with_the_right_digests_is_refused_or_fits(sound: bytes, forge: Forge, data: st.DataObject) -> None:
    """In the place of any part, or of any field of one. By chance it may be a value that the field can have."""
    about = about_of(sound)
    part = data.draw(st.sampled_from(["model", "alphabet", "card"]))
    name = data.draw(st.sampled_from([None, *about[part]]))
    value = data.draw(junk)
    path = forge(about={part: value if name is None else {**about[part], name: value}})
    try:
        parts = load_author(path)
    except AuthorError as error:
        assert str(error).isprintable()
        return
    assert all(torch.equal(parts.weights[name], weight) for name, weight in weights_of(CONFIG).items())


def test_what_a_stranger_wrote_cannot_act_on_a_terminal(forge: Forge, sound: bytes, path: Path) -> None:
    nasty = "\x1b[2J\u202e\n" * 20
    refusal(forge(about={"model": {**CONFIG.to_dict(), nasty: 1}}))
    refusal(forge(about={"card": {**about_of(sound)["card"], "baselines": {nasty: "x"}}}))
    refusal(forge(about={"format": nasty}))
    refusal(forge(entries={nasty: {}}))
    safetensors.torch.save_file({nasty: torch.zeros(1)}, path)
    refusal(path)


def test_too_little_memory_is_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(author_file.format, "CharModel", fail)
    assert "there is not enough memory for" in refusal(path)
