"""A bookmark on disk: writing goes on as if it had never been there, and nothing that is wrong with it gets through."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from author_files import about_of, body_of, header_of
from engines import MAKERS, loud_model, memory_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright import Author, Bookmark, Card
from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.author.file.format import digest_of
from penwright.errors import AuthorError, BookmarkError
from penwright.kernels.adaptation import ADAPTS, PREVIOUS, ROW_1, ROW_COLUMN
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import empty_tables
from penwright.writing.engines.adaptation import AdaptationState
from penwright.writing.engines.base import Engine

PROSE = "The lamp went out at nine. “Who is there?” asked Mr. Vane; the lamps were lamps.\n" * 3
CHARACTERS = Alphabet.learn(dict.fromkeys(PROSE, 1))
ALPHABETS = {"characters": CHARACTERS, "bpe": learn_subwords(CHARACTERS, [PROSE], unit="bpe", num_symbols=120)}
HERE = PROSE + "The lam"


class EnginedAuthor(Author):
    """An author that writes by one engine."""

    kind: str

    @property
    def engine(self) -> Engine:
        return MAKERS[self.kind](self.model, self.alphabet)


def author_of(kind: str = "compiled", unit: str = "characters", **settings: Any) -> Author:
    """An untrained author that remembers in every way but n-grams."""
    alphabet = ALPHABETS[unit]
    shape = {"cell": "gated", "is_residual": True, "match_slots": 32, "context_kinds": 2, "unit": unit, **settings}
    model = loud_model(alphabet, **shape)
    assert model.context_models is not None
    model.context_models.use(empty_tables(alphabet.vocab_size), torch.from_numpy(marks_of(alphabet)))
    author = EnginedAuthor(model, alphabet, Card(name="Test «heir»"))
    author.kind = kind
    return author


AUTHOR = author_of()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a bookmark."""
    path = tmp_path_factory.mktemp("sound") / "mark"
    AUTHOR.read(HERE).save(path, AUTHOR)
    return path.read_bytes()


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a bookmark of an author that adapts."""
    path = tmp_path_factory.mktemp("adapted") / "mark"
    AUTHOR.read(HERE, adapts=True).save(path, AUTHOR)
    return path.read_bytes()


@pytest.fixture
def forge(sound: bytes, tmp_path: Path) -> Callable[..., Path]:
    """Make a file whose digests are right but whose content is not."""

    def make(
        name: str | None = None, change: Callable[[np.ndarray], Any] | None = None, of: bytes = sound, **about: Any
    ) -> Path:
        header, body = header_of(of), bytearray(body_of(of))
        if name is not None and change is not None:
            start, stop = header[name]["data_offsets"]
            kind = {"F32": "<f4", "I64": "<i8", "U8": "|u1"}[header[name]["dtype"]]
            array = np.frombuffer(body[start:stop], kind).copy().reshape(header[name]["shape"])
            change(array)
            body[start:stop] = array.tobytes()
        claims = {**about_of(of), **about, "tensors_sha256": hashlib.sha256(body).hexdigest()}
        claims["header_sha256"] = digest_of({key: value for key, value in claims.items() if key != "header_sha256"})
        header["__metadata__"] = {"penwright": json.dumps(claims)}
        data = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        data += b" " * (-len(data) % 8)
        path = tmp_path / "forged"
        path.write_bytes(len(data).to_bytes(8, "little") + data + body)
        return path

    return make


def refusal(path: Path, author: Author = AUTHOR) -> str:
    """The sentence with which a bookmark is refused."""
    with pytest.raises(BookmarkError) as caught:
        Bookmark.load(path, author)
    sentence = str(caught.value)
    assert sentence.isprintable() and len(sentence) < 400
    return sentence


@pytest.mark.parametrize("adapts", [False, True])
@pytest.mark.parametrize("unit", ALPHABETS)
@pytest.mark.parametrize("kind", MAKERS)
def test_writing_goes_on_as_without_the_detour(kind: str, unit: str, adapts: bool, tmp_path: Path) -> None:
    author = author_of(kind, unit)
    bookmark = author.read(HERE, adapts=adapts)
    bookmark.save(tmp_path / "mark", author)
    loaded = Bookmark.load(tmp_path / "mark", author)
    assert loaded.unread == bookmark.unread and (unit == "characters") == (not loaded.unread)
    for ours, theirs in zip(memory_of(loaded.state), memory_of(bookmark.state), strict=True):
        assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes()
    needed = author.write("", after=bookmark, max_chars=200, seed=3, temperature=1.5, min_p=0.0)
    assert adapts or needed == author.write(HERE, max_chars=200, seed=3, temperature=1.5, min_p=0.0)
    for prompt, rest in (("", needed), (needed[:50], needed[50:])):
        seen = author.write(prompt, after=loaded, max_chars=len(rest), seed=3, temperature=1.5, min_p=0.0)
        assert seen == rest or (prompt and (unit == "bpe" or adapts))  # other cuts of words, or lessons of the prompt


@pytest.mark.parametrize("unit", ALPHABETS)
@pytest.mark.parametrize(("kind", "other"), [("plain", "compiled"), ("compiled", "plain")])
def test_a_bookmark_of_one_engine_opens_in_the_other(kind: str, other: str, unit: str, tmp_path: Path) -> None:
    writer, reader = author_of(kind, unit), author_of(other, unit)
    bookmark, expected = (each.read(HERE, adapts=True) for each in (writer, reader))
    bookmark.save(tmp_path / "mark", writer)
    loaded = Bookmark.load(tmp_path / "mark", reader)
    assert type(loaded.state) is type(expected.state)
    for ours, theirs in zip(memory_of(loaded.state), memory_of(expected.state), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)
    assert reader.write(after=loaded, max_chars=100, seed=3) == writer.write(after=bookmark, max_chars=100, seed=3)


def test_an_unread_end_with_any_characters_is_kept(tmp_path: Path) -> None:
    bookmark = author_of(unit="bpe").read("a")._replace(unread='x\ud800"\\\x00日')
    bookmark.save(tmp_path / "mark", author_of(unit="bpe"))
    assert Bookmark.load(tmp_path / "mark", author_of(unit="bpe")).unread == bookmark.unread


def test_an_author_knows_its_bookmarks_in_whatever_form_it_is(tmp_path: Path) -> None:
    authors = {name: Author.load(_saved(tmp_path, name)) for name in ("float32", "float16")}
    for author in authors.values():
        before = author.identity
        assert author.model is not None and author.identity == before
    assert authors["float32"].identity == AUTHOR.identity != authors["float16"].identity


def test_a_saved_author_with_n_grams_keeps_its_identity() -> None:
    author = Author.from_box()
    before = author.identity
    assert author.model.tables is not None
    assert author.identity == before


def test_another_authors_bookmark_is_refused(sound: bytes, tmp_path: Path) -> None:
    (tmp_path / "mark").write_bytes(sound)
    other = author_of()
    other.model.readout_bias.data[3] += 1e-3
    assert "belongs to another author, 'Test «heir»'" in refusal(tmp_path / "mark", other)
    assert "another author" in refusal(tmp_path / "mark", author_of(unit="bpe"))
    assert "not as many" in refusal(tmp_path / "mark", author_of(match_slots=64))  # of the same weights


def test_a_newer_versions_bookmark_is_refused(forge: Callable[..., Path]) -> None:
    assert "newer Penwright" in refusal(forge(format_version=3))
    assert "lacks an entry" in refusal(forge(format_version=2))


def test_a_bookmark_and_an_author_are_told_apart(forge: Callable[..., Path], tmp_path: Path) -> None:
    assert "is an author and no bookmark" in refusal(_saved(tmp_path, "float32"))
    with pytest.raises(AuthorError, match="is a bookmark and no author"):
        Author.load(forge())
    assert Bookmark.load(forge(), AUTHOR), "the forger forges well"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400, deadline=None)
@given(st.data())
def test_any_byte_that_is_changed_is_noticed(sound: bytes, tmp_path: Path, data: st.DataObject) -> None:
    mutated = bytearray(sound)
    offset = data.draw(st.integers(0, len(sound) - 1))
    match data.draw(st.sampled_from(["flip", "flip", "cut", "insert", "remove"])):
        case "flip":
            mutated[offset] ^= data.draw(st.integers(1, 255))
        case "cut":
            del mutated[offset:]
        case "insert":
            mutated[offset:offset] = data.draw(st.binary(min_size=1, max_size=9))
        case "remove":
            del mutated[offset]
    (tmp_path / "mark").write_bytes(mutated)
    refusal(tmp_path / "mark")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "mark").write_bytes(data)
    refusal(tmp_path / "mark")


def _put(index: Any, value: float) -> Callable[[np.ndarray], None]:
    def change(array: np.ndarray) -> None:
        array[index] = value

    return change


HOSTILE = {
    "a symbol beyond the alphabet": ("recent", _put((0, 0), CHARACTERS.vocab_size)),
    "a symbol below it": ("recent", _put((0, 0), -1)),
    "an expected symbol beyond it": ("pending", _put((0, 1, 0), CHARACTERS.vocab_size + 1)),
    "a context that no hash gives": ("pending", _put((0, 0, 0), (1 << 32) + 1)),
    "an endless match": ("pending", _put((0, 2, 0), -1)),
    "a time before the beginning": ("position", _put(0, -1)),
    "memory that is no number": ("memory", _put((0, 0), np.nan)),
    "infinite predictions": ("logits", _put(0, np.inf)),
    "a word of negative length": ("words", _put((0, 5), -1)),
    "a sign open that there is not": ("words", _put((0, 6), 4)),
    "neither inside a word nor outside": ("is_word", _put(0, 2)),
    "slots that are no deflated bytes": ("slots", _put(slice(0, 2), 0)),
}


HOSTILE_LESSONS = {
    "a lesson that is no number": ("factors", _put(0, np.nan)),
    "a prediction that is none": ("waiting", _put((0, 1, 3), np.inf)),
    "a text that does not adapt": ("places", _put((0, ADAPTS), 0)),
    "a row below the first": ("places", _put((0, ROW_1), -2)),
    "a row beyond the last": ("places", _put((0, ROW_COLUMN), 1 << 20)),
    "a symbol beyond the alphabet": ("places", _put((0, PREVIOUS), CHARACTERS.vocab_size)),
    "biases that are no deflated bytes": ("biases", _put(slice(0, 2), 0)),
}


@pytest.mark.parametrize("name", HOSTILE_LESSONS)
def test_a_hostile_adaptation_is_refused(name: str, adapted: bytes, forge: Callable[..., Path]) -> None:
    assert Bookmark.load(forge(of=adapted), AUTHOR).adapts, "the forger forges well"
    refusal(forge(*HOSTILE_LESSONS[name], of=adapted))


def test_a_text_that_does_not_adapt_is_written_as_ever(sound: bytes, adapted: bytes) -> None:
    assert about_of(sound)["format_version"] == 1 and about_of(adapted)["format_version"] == 2
    assert not set(AdaptationState._fields) & set(header_of(sound))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bookmark_is_refused(name: str, forge: Callable[..., Path]) -> None:
    refusal(forge(*HOSTILE[name]))


def test_hostile_slots_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bookmark = AUTHOR.read(HERE)
    bookmark.state.slots[0, 0, 0] = (CHARACTERS.vocab_size + 1) << 8
    with pytest.raises(BookmarkError, match="cannot have read"):
        bookmark.save(tmp_path / "mark", AUTHOR)
    monkeypatch.setattr("penwright.author.file.bookmark._check", lambda saved, owner: None)
    bookmark.save(tmp_path / "mark", AUTHOR)
    monkeypatch.undo()
    assert "cannot have read" in refusal(tmp_path / "mark")


@pytest.mark.parametrize("size", [-1, True, 1.5, None, 1 << 40, "9"])
def test_a_size_that_cannot_be_is_refused(size: Any, forge: Callable[..., Path]) -> None:
    refusal(forge(slots_bytes=size))


def test_what_cannot_be_written_or_read_is_told(tmp_path: Path) -> None:
    bookmark = AUTHOR.read("a")
    with pytest.raises(BookmarkError, match="cannot be written"):
        bookmark.save(tmp_path / "nowhere" / "mark", AUTHOR)
    assert "no bookmark" in refusal(tmp_path / "nowhere")
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "mark").write_bytes(b"kept")
    bookmark.logits[0] = np.nan
    with pytest.raises(BookmarkError, match="not finite"):
        bookmark.save(tmp_path / "mark", AUTHOR)
    assert (tmp_path / "mark").read_bytes() == b"kept"
    assert [path.name for path in tmp_path.iterdir()] == ["mark"]


def test_a_bookmark_is_shown_in_a_line() -> None:
    assert repr(AUTHOR.read("The lamp")) == "Bookmark(after 9 symbols)"
    assert repr(author_of(unit="bpe").read("lam", adapts=True)).endswith(", adapting, 'lam' unread)")


def _saved(folder: Path, precision: Any) -> Path:
    path = folder / f"{precision}.safetensors"
    AUTHOR.save(path, precision=precision)
    return path
