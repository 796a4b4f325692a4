import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.characters import Alphabet
from penwright.corpus import description
from penwright.corpus.book import Book
from penwright.corpus.config import CorpusConfig
from penwright.corpus.description import (
    JSON_NAME,
    Contents,
    content_digest,
    describe,
    read_description,
    write_description,
)
from penwright.corpus.store import IDS_NAME, Corpus
from penwright.errors import CorpusError


def book(**values: Any) -> Book:
    fields = {"title": "Lamp", "author": "Vane", "split": "train", "source": "lamp.txt", "encoding": "utf-8"}
    return Book(**{**fields, "sha256": "0" * 64, "start": 0, "num_ids": 3, "num_chars": 2, **values})


def contents_of(*books: Book, subwords_version: int | None = None) -> Contents:
    return Contents(
        alphabet=Alphabet("ab"),
        config=CorpusConfig(),
        books=books,
        cache_keys=(("2" * 64,),) * len(books),
        skipped=(("picture.png", "is no text"),),
        warnings=("Look twice.",),
        subwords_version=subwords_version,
    )


def described(*books: Book, **changes: Any) -> dict[str, Any]:
    return {**describe(contents_of(*books), ["1" * 64] * len(books)), **changes}


def test_what_is_described_is_read(tmp_path: Path) -> None:
    data = described(book())
    write_description(tmp_path, data)
    assert read_description(tmp_path) == data


@given(st.text(st.characters(exclude_categories=())))
def test_any_title_survives(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    folder = tmp_path_factory.mktemp("store")
    data = described(book(title=title))
    write_description(folder, data)
    assert read_description(folder)["books"][0]["title"] == title


def test_what_was_written_is_recognised_by_its_bytes_and_what_another_program_wrote_by_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = described(book(title='A "checksum":"' + "0" * 64 + '",\n'), book(start=3))
    write_description(tmp_path, data)
    with monkeypatch.context() as patch:
        patch.setattr(description, "_sha256_of_json", None)  # slow for thousands of books, so not asked
        assert read_description(tmp_path) == data
    written = (tmp_path / JSON_NAME).read_bytes()
    assert written.count(b"\n{") == 2  # a line for each book
    (tmp_path / JSON_NAME).write_text(json.dumps(data, indent=2), encoding="utf-8")
    assert read_description(tmp_path) == data
    (tmp_path / JSON_NAME).write_bytes(written.replace(b"Lamp", b"Limp"))
    with pytest.raises(CorpusError, match="does not match its checksum"):
        read_description(tmp_path)


def test_the_digest_ignores_file_names_and_nothing_else() -> None:
    digest = described(book())["digest"]
    assert described(book(source="other.txt", encoding="cp1252"))["digest"] == digest
    for other in (book(title="Bell"), book(author="Wren"), book(split="val"), book(sha256="1" * 64), book(year=1884)):
        assert described(other)["digest"] != digest
    assert content_digest(Alphabet("abc").to_dict(), described(book())["books"], ["1" * 64]) != digest
    assert content_digest(Alphabet("ab").to_dict(), described(book())["books"], ["2" * 64]) != digest


def test_the_version_of_subwords_stands_in_a_corpus_of_subwords_only(tmp_path: Path) -> None:
    plain, first, second = (
        describe(contents_of(book(), subwords_version=version), ["1" * 64]) for version in (None, 1, 2)
    )
    assert set(first) - set(plain) == {"pieces_version"}
    assert plain["digest"] == first["digest"] == second["digest"]
    assert len({plain["checksum"], first["checksum"], second["checksum"]}) == 3
    write_description(tmp_path, second)
    assert read_description(tmp_path) == second


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is damaged: corpus.json is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "does not describe a corpus"),
        (b"{}", "does not describe a corpus"),
        (json.dumps({**described(book()), "schema_version": 2}).encode(), "has version 2, this program reads 1"),
        (json.dumps({**described(book()), "digest": "0"}).encode(), "does not match its checksum"),
        (json.dumps({**described(book()), "more": 1}).encode(), "does not match its checksum"),
        (json.dumps({**described(book()), "books": float("nan")}).encode(), "is not JSON"),
    ],
)
def test_a_damaged_description_gives_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / JSON_NAME).write_bytes(content)
    with pytest.raises(CorpusError, match=sentence):
        read_description(tmp_path)


@pytest.mark.parametrize(
    ("books", "sentence"),
    [
        ([], "its list of books is empty"),
        ([book(start=1)], "'Lamp' does not lie where it should"),
        ([book(num_ids=2)], "'Lamp' does not lie where it should"),
        ([book(split="val"), book(start=3)], "not in the order train, val, test"),
    ],
)
def test_a_consistent_description_of_an_impossible_corpus_is_refused(
    tmp_path: Path, books: list[Book], sentence: str
) -> None:
    write_description(tmp_path, described(*books))
    (tmp_path / IDS_NAME).write_bytes(bytes(3 * len(books)))
    with pytest.raises(CorpusError, match=sentence):
        Corpus.open(tmp_path)
