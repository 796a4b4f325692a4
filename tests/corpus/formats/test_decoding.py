"""Bytes become text with line feeds, and the file is told how it was understood; what is no text is refused."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.formats.decoding import decode, what_else, with_line_feeds
from penwright.errors import ReadingError

LINE = "Naïve “Zoë” paid £5 — and left the café.\n"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)
def test_a_byte_order_mark_is_believed_and_taken_away(encoding: str, mark: bytes) -> None:
    decoded = decode(mark + LINE.encode(encoding), name="book.txt")
    assert decoded.text == LINE
    assert decoded.reason == "byte order mark"
    assert (mark + LINE.encode(encoding)).decode(decoded.encoding) == LINE


def test_plain_ascii_and_utf8_are_told_apart() -> None:
    assert decode(b"A plain line.\n", name="a").reason == "plain ASCII"
    assert decode(LINE.encode(), name="a")[1:] == ("utf-8", "valid UTF-8")


@given(st.text(st.characters(exclude_characters="\0\r\x1a\ufeff", exclude_categories=["Cs", "Cc"]), min_size=1))
def test_every_utf8_text_round_trips(text: str) -> None:
    if text.strip():
        assert decode(text.encode(), name="a").text == text


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_every_line_ending_becomes_a_line_feed(ending: str, encoding: str) -> None:
    text = "One.\n\nTwo.\nThree.\n"
    assert decode(text.replace("\n", ending).encode(encoding), name="a").text == text


@given(st.text("ab\r\n", max_size=30))
def test_line_endings_agree_with_replacing_one_after_the_other(text: str) -> None:
    expected = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    got = with_line_feeds(text.encode()).decode()
    # Runs of three CR and more before a line feed have no agreed meaning; either reading loses no letter.
    assert got == expected or "\r\r\r" in text
    assert "\r" not in got


def test_the_end_of_file_mark_of_dos_goes() -> None:
    assert decode(b"The end.\r\n\x1a", name="a").text == "The end.\n"


def test_a_few_stray_bytes_do_not_turn_utf8_into_another_encoding() -> None:
    data = ("Zoë, naïve, café, façade. " * 5).encode() + "déjà vu".encode("cp1252") + b" \x93quoted\x94\n"
    decoded = decode(data, name="a")
    assert decoded.text.endswith("déjà vu “quoted”\n")
    assert decoded.encoding == "utf-8"
    assert decoded.reason == "UTF-8 with 4 stray bytes, read as cp1252"


def test_a_text_in_another_encoding_is_not_taken_for_damaged_utf8() -> None:
    assert decode("Déjà vu, naïve café, ça va.\n".encode("latin-1"), name="a").encoding == "cp1252"


def test_a_text_that_only_begins_as_utf8_is_not_taken_for_it() -> None:
    data = "é ".encode() * 70 + "déjà vu, ".encode("cp1252") * 200
    assert decode(data, name="a").text.endswith("déjà vu, ")
    assert decode(data, name="a").encoding == "cp1252"


def test_a_declared_encoding_is_not_trusted_over_valid_utf8() -> None:
    header = "Title: Zoë\n\nCharacter set encoding: ISO-8859-1\n\n"
    decoded = decode((header + LINE).encode(), name="a")
    assert decoded.text == header + LINE


def test_a_declared_encoding_decides_between_readings_that_are_alike() -> None:
    text = "<meta charset='iso-8859-2'>\nUnd äußerst schöne Tüten für größere Höhlen, sagte er.\n"
    decoded = decode(text.encode("iso-8859-2"), name="a")
    assert decoded.text == text
    assert decoded.encoding == "iso8859-2"
    assert decoded.reason.endswith("as the file declares")


def test_a_wrong_declaration_does_not_spoil_the_text() -> None:
    text = "Character set encoding: KOI8-R\n\nDéjà vu: la même façade, où le garçon a vécu.\n"
    assert decode(text.encode("cp1252"), name="a").text == text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "book.txt is empty"),
        (b" \r\n\t\n", "book.txt is empty"),
        (codecs.BOM_UTF8, "book.txt is empty"),
        (codecs.BOM_UTF16_LE + "\n \n".encode("utf-16-le"), "book.txt is empty"),
        (b"Some text\0with a hole", "NUL bytes"),
        (b"x" * 100_000 + b"\0", "NUL bytes"),
        ("A line.\n".encode("utf-16-le"), "UTF-16 without its byte order mark"),
        (codecs.BOM_UTF16_LE + "A\0B".encode("utf-16-le"), "holds NUL characters"),
        (codecs.BOM_UTF16_LE + b"A\0B", "is damaged at byte"),
        (b"%PDF-1.7\n...", "is a PDF"),
        (b"PK\x03\x04....", "zip archive or an office document"),
        (b"{\\rtf1 hello}", "rich text"),
        (b"\x7fELF\x02\x01", "a program"),
        (b"?" * 60 + b"BOOKMOBI" + b"?" * 20, "a Kindle book"),
        (bytes(range(1, 32)) * 20, "full of control characters"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ReadingError, match=sentence):
        decode(data, name="book.txt")


def test_form_feeds_and_escapes_do_not_make_a_text_binary() -> None:
    assert what_else(b"Chapter one\x0c\nChapter two\x1b[0m\n") is None
