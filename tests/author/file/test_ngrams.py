"""An author with n-gram tables: they come back as they were, and no forged table gets through."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from author_files import about_of, body_of, header_of, refusal, signed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.units import CHARACTERS
from penwright.author.author import Author
from penwright.author.card import Card
from penwright.author.file import saving
from penwright.author.file.loading import load_author
from penwright.errors import AuthorError
from penwright.kernels import running
from penwright.kernels.running import without_kernels
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig
from penwright.ngrams import packing
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import NgramTables, make_tables

Forge = Callable[..., Path]
TEXT = "a bee, a bay, and a bad day; a bead, a bed and a dab. " * 4
ALPHABET = Alphabet.learn({char: TEXT.count(char) for char in sorted(set(TEXT))})
CONFIG = ModelConfig(
    vocab_size=ALPHABET.vocab_size,
    embedding_dim=3,
    hidden_size=3,
    num_layers=1,
    mlp_size=2,
    ngram_entries=1_000,
    match_slots=64,
    context_kinds=2,
)


def an_author() -> Author:
    """An author of few weights, none of them zero, with tables of a small text."""
    model = CharModel(CONFIG, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))
    marks = marks_of(ALPHABET)
    texts, kinds = [ALPHABET.encode(TEXT)], kinds_of(CHARACTERS, CONFIG.context_kinds)
    tables = make_tables(texts, kinds=kinds, marks=marks, max_entries=CONFIG.ngram_entries)
    assert model.context_models is not None
    model.context_models.use(tables, torch.from_numpy(marks))
    return Author(model, ALPHABET, Card(name="heir"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound author file whose tables are not packed, as earlier builds wrote them."""
    path = tmp_path_factory.mktemp("sound") / "author.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saving, "is_packable", lambda *_: False)
        an_author().save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound author file of today."""
    path = tmp_path_factory.mktemp("packed") / "author.safetensors"
    an_author().save(path)
    return path.read_bytes()


def with_array(data: bytes, name: str, change: Callable[[np.ndarray], None]) -> bytes:
    """The body of an author file with one array of its tables changed in place."""
    entry, body = header_of(data)[f"counts.{name}"], bytearray(body_of(data))
    kind = {"U8": "u1", "U16": "<u2", "I32": "<i4", "F32": "<f4"}[entry["dtype"]]
    start, stop = entry["data_offsets"]
    array = np.frombuffer(body[start:stop], dtype=kind).copy()
    change(array)
    body[start:stop] = array.tobytes()
    return bytes(body)


def are_equal(one: NgramTables | None, other: NgramTables | None) -> bool:
    """Whether two tables are the same."""
    assert one is not None
    assert other is not None
    return all(torch.equal(left, right) for left, right in zip(one, other, strict=True))


def test_an_author_with_tables_comes_back_as_it_was(path: Path, sound: bytes) -> None:
    before, after = an_author(), Author.load(path)
    assert len(before.model.tables.contexts) > 100  # type: ignore[union-attr]
    assert are_equal(before.model.tables, after.model.tables)
    assert before.write("a b", max_chars=80, seed=3) == after.write("a b", max_chars=80, seed=3)
    assert before.score(TEXT) == after.score(TEXT)


def test_packed_tables_come_back_as_they_were(path: Path, sound: bytes, packed: bytes) -> None:
    path.write_bytes(packed)
    after = Author.load(path)
    assert are_equal(an_author().model.tables, after.model.tables)
    assert after.identity == an_author().identity
    after.save(path)
    assert path.read_bytes() == packed
    assert (about_of(sound)["format_version"], about_of(packed)["format_version"]) == (3, 5)
    assert len(body_of(packed)) < len(body_of(sound))


def forged(path: Path, data: bytes, counts: list[int], body: bytes) -> Path:
    """A file with right digests around other claims and another body."""
    header = {**header_of(data)}
    header["__metadata__"] = {"penwright": json.dumps(signed({**about_of(data), "counts": counts}, body))}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return path


@pytest.mark.parametrize(
    ("index", "value", "sentence"),
    [
        (2, 1.0, "does not say how large its n-gram tables are"),
        (2, -1, "less than no bytes"),
        (2, 10**19, "but .* bytes are there"),
        (1, 999, "not as many as its header says|successors they claim"),
        (1, 1_001, "which its model forbids"),
    ],
)
def test_packed_tables_of_a_wrong_size_are_refused(
    path: Path, packed: bytes, index: int, value: Any, sentence: str
) -> None:
    counts = list(about_of(packed)["counts"])
    counts[index] = value
    forged(path, packed, counts, body_of(packed))
    with pytest.raises(AuthorError, match=sentence):
        load_author(path)


def test_a_small_file_cannot_claim_large_tables(path: Path, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be read of such a file")

    monkeypatch.setattr(packing, "MAX_RATIO", 0)
    monkeypatch.setattr(np, "empty", fail)
    path.write_bytes(packed)
    with pytest.raises(AuthorError, match="many times as large as its bytes"):
        load_author(path)


@pytest.mark.parametrize("name", packing.PACKED)
def test_packed_bytes_that_are_none_are_refused(path: Path, packed: bytes, name: str) -> None:
    def change(array: np.ndarray) -> None:
        array[:] = 255

    forged(path, packed, about_of(packed)["counts"], with_array(packed, name, change))
    with pytest.raises(AuthorError, match="its n-grams cannot be unpacked"):
        load_author(path)


def test_what_the_tables_say_matters() -> None:
    """Else the test above would prove little."""
    author = an_author()
    assert author.model.context_models is not None
    with_tables = author.score(TEXT).bits_per_char
    fresh = CharModel(CONFIG).tables
    assert fresh is not None
    author.model.context_models.use(fresh, torch.from_numpy(marks_of(ALPHABET)))
    assert author.score(TEXT).bits_per_char > 1.5 * with_tables


def test_an_author_whose_tables_are_empty_comes_back(path: Path) -> None:
    author = Author(CharModel(CONFIG, generator=torch.Generator().manual_seed(1)), ALPHABET)
    author.save(path)
    assert are_equal(Author.load(path).model.tables, author.model.tables)


def test_an_alphabet_of_more_than_a_byte_comes_back(path: Path) -> None:
    """Its successors take two bytes each."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 400))) * 3
    alphabet = Alphabet.learn(dict.fromkeys(text, 3))
    model = CharModel(replace(CONFIG, vocab_size=alphabet.vocab_size, ngram_entries=20_000))
    marks = marks_of(alphabet)
    texts, kinds = [alphabet.encode(text)], kinds_of(CHARACTERS, CONFIG.context_kinds)
    tables = make_tables(texts, kinds=kinds, marks=marks, max_entries=20_000)
    assert model.context_models is not None
    model.context_models.use(tables, torch.from_numpy(marks))
    assert int(tables.symbols.max()) > 255
    Author(model, alphabet).save(path)
    assert are_equal(Author.load(path).model.tables, tables)


