"""One file becomes the text of one book, whatever kind of file it is."""

import zipfile
from io import BytesIO

import pytest

from penwright.corpus.formats.document import (
    CODE_SUFFIXES,
    PROSE_SUFFIXES,
    WHOLE_SUFFIXES,
    is_line_markup,
    is_probably_text,
    is_source_code,
    read_document,
)
from penwright.errors import ReadingError


def test_plain_text_is_decoded() -> None:
    decoded = read_document("Zoë came home.\r\n".encode(), name="Zoe.txt")
    assert decoded[:3] == ("Zoë came home.\n", "utf-8", "valid UTF-8")
    assert not decoded.has_own_lines and decoded.warnings == ()


def test_a_page_loses_its_markup_and_keeps_its_encoding() -> None:
    page = "<html><head><meta charset='windows-1252'><title>T</title></head><body><p>Déjà vu, façade</p></body></html>"
    decoded = read_document(page.encode("cp1252"), name="PAGE.HTM")
    assert decoded.text == "Déjà vu, façade\n"
    assert decoded.encoding == "cp1252"


def test_a_table_is_read_by_its_text_column() -> None:
    assert (
        read_document(b"id;text\n1;It rained.\n2;It cleared up.\n", name="t.csv").text == "It rained.\nIt cleared up.\n"
    )
    assert read_document(b"id\ttext\n1\tIt rained, a little.\n", name="t.tsv").text == "It rained, a little.\n"


def test_an_epub_is_read_by_its_spine() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        book.writestr(
            "b.opf", "<package><item id='a' href='a.html' media-type='text/html'/><itemref idref='a'/></package>"
        )
        book.writestr("a.html", "<p>The only chapter.</p>")
    assert read_document(stream.getvalue(), name="book.epub").text == "The only chapter.\n"


@pytest.mark.parametrize("name", ["page.html", "page.xhtml"])
def test_a_page_without_text_is_refused(name: str) -> None:
    with pytest.raises(ReadingError, match=f"{name} holds no text once its markup is taken away"):
        read_document(b"<html><script>let a = 1</script><img src='a.png'></html>", name=name)


def test_a_binary_file_under_a_text_name_is_refused() -> None:
    with pytest.raises(ReadingError, match=r"novel.txt is a PDF, not a text. Save it as plain text"):
        read_document(b"%PDF-1.4 ...", name="novel.txt")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"It was a dark night.", True),
        ("Zoë".encode("latin-1"), True),
        ("Zoë".encode("utf-16"), True),
        (b"", False),
        (b"\n\n", False),
        (b"\x89PNG\r\n\x1a\n\0\0", False),
        (b"abc\0def", False),
    ],
)
def test_text_is_told_by_its_first_bytes(data: bytes, expected: bool) -> None:
    assert is_probably_text(data) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kernel/sched.c", True),
        ("Setup.PY", True),
        ("src/Makefile", True),
        ("CMakeLists.txt", True),
        ("Austen_Emma_1815.txt", False),
        ("notes.md", False),
        ("page.html", False),
        ("noextension", False),
    ],
)
def test_programs_are_told_by_their_names(name: str, expected: bool) -> None:
    assert is_source_code(name) is expected


def test_suffixes_are_in_lower_case_and_hold_what_is_read() -> None:
    suffixes = PROSE_SUFFIXES | CODE_SUFFIXES | WHOLE_SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in suffixes)
    assert {".txt", ".md", ".html", ".xhtml", ".epub", ".csv", ".tsv", ".py"} <= suffixes


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.fb2", "<FictionBook><body><p>One.</p></body></FictionBook>", "One.\n"),
        ("a.xht", "<html><title/><p>One.</p></html>", "One.\n"),
        ("a.shtml", "<p>One.", "One.\n"),
        ("a.xml", "<TEI xmlns='http://www.tei-c.org/ns/1.0'><text><p>One.</p></text></TEI>", "One.\n"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nOne.\n", "One.\n"),
        ("a.mht", "Content-Type: text/html\n\n<p>One.</p><body>", "One.\n"),
        ("a.rtf", "{\\rtf1 One.}", "One.\n"),
        ("a.csv", "id,text\n1,One.\n", "One.\n"),
    ],
)
def test_each_format_is_told_by_its_suffix_and_has_its_own_lines(name: str, data: str, text: str) -> None:
    document = read_document(data.encode(), name=name)
    assert (document.text, document.has_own_lines, document.warnings) == (text, True, ())


def test_other_xml_is_read_as_it_stands() -> None:
    assert (
        read_document(b"<project><name>x</name></project>", name="pom.xml").text == "<project><name>x</name></project>"
    )


def test_markdown_has_its_own_lines() -> None:
    assert is_line_markup("a.MD") and not is_line_markup("a.txt")
    assert read_document(b"a\n", name="a.md").has_own_lines
