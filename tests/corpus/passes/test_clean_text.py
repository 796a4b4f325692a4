import gzip
import random
import struct
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.config import CorpusConfig
from penwright.corpus.passes import clean_text
from penwright.corpus.passes.clean_text import count_characters, read_bytes, read_chunk
from penwright.corpus.sources.chunks import FileChunk, chunks_of
from penwright.corpus.sources.discovery import Source, discover
from penwright.errors import ReadingError

RAW = CorpusConfig(alphabet="seed", split="seed")
PROSE = (
    "The lamp was lit before the rain came, and it burned until the morning.\n\nNobody had thought of the oil; "
    "“there is always some,” said the old woman — and there was.\n"
)


def chunk_of(folder: Path, data: bytes, name: str = "book.txt") -> FileChunk:
    (folder / name).write_bytes(data)
    return FileChunk(Source(folder / name, None, len(data), folder), 0, len(data), b"")


@given(st.text(st.characters(exclude_categories=())), st.integers(1, 5))
def test_counting_agrees_with_the_plain_counter(text: str, step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clean_text, "COUNT_CHARS", step)
        characters, counts = count_characters(text)
    assert dict(zip(characters, counts.tolist(), strict=True)) == Counter(text)
    assert list(characters) == sorted(characters)


def test_a_chunk_is_read_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    chunk = chunk_of(tmp_path, PROSE.replace("\n", "\r\n").encode("utf-8"))
    text, facts, cuts, _ = read_chunk(read_bytes(chunk), chunk=chunk, config=CorpusConfig())
    assert text == PROSE
    assert cuts == ()
    assert facts.num_chars == len(PROSE)
    assert dict(zip(facts.characters, facts.counts.tolist(), strict=True)) == Counter(PROSE)
    assert "utf-8" in facts.encoding
    assert len(facts.sha256) == len(facts.text_sha256) == 64
    assert len(facts.fingerprint)


def test_a_raw_configuration_changes_nothing_but_line_ends(tmp_path: Path) -> None:
    page = "*** START OF THE PROJECT GUTENBERG EBOOK X ***\r\nhard\r\nwrapped  lines \r\n"
    chunk = chunk_of(tmp_path, page.encode("ascii"))
    text, facts, cuts, _ = read_chunk(read_bytes(chunk), chunk=chunk, config=RAW)
    assert text == page.replace("\r\n", "\n")
    assert cuts == ()
    assert len(facts.fingerprint) == 0


def test_a_book_of_blanks_is_no_book(tmp_path: Path) -> None:
    chunk = chunk_of(tmp_path, b" \n\n \n")
    with pytest.raises(ReadingError, match=r"book\.txt"):
        read_chunk(read_bytes(chunk), chunk=chunk, config=CorpusConfig())


def test_a_binary_is_no_book(tmp_path: Path) -> None:
    chunk = chunk_of(tmp_path, bytes(range(256)) * 8)
    with pytest.raises(ReadingError, match=r"book\.txt"):
        read_chunk(read_bytes(chunk), chunk=chunk, config=CorpusConfig())


def test_a_page_too_large_to_be_held_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean_text, "MAX_WHOLE_BYTES", 100)
    chunk = chunk_of(tmp_path, b"<p>words</p>" * 10, "page.html")
    with pytest.raises(ReadingError, match="page.html has 120 bytes, of which at most 100 can be held at once"):
        read_bytes(chunk)


def test_an_archive_that_belittles_its_member_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gzip.open(tmp_path / "book.txt.gz", "wb") as file:
        file.write(b"words\n" * 100)
    monkeypatch.setattr(clean_text, "MAX_WHOLE_BYTES", 100)
    source = Source(tmp_path / "book.txt.gz", "book.txt", 10, tmp_path)
    with pytest.raises(ReadingError, match="book.txt.gz/book.txt is larger than 100 bytes when unpacked"):
        read_bytes(FileChunk(source, 0, 10, b""))


def test_an_archive_that_boasts_of_its_member_is_not_believed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shelf.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("book.txt", "Only these words.\n")
    data = bytearray((tmp_path / "shelf.zip").read_bytes())
    struct.pack_into("<I", data, data.find(b"PK\x01\x02") + 24, 1_000_000_000)
    (tmp_path / "shelf.zip").write_bytes(data)
    (source,) = discover(tmp_path / "shelf.zip").sources
    assert source.num_bytes == 1_000_000_000
    (chunk,) = chunks_of(source)
    assert read_bytes(chunk).data == b"Only these words.\n"


def test_no_more_of_a_member_is_unpacked_than_may_be_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it was unpacked before its size was looked at."""
    data = random.Random(1).randbytes(5_000_000)
    (tmp_path / "book.txt.gz").write_bytes(gzip.compress(data, compresslevel=1))
    monkeypatch.setattr(clean_text, "MAX_WHOLE_BYTES", 100_000)
    chunk = FileChunk(Source(tmp_path / "book.txt.gz", "book.txt", 10, tmp_path), 0, 10, b"")
    tracemalloc.start()
    with pytest.raises(ReadingError, match="is larger than 100,000 bytes when unpacked"):
        read_bytes(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000, f"{peak:,} bytes"
