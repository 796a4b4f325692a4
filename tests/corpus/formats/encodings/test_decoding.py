"""Bytes become text with line feeds, and the file is told how it was understood; what is no text is refused."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.formats.encodings.decoding import decode, what_else, with_line_feeds
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
    assert decode(LINE.encode(), name="a")[1:] == ("utf-8", "valid UTF-8", ())


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
    assert decoded.reason == "UTF-8 with 4 stray bytes"
    assert decoded.warnings == ("4 of its bytes are not UTF-8 (read as cp1252)",)


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


def test_a_declared_encoding_wins_where_it_reads_well() -> None:
    text = "<meta charset='iso-8859-2'>\nUnd äußerst schöne Tüten für größere Höhlen, sagte er.\n"
    decoded = decode(text.encode("iso-8859-2"), name="a")
    assert decoded.text == text
    assert decoded.encoding == "iso8859-2"
    assert decoded.reason == "declared, and reads as Western European"


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


ZH = "河边有一家老钟表店。店主每天早上打开窗户，看着街上的人来来往往，然后擦亮小灯，写一封信。\n"
JA = "川のそばに古い時計の店があった。主人は毎朝、窓をあけて、通りを見ていた。\n"
KO = "강가에 오래된 시계 가게가 있었다. 주인은 아침마다 창문을 열고 거리를 보았다.\n"
RU = "У реки стояла старая лавка с часами. Хозяин каждое утро открывал окно и смотрел на улицу.\n"
PL = "Szary kubek stał przy rzece, a stary zegarmistrz każdego ranka otwierał okno; źródło, żółw, łąka.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(ZH, "gb18030"), (JA, "cp932"), (JA, "euc_jp"), (KO, "cp949"), (RU, "cp1251"), (PL, "cp1250")],
)
def test_one_damaged_byte_is_replaced_and_told(text: str, encoding: str) -> None:
    page = text.encode(encoding) * 40
    damage = b"\x98\n" if encoding.startswith("cp125") else text[:1].encode(encoding)[:1] + b"\n"
    decoded = decode(page + damage + page, name="a")
    assert decoded.encoding == encoding
    assert decoded.text.startswith(text)
    assert decoded.text.count("\ufffd") == 1
    assert decoded.warnings == (f"1 byte makes no character in {encoding} and became U+FFFD",)


def test_the_euro_sign_of_windows_in_chinese_is_one() -> None:
    decoded = decode(ZH.encode("gbk") * 40 + b"5\x80\n" + ZH.encode("gbk"), name="a")
    assert decoded.text.count("5€\n") == 1
    assert decoded.warnings == ()


def test_a_line_of_utf8_within_another_encoding_is_read() -> None:
    advert = "这里可以放您的广告\n"
    assert advert in decode(ZH.encode("gbk") * 40 + advert.encode() + ZH.encode("gbk"), name="a").text


def test_a_utf8_text_that_is_cut_within_a_character_stays_one() -> None:
    decoded = decode((RU * 10).encode() + "Я".encode()[:1], name="a")
    assert decoded.text.endswith("\n\ufffd")
    assert decoded.warnings == ("1 of its bytes is not UTF-8 and became U+FFFD",)


@pytest.mark.parametrize(("text", "encoding"), [(JA, "iso2022_jp"), (ZH, "hz"), (KO, "iso2022_kr")])
def test_escapes_make_ascii_another_script(text: str, encoding: str) -> None:
    assert decode((text * 5).encode(encoding), name="a").text == text * 5


def test_escapes_of_a_terminal_stay_ascii() -> None:
    assert decode(b"a \x1b[1mbold\x1b[0m word ~{ and\n", name="a").encoding == "utf-8"


@pytest.mark.parametrize("words", ["naïve Niccolò", "señor rêve", "château São île", "Søren naïve"])
@pytest.mark.parametrize("declaration", ["", "Character set encoding: ISO-8859-1\n\n"])
def test_an_english_book_with_loan_words_is_western(words: str, declaration: str) -> None:
    text = declaration + "It was a long evening, and nobody came. " * 300 + f"They spoke of {words} and left.\n"
    assert decode(text.encode("latin-1"), name="a").text == text


@pytest.mark.parametrize(
    ("declared", "encoding", "word"),
    [("gb2312", "gbk", "河边钟表店"), ("Shift_JIS", "cp932", "東京"), ("euc-kr", "cp949", "강가")],
)
def test_a_declared_east_asian_encoding_is_believed_for_a_few_characters(
    declared: str, encoding: str, word: str
) -> None:
    page = f"<meta charset='{declared}'><p>{'The keeper mended the lamp. ' * 20}</p><p>{word}</p>\n"
    assert decode(page.encode(encoding), name="a").text == page


def test_what_is_said_beside_a_file_counts_as_its_declaration() -> None:
    text = "The keeper mended the lamp. " * 20 + "東京\n"
    assert decode(text.encode("cp932"), name="a", declared="Shift_JIS").text == text