def test_a_model_that_moves_takes_its_tables_along(path: Path) -> None:
    """`load` moves a model after its tables were given to it, and `use` gives new ones to a model that has moved."""
    author = Author.load(path, device="cpu")
    model = author.model.to(torch.float64).to("cpu", torch.float32)
    assert model.context_models is not None
    assert model.tables is not None
    ids = torch.from_numpy(ALPHABET.encode("a bed").astype(np.int64))[None]
    moved, _ = model(ids, model.initial_state(1))
    plain = an_author().model
    torch.testing.assert_close(moved, plain(ids, plain.initial_state(1))[0])
    devices = {name: buffer.device for name, buffer in model.named_buffers()}
    model.context_models.use(model.tables, model.context_models.marks)
    assert {name: buffer.device for name, buffer in model.named_buffers()} == devices


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (None, "does not say how large its n-gram tables are"),
        (True, "does not say how large"),
        ("3, 4", "does not say how large"),
        ([], "does not say how large"),
        ([1], "does not say how large"),
        ([1, 2, 3], "does not say how large"),
        ([1.0, 2.0], "does not say how large"),
        ([True, True], "does not say how large"),
        ([[1], [2]], "does not say how large"),
        ({"0": 1, "1": 2}, "does not say how large"),
        ([-1, 5], "claims n-grams of -1 contexts and 5 successors, which its model forbids"),
        ([5, 4], "claims n-grams of 5 contexts and 4 successors, which its model forbids"),
        ([5, 1_001], "claims n-grams of 5 contexts and 1,001 successors, which its model forbids"),
        ([10**19, 10**19], "which its model forbids"),
        ([1, 2], "but .* bytes are there"),
        ([1_000, 1_000], "but .* bytes are there"),
    ],
)
def test_tables_of_a_wrong_size_are_refused_before_anything_is_built(
    forge: Forge, monkeypatch: pytest.MonkeyPatch, counts: Any, sentence: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be built for such a file")

    path = forge(about={"counts": counts})
    monkeypatch.setattr(np, "empty", fail)
    with pytest.raises(AuthorError, match=sentence):
        load_author(path)
    refusal(path)


def test_tables_for_a_model_that_consults_none_are_refused(forge: Forge, sound: bytes) -> None:
    for config in ({"ngram_entries": 0}, {"is_residual": False}):
        path = forge(about={"model": {**CONFIG.to_dict(), **config}})
        assert "it holds n-gram tables that its model has no use for" in refusal(path)


def test_a_model_whose_tables_are_missing_is_refused(forge: Forge, sound: bytes) -> None:
    entries = {name: None for name in header_of(sound) if name.startswith("counts.")}
    start = header_of(sound)["counts.backoffs"]["data_offsets"][0]
    path = forge(about={"counts": None}, entries=entries, body=body_of(sound)[:start])
    assert "it does not say how large its n-gram tables are" in refusal(path)


@pytest.mark.parametrize("name", ["backoffs", "contexts", "shares", "sizes", "symbols", "totals", "unigrams"])
def test_an_array_that_is_announced_wrongly_is_refused(forge: Forge, sound: bytes, name: str) -> None:
    entry = header_of(sound)[f"counts.{name}"]
    start, stop = entry["data_offsets"]
    wrong = ({"dtype": "I64"}, {"shape": []}, {"shape": [2**62]}, {"data_offsets": [start + 1, stop + 1]})
    for changes in wrong:
        path = forge(entries={f"counts.{name}": {**entry, **changes}})
        assert f"the tensor 'counts.{name}' is not what its model needs" in refusal(path)
    path = forge(entries={f"counts.{name}": None})
    assert f"the tensor 'counts.{name}' is not what its model needs" in refusal(path)


def test_arrays_in_another_order_are_refused(forge: Forge, sound: bytes) -> None:
    """Two that are of one size, so that only their offsets tell."""
    header = header_of(sound)
    one, other = header["counts.backoffs"], header["counts.totals"]
    assert one["shape"] == other["shape"]
    path = forge(entries={"counts.backoffs": other, "counts.totals": one})
    assert "the tensor 'counts.backoffs' is not what its model needs" in refusal(path)


@pytest.mark.parametrize(
    ("name", "offset", "value", "sentence"),
    [
        ("contexts", 1, -(2**31), "the contexts of its n-grams are not in order"),
        ("contexts", 0, 2**31 - 1, "the contexts of its n-grams are not in order"),
        ("sizes", 0, 0, "the contexts of its n-grams do not have the successors they claim"),
        ("sizes", 0, 255, "the contexts of its n-grams do not have the successors they claim"),
        ("symbols", 0, ALPHABET.vocab_size, "the successors of its n-grams are not in its alphabet"),
        ("symbols", 0, 255, "the successors of its n-grams are not in its alphabet"),
        ("unigrams", 0, np.nan, "the shares of its n-grams are not between 0 and 1"),
        ("unigrams", 0, np.inf, "the shares of its n-grams are not between 0 and 1"),
        ("unigrams", 0, -1.0, "the shares of its n-grams are not between 0 and 1"),
    ],
)
def test_forged_arrays_are_refused(
    forge: Forge, sound: bytes, name: str, offset: int, value: float, sentence: str
) -> None:
    def change(array: np.ndarray) -> None:
        array[offset] = value

    assert sentence in refusal(forge(body=with_array(sound, name, change)))


def test_every_flipped_byte_of_the_tables_is_noticed(sound: bytes, path: Path) -> None:
    begin = len(sound) - len(body_of(sound)) + header_of(sound)["counts.backoffs"]["data_offsets"][0]
    for offset in range(begin, len(sound), 37):
        path.write_bytes(sound[:offset] + bytes([sound[offset] ^ 1]) + sound[offset + 1 :])
        assert "were changed after they were written" in refusal(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_for_tables_are_refused_or_give_predictions(forge: Forge, sound: bytes, data: st.DataObject) -> None:
    """A forger's tables may say anything, but never what breaks the author that consults them."""
    name = data.draw(st.sampled_from(["backoffs", "contexts", "shares", "sizes", "symbols", "totals", "unigrams"]))

    def change(array: np.ndarray) -> None:
        view = array.view(np.uint8)
        for _ in range(data.draw(st.integers(1, 4))):
            offset = data.draw(st.integers(0, len(view) - 1))
            drawn = np.frombuffer(data.draw(st.binary(min_size=1, max_size=8)), dtype=np.uint8)
            view[offset : offset + len(drawn)] = drawn[: len(view) - offset]

    path = forge(body=with_array(sound, name, change))
    try:
        author = Author.load(path)
    except AuthorError:
        refusal(path)
        return
    text = "a bed and a bee"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "MANY", 1)  # kernels look where they are told, and do not ask where an array ends
        found = author.score(text).bits_per_char
    with without_kernels():
        needed = author.score(text).bits_per_char
    assert np.isfinite(found)
    assert found == pytest.approx(needed, rel=1e-5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.text(max_size=5),
        st.lists(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)), max_size=3),
    )
)
def test_any_claim_about_the_tables_is_refused_or_true(forge: Forge, counts: Any) -> None:
    refusal(forge(about={"counts": counts}))
