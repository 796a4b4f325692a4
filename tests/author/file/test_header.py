"""What a forger could claim with digests that are right: it is refused in one printable sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from author_files import CONFIG, about_of, has_weights, header_of, is_sound, refusal, signed, weights_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.author.file.loading import load_author
from penwright.errors import AuthorError

Forge = Callable[..., Path]


def test_a_forger_who_changes_nothing_makes_a_sound_file(forge: Forge) -> None:
    """So that the refusals below are for the reason they name."""
    assert is_sound(load_author(forge()))


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_weights_of_other_programs_are_named(path: Path, metadata: dict[str, str] | None) -> None:
    safetensors.torch.save_file({"wte.weight": torch.zeros(2), "x" * 99: torch.zeros(1)}, path, metadata=metadata)
    sentence = refusal(path)
    assert "of another kind (tensors: 'wte.weight', 'xxxxxxxx" in sentence
    assert "weights alone are no author" in sentence
    assert "x" * 41 not in sentence


def test_a_newer_format_asks_for_an_upgrade(forge: Forge) -> None:
    assert "written by a newer Penwright (format 6; this one reads up to 5). Upgrade" in refusal(
        forge(about={"format_version": 6, "news": []})
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


def test_contexts_of_another_unit_are_refused(forge: Forge) -> None:
    """Of as many symbols, whose contexts would be told apart in the wrong way."""
    model = {**CONFIG.to_dict(), "cell": "gated", "match_slots": 64, "unit": "words"}
    assert "its model tells contexts of words apart and its alphabet is of characters" in refusal(
        forge(about={"model": model})
    )


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
        {"kind": "pairs", "characters": "ab", "pieces": [[17, 18]] * 7},
        {"kind": "pairs", "characters": "abcdefg", "pieces": [[17, 99]]},
        {"kind": "pairs", "characters": "abcdefg", "pieces": "ab"},
        {"kind": "words", "characters": "abc", "pieces": ["ab", "ab", "bc", "ca"]},
        {"kind": "words", "characters": "abcdef", "pieces": ["a\u001b[31m"]},
        {"kind": "words", "characters": "ab", "pieces": ["ab" * 10_000]},
        {"kind": "words", "characters": "ab", "pieces": ["ab"]},
        {"kind": "learnt", "characters": "aab c"},
        {"kind": "learnt", "characters": "ab"},
        {"kind": "seed", "characters": "ab\n é“"},
        {"kind": "other", "characters": ""},
        {"kind": "learnt", "characters": "ab\n é“", "path": "a"},
    ],
)
def test_an_alphabet_that_does_not_fit_is_refused(forge: Forge, alphabet: dict[str, Any]) -> None:
    assert "is damaged" in refusal(forge(about={"alphabet": alphabet}))


def test_a_card_out_of_bounds_is_refused(forge: Forge, sound: bytes) -> None:
    card = {**about_of(sound)["card"], "steps": -1}
    assert "the card is damaged: steps=-1 must be a whole number" in refusal(forge(about={"card": card}))


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats(0, 1e300) | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
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
    assert has_weights(parts, weights_of(CONFIG))


def test_what_a_stranger_wrote_cannot_act_on_a_terminal(forge: Forge, sound: bytes, path: Path) -> None:
    nasty = "\x1b[2J\u202e\n" * 20
    refusal(forge(about={"model": {**CONFIG.to_dict(), nasty: 1}}))
    refusal(forge(about={"card": {**about_of(sound)["card"], "baselines": {nasty: "x"}}}))
    refusal(forge(about={"format": nasty}))
    refusal(forge(about={"card": {**about_of(sound)["card"], "baselines": {"long" * 900: "x"}}}))
    refusal(forge(entries={nasty: {}}))
    safetensors.torch.save_file({nasty: torch.zeros(1)}, path)
    refusal(path)
