import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.sources import chunks
from penwright.corpus.sources.chunks import FileChunk, chunks_of, num_chunks
from penwright.corpus.sources.discovery import Source, read_range
from penwright.errors import ReadingError


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_CHUNK_BYTES", 100)
    monkeypatch.setattr(chunks, "_SEARCH_BYTES", 60)


def source_of(folder: Path, data: bytes, name: str = "book.txt") -> Source:
    path = folder / name
    path.write_bytes(data)
    return Source(path, None, len(data), folder)


def contents(source: Source) -> list[bytes]:
    return [read_range(source, start=chunk.start, stop=chunk.stop) for chunk in chunks_of(source)]


def test_a_small_book_is_one_chunk(tmp_path: Path) -> None:
    source = source_of(tmp_path, b"words\n" * 10)
    assert chunks_of(source) == (FileChunk(source, 0, 60, b""),)
    assert chunks_of(source)[0].is_first
    assert chunks_of(source)[0].is_last


def test_a_large_book_is_cut_where_paragraphs_end(tmp_path: Path) -> None:
    paragraph = b"one line\nanother\n\n"
    source = source_of(tmp_path, paragraph * 20)
    parts = contents(source)
    assert len(parts) == 4
    assert b"".join(parts) == paragraph * 20
    assert all(part.endswith(b"\n\n") for part in parts)
    assert [chunk.is_first for chunk in chunks_of(source)] == [True, False, False, False]
    assert [chunk.is_last for chunk in chunks_of(source)] == [False, False, False, True]


def test_no_chunk_is_short_so_that_a_footer_stays_whole(tmp_path: Path) -> None:
    parts = contents(source_of(tmp_path, b"words\n" * 17))
    assert [len(part) for part in parts] == [48, 54]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_without_paragraphs_a_book_is_cut_where_lines_end(tmp_path: Path, end: bytes) -> None:
    parts = contents(source_of(tmp_path, (b"a line" + end) * 40))
    assert len(parts) > 1
    assert all(part.endswith(end) for part in parts)


def test_without_any_line_end_a_character_stays_whole(tmp_path: Path) -> None:
    parts = contents(source_of(tmp_path, "äöüß€".encode() * 40))
    assert len(parts) > 3
    assert "".join(part.decode("utf-8") for part in parts) == "äöüß€" * 40


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)
def test_wide_encodings_are_cut_between_characters_and_keep_their_mark(
    tmp_path: Path, encoding: str, mark: bytes
) -> None:
    # Between these characters lie the bytes of line ends, little-endian and big-endian, without there being any.
    text = "\u0a0d\u0100\u0a00 \u0100\u0a0d!\n" * 60
    source = source_of(tmp_path, mark + text.encode(encoding))
    parts = contents(source)
    marks = [chunk.mark for chunk in chunks_of(source)]
    assert marks == [b"", *[mark] * (len(parts) - 1)]
    decoded = [
        (chunk_mark + part).decode(encoding.rsplit("-", 1)[0]) for chunk_mark, part in zip(marks, parts, strict=True)
    ]
    assert "".join(decoded) == text
    assert all(part.endswith("\n") for part in decoded)


@given(st.binary(min_size=1, max_size=1000))
def test_chunks_are_the_file_whatever_it_holds(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    source = source_of(tmp_path_factory.mktemp("any"), data)
    assert b"".join(contents(source)) == data


def test_the_number_of_chunks_is_known_beforehand(tmp_path: Path) -> None:
    for size in (1, 100, 101, 950):
        source = source_of(tmp_path, b"words\n" * 200)._replace(num_bytes=size)
        (tmp_path / "book.txt").write_bytes((b"words\n" * 200)[:size])
        assert num_chunks(source) == len(chunks_of(source))


def test_documents_with_a_structure_come_whole(tmp_path: Path) -> None:
    for name in ("page.html", "table.csv", "book.epub"):
        assert len(chunks_of(source_of(tmp_path, b"x\n" * 300, name))) == 1
    assert len(chunks_of(Source(tmp_path / "shelf.zip", "book.txt", 600, tmp_path))) == 1


def test_a_large_book_that_vanished_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="book.txt was there when the files were listed"):
        chunks_of(Source(tmp_path / "book.txt", None, 1000, tmp_path))
